//! What a chat is told of a submit that its service proves not to have (no service does so yet; the proof is given), and in
//! which order an intent makes way for its turn.

use super::*;
use crate::config::Stored;
use crate::folder::{Folder, NOW_MS, Performing, settings};
use crate::io::{Effect, Outcome, Response};
use crate::session::Route;
use crate::store::record;
use crate::upstream::ServiceId;

const INTENT: &str = "submits/ffeeddccbbaa99887766554433221100";
const ENTRY: &str = "submit-ffeeddccbbaa99887766554433221100";

fn lost(text: &str, room: &str) -> Submit {
    let route = Route {
        channel: "toy".to_owned(),
        chat: room.to_owned(),
        ..Route::default()
    };
    Submit {
        nonce: "ffeeddccbbaa99887766554433221100".to_owned(),
        text: text.to_owned(),
        session_id: String::new(),
        service: ServiceId::of(&crate::upstream::nexu::NEXU),
        started_at_ms: NOW_MS,
        unknown: Some("connection reset".to_owned()),
        not_taken: false,
        told: false,
        file: String::new(),
        route: if room.is_empty() {
            Route::default()
        } else {
            route
        },
        baseline: None,
        notice: None,
        became: None,
        trace: None,
        takes_long: false,
    }
}

fn stored(submit: &Submit) -> Folder {
    let mut folder = Folder::default();
    let entries = &mut folder.0;
    entries.insert(INTENT.to_owned(), record::encode("submit", submit));
    entries.insert(format!("active/{ENTRY}"), Vec::new());
    folder
}

/// What was shown in the chat, once `fate` is known; the chat answers with this status. A chat that
/// refuses does so an hour before.
fn concluded(folder: &mut Folder, fate: Fate, status: u16) -> Vec<String> {
    let (submit, _) = folder.run(|io| find(io, "ffeeddccbbaa99887766554433221100").unwrap());
    concluded_by(folder, submit.unwrap(), fate, status)
}

/// The same by a process that has read the intent before.
fn concluded_by(folder: &mut Folder, submit: Submit, fate: Fate, status: u16) -> Vec<String> {
    let mut shown = Vec::new();
    let vars = |name: &str| (name == "TOY_TOKEN").then(|| "t".to_owned());
    let settings = Settings::parse(&vars, Stored::Absent);
    let procedure = |io: &Io| {
        conclude(io, &settings, ENTRY, submit.clone(), Ok(fate.clone())).unwrap();
    };
    let hour_ms = if status == 200 { 3_600_000 } else { 0 };
    folder.run_at(
        NOW_MS + 600_000 + hour_ms,
        procedure,
        &mut |effect| match effect {
            Effect::Http(request) => {
                shown.push(String::from_utf8_lossy(&request.body).into_owned());
                Outcome::Http(Ok(Response {
                    status,
                    headers: Vec::new(),
                    body: b"message-1".to_vec(),
                    truncated: false,
                }))
            }
            _ => Outcome::Done,
        },
    );
    shown
}

#[test]
fn a_submit_that_was_certainly_not_taken_is_told_as_that_and_is_over() {
    for (text, words) in [
        (
            "a cat",
            "the video service didn't take it, and nothing was charged",
        ),
        ("一只猫", "视频服务没有接受，也没有扣费"),
    ] {
        let mut folder = stored(&lost(text, "room-1"));
        let shown = concluded(&mut folder, Fate::NotTaken, 200);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].contains(words), "{shown:?}");
        assert!(folder.names("submits").is_empty(), "{folder:?}");
        assert!(folder.names("active").is_empty(), "{folder:?}");
    }
}

#[test]
fn what_was_not_taken_and_is_asked_for_again_since_is_over_without_a_word() {
    let (hour_ms, submit) = (60 * 60 * 1000, lost("a cat", "room-1"));
    for (words, after_ms, is_told) in [
        ("a cat", hour_ms, false),
        // Another wish, and one that comes every day.
        ("a dog", hour_ms, true),
        ("a cat", 24 * hour_ms, true),
    ] {
        let mut folder = stored(&submit);
        let mut again = Submit {
            text: words.to_owned(),
            started_at_ms: submit.started_at_ms + after_ms,
            nonce: "00112233445566778899aabbccddeeff".to_owned(),
            ..submit.clone()
        };
        again.unknown = None;
        let job = Submitted::job("later".to_owned(), String::new());
        folder.run(|io| super::super::begin(io, &again, &job).map(|_| ()).is_ok());
        let shown = concluded(&mut folder, Fate::NotTaken, 200);
        assert_eq!(shown.len(), usize::from(is_told), "{words}: {shown:?}");
        assert!(folder.names("submits").is_empty(), "{folder:?}");
        let active = folder.names("active");
        assert!(!active.iter().any(|name| name == ENTRY), "{active:?}");
    }
}

#[test]
fn a_chat_that_could_not_be_told_is_told_the_same_later_whatever_is_found_then() {
    let mut folder = stored(&lost("a cat", "room-1"));
    let first = concluded(&mut folder, Fate::NotTaken, 403);
    assert_eq!(folder.names("submits").len(), 1);
    let second = concluded(&mut folder, Fate::CannotSay, 200);
    assert_eq!(first, second);
    assert!(folder.names("submits").is_empty(), "{folder:?}");

    let mut folder = stored(&lost("a cat", "room-1"));
    let first = concluded(&mut folder, Fate::CannotSay, 403);
    assert!(first[0].contains("isn't known"), "{first:?}");
    assert_eq!(concluded(&mut folder, Fate::NotTaken, 200), first);
}

#[test]
fn a_chat_that_another_process_has_told_meanwhile_is_not_told_something_else() {
    let before = lost("a cat", "room-1");
    let mut told = before.clone();
    told.told = true;
    told.notice = Some(submits::Notice {
        shown: true,
        ..submits::Notice::default()
    });
    let mut folder = stored(&told);
    assert!(concluded_by(&mut folder, before, Fate::NotTaken, 200).is_empty());
    let (kept, _) = folder.run(|io| find(io, &told.nonce).unwrap());
    assert_eq!(kept, Some(told));
}

#[test]
fn without_a_chat_it_is_kept_for_the_commands_and_the_same_may_be_asked_for_again() {
    let mut folder = stored(&lost("a cat", ""));
    assert!(concluded(&mut folder, Fate::NotTaken, 200).is_empty());
    let (found, _) = folder.run(|io| submits::unknown(io).unwrap());
    let words = crate::commands::unknown_submit(&found[0]);
    assert!(words.ends_with("the service didn't take it; it may be submitted again."));
    assert!(folder.names("active").is_empty(), "{folder:?}");
    let again = super::super::repeated::claim;
    let (claim, _) = folder.run(|io| {
        let mut intent = lost("a cat", "");
        intent.nonce = "00112233445566778899aabbccddeeff".to_owned();
        again(io, &mut intent).map(|_| ()).is_ok()
    });
    assert!(claim);
}

#[test]
fn a_service_that_does_not_show_it_yet_is_asked_again_after_a_while_whoever_looks_for_what_is_due()
{
    let submit = lost("a cat", "room-1");
    let mut folder = stored(&submit);
    let asked_ms = NOW_MS + 200_000;
    let not_yet = |io: &Io| {
        let submit = find(io, &submit.nonce).unwrap().unwrap();
        let report = conclude(io, &settings(), ENTRY, submit, Ok(Fate::NotYet));
        report.unwrap().next_poll_at_ms
    };
    let again_ms = folder.run_at(asked_ms, not_yet, &mut |_| Outcome::Done);
    assert_eq!(again_ms, Some(asked_ms + LOOK_AGAIN_MS));
    let due = |io: &Io| due_at_ms(io, ENTRY).unwrap();
    let mut due_at = |now_ms| folder.run_at(now_ms, due, &mut |_| Outcome::Done);
    assert_eq!(due_at(asked_ms + 1), again_ms);
    // A clock that was set back doesn't put it off.
    assert_eq!(due_at(NOW_MS - 86_400_000), Some(NOW_MS - 86_400_000));
    // What a power cut left of the time is none.
    let torn = format!("active/{ENTRY}");
    folder.0.insert(torn, b"18000\xff\xff".to_vec());
    let due_ms = folder.run_at(asked_ms, due, &mut |_| Outcome::Done);
    assert_eq!(due_ms, Some(0));
}

#[test]
fn where_the_chat_could_not_be_told_a_submit_that_was_not_taken_is_kept_for_the_commands() {
    let mut submit = lost("a cat", "room-1");
    (submit.told, submit.not_taken) = (true, true);
    submit.notice = Some(submits::Notice {
        failures: 300,
        ..submits::Notice::default()
    });
    let mut folder = stored(&submit);
    folder.run(|io| step(io, &settings(), ENTRY).map(|_| ()).is_ok());
    assert_eq!(folder.names("submits").len(), 1);
    assert!(folder.names("active").is_empty(), "{folder:?}");
}

#[test]
fn a_process_that_died_behind_the_message_leaves_nothing() {
    let mut submit = lost("a cat", "room-1");
    (submit.told, submit.not_taken) = (true, true);
    let mut folder = stored(&submit);
    folder.run(|io| step(io, &settings(), ENTRY).map(|_| ()).is_ok());
    assert!(folder.names("submits").is_empty(), "{folder:?}");
}

#[test]
fn an_intent_goes_only_when_the_turn_that_it_became_outlasts_a_power_cut() {
    let submit = lost("a cat", "");
    let mut folder = stored(&submit);
    let submitted = Submitted::job("session-1".to_owned(), "project-1".to_owned());
    folder.run(|io| {
        let asked = crate::submit::asked(io, &submit, &submitted).unwrap();
        store::store_turn(io, &asked).unwrap();
    });

    let settings = settings();
    let mut done = Vec::new();
    let mut perform = |effect| match effect {
        Effect::Fs(op) => {
            done.push(op.clone());
            Outcome::Fs(folder.perform(op))
        }
        _ => panic!("only files are touched"),
    };
    let world = Performing::at(NOW_MS, &mut perform);
    step(&Io::new(&world, [7; 32]), &settings, ENTRY).unwrap();

    let sessions = format!("sessions/{}", folder_name("session-1"));
    let at = |wanted: FsOp| done.iter().position(|op| *op == wanted);
    let durable = at(FsOp::SyncDir(sessions)).expect("the session's folder is synced");
    let removed = at(FsOp::Remove(INTENT.to_owned())).expect("the intent is removed");
    assert!(durable < removed);
}
