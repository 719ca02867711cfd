//! What is sent in which order, and what an answer means. The whole way stands in the end-to-end tests.

use super::*;
use crate::channel::account::Accounts;
use crate::channel::answer::testing::response;
use crate::folder::{Folder, NOW_MS};
use crate::io::{Effect, Io, Outcome};
use serde_json::json;

const CHAT: &str = "-5";

fn refusal(code: u16, description: &str) -> String {
    json!({"ok": false, "error_code": code, "description": description}).to_string()
}

/// What a procedure gives, and which methods were asked with which bodies, where Telegram answers so in this order.
fn with<T>(
    answers: &[(u16, String)],
    procedure: impl Fn(&mut Bot<'_>, &Calls<'_>) -> T,
) -> (T, Vec<(String, Value)>) {
    let accounts = Accounts::read(&|name| (name == "TELEGRAM_BOT_TOKEN").then(|| "1:t".to_owned()));
    let mut answers = answers.iter();
    let mut asked = Vec::new();
    let result = Folder::default().run_at(
        NOW_MS,
        |io: &Io| {
            let account = accounts
                .of(&MEMBER, None)
                .unwrap_or_else(|why| panic!("{why}"));
            let mut bot = Bot {
                account,
                moved: None,
            };
            procedure(&mut bot, &Calls::committing(io))
        },
        &mut |effect| match effect {
            Effect::Http(request) => {
                assert!(!request.url.contains("1:t"), "{}", request.url);
                let place = "https://api.telegram.org/{credential}/";
                let call = request.url.strip_prefix(place).unwrap().to_owned();
                let (name, secret) = request.credential.unwrap();
                assert_eq!((name, secret.expose()), ("{credential}", "bot1:t"));
                asked.push((call, json::parse(&request.body).unwrap_or_default()));
                let (status, body) = answers.next().expect("nothing more is asked");
                Outcome::Http(Ok(response(*status, body)))
            }
            _ => Outcome::Done,
        },
    );
    assert_eq!(answers.next(), None, "as often as that");
    (result, asked)
}

fn shown(id: i64) -> (u16, String) {
    let body = json!({"ok": true, "result": {"message_id": id}});
    (200, body.to_string())
}

fn route() -> Route {
    Route {
        channel: "telegram".to_owned(),
        chat: CHAT.to_owned(),
        thread: Some("7".to_owned()),
        reply_to: Some("41".to_owned()),
        ..Route::default()
    }
}

/// Commits a message, of which no earlier attempt may be there.
fn commit(bot: &mut Bot<'_>, calls: &Calls<'_>, message: &Message, is_first: bool) -> Answer {
    let sending = Sending {
        route: &route(),
        message,
        key: "",
        is_first,
        first_sent_at_ms: Some(NOW_MS),
        content: Some(Content::Here(b"film")),
    };
    bot.commit(calls, &sending)
}

fn film(line: Option<(&str, &str)>) -> Message {
    let kept = Kept::of(&Message {
        shape: Shape::Video,
        form: 1,
        body: r#"{"name":"fox.mp4","type":"video/mp4","len":4,"w":1280,"h":720,"s":5}"#.to_owned(),
    });
    let mut kept = kept.unwrap();
    kept.line = line.map(|(chat, id)| (chat.to_owned(), id.to_owned()));
    kept.message(Shape::Video)
}

#[test]
fn an_answer_means_what_the_documents_say() {
    let meaning = |status, body: &str| match answer::read(&response(status, body), 0) {
        Ok(_) => "ok".to_owned(),
        Err(said) => match said {
            Said::Moved(to) => format!("moved to {to}"),
            Said::Is(Answer::Refused(meaning, _)) => format!("{meaning:?}"),
            Said::Is(Answer::Unknown(_)) => "unknown".to_owned(),
            Said::Is(other) => format!("{other:?}"),
            Said::NoTopic => "no topic".to_owned(),
            Said::NoPicture(_) => "no picture".to_owned(),
            Said::Unchanged => "unchanged".to_owned(),
        },
    };
    for (code, description, expected) in [
        (401, "Unauthorized", "Withheld"),
        (404, "Not Found", "Withheld"),
        (403, "Forbidden: bot was blocked by the user", "Withheld"),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            "Withheld",
        ),
        (403, "Forbidden: user is deactivated", "Withheld"),
        (403, "Forbidden: something new", "Withheld"),
        (400, "Bad Request: chat not found", "Withheld"),
        (400, "Bad Request: TOPIC_CLOSED", "Withheld"),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            "Withheld",
        ),
        (
            400,
            "Bad Request: not enough rights to send videos to the chat",
            "ForGood",
        ),
        (400, "Bad Request: file is too big", "ForGood"),
        (400, "Bad Request: something new", "ForGood"),
        (400, "Bad Request: message is too long", "TooLong"),
        (
            400,
            "Bad Request: message to edit not found",
            "ForeignUpload",
        ),
        (400, "Bad Request: message thread not found", "no topic"),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", "no picture"),
        (400, "Bad Request: IMAGE_PROCESS_FAILED", "no picture"),
        (
            400,
            "Bad Request: message is not modified: specified new message content",
            "unchanged",
        ),
        (413, "Request Entity Too Large", "ForGood"),
        (429, "Too Many Requests: retry after 7", "RateLimited(7000)"),
        (500, "Internal Server Error", "unknown"),
    ] {
        let body = refusal(code, description);
        assert_eq!(meaning(code, &body), expected, "{description}");
        if let Err(Said::Is(answer @ Answer::Refused(..))) = answer::read(&response(code, &body), 0)
        {
            assert!(!answer::advice(&answer).is_empty());
        }
    }
    for (status, body, expected) in [
        (200, r#"{"ok":true,"result":{}}"#, "ok"),
        (200, "{}", "unknown"),
        (200, "<html>", "unknown"),
        (502, "<html>", "unknown"),
        (413, "<html>", "ForGood"),
        (429, "<html>", "RateLimited(7000)"),
        (
            429,
            r#"{"ok":false,"error_code":429,"parameters":{"retry_after":3}}"#,
            "RateLimited(3000)",
        ),
        (
            400,
            r#"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1005}}"#,
            "moved to -1005",
        ),
    ] {
        assert_eq!(meaning(status, body), expected, "{body}");
    }
}

#[test]
fn a_text_calls_nobody_stands_where_it_was_asked_and_shows_no_preview() {
    let words = Message::text("https://a.example/x@y.mp4\n@somebody *loud*".to_owned());
    let (answer, asked) = with(&[shown(42)], |bot, calls| commit(bot, calls, &words, true));
    assert_eq!(answer, Answer::Committed(Some("42".to_owned())));
    let body = json!({
        "chat_id": "-5", "text": "https://a.example/x%40y.mp4\n@\u{2060}somebody *loud*",
        "link_preview_options": {"is_disabled": true}, "message_thread_id": "7",
        "reply_parameters": {"message_id": 41, "allow_sending_without_reply": true},
    });
    assert_eq!(asked, [("sendMessage".to_owned(), body)]);
}

#[test]
fn a_group_that_moved_is_followed_once_and_a_topic_that_is_gone_is_left() {
    let moved = |to: i64| {
        let body =
            json!({"ok": false, "error_code": 400, "parameters": {"migrate_to_chat_id": to}});
        (400, body.to_string())
    };
    let no_topic = (400, refusal(400, "Bad Request: message thread not found"));
    let words = Message::text("hi".to_owned());
    let (answer, asked) = with(
        &[moved(-1005), no_topic.clone(), shown(42), shown(43)],
        |bot, calls| {
            let first = commit(bot, calls, &words, true);
            assert_eq!(first, Answer::Committed(Some("42".to_owned())));
            // The next one goes there at once.
            bot.say(
                calls,
                Risk::Commit,
                &Route {
                    thread: None,
                    ..route()
                },
                "ho",
            )
        },
    );
    assert_eq!(answer, Ok(("-1005".to_owned(), "43".to_owned())));
    let places: Vec<_> = asked
        .iter()
        .map(|(_, body)| {
            (
                body["chat_id"].as_str().unwrap(),
                body.get("message_thread_id").is_some(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("-5", true),
            ("-1005", true),
            ("-1005", false),
            ("-1005", false)
        ]
    );
    let (answer, _) = with(&[moved(-1005), moved(-1006)], |bot, calls| {
        commit(bot, calls, &words, true)
    });
    assert!(
        matches!(answer, Answer::Refused(Meaning::Withheld, _)),
        "{answer:?}"
    );
}

#[test]
fn a_film_takes_the_place_of_its_line_and_the_same_again_is_the_same() {
    let unchanged = (400, refusal(400, "Bad Request: message is not modified: …"));
    let message = film(Some(("-1005", "8")));
    for answer in [shown(8), unchanged] {
        for is_first in [true, false] {
            let (answer, asked) = with(std::slice::from_ref(&answer), |bot, calls| {
                commit(bot, calls, &message, is_first)
            });
            assert_eq!(answer, Answer::Committed(Some("8".to_owned())));
            let call = "editMessageMedia?chat_id=-1005&message_id=8";
            assert_eq!(asked[0].0, call);
        }
    }
    // Of another chat or another line nothing is known any more.
    for refused in ["message to edit not found", "message can't be edited"] {
        let refused = (400, refusal(400, &["Bad Request: ", refused].concat()));
        let (answer, _) = with(&[refused], |bot, calls| commit(bot, calls, &message, true));
        assert!(
            matches!(answer, Answer::Refused(Meaning::ForeignUpload, _)),
            "{answer:?}"
        );
    }
}

#[test]
fn a_film_without_a_line_is_sent_once_with_what_a_player_has_to_know_and_never_again() {
    let message = film(None);
    let (answer, asked) = with(&[shown(9)], |bot, calls| commit(bot, calls, &message, true));
    assert_eq!(answer, Answer::Committed(Some("9".to_owned())));
    let call = "sendVideo?chat_id=-5&message_thread_id=7&width=1280&height=720&duration=5&supports_streaming=true";
    assert_eq!(asked[0].0, call);
    let (answer, asked) = with(&[], |bot, calls| commit(bot, calls, &message, false));
    assert!(
        matches!(answer, Answer::Refused(Meaning::ForGood, _)),
        "{answer:?}"
    );
    assert!(asked.is_empty());
}

#[test]
fn a_picture_that_is_refused_as_one_goes_as_a_document_in_the_same_place() {
    let picture = Message {
        shape: Shape::Image,
        form: 1,
        body: r#"{"name":"fox.png","type":"image/png","len":4,"chat":"-5","line":"8"}"#.to_owned(),
    };
    let refused = (400, refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"));
    let (answer, asked) = with(&[refused, shown(8)], |bot, calls| {
        commit(bot, calls, &picture, true)
    });
    assert_eq!(answer, Answer::Committed(Some("8".to_owned())));
    let call = "editMessageMedia?chat_id=-5&message_id=8";
    assert!(asked.iter().all(|(asked, _)| asked == call), "{asked:?}");
}
