//! A record of every kind and case, with the name of its file.

use libtv_video_core::session::{
    Asked, Delivery, DeliveryState, Message, Progress, Purpose, Route, Shape, State,
};
use libtv_video_core::store::Pulse;
use libtv_video_core::store::record::{self, Bad};
use libtv_video_core::store::submits::{Notice, Submit};
use libtv_video_core::upstream::results::ResultUrl;
use libtv_video_core::upstream::{Baseline, ServiceId};

#[derive(Debug, PartialEq)]
pub enum Record {
    Asked(Asked),
    Progress(Progress),
    Delivery(Delivery),
    Submit(Submit),
    Pulse(Pulse),
}

impl Record {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asked(_) => "asked",
            Self::Progress(_) => "progress",
            Self::Delivery(_) => "delivery",
            Self::Submit(_) => "submit",
            Self::Pulse(_) => "pulse",
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Asked(record) => record::encode("asked", record),
            Self::Progress(record) => record::encode("progress", record),
            Self::Delivery(record) => record::encode("delivery", record),
            Self::Submit(record) => record::encode("submit", record),
            Self::Pulse(record) => record::encode("pulse", record),
        }
    }

    /// Reads bytes as a record of this one's kind.
    pub fn decode(&self, bytes: &[u8]) -> Result<Self, Bad> {
        match self {
            Self::Asked(_) => record::decode("asked", bytes).map(Self::Asked),
            Self::Progress(_) => record::decode("progress", bytes).map(Self::Progress),
            Self::Delivery(_) => record::decode("delivery", bytes).map(Self::Delivery),
            Self::Submit(_) => record::decode("submit", bytes).map(Self::Submit),
            Self::Pulse(_) => record::decode("pulse", bytes).map(Self::Pulse),
        }
    }
}

pub fn url() -> ResultUrl {
    ResultUrl::parse("https://libtv-res.liblib.art/sd-gen-save-img/1/a.mp4").unwrap()
}

pub fn asked() -> Asked {
    Asked {
        session_id: "session-1".to_owned(),
        project_uuid: "project-1".to_owned(),
        turn: 2,
        nonce: "00112233445566778899aabbccddeeff".to_owned(),
        text: "一只“狐狸”\nruns, video ratio 16:9".to_owned(),
        service: ServiceId::of(&libtv_video_core::upstream::nexu::NEXU),
        route: Route {
            channel: "feishu".to_owned(),
            chat: "oc_1".to_owned(),
            ..Route::default()
        },
        baseline: Baseline {
            last_seq: Some(41),
            count: 12,
        },
        submitted_at_ms: 1_800_000_000_000,
        given: None,
    }
}

pub fn progress(state: State) -> Progress {
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

pub fn delivery(purpose: Purpose, state: DeliveryState) -> Delivery {
    Delivery {
        id: "0123456789abcdef0123".to_owned(),
        turn: 2,
        order: 3,
        purpose,
        state,
        key: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        message: Some(Message {
            shape: Shape::Video,
            form: 1,
            body: "{\"file_key\":\"file_1\"}".to_owned(),
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
        under_way: false,
    }
}

pub fn submit() -> Submit {
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
        not_taken: false,
        trace: None,
        takes_long: false,
    }
}

pub fn pulse() -> Pulse {
    Pulse {
        polls: 9,
        quiet_polls: 2,
        next_poll_at_ms: 1_800_000_016_000,
    }
}

/// A record of every kind and case, with the name of its file.
pub fn samples() -> Vec<(String, Record)> {
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
    let shown = |shape, body: &str| {
        Some(Message {
            shape,
            form: 1,
            body: body.to_owned(),
        })
    };
    let text = |words: &str| Some(Message::text(words.to_owned()));
    let link = "https://libtv-res.liblib.art/sd-gen-save-img/1/a.mp4\nSent as a link: the chat takes files up to 30 MB";
    let question = "❓ The video service asks about “a \u{ff1c}at user_id=1>”:\nWhich style?\nReply here to go on.";
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
        ("owed-question", unsent(Purpose::Question, text(question))),
        (
            "withheld",
            Delivery {
                withheld: 3,
                ..unsent(
                    result(),
                    shown(Shape::Image, "{\"image_key\":\"img_v3_2\"}"),
                )
            },
        ),
        (
            "will-be-link",
            Delivery {
                trouble: Some("the chat takes files up to 30 MB".to_owned()),
                ..unsent(result(), text(link))
            },
        ),
        ("begun-film", begun(result(), shown(Shape::Video, film))),
        (
            "begun-image",
            begun(
                result(),
                shown(Shape::Image, "{\"image_key\":\"img_v3_2\"}"),
            ),
        ),
        (
            "begun-file",
            begun(result(), shown(Shape::File, "{\"file_key\":\"file_v3_2\"}")),
        ),
        ("begun-link", begun(result(), text(link))),
        (
            "shown-film",
            Delivery {
                message_id: Some("om_1".to_owned()),
                ..ended(
                    DeliveryState::Delivered,
                    result(),
                    shown(Shape::Video, film),
                )
            },
        ),
        (
            "shown-link",
            Delivery {
                message_id: Some("om_2".to_owned()),
                ..ended(DeliveryState::LinkOnly, result(), text(link))
            },
        ),
        (
            "gave-up",
            Delivery {
                failures: 300,
                first_sent_at_ms: None,
                trouble: Some("no Feishu or Lark credentials were found".to_owned()),
                ..ended(DeliveryState::Failed, Purpose::Timeout, text(question))
            },
        ),
        (
            "unsure",
            ended(
                DeliveryState::Uncertain,
                result(),
                shown(Shape::File, "{\"file_key\":\"file_v3_2\"}"),
            ),
        ),
        (
            "more",
            unsent(Purpose::More, text("… and 3 more, on the canvas.")),
        ),
    ];
    let answering = Route {
        channel: "lark".to_owned(),
        chat: "user:x1".to_owned(),
        reply_to: Some("om_7".to_owned()),
        ..Route::default()
    };
    let told = |notice| Submit {
        told: false,
        file: "fedcba98".to_owned(),
        route: answering.clone(),
        notice: Some(notice),
        ..submit()
    };
    let notice = Notice {
        shown: false,
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
        shown: false,
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
