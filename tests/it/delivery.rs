//! What the delivery tests share: one job, its results at once, watched to its end in the foreground.

use fakes::media::MediaFile;
use fakes::{Fake, Job, SentMessage, When};
use serde_json::Value;

use crate::env::{Output, TestEnv};

/// The route of uploaded files.
pub const FILES: &str = "POST /open-apis/im/v1/files";
/// The route of uploaded images.
pub const IMAGES: &str = "POST /open-apis/im/v1/images";
/// The route of messages.
pub const MESSAGES: &str = "POST /open-apis/im/v1/messages";
/// The route of tokens.
pub const TOKENS: &str = "POST /open-apis/auth/v3/tenant_access_token/internal";

/// A job that shows all these results with the first poll, and its last word.
pub fn job(results: &[&str]) -> Job {
    Job::new()
        .works()
        .at(When::Polls(1))
        .videos(results)
        .says("done")
}

/// The address of a result.
pub fn url(path: &str) -> String {
    format!("https://{}{path}", fakes::MEDIA_HOST)
}

/// Submits a job with these results and watches it to its end, which is a good one.
pub fn deliver(env: &TestEnv, results: &[&str]) -> String {
    env.feishu().strict(true);
    env.gateway().set_default_job(job(results));
    let id = env.submit("a cat");
    env.watch(&id).ok();
    id
}

/// Delivers one file; gives the one message it becomes.
pub fn show(env: &TestEnv, path: &str, file: MediaFile) -> SentMessage {
    env.media().put(path, file);
    deliver(env, &[path]);
    only(env.chat())
}

/// Watches what was submitted to its end, good or bad. Gives the session's id.
pub fn watched(env: &TestEnv, submitted: Output) -> String {
    let id = submitted.ok().session_id();
    env.watch(&id);
    id
}

/// There is exactly one.
#[track_caller]
pub fn only<M: std::fmt::Debug>(messages: Vec<M>) -> M {
    let [message] = <[M; 1]>::try_from(messages)
        .unwrap_or_else(|messages| panic!("one message was expected: {messages:#?}"));
    message
}

/// Of a channel where nothing tells a repetition: of a medium whose answer was lost there are so many messages, and one that tells
/// of it, with the link. `shown` says of each message whether it has a medium, and its text.
#[track_caller]
pub fn told_once(shown: Vec<(bool, String)>, media: usize, link: &str, what: &dyn std::fmt::Debug) {
    let (with, without): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(has, _)| *has);
    assert_eq!(with.len(), media, "{what:?}");
    let [(_, told)] = without.as_slice() else {
        panic!("{what:?}: {without:?}");
    };
    assert!(told.starts_with(link), "{told}");
    assert!(told.contains("isn't known"), "{told}");
}

/// Jobs that ask and that fail in far more words than any chat takes: each is one text there, cut.
pub fn wordy(word: &str) -> [Job; 2] {
    let words = word.repeat(20_000);
    [Job::asks(&words), Job::fails(&words)]
}

/// What `recover` tells about a session.
pub fn recovered(env: &TestEnv, id: &str) -> Value {
    let reply = env.run(["recover", "--json"]).json();
    let sessions = reply["sessions"].as_array().cloned().unwrap_or_default();
    let found = sessions
        .into_iter()
        .find(|session| session["sessionId"] == id);
    found.unwrap_or_else(|| panic!("recover doesn't know {id}: {reply}"))
}

/// The `uuid`s of every attempt to send, as they went over the wire.
pub fn uuids(fake: &impl Fake) -> Vec<String> {
    let sent = fake.requests_to(MESSAGES);
    sent.iter()
        .filter_map(|request| Some(request.json()?["uuid"].as_str()?.to_owned()))
        .collect()
}
