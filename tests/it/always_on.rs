//! Delivering without anybody's care: a submit that starts what polls, and the service of this system's manager.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use host_harness::{Home, Poller, StartedBy};
use rustix::process::{Pid, Signal, kill_process};

use crate::env::{CHAT, TIMEOUT, TestEnv, wait_until};

/// Whatever a submit has started ends with the test.
struct Background(TestEnv);

impl Background {
    fn of(env: TestEnv) -> Self {
        Self(env)
    }

    fn poller(&self) -> Option<Poller> {
        Home::at(self.0.home()).poller()
    }

    /// The one that polls, once it has told of itself.
    #[track_caller]
    fn told(&self) -> Poller {
        until(|| self.poller().filter(|poller| poller.since_ms.is_some()))
    }

    fn submit(&self, words: &str, more: &[&str]) -> crate::env::Output {
        let line = [
            "create-session",
            words,
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ];
        self.0.run(line.iter().chain(more))
    }

    fn kill(&self) {
        let Some(process) = self.poller().and_then(|poller| poller.process) else {
            return;
        };
        let _ = kill_process(pid(process), Signal::KILL);
        until(|| self.poller().is_none().then_some(()));
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(process) = self.poller().and_then(|poller| poller.process) {
            let _ = kill_process(pid(process), Signal::KILL);
        }
    }
}

fn pid(process: u32) -> Pid {
    Pid::from_raw(process.try_into().unwrap()).unwrap()
}

/// Looks again and again until there is something.
#[track_caller]
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < TIMEOUT, "it did not happen");
        std::thread::yield_now();
    }
}

/// The processes that poll for this home folder, or are about to ask for its lock.
fn serving(home: &Path) -> usize {
    let wanted = format!("NEXU_HOME={}", home.display());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| {
            let part = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
            let has = |bytes: &[u8], text: &str| {
                bytes
                    .split(|byte| *byte == 0)
                    .any(|one| one == text.as_bytes())
            };
            has(&part("cmdline"), "--until-idle") && has(&part("environ"), &wanted)
        })
        .count()
}

#[test]
fn a_submit_that_finds_nobody_polling_starts_what_delivers_and_says_that_it_arrives() {
    let there = Background::of(TestEnv::new());
    let reply = there.submit("a fox", &["--autostart"]).ok().json();
    assert_eq!(reply["deliverable"], true, "{reply}");
    there.0.wait_for_messages(CHAT, 1);
    let poller = there.told();
    assert_eq!(poller.started_by, Some(StartedBy::Submit));
    let check = there.0.run(["check"]).ok();
    assert!(
        check
            .stderr
            .contains("What a submit has started polls and delivers"),
        "{}",
        check.stderr
    );
    let status = there.0.run(["status", "--json"]).ok().json();
    assert_eq!(status["harness"]["startedBy"], "submit", "{status}");
    assert_eq!(status["harness"]["process"], poller.process.unwrap());
    // It is there: a second submit starts nothing.
    there.submit("a hare", &["--autostart"]).ok();
    there.0.wait_for_messages(CHAT, 2);
    assert_eq!(there.told(), poller);
    // Its log is for complaints.
    let log = fs::read_to_string(Home::at(there.0.home()).serve_log()).unwrap();
    assert_eq!(log, "");
}

#[test]
fn of_many_submits_at_once_one_harness_stays_and_every_film_comes_once() {
    const SUBMITS: usize = 6;
    let there = Background::of(TestEnv::new());
    std::thread::scope(|scope| {
        for n in 0..SUBMITS {
            let there = &there;
            scope.spawn(move || there.submit(&format!("fox {n}"), &["--autostart"]).ok());
        }
    });
    there.0.wait_for_messages(CHAT, SUBMITS);
    until(|| (serving(&there.0.home()) == 1).then_some(()));
    assert_eq!(there.0.feishu().messages().len(), SUBMITS);
}

#[test]
fn one_that_was_killed_is_replaced_by_the_next_submit_which_delivers_what_it_left() {
    let there = Background::of(TestEnv::new());
    // Nobody delivers while the results aren't there yet.
    there.submit("a fox", &["--autostart"]).ok();
    let first = there.told();
    there.kill();
    there.submit("a hare", &["--autostart"]).ok();
    there.0.wait_for_messages(CHAT, 2);
    assert_ne!(there.told().process, first.process);
    assert_eq!(there.0.feishu().messages().len(), 2);
}

#[test]
fn libtv_json_says_it_for_all_submits_and_without_it_nothing_is_started() {
    let key = fakes::GATEWAY_KEY;
    let plain = Background::of(TestEnv::new());
    let reply = plain.submit("a fox", &[]).ok().json();
    assert_eq!(
        (reply["deliverable"].as_bool(), plain.poller()),
        (Some(false), None)
    );
    let unwanted = TestEnv::builder().var("LIBTV_SKIP_BACKGROUND_WAITER", "1");
    let unwanted = Background::of(unwanted.start());
    unwanted.submit("a fox", &["--autostart"]).ok();
    assert_eq!(unwanted.poller(), None);
    let config = format!(r#"{{"apiKey": "{key}", "autostart": true}}"#);
    let there = Background::of(TestEnv::builder().config(Some(&config)).start());
    there.submit("a fox", &[]).ok();
    there.0.wait_for_messages(CHAT, 1);
}

#[test]
fn what_can_not_be_started_is_told_and_the_submit_stands() {
    let there = Background::of(TestEnv::new());
    // Whoever starts finds a folder where the log should be.
    fs::create_dir(Home::at(there.0.home()).serve_log()).unwrap();
    let out = there.submit("a fox", &["--autostart"]).ok();
    assert!(
        out.stderr.contains("could not be started"),
        "{}",
        out.stderr
    );
    assert_eq!(out.json()["deliverable"], false);
    assert_eq!(there.0.gateway().submits().len(), 1);
}

#[test]
fn serve_ends_when_there_was_nothing_to_do_for_as_long_as_it_was_told() {
    let env = TestEnv::new();
    env.submit("a fox");
    // It delivers first, whatever that takes.
    env.run(["serve", "--until-idle", "1"]).ok();
    wait_until(&env.feishu(), |feishu| feishu.messages().len() == 1);
    let left: Vec<PathBuf> = fs::read_dir(Home::at(env.home()).active())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(Home::at(env.home()).poller(), None);
}

/// A `systemctl` that notes what it is told, and ends as it is told.
struct Systemctl {
    env: TestEnv,
    said: PathBuf,
}

fn systemctl(script: &str) -> Systemctl {
    let mut env = TestEnv::new();
    let folder = env.folder().join("bin");
    let said = env.folder().join("said");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("systemctl");
    let text = format!("#!/bin/sh\necho \"$*\" >> '{}'\n{script}\n", said.display());
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    env.set("PATH", &folder);
    Systemctl { env, said }
}

impl Systemctl {
    /// What it was told since this was last asked.
    fn told(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.said).unwrap_or_default();
        let _ = fs::remove_file(&self.said);
        text.lines().map(str::to_owned).collect()
    }

    fn user(&self) -> PathBuf {
        self.env.folder().join("user")
    }

    fn unit(&self) -> PathBuf {
        self.user().join(".config/systemd/user/libtv-video.service")
    }
}

#[test]
fn the_service_is_installed_started_stopped_and_taken_away() {
    let there = systemctl("exit 0");
    there.env.run(["service", "install"]).ok();
    let unit = fs::read_to_string(there.unit()).unwrap();
    assert!(unit.contains("libtv-video-under-test\" serve"), "{unit}");
    assert!(unit.contains("LIBTV_STARTED_BY=service"), "{unit}");
    let name = "libtv-video.service";
    let taken = ["--user daemon-reload", "--user enable", "--user restart"];
    let told = there.told();
    assert!(
        told.iter()
            .zip(taken)
            .all(|(told, begin)| told.starts_with(begin)),
        "{told:?}"
    );
    for (action, expected) in [("stop", "--user stop"), ("start", "--user start")] {
        there.env.run(["service", action]).ok();
        assert_eq!(there.told(), [format!("{expected} {name}")]);
    }
    // Nothing polls: the manager is a fake.
    let status = there.env.run(["service", "status"]).exits(1);
    status.says("Nothing polls").says("installed, and runs");
    there.told();
    there.env.run(["service", "uninstall"]).ok();
    assert_eq!(there.told(), [format!("--user disable --now {name}")]);
    assert!(!there.unit().exists());
    there
        .env
        .run(["service", "start"])
        .exits(1)
        .says("service install");
    there
        .env
        .run(["service", "uninstall"])
        .ok()
        .says("No service is installed");
}

#[test]
fn an_installation_says_which_variables_the_service_would_miss_and_where_they_belong() {
    let there = systemctl("exit 0");
    let out = there.env.run(["service", "install"]).ok();
    let place = there.user().join(".config/libtv-video.env");
    out.says("FEISHU_APP_ID, FEISHU_APP_SECRET")
        .says(&place.display().to_string());
    let set = there
        .env
        .vars()
        .iter()
        .filter_map(|(name, value)| Some(format!("{}={}\n", name.to_str()?, value.to_str()?)));
    fs::write(&place, set.collect::<String>()).unwrap();
    let out = there.env.run(["service", "install"]).ok();
    assert!(!out.stdout.contains("doesn't have"), "{}", out.stdout);
    fs::remove_file(&place).unwrap();
}

#[test]
fn a_manager_that_refuses_or_is_absent_is_told_in_its_words() {
    let there = systemctl("echo 'Failed to connect to bus' >&2\nexit 1");
    there
        .env
        .run(["service", "install"])
        .exits(1)
        .says("Failed to connect to bus");
    let mut absent = TestEnv::new();
    absent.set("PATH", absent.folder().join("nothing"));
    absent
        .run(["service", "install"])
        .exits(1)
        .says("has no systemctl")
        .says("--autostart");
}

#[test]
fn who_started_serve_is_told_to_people_and_programs() {
    for (by, said) in [("service", "The service polls"), ("", "started by hand")] {
        let env = TestEnv::builder().var("LIBTV_STARTED_BY", by).start();
        let _serve = env.serve();
        let there = Background::of(env);
        let poller = there.told();
        there.0.run(["service", "status"]).ok().says(said);
        there.0.run(["status"]).ok().says(said);
        assert!(poller.since_ms.is_some_and(|ms| ms > 1_700_000_000_000));
    }
}
