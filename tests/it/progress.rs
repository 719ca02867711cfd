//! The line that tells how far a job is: one for a job that takes longer than a minute, changed in its place, and closed at
//! the end. The whole way against the strict fakes of each channel whose messages can be changed.

use fakes::{Fake, Fault, Job, Recorded, When, media};
use host_harness::fault_injection::Faults;
use host_harness::{Harness, Submit};
use serde_json::Value;

use crate::env::{CHAT, TestEnv, block_on};

pub const MINUTE_MS: u64 = 60 * 1000;
const FILM: &str = "/claw/p/fox.mp4";
const DISCORD: &str = "200000000000000001";
const DISCORD_PERSON: &str = "user:300000000000000001";
const SLACK: &str = "C0123456789";
const SLACK_PERSON: &str = "user:U0123456789";
const TELEGRAM: &str = "4200001";
const MATRIX: &str = "!room:matrix.example";
const MATRIX_PUT: &str = "PUT /_matrix/client/v3/rooms/*/send/m.room.message/*";

/// A channel, a chat of it, the route that posts a line, and how one is changed.
struct Place {
    channel: &'static str,
    chat: &'static str,
    posts: &'static str,
    changes: &'static str,
}

const PLACES: [Place; 7] = [
    Place {
        channel: "feishu",
        chat: CHAT,
        posts: "POST /open-apis/im/v1/messages",
        changes: "PATCH /open-apis/im/v1/messages/*",
    },
    Place {
        channel: "discord",
        chat: DISCORD,
        posts: "POST /api/v10/channels/*/messages",
        changes: "PATCH /api/v10/channels/*/messages/*",
    },
    Place {
        channel: "discord",
        chat: DISCORD_PERSON,
        posts: "POST /api/v10/channels/*/messages",
        changes: "PATCH /api/v10/channels/*/messages/*",
    },
    Place {
        channel: "slack",
        chat: SLACK,
        posts: "POST /api/chat.postMessage",
        changes: "POST /api/chat.update",
    },
    Place {
        channel: "slack",
        chat: SLACK_PERSON,
        posts: "POST /api/chat.postMessage",
        changes: "POST /api/chat.update",
    },
    Place {
        channel: "telegram",
        chat: TELEGRAM,
        posts: "POST /*/sendMessage",
        changes: "POST /*/editMessageText",
    },
    Place {
        channel: "matrix",
        chat: MATRIX,
        posts: MATRIX_PUT,
        // A message as well, which says what it replaces.
        changes: MATRIX_PUT,
    },
];

/// A world in which every channel is set up, and its fakes are strict.
fn env() -> TestEnv {
    let builder = TestEnv::builder()
        .var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN)
        .var("SLACK_BOT_TOKEN", fakes::SLACK_BOT_TOKEN)
        .var("TELEGRAM_BOT_TOKEN", fakes::TELEGRAM_BOT_TOKEN)
        .var(
            "MATRIX_HOMESERVER",
            format!("https://{}", fakes::MATRIX_HOST),
        )
        .var("MATRIX_ACCESS_TOKEN", fakes::MATRIX_ACCESS_TOKEN);
    let env = builder.start();
    let world = env.world();
    world.discord().strict(true);
    world.discord().add_channel(DISCORD);
    world.discord().add_user("300000000000000001");
    env.slack().strict(true);
    world.telegram().strict(true);
    world.telegram().add_chat(4_200_001);
    world.matrix().add_room(MATRIX);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env
}

/// A job that goes on for ever.
fn running(env: &TestEnv) {
    env.gateway().set_default_job(Job::never());
}

/// What is done with a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Posts,
    Changes,
}

impl Place {
    /// The route of what is done.
    fn route(&self, act: Act) -> &'static str {
        match act {
            Act::Posts => self.posts,
            Act::Changes => self.changes,
        }
    }

    /// Has it fail so often.
    fn fail(&self, env: &TestEnv, act: Act, fault: Fault, times: usize) {
        let (world, route) = (env.world(), self.route(act));
        // Where both have one route, the line is posted first.
        let posted = usize::from(act == Act::Changes && self.posts == self.changes);
        match self.channel {
            "feishu" => env.feishu().fault_after(route, posted, fault, times),
            "discord" => world.discord().fault_after(route, posted, fault, times),
            "slack" => env.slack().fault_after(route, posted, fault, times),
            "matrix" => world.matrix().fault_after(route, posted, fault, times),
            _ => world.telegram().fault_after(route, posted, fault, times),
        }
    }

    /// How often it was asked for.
    fn asked(&self, env: &TestEnv, act: Act) -> usize {
        let (world, route) = (env.world(), self.route(act));
        let mut requests = match self.channel {
            "feishu" => env.feishu().requests_to(route),
            "discord" => world.discord().requests_to(route),
            "slack" => env.slack().requests_to(route),
            "matrix" => world.matrix().requests_to(route),
            _ => world.telegram().requests_to(route),
        };
        if self.posts == self.changes {
            let changes = |body: &Value| body.get("m.new_content").is_some();
            let is = |request: &Recorded| request.json().is_some_and(changes);
            requests.retain(|request| is(request) == (act == Act::Changes));
        }
        requests.len()
    }

    /// The texts in the chat, with how often each was changed.
    fn texts(&self, env: &TestEnv) -> Vec<(String, u32)> {
        let world = env.world();
        match self.channel {
            "feishu" => {
                let messages = env.feishu().messages().into_iter();
                let words = |content: &Value| {
                    let card = content.pointer("/elements/0/text/content");
                    let words = card.or_else(|| content.get("text")).and_then(Value::as_str);
                    words.unwrap_or_default().to_owned()
                };
                messages
                    .map(|one| (words(&one.content), one.updates))
                    .collect()
            }
            "discord" => {
                let messages = world.discord().messages().into_iter();
                messages
                    .map(|one| (one.content.replace('\\', ""), one.edits))
                    .collect()
            }
            "slack" => {
                let messages = env.slack().messages().into_iter();
                messages.map(|one| (one.text, one.edits)).collect()
            }
            "matrix" => {
                let events = world.matrix().events().into_iter();
                events
                    .map(|one| (one.body().to_owned(), one.edits))
                    .collect()
            }
            _ => {
                let messages = world.telegram().messages().into_iter();
                messages.map(|one| (one.text, one.edits)).collect()
            }
        }
    }

    fn submit(&self, harness: &Harness, words: &str) -> String {
        let request = Submit::message(words).to(self.channel, self.chat);
        block_on(harness.submit(request)).unwrap().session_id
    }
}

/// A harness whose component has the clock that is given back.
pub fn with_clock(env: &TestEnv) -> (Harness, Faults) {
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let clock = Faults::new(u64::try_from(now_ms).unwrap());
    let harness = env.harness_with(|settings| settings.with_faults(clock.clone()));
    (harness, clock)
}

/// Polls every ten seconds for so long.
pub fn poll_for(harness: &Harness, clock: &Faults, id: &str, ms: u64) {
    poll_every(10_000, harness, clock, id, ms);
}

/// Every half minute: a line isn't changed more often than each minute, and most of a test's time goes into polls.
fn poll_seldom_for(harness: &Harness, clock: &Faults, id: &str, ms: u64) {
    poll_every(MINUTE_MS / 2, harness, clock, id, ms);
}

fn poll_every(pause_ms: u64, harness: &Harness, clock: &Faults, id: &str, ms: u64) {
    for _ in 0..ms / pause_ms {
        clock.set_now_ms(clock.now_ms() + pause_ms);
        block_on(harness.poll(id)).unwrap();
    }
}

#[test]
fn a_job_that_takes_minutes_has_one_line_that_is_changed_once_a_minute_and_closed() {
    for place in PLACES {
        let env = env();
        running(&env);
        let (harness, clock) = with_clock(&env);
        let id = place.submit(&harness, "a cat");
        poll_for(&harness, &clock, &id, MINUTE_MS - 10_000);
        assert_eq!(place.texts(&env), [], "{}", place.channel);
        poll_for(&harness, &clock, &id, MINUTE_MS);
        let line = |words: &str, changes| [(format!("⏳ “a cat”: {words}"), changes)];
        let texts = place.texts(&env);
        assert!(texts[0].0.starts_with("⏳ “a cat”: "), "{texts:?}");
        assert_eq!((texts.len(), texts[0].1), (1, 0), "{texts:?}");
        // Another harness goes on with it, as after an update.
        drop(harness);
        let harness = env.harness_with(|settings| settings.with_faults(clock.clone()));
        poll_for(&harness, &clock, &id, 2 * MINUTE_MS);
        let texts = place.texts(&env);
        let said = texts[0].0.rsplit(": ").next().unwrap().to_owned();
        assert!(said.ends_with(" · 3 min"), "{texts:?}");
        assert_eq!(texts, line(&said, 2), "{}", place.channel);
        clock.set_now_ms(clock.now_ms() + 2 * 60 * MINUTE_MS);
        block_on(harness.poll(&id)).unwrap();
        let texts = place.texts(&env);
        let closed = "⌛ “a cat”: no result so far · 123 min";
        assert_eq!(texts[0], (closed.to_owned(), 3), "{texts:?}");
        assert!(texts[1].0.starts_with("⌛ “a cat” has brought no result"));
        poll_for(&harness, &clock, &id, 3 * MINUTE_MS);
        assert_eq!(place.texts(&env).len(), 2, "{}", place.channel);
    }
}

#[test]
fn the_results_of_a_long_job_are_shown_once_beside_a_line_that_leads_to_none_of_them() {
    for place in PLACES {
        let env = env();
        env.gateway().set_default_job(
            Job::new()
                .works()
                .at(When::Polls(9))
                .videos([FILM])
                .says("done"),
        );
        let (harness, clock) = with_clock(&env);
        let id = place.submit(&harness, "一只猫");
        loop {
            clock.set_now_ms(clock.now_ms() + 10_000);
            let step = block_on(harness.poll(&id)).unwrap();
            if step.next_poll_at_ms.is_none() {
                assert_eq!((step.results, step.delivered), (1, 1));
                break;
            }
        }
        let texts = place.texts(&env);
        let lines: Vec<_> = texts
            .iter()
            .filter(|(text, _)| text.contains('“'))
            .collect();
        let [(line, _)] = lines.as_slice() else {
            panic!("one line was expected: {texts:?}");
        };
        assert!(line.starts_with("✅ “一只猫”：已结束 · "), "{line}");
        assert!(
            line.ends_with("1 个结果") && !line.contains("http"),
            "{line}"
        );
    }
}

#[test]
fn whatever_becomes_of_its_posting_there_is_no_second_line_and_no_result_waits_for_it() {
    for place in PLACES {
        for fault in [
            Fault::ResetAfterApplied,
            Fault::ResetBeforeHeaders,
            Fault::Html(502),
        ] {
            let env = env();
            running(&env);
            let (harness, clock) = with_clock(&env);
            let id = place.submit(&harness, "a cat");
            place.fail(&env, Act::Posts, fault.clone(), 1);
            poll_seldom_for(&harness, &clock, &id, 4 * MINUTE_MS);
            let asked = [Act::Posts, Act::Changes].map(|act| place.asked(&env, act));
            assert_eq!(asked, [1, 0], "{} {fault:?}", place.channel);
        }
    }
}

#[test]
fn a_line_that_can_not_be_changed_is_left_alone_after_some_times() {
    for place in PLACES {
        let env = env();
        running(&env);
        let (harness, clock) = with_clock(&env);
        let id = place.submit(&harness, "a cat");
        place.fail(&env, Act::Changes, Fault::Html(502), fakes::ALWAYS);
        poll_seldom_for(&harness, &clock, &id, 12 * MINUTE_MS);
        assert_eq!(place.asked(&env, Act::Changes), 5, "{}", place.channel);
        assert_eq!(place.texts(&env).len(), 1);
    }
}

#[test]
fn nobody_is_told_who_does_not_want_to_be() {
    for by_file in [false, true] {
        let mut env = env();
        running(&env);
        if by_file {
            let mut config = env.config();
            config["progress"] = "off".into();
            std::fs::write(env.config_path(), config.to_string()).unwrap();
        } else {
            env.set("LIBTV_PROGRESS", "off");
        }
        let (harness, clock) = with_clock(&env);
        let place = &PLACES[0];
        let id = place.submit(&harness, "a cat");
        poll_seldom_for(&harness, &clock, &id, 5 * MINUTE_MS);
        assert_eq!(place.texts(&env), [], "by file: {by_file}");
    }
}

#[test]
fn words_from_outside_call_nobody_in_a_line() {
    let words = "a <at user_id=\"all\"></at> @everyone <!channel> @somebody cat";
    for place in PLACES {
        let env = env();
        running(&env);
        let (harness, clock) = with_clock(&env);
        let id = place.submit(&harness, words);
        poll_seldom_for(&harness, &clock, &id, 3 * MINUTE_MS);
        assert_eq!(place.asked(&env, Act::Changes), 2, "{}", place.channel);
        let world = env.world();
        let discord = world.discord().messages();
        assert!(discord.iter().all(|one| one.called.is_empty()));
        assert!(
            env.slack()
                .messages()
                .iter()
                .all(|one| one.called.is_empty())
        );
        let mut rooms = world.matrix().events().into_iter();
        assert!(rooms.all(|one| one.content["m.mentions"] == serde_json::json!({})));
        let telegram = world.telegram().messages();
        assert!(telegram.iter().all(|one| one.called.is_empty()));
        // Feishu's fake looks for no calls; in a card it would be markup.
        let mut cards = env.feishu().messages().into_iter();
        assert!(cards.all(|one| !one.content.to_string().contains("<at ")));
    }
}
