//! 200 MB through the real program in no more than 64 MB of resident memory, everything counted. Linux only:
//! the kernel's own high-water mark is read while the process lives.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Child;
use std::time::Duration;

use fakes::{Fake, Fault, media};

use crate::delivery::job;
use crate::env::{TestEnv, wait_until};

/// "No more than 64 MB of memory in the whole process", counted as the 200 MB are.
const MAX_RESIDENT_KIB: u64 = 64 << 10;
const MEDIA_BYTES: u64 = 200 << 20;
/// The answer is kept back so long that the process still lives when its mark is read.
const HELD_MS: u64 = 2_000;
/// Looking without a pause takes a whole processor from what is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// The most memory a process has had so far; none once it has ended.
fn peak_kib(pid: u32) -> Option<u64> {
    let status =
        std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[track_caller]
fn assert_small(what: &str, peak_kib: u64) {
    println!("{what}: {peak_kib} KiB at most");
    assert!(peak_kib <= MAX_RESIDENT_KIB, "{what} took {peak_kib} KiB");
}

/// A first run of the program as users have it: nothing is compiled, so it takes no more than any other.
fn untouched() -> TestEnv {
    TestEnv::new().unwatched()
}

/// Follows a process to its end.
fn peak_until_end(child: Child) -> u64 {
    follow(child).0
}

/// The same, and whether it succeeded.
fn follow(mut child: Child) -> (u64, bool) {
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (peak, status.success());
        }
        peak = peak_kib(child.id()).unwrap_or(0).max(peak);
        // The mark only rises: what a millisecond more adds is seen at the next look.
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// Says to a test that it runs in a process of its own.
const ALONE: &str = "LIBTV_TEST_ALONE";

/// Runs a test, by its whole name, in a process of its own, and answers with the most memory that took: what a harness
/// inside of this process takes can't be told from what the other tests do. In that process there is none to answer with.
pub fn peak_kib_alone(test: &str) -> Option<u64> {
    if std::env::var_os(ALONE).is_some() {
        return None;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(ALONE, "1")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let (peak, succeeded) = follow(child);
    assert!(succeeded, "{test} failed in a process of its own");
    Some(peak)
}

/// Uploads 200 MB.
fn peak_of_an_upload(env: &TestEnv) -> u64 {
    let path = env.folder().join("film.mp4");
    media::mp4(60_000, MEDIA_BYTES, true)
        .write_to(&path)
        .unwrap();
    env.gateway().fault("*", Fault::Latency(HELD_MS), 1);
    let before = env.gateway().requests().len();
    let mut child = env.start([Path::new("upload"), Path::new("--file"), &path]);
    wait_until(&env.gateway(), |gateway| gateway.requests().len() > before);
    let peak = peak_kib(child.id()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(env.gateway().uploads()[0].bytes, MEDIA_BYTES);
    peak
}

#[test]
fn an_upload_of_200_mb_stays_under_64_mb() {
    assert_small("an upload of 200 MB", peak_of_an_upload(&untouched()));
}

#[test]
fn a_download_of_200_mb_stays_under_64_mb() {
    let env = untouched();
    let (name, folder) = ("/sd-gen-save-img/film.mp4", env.folder().join("out"));
    env.media().put(name, media::mp4(60_000, MEDIA_BYTES, true));
    let address = crate::delivery::url(name);
    let child = env.start([
        "download-results",
        "--urls",
        &address,
        "--output-dir",
        folder.to_str().unwrap(),
    ]);
    let peak = peak_until_end(child);
    assert_eq!(
        std::fs::metadata(folder.join("01.mp4")).unwrap().len(),
        MEDIA_BYTES
    );
    assert_small("a download of 200 MB", peak);
}

/// Delivers sixteen videos.
fn peak_of_a_serve(env: &TestEnv) -> u64 {
    /// As many as there are steps at once; one of them as large as Feishu takes it.
    const JOBS: u32 = 16;
    for n in 0..JOBS {
        let bytes = if n == 0 { 30 << 20 } else { 3 << 20 };
        let path = format!("/sd-gen-save-img/{n}.mp4");
        env.media().put(&path, media::mp4(60_000, bytes, true));
        let named = format!("film {n}.");
        env.gateway().on_message_containing(&named, job(&[&path]));
        env.submit_to(&named, &format!("oc_{n}"));
    }
    let serve = env.serve();
    wait_until(&env.feishu(), |feishu| {
        feishu.messages().len() == JOBS as usize
    });
    peak_kib(serve.pid()).unwrap()
}

#[test]
fn a_serve_that_delivers_sixteen_videos_at_once_stays_under_64_mb() {
    assert_small(
        "a serve that delivered sixteen videos",
        peak_of_a_serve(&untouched()),
    );
}
