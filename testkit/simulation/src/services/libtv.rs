//! LibTV in the simulated world: submits are charged and make sessions, whose messages become visible
//! as time goes on.

use libtv_video_core::io::{Method, Request, Response};
use serde_json::Value;

use super::super::network;
use super::super::scenario::{self, Says};
use super::{Backend, Ledger};

/// One message of a session, visible from its time on.
struct Said {
    /// Whose it is.
    session_id: String,
    /// When it is seen from.
    at_ms: u64,
    /// The message's JSON behind its number.
    json: String,
}

/// LibTV, as both of its services.
#[derive(Default)]
pub(in super::super) struct LibTv {
    /// Whether the user's words stand among the messages.
    pub(super) echoes: bool,
    /// The planted bug: only what leads to the first result is passed on, as if it were all.
    pub(super) ends_after_first_url: bool,
    /// How each answer changes the links in it.
    pub(super) signs: Signs,
    /// All messages of all sessions, in the order of their times.
    said: Vec<Said>,
}

/// How links are signed.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signs {
    #[default]
    Never,
    /// In the query; every third answer shows thumbnails instead.
    Query,
    /// In the path: the planted bug, for links of which nobody can see that they lead to the same.
    Path,
}

const FOLDER: &str = "/sd-gen-save-img/";

impl Signs {
    /// A message with its links as this answer has them.
    fn sign(self, json: &str, now_ms: u64) -> String {
        match self {
            Self::Never => json.to_owned(),
            Self::Query if now_ms.is_multiple_of(3) => {
                json.replace(".png\"", ".png?x-oss-process=image/resize,w_200\"")
            }
            Self::Query => json.replace(
                ".png\"",
                &format!(".png?Expires={now_ms}&Signature=%2B{now_ms}\""),
            ),
            Self::Path => json.replace(FOLDER, &format!("{FOLDER}{now_ms}/")),
        }
    }
}

/// The address of a result, without any signature.
pub(in super::super) fn url_of(file: &str) -> String {
    ["https://libtv-res.liblib.art", FOLDER, file].concat()
}

impl LibTv {
    /// Takes a request, which is charged from here on.
    fn submit(&mut self, ledger: &mut Ledger, body: &[u8], now_ms: u64) -> String {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body.get("message").and_then(Value::as_str).unwrap_or("");
        let session_id = match body.get("sessionId").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            // By the number of charges: a request that is sent twice gets two sessions, as it would be paid
            // twice.
            None => format!("session-{:04}", ledger.charges.len() + 1),
        };
        self.begin(ledger, &session_id, text, now_ms);
        format!("{{\"sessionId\":\"{session_id}\",\"projectUuid\":\"project-{session_id}\"}}")
    }

    /// Takes a request on, as if it had been submitted.
    pub(in super::super) fn begin(
        &mut self,
        ledger: &mut Ledger,
        session_id: &str,
        text: &str,
        now_ms: u64,
    ) {
        let turn = ledger.charge(text, session_id) + 1;
        if self.echoes {
            let text = Value::from(text);
            self.say(
                session_id,
                now_ms,
                format!("\"role\":\"user\",\"content\":{text}}}"),
            );
        }
        for (after_s, says) in scenario::job(text) {
            let at_ms = now_ms + after_s * 1000;
            let json = match says {
                Says::Calls(count) => {
                    let calls: Vec<String> = (0..count).map(|call| format!("{{\"id\":\"call-{turn}-{call}\",\"function\":{{\"name\":\"generate\",\"arguments\":\"{{}}\"}}}}")).collect();
                    format!(
                        "\"role\":\"assistant\",\"content\":\"\",\"toolCalls\":[{}]}}",
                        calls.join(",")
                    )
                }
                Says::Result(call, ending) => {
                    let file = format!("{session_id}/{turn}-{call}.{ending}");
                    let url = url_of(&file);
                    let list = if ending == "png" { "images" } else { "videos" };
                    let json = format!(
                        "\"role\":\"tool\",\"toolCallId\":\"call-{turn}-{call}\",\"content\":{{\"task_result\":{{\"{list}\":[{{\"previewPath\":\"{url}\"}}]}}}}}}"
                    );
                    ledger.make(turn - 1, file);
                    json
                }
                Says::Error(call) => format!(
                    "\"role\":\"tool\",\"toolCallId\":\"call-{turn}-{call}\",\"content\":{{\"task_result\":{{\"status\":\"failed\",\"error\":\"the model failed\"}}}}}}"
                ),
                Says::Asks => format!(
                    "\"role\":\"assistant\",\"content\":\"\",\"toolCalls\":[{{\"id\":\"ask-{turn}\",\"function\":{{\"name\":\"ask_user\",\"arguments\":\"{{\\\"question\\\":\\\"Which style?\\\"}}\"}}}}]}}"
                ),
                Says::Words => "\"role\":\"assistant\",\"content\":\"That is all.\"}".to_owned(),
            };
            self.say(session_id, at_ms, json);
        }
        // Two turns overlap: their messages are numbered in the order in which they become visible.
        self.said.sort_by_key(|said| said.at_ms);
    }

    /// Puts a message into a session, to be seen from a time on.
    fn say(&mut self, session_id: &str, at_ms: u64, json: String) {
        self.said.push(Said {
            session_id: session_id.to_owned(),
            at_ms,
            json,
        });
    }

    /// What a session shows by now.
    fn messages(&self, session_id: &str, now_ms: u64) -> String {
        let mut list = String::from("{\"messages\":[");
        let visible = self
            .said
            .iter()
            .filter(|said| said.at_ms <= now_ms && said.session_id == session_id);
        for (at, said) in visible.enumerate() {
            if at > 0 {
                list.push(',');
            }
            let json = self.signs.sign(&said.json, now_ms);
            list.push_str(&format!("{{\"seq\":{},{json}", at + 1));
            // All nine calls look answered and the service has its last word: what a client sees that takes the
            // first link for the end.
            if self.ends_after_first_url && said.json.contains("previewPath") {
                let calls: Vec<String> = (0..9).map(|call| format!(",{{\"role\":\"tool\",\"toolCallId\":\"call-1-{call}\",\"content\":{{}}}}")).collect();
                list.push_str(&calls.concat());
                list.push_str(",{\"role\":\"assistant\",\"content\":\"Done.\"}");
                break;
            }
        }
        list.push_str("]}");
        list
    }
}

impl Backend for LibTv {
    fn answer(&mut self, ledger: &mut Ledger, request: &Request, now_ms: u64) -> Response {
        let direct = request.url.starts_with("https://im.liblib.tv/");
        let path = request.url.splitn(4, '/').nth(3).unwrap_or("");
        let root = if direct {
            "openapi/session"
        } else {
            "libtv/v1/session"
        };
        let data = match (request.method, path.strip_prefix(root)) {
            (Method::Post, Some("")) => self.submit(ledger, &request.body, now_ms),
            (Method::Get, Some(rest)) => self.messages(rest.trim_start_matches('/'), now_ms),
            _ => return network::response(404, "404 page not found"),
        };
        if direct {
            network::response(200, &format!("{{\"code\":0,\"data\":{data}}}"))
        } else {
            network::response(200, &data)
        }
    }

    fn ends_at_ms(&self) -> u64 {
        self.said.last().map_or(0, |said| said.at_ms)
    }
}
