//! `libtv-video serve`, killed again and again at moments that a seed chooses: while a message is in flight, while
//! something else is, or after any time. Each kill finds work to interrupt; in the end everything is in the chats once: of
//! Feishu, of Discord and of Slack.
//!
//! Twenty kills in every `cargo test`, two hundred with `LIBTV_CRASH=all`.

use std::collections::BTreeSet;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use fakes::{Fake, Fault, Job, When};
use serde_json::Value;

use super::parties::{CHANNEL_VARIABLES, Chat};
use crate::delivery;
use crate::discord::PERSON;
use crate::env::scenes::POLL;
use crate::env::{TIMEOUT, TestEnv, block_on, wait_until};

/// Installations at once, each with its own kills: most of a kill is waiting.
const LANES: [Chat; 4] = [Chat::Feishu, Chat::Discord, Chat::Slack, Chat::Feishu];
/// A multiple of the number of [`LANES`].
const KILLS: u64 = 20;
const ALL_KILLS: u64 = 200;
/// A harness that starts and delivers takes about half of this.
const LONGEST_MS: u64 = 400;
/// Somebody who was killed in attempt after attempt waits for up to five minutes, and looks for the message then.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
const MEDIA: &str = "/sd-gen-save-img/**";

/// Words, and how many messages come of them. The last is a text alone.
const JOBS: [(&str, usize); 4] = [
    ("images", 3),
    ("a video", 1),
    ("both", 2),
    ("a failing job", 1),
];

/// When to kill.
enum Moment {
    /// While this request of the route waits for its answer.
    Held(Door, &'static str, Fault),
    /// So many milliseconds after the start.
    After(u64),
}

enum Door {
    LibTv,
    Media,
    Chat,
}

#[derive(Default)]
struct Tally {
    kills: u64,
    in_flight: u64,
    messages: usize,
    lost: usize,
    duplicates: usize,
    repeated_submits: usize,
    new_uuids: usize,
    /// What isn't as it is to be, for who looks for the reason.
    wrong: Vec<String>,
}

#[test]
fn kills_at_any_moment_lose_nothing_and_show_nothing_twice() {
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().unwrap());
    let is_all = std::env::var("LIBTV_CRASH").is_ok_and(|which| which == "all");
    let kills = number("LIBTV_CRASH_KILLS").unwrap_or(if is_all { ALL_KILLS } else { KILLS });
    let seed = number("LIBTV_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let again = format!(
        "again: LIBTV_CRASH_SEED={seed} LIBTV_CRASH_KILLS={kills} cargo test --test it -- crash::kills --nocapture"
    );
    println!("{again}");
    let mut sum = Tally::default();
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (seed..)
            .zip(LANES)
            .map(|(seed, chat)| {
                scope.spawn(move || Lane::new(chat, seed).run(kills / LANES.len() as u64))
            })
            .collect();
        for lane in lanes {
            sum.add(&lane.join().unwrap_or_else(|_| panic!("{again}")));
        }
    });
    println!("{sum}");
    let broken = sum.lost + sum.duplicates + sum.repeated_submits + sum.new_uuids;
    assert_eq!(broken, 0, "{sum}\n{}\n{again}", sum.wrong.join("\n"));
    assert!(sum.in_flight * 2 >= sum.kills, "{sum}");
}

/// One installation.
struct Lane {
    env: TestEnv,
    chat: Chat,
    random: fastrand::Rng,
    /// What each chat is to get; every chat has one job.
    wanted: Vec<(String, usize)>,
    tally: Tally,
}

impl Lane {
    fn new(chat: Chat, seed: u64) -> Self {
        let variables = CHANNEL_VARIABLES.into_iter();
        let builder = variables.fold(TestEnv::builder(), |builder, (name, value, _)| {
            builder.var(name, value)
        });
        let env = builder.start();
        // How many requests a minute a platform takes isn't the question here, and its pauses are.
        env.slack().limit_methods(false);
        let gateway = env.gateway();
        gateway.set_default_job(Job::video("/sd-gen-save-img/{session}.mp4"));
        gateway.on_message_containing("images", Job::images_over_time(3));
        gateway.on_message_containing("failing", Job::fails("out of paint"));
        let both = Job::new().works().at(When::Polls(1));
        let both = both.videos(["/sd-gen-save-img/a.mp4", "/sd-gen-save-img/b.png"]);
        gateway.on_message_containing("both", both.says("done"));
        Self {
            env,
            chat,
            random: fastrand::Rng::with_seed(seed),
            wanted: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn run(mut self, kills: u64) -> Tally {
        for nth in 0..kills {
            let moment = self.choose(nth);
            self.ask(&moment);
            self.kill_at(moment);
        }
        self.settle();
        self.tally
    }

    /// Three of five while a message is in flight: the platform has it and did nothing yet, or it stands in the chat already.
    fn choose(&mut self, nth: u64) -> Moment {
        let (commit, preparation) = (self.chat.commit(), self.chat.preparation());
        match (nth % 5, self.random.u8(..4)) {
            (0 | 2 | 4, 0 | 1) => Moment::Held(Door::Chat, commit, Fault::SilentBefore),
            (0 | 2 | 4, _) => Moment::Held(Door::Chat, commit, Fault::SilentAfterApplied),
            (1, 0) => Moment::Held(Door::LibTv, POLL, Fault::SilentBefore),
            (1, 1) => Moment::Held(Door::Media, MEDIA, Fault::SilentBefore),
            (1, _) => Moment::Held(Door::Chat, preparation, Fault::SilentAfterApplied),
            _ => Moment::After(self.random.u64(..LONGEST_MS)),
        }
    }

    /// So that there is always something to interrupt: images are asked for, fetched, uploaded and sent.
    fn ask(&mut self, moment: &Moment) {
        let is_prepared = |route: &str| route == self.chat.preparation();
        // A text in Slack has neither a key nor a file to look up: one whose fate is unknown isn't sent again.
        let jobs = match self.chat {
            Chat::Feishu | Chat::Discord => &JOBS[..],
            Chat::Slack => &JOBS[..JOBS.len() - 1],
        };
        let (words, messages) = match moment {
            Moment::Held(Door::Media, ..) => JOBS[0],
            Moment::Held(_, route, _) if is_prepared(route) => JOBS[0],
            _ => jobs[self.random.usize(..jobs.len())],
        };
        let nth = self.wanted.len();
        let chat = self.chat.id(nth);
        let words = format!("{words}, number {nth}");
        if self.chat == Chat::Discord {
            // Where somebody asks there is a message. A list with none proves nothing: the bot may not be allowed to read it.
            let discord = self.env.world().discord();
            discord.add_message(&chat, PERSON, &words);
        }
        self.env.ask(&words, self.chat.channel(), &chat).ok();
        self.wanted.push((chat, messages));
    }

    fn kill_at(&mut self, moment: Moment) {
        self.tally.kills += 1;
        match moment {
            Moment::After(pause_ms) => {
                let serve = self.env.serve();
                thread::sleep(Duration::from_millis(pause_ms));
                serve.kill();
            }
            Moment::Held(Door::LibTv, route, fault) => self.hold(&self.env.gateway(), route, fault),
            Moment::Held(Door::Media, route, fault) => self.hold(&self.env.media(), route, fault),
            Moment::Held(Door::Chat, route, fault) => {
                let world = self.env.world();
                match self.chat {
                    Chat::Feishu => self.hold(&world.feishu(), route, fault),
                    Chat::Discord => self.hold(&world.discord(), route, fault),
                    Chat::Slack => self.hold(&world.slack(), route, fault),
                }
                self.tally.in_flight += u64::from(route == self.chat.commit());
            }
        }
    }

    /// Kills when the fake says that the request is there; nobody answers it.
    fn hold(&self, fake: &impl Fake, route: &str, fault: Fault) {
        let before = fake.held_requests();
        fake.fault(route, fault, 1);
        let serve = self.env.serve_unchecked();
        wait_until(fake, |fake| fake.held_requests() > before);
        serve.kill();
    }

    /// The last harness is left alone; then everything is counted.
    fn settle(&mut self) {
        let serve = self.env.serve();
        self.wait_for_all();
        self.wait_for_records();
        let last_harness = serve.lines();
        serve.terminate();
        let (env, tally) = (&self.env, &mut self.tally);
        env.run(["audit", "--verify"]).ok();
        let told = env.run(["recover", "--json"]).ok().json();
        let sessions = told["sessions"].as_array().unwrap();
        tally.lost += self.wanted.len().abs_diff(sessions.len());
        for session in sessions {
            let results = session["results"].as_array().into_iter().flatten();
            let open = results.filter(|result| result["delivery"] != "delivered");
            let open: Vec<String> = open.map(Value::to_string).collect();
            if open.is_empty() {
                continue;
            }
            tally.lost += open.len();
            tally
                .wrong
                .push(format!("{}: {open:?}", self.chat.channel()));
            let id = session["sessionId"].as_str().unwrap_or_default();
            let of_it = last_harness.iter().filter(|line| line.contains(id));
            tally.wrong.extend(of_it.cloned());
        }
        for (chat, wanted) in &self.wanted {
            // Lines that say how far jobs are, of those that took longer than a minute, are no deliveries.
            let all = self.chat.messages(env.world(), chat);
            let lines = all.iter().filter(|message| message.is_line()).count();
            let shown = all.len() - lines;
            tally.messages += all.len();
            if shown != *wanted || lines > *wanted {
                let texts: Vec<&str> = all.iter().map(|message| &*message.text).collect();
                tally.wrong.push(format!("{chat}: {wanted} of {texts:?}"));
            }
            tally.duplicates += lines.saturating_sub(*wanted);
            tally.lost += wanted.saturating_sub(shown);
            tally.duplicates += shown.saturating_sub(*wanted);
        }
        if self.chat == Chat::Feishu {
            let uuids = delivery::uuids(&env.feishu()).into_iter();
            let uuids = uuids.collect::<BTreeSet<_>>();
            tally.new_uuids += uuids.len().saturating_sub(tally.messages);
        }
        tally.repeated_submits += env.gateway().submits().len().abs_diff(self.wanted.len());
    }

    /// What stands in a chat may still have to be looked up: on a slow machine a nonce has ended by then, and who was killed in
    /// several attempts at a message pauses before the next.
    fn wait_for_records(&self) {
        let until = Instant::now() + LONGEST_PAUSE;
        let are_open = || {
            let status = ["status", "--json", "--last", "0"];
            let status = self.env.run(status).ok().json();
            status["sessions"] != serde_json::json!([])
        };
        while are_open() && Instant::now() < until {
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// What is missing after a while is counted by who asked for it.
    fn wait_for_all(&self) {
        let world = self.env.world();
        for (chat, wanted) in &self.wanted {
            // A line that says how far a job is was there before, and is none of them.
            let shown = || {
                let messages = self.chat.messages(world, chat).into_iter();
                messages.filter(|message| !message.is_line()).count()
            };
            let is_there = || shown() >= *wanted;
            let _ = match self.chat {
                Chat::Feishu => block_on(world.feishu().wait_until(TIMEOUT, |_| is_there())),
                Chat::Discord => block_on(world.discord().wait_until(TIMEOUT, |_| is_there())),
                Chat::Slack => block_on(world.slack().wait_until(TIMEOUT, |_| is_there())),
            };
        }
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.in_flight += other.in_flight;
        self.messages += other.messages;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.repeated_submits += other.repeated_submits;
        self.new_uuids += other.new_uuids;
        self.wrong.extend_from_slice(&other.wrong);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "kills {}, with a message in flight {}, messages {}, lost {}, duplicate {}, repeated submits {}, repeated under another uuid {}",
            self.kills,
            self.in_flight,
            self.messages,
            self.lost,
            self.duplicates,
            self.repeated_submits,
            self.new_uuids
        )
    }
}
