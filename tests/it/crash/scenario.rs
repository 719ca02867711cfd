//! What happens in a run besides the stop: who asks for what, what the backend makes of it, and what the chat must have
//! got at the end. Media are tiny but for the one that is too large.

use std::time::Duration;

use fakes::media::{MediaFile, mp4, png};
use fakes::{App, ArkError, Clip, Fake, Fault, Job, When, World};
use host::fault_injection::Faults;

use super::parties::{Chat, Service};
use crate::delivery::MESSAGES;

/// Longer than all runs of a rig take on its clock: a token of the first one is good in the last.
const TOKEN_LIFE: Duration = Duration::from_secs(50 * 365 * 86_400);

/// One thing that a user or the timer does.
#[derive(Clone, Copy)]
pub enum Act {
    /// Asks for something, in the session of the run's first request when there is one.
    Ask {
        /// The words, by which the backend chooses the job.
        words: &'static str,
        /// What the chat gets for it.
        shown: &'static [&'static str],
    },
    /// The timer, until no session is left.
    WatchToTheEnd,
    /// The timer, until the chat has got this. That nobody knows what became of a submit may stand there before it.
    WatchUntilShown(&'static str),
    /// So many steps of the timer.
    Steps(usize),
    /// The timers of two harnesses, both at once, until no session is left.
    TwoWatch,
    /// Another service is configured.
    Use(Service),
}

/// A kind of run.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    /// The service that is configured at first.
    pub service: Service,
    /// The channel of its chat.
    pub chat: Chat,
    /// Whether an earlier installation left the session that is waited for.
    pub legacy: bool,
    /// Whether the file system has hard links.
    pub has_links: bool,
    pub acts: &'static [Act],
    /// What is arranged at the fakes for every run anew.
    pub before_run: fn(&World),
}

const VIDEO: Act = Act::Ask {
    words: "a video",
    shown: &["film.mp4"],
};
const NINE: Act = Act::Ask {
    words: "nine images",
    shown: &[
        "1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png", "8.png", "9.png",
    ],
};

const TWO: Act = Act::Ask {
    words: "two images",
    shown: &["1.png", "2.png"],
};
const FAILURE: Act = Act::Ask {
    words: "a failing job",
    shown: &["❌"],
};

/// What a legacy session is waited for with.
pub const LEGACY_SHOWN: &[&str] = &["film.mp4"];

/// The kinds of run.
pub const ALL: [Scenario; 19] = [
    plain("video", &[VIDEO, Act::WatchToTheEnd]),
    plain("nine", &[NINE, Act::WatchToTheEnd]),
    plain(
        "continued",
        &[
            VIDEO,
            Act::WatchToTheEnd,
            Act::Ask {
                words: "another picture",
                shown: &["1.png"],
            },
            Act::WatchToTheEnd,
        ],
    ),
    plain(
        "ask-back",
        &[
            Act::Ask {
                words: "something unclear",
                shown: &["❓"],
            },
            Act::WatchUntilShown("❓"),
            Act::Ask {
                words: "another picture",
                shown: &["1.png"],
            },
            Act::WatchToTheEnd,
        ],
    ),
    plain("failure", &[FAILURE, Act::WatchToTheEnd]),
    Scenario {
        before_run: without_upload_scope,
        ..plain("no-scope", &[TWO, Act::WatchToTheEnd])
    },
    plain(
        "oversize",
        &[
            Act::Ask {
                words: "a huge film",
                shown: &["huge.mp4"],
            },
            Act::WatchToTheEnd,
        ],
    ),
    Scenario {
        before_run: rate_limited,
        ..plain("rate-limit", &[TWO, Act::WatchToTheEnd])
    },
    plain(
        "key-switched",
        &[
            VIDEO,
            Act::Steps(1),
            Act::Use(Service::Direct),
            Act::Steps(2),
            Act::Use(Service::Gateway),
            Act::WatchToTheEnd,
        ],
    ),
    plain("two-harnesses", &[TWO, Act::TwoWatch]),
    Scenario {
        legacy: true,
        ..plain("legacy", &[Act::WatchToTheEnd])
    },
    Scenario {
        service: Service::Direct,
        ..plain("direct", &[VIDEO, Act::WatchToTheEnd])
    },
    // Two processes that decide how results share a message.
    Scenario {
        has_links: false,
        before_run: without_upload_scope,
        ..plain("without-links", &[TWO, Act::TwoWatch])
    },
    at_ark("ark", &[VIDEO, Act::WatchToTheEnd]),
    at_ark("ark-failure", &[FAILURE, Act::WatchToTheEnd]),
    shown_in(Chat::Discord, "discord", &[TWO, Act::WatchToTheEnd]),
    shown_in(Chat::Slack, "slack", &[TWO, Act::WatchToTheEnd]),
    shown_in(Chat::Slack, "slack-two", &[TWO, Act::TwoWatch]),
    Scenario {
        before_run: slack_limited,
        ..shown_in(Chat::Slack, "slack-limited", &[TWO, Act::WatchToTheEnd])
    },
];

const fn at_ark(name: &'static str, acts: &'static [Act]) -> Scenario {
    Scenario {
        service: Service::Ark,
        ..plain(name, acts)
    }
}

const fn shown_in(chat: Chat, name: &'static str, acts: &'static [Act]) -> Scenario {
    Scenario {
        chat,
        ..plain(name, acts)
    }
}

const fn plain(name: &'static str, acts: &'static [Act]) -> Scenario {
    Scenario {
        name,
        service: Service::Gateway,
        chat: Chat::Feishu,
        legacy: false,
        has_links: true,
        acts,
        before_run: |_| {},
    }
}

impl Scenario {
    /// The scenario of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|scenario| scenario.name == name)
    }
}

fn without_upload_scope(world: &World) {
    let app = App::new(fakes::FEISHU_APP_ID, fakes::FEISHU_APP_SECRET);
    world.feishu().add_app(app.without_scope("im:resource"));
}

fn rate_limited(world: &World) {
    let fault = Fault::rate_limited("x-ogw-ratelimit-reset", "3");
    world.feishu().fault(MESSAGES, fault, 2);
}

/// Of the commit and of the look at what became of it. Where a preparation is held back so, a process that dies between the
/// marker of the next attempt and its record leaves a result that is told as uncertain: docs/simulation.md.
fn slack_limited(world: &World) {
    for method in ["completeUploadExternal", "info"] {
        let fault = Fault::rate_limited("retry-after", "3");
        let route = format!("POST /api/files.{method}");
        world.slack().fault(route.as_str(), fault, 2);
    }
}

/// The results that jobs have, each recognisable by its content.
pub fn results() -> Vec<(&'static str, MediaFile)> {
    const NAMES: [&str; 9] = [
        "1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png", "8.png", "9.png",
    ];
    let images = NAMES
        .into_iter()
        .zip(8..)
        .map(|(name, side)| (name, png(side, side)));
    // Feishu takes 30 MiB.
    let films = [
        ("film.mp4", mp4(1_000, 2_000, false)),
        ("huge.mp4", mp4(1_000, 31 << 20, false)),
    ];
    images.chain(films).collect()
}

/// Where a result stands in the media store.
pub fn path(name: &str) -> String {
    format!("/sd-gen-save-img/{name}")
}

/// Tells the services what to make of which words.
pub fn teach(world: &World) {
    let ark = world.ark();
    ark.set_default_clip(Clip::video_at(&path("film.mp4")));
    ark.on_text_containing("a failing job", Clip::fails(ArkError::sensitive_video()));
    let video = || Job::video(&path("film.mp4"));
    let picture = Job::new().works().at(When::Polls(1));
    let two = Job::new().works_on(2).at(When::Polls(1));
    let nine = (1..=9).fold(Job::new().works_on(9), |job, nth| {
        job.at(When::Polls(nth))
            .images([path(&format!("{nth}.png"))])
    });
    for libtv in [world.gateway(), world.direct()] {
        libtv.set_default_job(video());
        for (words, job) in [
            ("nine images", nine.clone().says("done")),
            (
                "two images",
                two.clone()
                    .images([path("1.png")])
                    .images([path("2.png")])
                    .says("done"),
            ),
            (
                "another picture",
                picture.clone().images([path("1.png")]).says("done"),
            ),
            ("something unclear", Job::asks("In which colour?")),
            ("a failing job", Job::fails("out of paint")),
            (
                "a huge film",
                picture.clone().videos([path("huge.mp4")]).says("done"),
            ),
        ] {
            libtv.on_message_containing(words, job);
        }
    }
}

/// The fakes of many runs, on clocks that stand still, with every result in the stores.
pub fn world() -> World {
    let world = World::builder().start().unwrap();
    teach(&world);
    for (name, file) in results() {
        world.media().put(&path(name), file.clone());
        world.ark_media().put(&path(name), file);
    }
    world.feishu().set_token_lifetime(TOKEN_LIFE);
    for libtv in [world.gateway(), world.direct()] {
        libtv.set_uses(1_000_000, 1_000_000);
    }
    world
}

/// Moves every clock on; never back.
pub fn advance(world: &World, faults: &Faults, now_ms: u64) {
    let now_ms = now_ms.max(faults.now_ms());
    faults.set_now_ms(now_ms);
    world.stop_clocks_at(Duration::from_millis(now_ms));
}

/// The clock that runs begin with: some day that every machine's clock is before, so that no run depends on this one.
pub fn clock() -> Faults {
    const SOME_DAY_MS: u64 = 2_500_000_000_000;
    Faults::new(SOME_DAY_MS)
}
