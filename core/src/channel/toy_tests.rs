//! The dry run of the cookbook's "Add a channel": a channel that nothing else knows goes through the planning, the delivery
//! and the decisions of all the others.

use super::*;
use crate::config::{Settings, Stored};
use crate::deliver::{self, plan};
use crate::folder::{Folder, NOW_MS};
use crate::io::{Effect, HttpError, Io, Outcome, UnixMs};
use crate::poll::{self, Haste};
use crate::session::{Delivery, DeliveryState, Progress, Route, State, folder_name};
use crate::store;
use crate::submit;
use crate::submit::request::{Destination, Medium};
use crate::task::{self, Task};
use crate::upstream::results::ResultUrl;

/// More than the chat takes in a file.
const LARGE_BYTES: usize = 2 * 1024 * 1024;

/// The toy's platform, and the media store.
#[derive(Default)]
struct World {
    film_bytes: usize,
    /// What the chat shows.
    shown: Vec<String>,
    /// The next message is shown, and its response lost.
    loses_response: bool,
    /// The next message is lost on its way.
    loses_request: bool,
    asked: usize,
    /// The chat takes no message.
    refuses: bool,
}

impl World {
    fn perform(&mut self, effect: Effect) -> Outcome {
        match effect {
            Effect::Relay(relay) => {
                assert_eq!(relay.upload.url, format!("{ORIGIN}/upload"));
                Outcome::Relayed(Ok(response("upload-1", &[])))
            }
            Effect::Http(request) => Outcome::Http(self.answer(&request)),
            _ => Outcome::Done,
        }
    }

    fn answer(&mut self, request: &Request) -> Result<Response, HttpError> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match request.url.strip_prefix(ORIGIN) {
            Some("/show") => {
                if std::mem::take(&mut self.loses_request) {
                    return Err(HttpError::Lost("no answer".to_owned()));
                }
                if self.refuses {
                    return Ok(Response {
                        status: 403,
                        ..response("not now", &[])
                    });
                }
                self.shown.push(body);
                if std::mem::take(&mut self.loses_response) {
                    return Err(HttpError::Lost("no answer".to_owned()));
                }
                Ok(response("message-1", &[]))
            }
            Some("/find") => {
                self.asked += 1;
                let is_shown = self.shown.iter().any(|shown| shown.ends_with(&body));
                Ok(response(if is_shown { "message-1" } else { "" }, &[]))
            }
            _ => {
                let len = self.film_bytes.to_string();
                let headers = [("content-length", len.as_str())];
                Ok(response(
                    "\0\0\0\u{18}ftypisom\0\0\u{2}\0isommp42",
                    &headers,
                ))
            }
        }
    }
}

fn response(body: &str, headers: &[(&str, &str)]) -> Response {
    Response {
        status: 200,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}

/// A state folder with a session that has one film for a chat of this channel.
fn with_a_film(channel: &str) -> Folder {
    let route = Route {
        channel: channel.to_owned(),
        account: Some("mine".to_owned()),
        chat: "room-1".to_owned(),
        ..Route::default()
    };
    let progress = Progress {
        state: State::Completed,
        results: ResultUrl::parse("https://libtv-res.liblib.art/claw/p/a.mp4")
            .into_iter()
            .collect(),
        ..Progress::begun(NOW_MS)
    };
    Folder::with_session("", route, &progress).0
}

/// The settings with an account of either toy.
fn with_accounts() -> Settings {
    let accounts = r#"[
        {"channel": "toy", "account": "mine", "secret": "s", "at": "https://toy.example"},
        {"channel": "mute", "account": "mine", "secret": "s", "at": "https://toy.example"}
    ]"#;
    let vars = |name: &str| (name == "LIBTV_CHANNEL_ACCOUNTS").then(|| accounts.to_owned());
    Settings::parse(&vars, Stored::Absent)
}

/// One step; the film's delivery afterwards.
fn delivering(io: &Io) -> Delivery {
    let settings = with_accounts();
    let key = folder_name("session-1");
    let mut loaded = store::load(io, &key).unwrap().unwrap();
    plan::plan(&mut loaded, io.now_ms());
    let mut events = Vec::new();
    deliver::run(io, &settings, &mut loaded, &mut events).unwrap();
    loaded.session.deliveries.remove(0)
}

/// One step, at this time.
fn step(folder: &mut Folder, world: &mut World, now_ms: UnixMs) -> Delivery {
    folder.run_at(now_ms, delivering, &mut |effect| world.perform(effect))
}

/// Two steps at the same time: the one stops before its `nth` effect until the other has got to its `mth`, and then
/// goes on to its end; the other ends last. Whether there were so many effects.
fn two_steps(
    folder: &mut Folder,
    world: &mut World,
    now_ms: UnixMs,
    nth: usize,
    mth: usize,
) -> bool {
    let mut tasks = [7, 8].map(|seed| (Task::new([seed; 32], delivering), None, false));
    let mut reached = true;
    for (which, most) in [(0, nth), (1, mth), (0, usize::MAX), (1, usize::MAX)] {
        let (task, outcome, has_ended) = &mut tasks[which];
        let mut effects = 0;
        while !*has_ended && effects < most {
            match task.resume(outcome.take(), now_ms) {
                task::Step::End(_) => *has_ended = true,
                task::Step::Do(Effect::Fs(op)) => *outcome = Some(Outcome::Fs(folder.perform(op))),
                task::Step::Do(effect) => *outcome = Some(world.perform(effect)),
            }
            effects += 1;
        }
        reached &= most == usize::MAX || effects == most;
    }
    reached
}

fn world() -> World {
    World {
        film_bytes: 24,
        ..World::default()
    }
}

#[test]
fn a_film_arrives_once() {
    let (mut folder, mut world) = (with_a_film("toy"), world());
    let delivery = step(&mut folder, &mut world, NOW_MS);
    assert_eq!(delivery.state, DeliveryState::Delivered);
    assert_eq!(delivery.message_id.as_deref(), Some("message-1"));
    step(&mut folder, &mut world, NOW_MS + 600_000);
    assert_eq!(world.shown, ["room-1 upload-1"]);
}

#[test]
fn a_film_larger_than_the_chat_takes_goes_as_its_link() {
    let (mut folder, mut world) = (with_a_film("toy"), world());
    world.film_bytes = LARGE_BYTES;
    let delivery = step(&mut folder, &mut world, NOW_MS);
    assert_eq!(delivery.state, DeliveryState::LinkOnly);
    assert_eq!(world.shown.len(), 1);
    assert!(
        world.shown[0].contains("a.mp4") && world.shown[0].contains("files up to 1 MB"),
        "{:?}",
        world.shown
    );
}

#[test]
fn a_message_whose_response_was_lost_is_asked_about_and_not_sent_blindly() {
    for arrives in [true, false] {
        let (mut folder, mut world) = (with_a_film("toy"), world());
        world.loses_response = arrives;
        world.loses_request = !arrives;
        let delivery = step(&mut folder, &mut world, NOW_MS);
        assert_eq!(delivery.state, DeliveryState::Sending);
        // It may still be on its way: too early to ask.
        step(&mut folder, &mut world, NOW_MS + 60_000);
        assert_eq!(world.asked, 0);
        step(&mut folder, &mut world, NOW_MS + 180_000);
        assert_eq!(world.asked, 1);
        let delivery = step(&mut folder, &mut world, NOW_MS + 240_000);
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!(world.shown, ["room-1 upload-1"], "arrives: {arrives}");
    }
}

#[test]
fn where_nobody_can_say_what_arrived_the_link_is_sent_as_a_message_of_its_own_and_nothing_twice() {
    for arrives in [true, false] {
        let (mut folder, mut world) = (with_a_film("mute"), world());
        world.loses_response = arrives;
        world.loses_request = !arrives;
        let mut poll = |now_ms, world: &mut World| {
            let work = |io: &Io| {
                let settings = with_accounts();
                let key = folder_name("session-1");
                poll::step(io, &settings, &key, Haste::WhenDue).unwrap()
            };
            folder.run_at(now_ms, work, &mut |effect| world.perform(effect))
        };
        let first = poll(NOW_MS, &mut world);
        let states = |report: &poll::Report| {
            let deliveries = &report.session.as_ref().unwrap().deliveries;
            let states = deliveries.iter().map(|one| one.state);
            states.collect::<Vec<_>>()
        };
        let (uncertain, pending) = (DeliveryState::Uncertain, DeliveryState::Pending);
        assert_eq!(states(&first), [uncertain, pending]);
        assert_eq!(first.next_poll_at_ms, Some(NOW_MS));
        let second = poll(NOW_MS + 2_000, &mut world);
        assert_eq!(states(&second), [uncertain, DeliveryState::Delivered]);
        assert_eq!(second.next_poll_at_ms, None);
        let shown = world.shown.split_off(usize::from(arrives));
        assert_eq!((world.shown.len(), shown.len()), (usize::from(arrives), 1));
        assert!(
            shown[0].starts_with("room-1 https://libtv-res.liblib.art/claw/p/a.mp4\n⚠️"),
            "{shown:?}"
        );
        // A note of its own that is lost leads to no further one.
        assert_eq!(poll(NOW_MS + 4_000, &mut world).next_poll_at_ms, None);
        assert!(world.shown.len() <= 1);
    }
}

#[test]
fn a_chat_that_could_not_be_answered_by_then_is_refused_before_money_is_spent() {
    let submit = |kind, channel: &str| {
        let request = submit::request::Request {
            text: Some("a fox".to_owned()),
            kind,
            destination: Some(Destination::To(submit::request::Route {
                channel: Some(channel.to_owned()),
                chat: Some("oc_room".to_owned()),
                ..Default::default()
            })),
            ..submit::request::Request::default()
        };
        let mut requests = 0;
        let work = |io: &Io| {
            let settings = crate::folder::settings();
            submit::run(io, &settings, request)
        };
        let result = Folder::default().run_at(NOW_MS, work, &mut |effect| match effect {
            Effect::Http(_) => {
                requests += 1;
                Outcome::Http(Err(HttpError::NotSent("no network".to_owned())))
            }
            _ => Outcome::Done,
        });
        (result.unwrap_err().failure().message.clone(), requests)
    };
    for kind in [None, Some(Medium::Video)] {
        let (message, requests) = submit(kind, "mute");
        assert!(
            message.starts_with("Mute Toy takes answers for 5 minutes only, and a video takes"),
            "{message}"
        );
        assert_eq!(requests, 0);
    }
    // A picture is there in time, and other chats take answers whenever they come.
    assert_eq!(submit(Some(Medium::Image), "mute").1, 1);
    assert_eq!(submit(None, "toy").1, 1);
}

/// The platform has no key: only the state folder keeps two processes from sending the same.
#[test]
fn two_processes_that_try_again_at_the_same_time_send_one_message() {
    const AGAIN_MS: UnixMs = NOW_MS + 3_600_000;
    let (mut refused, mut first) = (with_a_film("toy"), world());
    first.refuses = true;
    let delivery = step(&mut refused, &mut first, NOW_MS);
    assert_eq!(delivery.state, DeliveryState::Pending);
    let mut pairs = 0;
    for nth in 1.. {
        let mut mth = 1;
        loop {
            let (mut folder, mut world) = (refused.clone(), world());
            if !two_steps(&mut folder, &mut world, AGAIN_MS, nth, mth) {
                break;
            }
            let at_once = world.shown.len();
            assert!(at_once <= 1, "{nth}, {mth}: {:?}", world.shown);
            // Where both gave way, or one of them doesn't know what became of the other's, the next steps see to it.
            step(&mut folder, &mut world, AGAIN_MS + 600_000);
            step(&mut folder, &mut world, AGAIN_MS + 1_200_000);
            assert_eq!(world.shown.len(), 1, "{nth}, {mth}");
            (pairs, mth) = (pairs + 1, mth + 1);
        }
        if mth == 1 {
            break;
        }
    }
    assert!(pairs > 200, "{pairs}");
}

#[test]
fn a_channel_that_this_version_does_not_know_is_named_and_nothing_is_sent() {
    let (mut folder, mut world) = (with_a_film("pigeon"), world());
    let delivery = step(&mut folder, &mut world, NOW_MS);
    assert_eq!(delivery.state, DeliveryState::Pending);
    assert!(delivery.trouble.unwrap().contains("“pigeon”"));
    assert!(world.shown.is_empty());
}

#[test]
fn what_precedes_a_commit_can_not_commit() {
    let mut world = world();
    let sent = Folder::default().run_at(
        NOW_MS,
        |io: &Io| {
            let calls = Calls::harmless(io);
            http(&calls, Risk::Commit, request("show", String::new()))
        },
        &mut |effect| world.perform(effect),
    );
    assert!(matches!(sent, Err(Answer::NotDispatched(_))), "{sent:?}");
    assert!(world.shown.is_empty());
}

/// The files that the cookbook names for a channel that is called Toy: each is there, but for those that it makes.
#[test]
fn the_cookbook_says_which_files_a_channel_touches_and_they_are_few() {
    const MAX_FILES: usize = 12;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("docs/cookbook.md")).unwrap();
    let (_, section) = text.split_once("## Add a channel").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let files: Vec<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert!((5..=MAX_FILES).contains(&files.len()), "{files:?}");
    for file in files {
        // What is new for each channel is there for Feishu.
        let path = root.join(file.replace("<channel>", "feishu"));
        assert!(path.exists(), "{file}");
    }
}
