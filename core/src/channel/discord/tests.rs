//! What is sent, and what the list of messages proves. The whole way stands in the end-to-end tests.

use super::look_for::look_for;
use super::*;
use crate::channel::account::Accounts;
use crate::folder::{Folder, NOW_MS};
use crate::io::{Effect, Io, Outcome, UnixMs};
use crate::session::Route;
use serde_json::json;

const CHAT: &str = "123456789012345678";
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

/// What a procedure gives, where Discord answers with this.
fn told<T>(
    procedure: impl Fn(&mut Bot<'_>, &Calls<'_>, &Sending<'_>) -> T,
    message: &Message,
    answer: &mut dyn FnMut(&Request) -> (u16, String),
) -> T {
    let vars = |name: &str| (name == "DISCORD_BOT_TOKEN").then(|| "t".to_owned());
    let accounts = Accounts::read(&vars);
    let route = Route {
        channel: "discord".to_owned(),
        chat: CHAT.to_owned(),
        reply_to: Some(CHAT.to_owned()),
        ..Route::default()
    };
    let sending = Sending {
        route: &route,
        message,
        key: KEY,
        is_first: false,
        first_sent_at_ms: Some(NOW_MS),
        content: None,
    };
    Folder::default().run_at(
        NOW_MS,
        |io: &Io| {
            let account = accounts
                .of(&MEMBER, None)
                .unwrap_or_else(|why| panic!("{why}"));
            let mut bot = Bot {
                account,
                direct: None,
            };
            procedure(&mut bot, &Calls::committing(io), &sending)
        },
        &mut |effect| match effect {
            Effect::Http(request) => {
                let (status, body) = answer(&request);
                Outcome::Http(Ok(Response {
                    status,
                    headers: Vec::new(),
                    body: body.into_bytes(),
                    truncated: false,
                }))
            }
            _ => Outcome::Done,
        },
    )
}

fn film() -> Message {
    Message {
        shape: Shape::Video,
        form: 1,
        body: r#"{"name":"my fox.mp4","type":"video/mp4","len":9}"#.to_owned(),
    }
}

/// A message of the list, so old; a bot's with a file, or a person's.
fn listed(age_ms: UnixMs, file: Option<&str>) -> Value {
    let id = (NOW_MS - age_ms - 1_420_070_400_000) << 22;
    let files = file.map(|name| json!({"filename": name}));
    json!({"id": id.to_string(), "content": "hello", "author": {"bot": file.is_some()}, "attachments": files.into_iter().collect::<Vec<_>>()})
}

#[test]
fn a_text_calls_nobody_answers_its_question_and_shows_no_markup() {
    let mut sent = Value::Null;
    let words = "https://a.example/x_y_z.mp4\n**loud** <@1> @everyone [a](b) `c`";
    let message = Message::text(words.to_owned());
    let answer = told(
        |bot, calls, sending| bot.commit(calls, sending),
        &message,
        &mut |request| {
            sent = json::parse(&request.body).unwrap();
            (200, r#"{"id":"42"}"#.to_owned())
        },
    );
    assert_eq!(answer, Answer::Committed(Some("42".to_owned())));
    assert_eq!(
        sent,
        json!({
            "content": "https://a.example/x_y_z.mp4\n\\*\\*loud\\*\\* \\<@1\\> @everyone \\[a\\](b) \\`c\\`",
            "nonce": &KEY[..24], "enforce_nonce": true, "allowed_mentions": {"parse": []}, "flags": 4,
            "message_reference": {"message_id": CHAT, "fail_if_not_exists": false},
        })
    );
}

#[test]
fn a_film_is_known_again_by_its_files_name() {
    let name = Kept::of(&film()).unwrap().file_name(KEY);
    assert_eq!(name, "my_fox-0123456789ab.mp4");
}

#[test]
fn only_a_list_that_the_bot_may_read_and_that_reaches_back_proves_that_nothing_was_shown() {
    const HOUR_MS: UnixMs = 3_600_000;
    let ours = || listed(0, Some("my_fox-0123456789ab.mp4"));
    let others = |count: usize| (0..count).map(|_| listed(0, None)).collect::<Vec<_>>();
    for (pages, found) in [
        (vec![vec![listed(0, None), ours()]], "Sent"),
        (
            vec![vec![listed(0, None), listed(HOUR_MS, None)]],
            "NotSent",
        ),
        (vec![others(3)], "NotSent"),
        (vec![vec![]], "Unknown"),
        (vec![others(50), vec![ours()]], "Sent"),
        (vec![others(50), vec![]], "NotSent"),
        // This machine's clock is an hour ahead of Discord's.
        (
            vec![
                vec![listed(HOUR_MS, None); 50],
                vec![listed(HOUR_MS, Some("my_fox-0123456789ab.mp4"))],
            ],
            "Sent",
        ),
        (vec![others(50); 8], "Unknown"),
        // Somebody has sent the film on: it isn't the bot's message.
        (
            vec![vec![
                json!({"id": "5", "author": {}, "attachments": [{"filename": "my_fox-0123456789ab.mp4"}]}),
            ]],
            "NotSent",
        ),
    ] {
        let mut pages = pages.into_iter();
        let answer = told(look_for, &film(), &mut |request| {
            assert!(
                request.url.contains("/messages?limit=50"),
                "{}",
                request.url
            );
            (200, Value::from(pages.next().unwrap()).to_string())
        });
        let name = format!("{answer:?}");
        assert!(name.starts_with(found), "{name} instead of {found}");
    }
    let refused = told(look_for, &film(), &mut |_| {
        (403, r#"{"code":50001}"#.to_owned())
    });
    assert!(matches!(refused, Found::Unknown(_)));
}

#[test]
fn a_film_whose_address_is_gone_was_not_sent() {
    let answer = told(
        |bot, calls, sending| bot.commit(calls, sending),
        &film(),
        &mut |_| panic!("nothing is asked"),
    );
    assert!(answer.is_certainly_unsent(), "{answer:?}");
}

#[test]
fn a_person_is_written_to_in_a_conversation_that_is_opened_once() {
    let mut asked = Vec::new();
    let accounts = Accounts::read(&|name| (name == "DISCORD_BOT_TOKEN").then(|| "t".to_owned()));
    let account = accounts
        .of(&MEMBER, None)
        .unwrap_or_else(|why| panic!("{why}"));
    let twice = Folder::default().run_at(
        NOW_MS,
        |io: &Io| {
            let mut bot = Bot {
                account,
                direct: None,
            };
            let calls = Calls::harmless(io);
            let person = format!("user:{CHAT}");
            [(); 2].map(|()| bot.channel_of(&calls, &person))
        },
        &mut |effect| match effect {
            Effect::Http(request) => {
                asked.push(request.url);
                Outcome::Http(Ok(Response {
                    status: 200,
                    headers: Vec::new(),
                    body: br#"{"id":"99"}"#.to_vec(),
                    truncated: false,
                }))
            }
            _ => Outcome::Done,
        },
    );
    assert_eq!(twice, [Ok("99".to_owned()), Ok("99".to_owned())]);
    assert_eq!(asked, ["https://discord.com/api/v10/users/@me/channels"]);
}
