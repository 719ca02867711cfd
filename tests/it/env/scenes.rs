//! Scenes that many tests begin with: a job, and the session that was submitted for it.

use fakes::{Job, When};

use super::TestEnv;

/// The route that a session is polled by.
pub const POLL: &str = "GET /libtv/v1/session/*";

/// A new environment in which one session was submitted, of this job.
pub fn submitted(job: Job) -> (TestEnv, String) {
    let env = TestEnv::new();
    env.gateway().set_default_job(job);
    let id = env.submit("a cat");
    (env, id)
}

/// One video and the last word with the first poll.
pub fn one_video(path: &str) -> Job {
    Job::new().works().videos([path]).says("done")
}

/// The same once the test advances the session.
pub fn video_when_advanced(path: &str) -> Job {
    let job = Job::new().works().at(When::Advanced);
    job.videos([path]).says("done")
}

/// An environment that gives jobs up after so many polls; the job's video is late.
pub fn impatient(polls: u32) -> TestEnv {
    let builder = TestEnv::builder().var("LIBTV_MAX_POLLS", polls.to_string());
    let env = builder.start();
    let late = video_when_advanced("/sd-gen-save-img/late.mp4");
    env.gateway().set_default_job(late);
    env
}
