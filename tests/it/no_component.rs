//! Hostile components, one for each thing that must not work (`tests/hostile/attacks`): what each is told, that the
//! harness lives on, and that it serves the next session. The tests have the attacks' names, and a file without a test
//! does not compile: read them as "no component reaches another host".

mod answers;
mod calls;
mod credentials;
mod elsewhere;
mod files;
mod machine;
mod messages;
mod network;
mod odd_server;
#[cfg(all(unix, feature = "postgres"))]
mod on_postgres;
mod output;
mod services;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fakes::Fake;
use host_harness::http::RefusalReason;
use host_harness::{
    CallError, Component, Event, Harness, LimitHit, Limits, ProblemKind, ServeOptions, StartError,
    Step, StopHandle, Usage, serve,
};

pub use odd_server::OddServer;

use crate::env::{TestEnv, block_on};

include!(concat!(env!("OUT_DIR"), "/attacks.rs"));

mod each_has_a_test {
    #![allow(
        unused_imports,
        reason = "that they can be imported is all that is asked"
    )]
    use super::{
        answers::*, calls::*, credentials::*, files::*, machine::*, messages::*, network::*,
        output::*, services::*,
    };

    #[cfg(all(unix, feature = "postgres"))]
    use super::on_postgres::*;
    #[cfg(all(unix, feature = "postgres"))]
    macro_rules! has_a_test {
        ($attack:ident) => {
            use self::$attack as _;
        };
    }
    // Two of them find a link, and are tested where everybody may make one.
    #[cfg(all(unix, feature = "postgres"))]
    foreach_attack!(has_a_test);
}

/// The attack with the name of the test function: `attack!(loops_for_ever)`.
macro_rules! attack {
    ($test:ident) => {{
        let _: fn() = $test;
        super::Attack::of(stringify!($test))
    }};
}
use attack;

/// The session that the hostile component serves as it should. Every other one is an attack's, and called by it.
const GOOD: &str = "good";
/// Where the hostile component finds the name of an attack that every call makes: `ATTACK` in `hostile/src/lib.rs`.
const ATTACK: &str = "LIBTV_VIDEO_RATIO";

/// One hostile component, and the world it is let loose in.
pub struct Attack {
    /// Also the session whose step it is.
    name: &'static str,
    pub env: TestEnv,
    limits: Limits,
    /// The component whose honest session comes next. One that is hostile from its start has none.
    next: &'static str,
}

/// A hostile component in a world of its own, for tests that look at something else than how it ends.
pub fn hostile(name: &'static str) -> (TestEnv, Harness) {
    let attack = Attack::of(name);
    let harness = attack.harness();
    (attack.env, harness)
}

/// How a hostile step ended.
struct End {
    result: Result<Step, CallError>,
    usage: Usage,
    env: TestEnv,
}

impl Attack {
    fn of(name: &'static str) -> Self {
        Self::in_env(name, TestEnv::new())
    }

    pub fn in_env(name: &'static str, env: TestEnv) -> Self {
        Self {
            name,
            env,
            limits: Limits::default(),
            next: name,
        }
    }

    /// The component does it in every call, also in those that name no session, and not in a step of its session alone.
    fn in_every_call(mut self) -> Self {
        self.env.set(ATTACK, self.name);
        self
    }

    /// With other limits than the default ones.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// It is hostile before any of its functions is called: another component serves the next session.
    fn hostile_when_started(self) -> Self {
        Self {
            next: "panics",
            ..self
        }
    }

    pub fn harness(&self) -> Harness {
        self.harness_with(load_for(self.name).unwrap())
    }

    fn harness_with(&self, component: Component) -> Harness {
        let settings = self
            .env
            .settings()
            .with_limits(self.limits.clone(), self.limits.clone());
        Harness::new(component, settings).unwrap()
    }

    /// Lets it do its step. Whatever comes of it, the same harness then serves the next session.
    #[track_caller]
    fn end(self) -> End {
        let (result, usage) = block_on(async {
            let harness = self.harness();
            let ended = harness.poll_measured(self.name).await;
            is_recorded(&harness, self.name, &ended.0);
            if self.next == self.name {
                is_served(&harness.poll(GOOD).await);
            } else {
                let next = self.harness_with(load_for(self.next).unwrap());
                is_served(&next.poll(GOOD).await);
            }
            ended
        });
        End {
            result,
            usage,
            env: self.env,
        }
    }

    /// It isn't even loaded. The next one is.
    #[track_caller]
    fn is_not_loaded(&self, because: &str) {
        match load_for(self.name) {
            Err(StartError::Component(reason)) if reason.contains(because) => {}
            Err(error) => panic!("refused with other words: {error}"),
            Ok(_) => panic!("it was loaded"),
        }
        let next = self.harness_with(load_for("panics").unwrap());
        block_on(async { is_served(&next.poll(GOOD).await) });
    }

    /// Both sessions on the timer, until the hostile one has failed or ended, and the other one is served.
    fn on_the_timer(&self) -> Vec<Event> {
        self.on_the_timer_until(&[self.name, GOOD], |lines| {
            [self.name, GOOD].iter().all(|session| {
                lines.iter().any(|line| {
                    line.starts_with(&format!("{session}: ")) && !line.contains(": noticed")
                })
            })
        })
    }

    /// These sessions on the timer, until what it tells is enough.
    fn on_the_timer_until(
        &self,
        sessions: &[&str],
        is_enough: impl Fn(&[String]) -> bool + Sync,
    ) -> Vec<Event> {
        let harness = self.harness();
        for session in sessions {
            std::fs::write(harness.home().active().join(session), "").unwrap();
        }
        let (events, stop) = (Mutex::new(Vec::<Event>::new()), StopHandle::new());
        let ending = stop.clone();
        let told = |event: &Event| {
            let mut events = events.lock().unwrap();
            events.push(event.clone());
            let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
            if is_enough(&lines) {
                ending.stop();
            }
        };
        block_on(serve(&harness, ServeOptions::default(), stop, told)).unwrap();
        events.into_inner().unwrap()
    }
}

/// The component for a step of this attack: but for those that are one of their own, the one that holds them all.
fn load_for(name: &str) -> Result<Component, StartError> {
    /// One at a time: who comes second finds what the first has compiled.
    static LOADING: Mutex<()> = Mutex::new(());
    let (component, name) = bomb(name).map_or((ATTACKS, "steps"), |bomb| (bomb, name));
    let _alone = LOADING.lock();
    // A folder for each: the cache keeps few components.
    let cache = crate::env::cache().join("hostile").join(name);
    Component::from_bytes(component, Some(&cache))
}

/// Makes empty files of these names. A file system takes far longer to make a file than to give one another name, which it does some
/// 65 000 times.
fn fill(folder: &Path, names: impl Iterator<Item = String>) {
    let mut first: Option<PathBuf> = None;
    for path in names.map(|name| folder.join(name)) {
        let is_linked = |first| std::fs::hard_link(first, &path).is_ok();
        if !first.as_ref().is_some_and(is_linked) {
            std::fs::File::create(&path).unwrap();
            first = Some(path);
        }
    }
}

/// The record has the step's line, and it says how the step ended.
#[track_caller]
fn is_recorded(harness: &Harness, session: &str, result: &Result<Step, CallError>) {
    let mut outcomes = Vec::new();
    let note = |_: &str, line: &serde_json::Value| {
        if line["session"] == session {
            outcomes.push(line["outcome"].as_str().unwrap().to_owned());
        }
    };
    harness.audit().read(note).unwrap();
    let began = match result {
        Ok(_) => "ok",
        Err(CallError::Limit(_)) => "stopped-at-",
        Err(CallError::Trap(_)) => "trap",
        Err(CallError::Problem(_)) => "failed",
        Err(error) => panic!("no step ends so: {error}"),
    };
    assert!(
        outcomes.len() == 1 && outcomes[0].starts_with(began),
        "recorded as {outcomes:?}: {result:?}"
    );
}

/// The honest session was served: over the network, with the key, into its folder.
#[track_caller]
fn is_served(result: &Result<Step, CallError>) {
    match result {
        Ok(step) => assert_eq!(step.events[0].text, "the gateway answered 200"),
        Err(error) => panic!("the next session was not served: {error}"),
    }
}

impl End {
    /// It was stopped at this limit.
    #[track_caller]
    fn stopped_at(self, limit: LimitHit) -> Self {
        match &self.result {
            Err(CallError::Limit(hit)) => assert_eq!(*hit, limit),
            other => panic!("not stopped: {other:?}"),
        }
        self
    }

    /// It trapped, with these words somewhere.
    #[track_caller]
    fn trapped(self, words: &str) -> Self {
        match &self.result {
            Err(CallError::Trap(reason)) => {
                assert!(reason.contains(words), "{reason}");
                assert!(!reason.contains(|c: char| c.is_control()), "{reason:?}");
            }
            other => panic!("no trap: {other:?}"),
        }
        self
    }

    /// It was told "no", with this typed error.
    #[track_caller]
    fn told(self, error: &str) -> Self {
        match &self.result {
            Err(CallError::Problem(failure)) if failure.kind == ProblemKind::Permanent => {
                assert_eq!(failure.message, error);
            }
            other => panic!("not refused: {other:?}"),
        }
        self
    }

    /// Its request was refused for this reason, and never left.
    #[track_caller]
    fn refused(self, reason: RefusalReason) -> Self {
        let told: Vec<_> = self.usage.refusals.iter().map(|r| r.reason).collect();
        assert_eq!(told, [reason]);
        self.told("HttpRequestDenied").nothing_left()
    }

    /// Nothing reached a service but the honest session's one request.
    #[track_caller]
    fn nothing_left(self) -> Self {
        let gateway: Vec<String> = self
            .env
            .gateway()
            .requests()
            .into_iter()
            .map(|request| request.path)
            .collect();
        assert_eq!(gateway, ["/api/v1/key/status"]);
        assert!(self.env.media().requests().is_empty());
        assert!(self.env.feishu().requests().is_empty());
        self
    }

    /// What it got, where that much is its due.
    #[track_caller]
    fn got(&self) -> Vec<String> {
        match &self.result {
            Ok(step) => step.events.iter().map(|event| event.text.clone()).collect(),
            Err(error) => panic!("it got nothing: {error}"),
        }
    }
}
