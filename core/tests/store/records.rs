//! Records. `v1/` holds one of every kind and case as version 1 was written; files there are never changed, a new version
//! gets a folder of its own beside it.

use std::collections::BTreeSet;
use std::path::Path;

use libtv_video_core::session::{
    Asked, Content, Delivery, DeliveryState, Progress, Purpose, Route, State, folder_name,
};
use libtv_video_core::store::Pulse;
use libtv_video_core::store::record::{self, Bad};
use libtv_video_core::store::submits::{Notice, Submit};
use libtv_video_core::upstream::Baseline;
use libtv_video_core::upstream::ServiceId;
use libtv_video_core::upstream::results::ResultUrl;
use libtv_video_core::{commands, skill};

use crate::folder::{Folder, settings};

#[derive(Debug, PartialEq)]
enum Record {
    Asked(Asked),
    Progress(Progress),
    Delivery(Delivery),
    Submit(Submit),
    Pulse(Pulse),
}

impl Record {
    fn kind(&self) -> &'static str {
        match self {
            Self::Asked(_) => "asked",
            Self::Progress(_) => "progress",
            Self::Delivery(_) => "delivery",
            Self::Submit(_) => "submit",
            Self::Pulse(_) => "pulse",
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Asked(record) => record::encode("asked", record),
            Self::Progress(record) => record::encode("progress", record),
            Self::Delivery(record) => record::encode("delivery", record),
            Self::Submit(record) => record::encode("submit", record),
            Self::Pulse(record) => record::encode("pulse", record),
        }
    }

    /// Reads bytes as a record of this one's kind.
    fn decode(&self, bytes: &[u8]) -> Result<Self, Bad> {
        match self {
            Self::Asked(_) => record::decode("asked", bytes).map(Self::Asked),
            Self::Progress(_) => record::decode("progress", bytes).map(Self::Progress),
            Self::Delivery(_) => record::decode("delivery", bytes).map(Self::Delivery),
            Self::Submit(_) => record::decode("submit", bytes).map(Self::Submit),
            Self::Pulse(_) => record::decode("pulse", bytes).map(Self::Pulse),
        }
    }
}

fn url() -> ResultUrl {
    ResultUrl::parse("https://libtv-res.liblib.art/sd-gen-save-img/1/a.mp4").unwrap()
}

fn asked() -> Asked {
    Asked {
        session_id: "session-1".to_owned(),
        project_uuid: "project-1".to_owned(),
        turn: 2,
        nonce: "00112233445566778899aabbccddeeff".to_owned(),
        text: "一只“狐狸”\nruns, video ratio 16:9".to_owned(),
        service: ServiceId::of(&libtv_video_core::upstream::nexu::NEXU),
        route: Route {
            reply_to: None,
            channel: "feishu".to_owned(),
            chat_id: "oc_1".to_owned(),
        },
        baseline: Baseline {
            last_seq: Some(41),
            count: 12,
        },
        submitted_at_ms: 1_800_000_000_000,
    }
}

fn progress(state: State) -> Progress {
    Progress {
        state,
        results: vec![url()],
        polls: 7,
        quiet_polls: 1,
        failures: 2,
        postponed: 0,
        more: 0,
        seen: 5,
        next_poll_at_ms: 1_800_000_008_000,
        ended_at_ms: Some(1_800_000_100_000),
        delivered_at_ms: Some(1_800_000_200_000),
        trouble: Some("the model failed".to_owned()),
        question: Some("Which style?".to_owned()),
    }
}

fn delivery(purpose: Purpose, state: DeliveryState) -> Delivery {
    Delivery {
        id: "0123456789abcdef0123".to_owned(),
        turn: 2,
        order: 3,
        purpose,
        state,
        uuid: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        message: Some(Content {
            msg_type: "media".to_owned(),
            content: "{\"file_key\":\"file_1\"}".to_owned(),
        }),
        first_sent_at_ms: Some(1_800_000_150_000),
        failures: 1,
        waits: 0,
        withheld: 0,
        next_try_at_ms: 1_800_000_160_000,
        message_id: Some("om_1".to_owned()),
        ended_at_ms: Some(1_800_000_170_000),
        trouble: Some("slow down".to_owned()),
        links: Some("3210fedcba9876543210".to_owned()),
    }
}

fn submit() -> Submit {
    Submit {
        nonce: "ffeeddccbbaa99887766554433221100".to_owned(),
        text: "a cat".to_owned(),
        session_id: "session-1".to_owned(),
        service: ServiceId::of(&libtv_video_core::upstream::libtv::LIBTV),
        started_at_ms: 1_800_000_000_000,
        unknown: Some("connection reset".to_owned()),
        told: true,
        file: String::new(),
        route: Route::default(),
        baseline: None,
        notice: None,
        became: None,
        trace: None,
    }
}

fn pulse() -> Pulse {
    Pulse {
        polls: 9,
        quiet_polls: 2,
        next_poll_at_ms: 1_800_000_016_000,
    }
}

/// A record of every kind and case, with the name of its file.
fn samples() -> Vec<(String, Record)> {
    let empty = Asked {
        project_uuid: String::new(),
        turn: 1,
        text: String::new(),
        service: ServiceId::of(&libtv_video_core::upstream::libtv::LIBTV),
        route: Route::default(),
        baseline: Baseline::default(),
        ..asked()
    };
    let planned = Delivery::planned(
        "nonce",
        1,
        1,
        Purpose::Question,
        "Which style?",
        1_800_000_000_000,
    );
    let mut found = vec![
        ("asked".to_owned(), Record::Asked(asked())),
        ("asked-empty".to_owned(), Record::Asked(empty)),
        (
            "progress-begun".to_owned(),
            Record::Progress(Progress::begun(1_800_000_000_000)),
        ),
        ("delivery-planned".to_owned(), Record::Delivery(planned)),
        ("pulse".to_owned(), Record::Pulse(pulse())),
        ("submit".to_owned(), Record::Submit(submit())),
        (
            "submit-under-way".to_owned(),
            Record::Submit(Submit {
                session_id: String::new(),
                unknown: None,
                told: false,
                ..submit()
            }),
        ),
    ];
    for state in [
        State::Submitted,
        State::Generating,
        State::AwaitingUser,
        State::Completed,
        State::Failed,
        State::Timeout,
    ] {
        let record = Record::Progress(progress(state));
        found.push((format!("progress-{}", state.name()), record));
    }
    for state in [
        DeliveryState::Pending,
        DeliveryState::Sending,
        DeliveryState::Delivered,
        DeliveryState::LinkOnly,
        DeliveryState::Failed,
        DeliveryState::Uncertain,
    ] {
        let record = Record::Delivery(delivery(Purpose::Result(url()), state));
        found.push((format!("delivery-{}", state.name()), record));
    }
    let waited = Delivery {
        waits: 4,
        ..delivery(Purpose::Result(url()), DeliveryState::Pending)
    };
    found.push(("delivery-waited".to_owned(), Record::Delivery(waited)));
    for (name, purpose) in [
        (
            "links",
            Purpose::Links(vec!["0123456789abcdef0123".to_owned()]),
        ),
        ("question", Purpose::Question),
        ("failure", Purpose::Failure),
        ("timeout", Purpose::Timeout),
    ] {
        let record = Record::Delivery(delivery(purpose, DeliveryState::Delivered));
        found.push((format!("delivery-for-{name}"), record));
    }
    found.extend(as_they_are_left());
    found
}

/// What a process of version 1 may leave behind: messages of each kind, in each state, with the words as they were sent.
fn as_they_are_left() -> Vec<(String, Record)> {
    let result = || Purpose::Result(url());
    let message = |msg_type: &str, content: &str| {
        Some(Content {
            msg_type: msg_type.to_owned(),
            content: content.to_owned(),
        })
    };
    let link = "{\"text\":\"https://libtv-res.liblib.art/sd-gen-save-img/1/a.mp4\\nSent as a link: the chat takes files up to 30 MB\"}";
    let question = "{\"text\":\"❓ The video service asks about “a \u{ff1c}at user_id=1>”:\\nWhich style?\\nReply here to go on.\"}";
    let film = "{\"file_key\":\"file_v3_1\",\"image_key\":\"img_v3_1\"}";
    let unsent = |purpose, message| Delivery {
        message,
        first_sent_at_ms: None,
        failures: 0,
        message_id: None,
        ended_at_ms: None,
        trouble: None,
        links: None,
        ..delivery(purpose, DeliveryState::Pending)
    };
    let begun = |purpose, message| Delivery {
        state: DeliveryState::Sending,
        first_sent_at_ms: Some(1_800_000_150_000),
        ..unsent(purpose, message)
    };
    let ended = |state, purpose, message| Delivery {
        state,
        ended_at_ms: Some(1_800_000_170_000),
        ..begun(purpose, message)
    };
    let deliveries = [
        ("untried", unsent(result(), None)),
        (
            "owed-question",
            unsent(Purpose::Question, message("text", question)),
        ),
        (
            "withheld",
            Delivery {
                withheld: 3,
                ..unsent(result(), message("image", "{\"image_key\":\"img_v3_2\"}"))
            },
        ),
        (
            "will-be-link",
            Delivery {
                trouble: Some("the chat takes files up to 30 MB".to_owned()),
                ..unsent(result(), message("text", link))
            },
        ),
        ("begun-film", begun(result(), message("media", film))),
        (
            "begun-image",
            begun(result(), message("image", "{\"image_key\":\"img_v3_2\"}")),
        ),
        (
            "begun-file",
            begun(result(), message("file", "{\"file_key\":\"file_v3_2\"}")),
        ),
        ("begun-link", begun(result(), message("text", link))),
        (
            "shown-film",
            Delivery {
                message_id: Some("om_1".to_owned()),
                ..ended(DeliveryState::Delivered, result(), message("media", film))
            },
        ),
        (
            "shown-link",
            Delivery {
                message_id: Some("om_2".to_owned()),
                ..ended(DeliveryState::LinkOnly, result(), message("text", link))
            },
        ),
        (
            "gave-up",
            Delivery {
                failures: 300,
                first_sent_at_ms: None,
                trouble: Some("no Feishu or Lark credentials were found".to_owned()),
                ..ended(
                    DeliveryState::Failed,
                    Purpose::Timeout,
                    message("text", question),
                )
            },
        ),
        (
            "unsure",
            ended(
                DeliveryState::Uncertain,
                result(),
                message("file", "{\"file_key\":\"file_v3_2\"}"),
            ),
        ),
        (
            "more",
            unsent(
                Purpose::More,
                message("text", "{\"text\":\"… and 3 more, on the canvas.\"}"),
            ),
        ),
    ];
    let answering = Route {
        channel: "lark".to_owned(),
        chat_id: "user:x1".to_owned(),
        reply_to: Some("om_7".to_owned()),
    };
    let told = |notice| Submit {
        told: false,
        file: "fedcba98".to_owned(),
        route: answering.clone(),
        notice: Some(notice),
        ..submit()
    };
    let notice = Notice {
        first_sent_at_ms: None,
        failures: 2,
        next_try_at_ms: 1_800_000_009_000,
    };
    let mut left: Vec<(String, Record)> = deliveries
        .into_iter()
        .map(|(name, record)| (format!("left-delivery-{name}"), Record::Delivery(record)))
        .collect();
    let asked = Asked {
        route: answering.clone(),
        ..asked()
    };
    let many = Progress {
        more: 3,
        postponed: 1,
        ..progress(State::Completed)
    };
    let begun = Notice {
        first_sent_at_ms: Some(1_800_000_008_000),
        ..notice.clone()
    };
    let kept = Submit {
        unknown: None,
        baseline: Some(asked.baseline.clone()),
        became: Some("session-1".to_owned()),
        ..told(notice.clone())
    };
    left.extend([
        ("left-asked-in-topic".to_owned(), Record::Asked(asked)),
        ("left-progress-more".to_owned(), Record::Progress(many)),
        (
            "left-submit-notice-refused".to_owned(),
            Record::Submit(told(notice)),
        ),
        (
            "left-submit-notice-begun".to_owned(),
            Record::Submit(told(begun)),
        ),
        ("left-submit-became".to_owned(), Record::Submit(kept)),
    ]);
    left
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/records/v1")
}

fn kept(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_record_of_version_1_is_read_and_written_as_it_was() {
    assert_eq!(
        record::VERSION,
        1,
        "keep fixtures of the new version beside those of the old"
    );
    for (name, record) in samples() {
        let bytes = kept(&name);
        assert_eq!(record.decode(&bytes).as_ref(), Ok(&record), "{name}");
        assert_eq!(
            String::from_utf8(record.encode()),
            String::from_utf8(bytes),
            "{name}: its form has changed, which makes a new version"
        );
    }
}

#[test]
fn every_kept_record_is_looked_at() {
    let names: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut known: BTreeSet<String> = samples().into_iter().map(|(name, _)| name).collect();
    known.extend(["delivery-without-links", "submit-without-told"].map(str::to_owned));
    assert_eq!(names, known);
}

/// Members that may be missing.
#[test]
fn a_record_without_what_came_later_is_read() {
    let known = delivery(Purpose::Result(url()), DeliveryState::Sending);
    let read: Delivery = record::decode("delivery", &kept("delivery-without-links")).unwrap();
    assert_eq!(
        read,
        Delivery {
            links: None,
            ..known
        }
    );
    let read: Submit = record::decode("submit", &kept("submit-without-told")).unwrap();
    assert_eq!(
        read,
        Submit {
            told: false,
            ..submit()
        }
    );
}

#[test]
fn every_flipped_bit_and_every_truncation_of_every_kind_is_noticed() {
    for (name, record) in samples() {
        let good = kept(&name);
        for at in 0..good.len() {
            assert!(record.decode(&good[..at]).is_err(), "{name} cut at {at}");
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(
                    record.decode(&bad).is_err(),
                    "{name}: bit {bit} of byte {at}"
                );
            }
        }
    }
}

/// The record as the next version might write it.
fn newer(record: &Record) -> Vec<u8> {
    let text = String::from_utf8(record.encode()).unwrap();
    let newer = text.replacen("libtv-video 1 ", "libtv-video 2 ", 1);
    assert_eq!(
        record.decode(newer.as_bytes()),
        Err(Bad::Newer(2)),
        "{}",
        record.kind()
    );
    newer.into_bytes()
}

#[test]
fn a_record_of_a_newer_version_is_refused_and_left_untouched() {
    let key = folder_name("session-1");
    let other = folder_name("session-2");
    let dir = format!("sessions/{key}");
    for newer_one in [
        "asked-0002",
        "progress-0002",
        "pulse-0002",
        "d-0123456789abcdef0123",
    ] {
        let mut state = Folder::default();
        for (name, record) in [
            ("asked-0002", Record::Asked(asked())),
            (
                "progress-0002",
                Record::Progress(progress(State::Generating)),
            ),
            ("pulse-0002", Record::Pulse(pulse())),
            (
                "d-0123456789abcdef0123",
                Record::Delivery(delivery(Purpose::Result(url()), DeliveryState::Pending)),
            ),
        ] {
            let bytes = if name == newer_one {
                newer(&record)
            } else {
                record.encode()
            };
            state.0.insert(format!("{dir}/{name}"), bytes);
        }
        let second = Record::Asked(Asked {
            session_id: "session-2".to_owned(),
            ..asked()
        });
        state
            .0
            .insert(format!("sessions/{other}/asked-0002"), second.encode());
        state.0.insert(format!("active/{key}"), Vec::new());
        let before = state.clone();

        let (polled, _) = state.run(async |io| skill::poll(io, &settings(), key.clone()).await);
        let words = polled.unwrap_err().failure().message.clone();
        assert!(
            words.contains(newer_one) && words.contains("newer version"),
            "{words}"
        );
        let text = Some("go on".to_owned());
        let id = Some("session-1".to_owned());
        let (submitted, _) =
            state.run(async |io| skill::submit(io, &settings(), text, id, None, None).await);
        assert!(submitted.is_err());
        assert_eq!(state, before, "{newer_one}");

        let arguments = vec!["recover".to_owned()];
        let (_, printed) = state.run(async |io| commands::main(io, &settings(), arguments).await);
        let printed = printed.join("\n");
        assert!(printed.contains("newer version"), "{printed}");
        assert!(
            printed.contains("session-2"),
            "the others are shown: {printed}"
        );
        for (path, bytes) in before.0.iter().filter(|(path, _)| path.starts_with(&dir)) {
            assert_eq!(state.0.get(path), Some(bytes), "{path}");
        }
    }
}

#[test]
fn an_intent_of_a_newer_version_is_left_untouched() {
    let mut state = Folder::default();
    let path = "submits/ffeeddccbbaa99887766554433221100".to_owned();
    state
        .0
        .insert(path.clone(), newer(&Record::Submit(submit())));
    let before = state.clone();
    let arguments = vec!["recover".to_owned()];
    state.run(async |io| commands::main(io, &settings(), arguments).await);
    assert_eq!(state.0.get(&path), before.0.get(&path));
}
