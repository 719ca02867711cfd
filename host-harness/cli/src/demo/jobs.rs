//! What the demonstration asks for, what the fakes make of it, and whether it all arrived.

use std::time::Duration;

use fakes::places::Shown;
use fakes::{Clip, Fake, Fault, Job as Script, When, World, media};
use host::SessionState;

use super::chat;

const FRAMES: u32 = 9;
/// One of the service's own words for what it doesn't allow: they end a job.
const REFUSAL: &str = "内容不符合平台规则";
/// What the service asks back.
const QUESTION: &str = "Which colour should the logo have?";

/// A service that is an agent: it asks back, and gives several results.
pub(super) const AGENT: &str = "nexu";
/// A service of tasks: one request, one clip.
const TASKS: &str = "ark";

/// One job of the demonstration.
pub(super) struct Job {
    /// What the picture calls it.
    pub(super) name: &'static str,
    /// The service that makes it, as a submit takes it.
    pub(super) service: &'static str,
    /// The words of the request; the fakes know the job by one of them.
    pub(super) text: String,
    /// The channel and the chat that its results belong to.
    pub(super) to: (&'static str, &'static str),
    /// The state in which it rests.
    pub(super) end: SessionState,
    /// SHA-256 of every result, as it has to arrive.
    pub(super) results: Vec<String>,
    /// What a text message in the chat has to hold.
    pub(super) says: Option<&'static str>,
}

/// Fills the fakes: results on the media store, scripts for the jobs, faults on the way.
pub(super) fn prepare(world: &World) -> Vec<Job> {
    let gateway = world.gateway();
    let film = media::mp4(5_000, 6 << 20, true);
    let film_sha256 = film.sha256();
    world.media().put("/sd-gen-save-img/demo/fox.mp4", film);
    let mut frames = Vec::new();
    let mut storyboard = Script::new().works_on(FRAMES);
    for number in 1..=FRAMES {
        let path = format!("/sd-gen-save-img/demo/frame-{number}.png");
        // Sizes differ, so that every frame has a digest of its own.
        let frame = media::png(320 + 16 * number, 180);
        frames.push(frame.sha256());
        world.media().put(&path, frame);
        storyboard = storyboard
            .at(after(2_000 + 1_500 * u64::from(number)))
            .images([path]);
    }
    gateway.on_message_containing("storyboard", storyboard.says("The storyboard is complete."));
    gateway.on_message_containing(
        "fox",
        Script::new()
            .works()
            .at(after(9_000))
            .videos(["/sd-gen-save-img/demo/fox.mp4"])
            .says("Your video is ready."),
    );
    let clip = media::mp4(4_000, 3 << 20, true);
    let clip_sha256 = clip.sha256();
    world.ark_media().put("/demo/owl.mp4", clip);
    let script = Clip::video_at("/demo/owl.mp4").choosing(4, "16:9");
    world
        .ark()
        .on_text_containing("owl", script.ending(after(7_000)));
    gateway.on_message_containing("villain", Script::fails(REFUSAL));
    gateway.on_message_containing("logo", Script::new().at(after(3_000)).asks_user(QUESTION));

    // What happens on real lines: an edge that answers in HTML, and a broken connection.
    gateway.fault_after("GET /libtv/v1/session/*", 9, Fault::Html(502), 2);
    gateway.fault_after("GET /libtv/v1/session/*", 20, Fault::ResetBeforeHeaders, 1);

    let owl = |name, to, text: String| Job {
        name,
        service: TASKS,
        text,
        to,
        end: SessionState::Completed,
        results: vec![clip_sha256.clone()],
        says: None,
    };
    let mut jobs = vec![
        Job {
            name: "video",
            service: AGENT,
            text: "A red fox runs through snow".to_owned(),
            to: chat::MAIN,
            end: SessionState::Completed,
            results: vec![film_sha256],
            says: None,
        },
        Job {
            name: "storyboard",
            service: AGENT,
            text: "A storyboard of nine frames".to_owned(),
            to: chat::MAIN,
            end: SessionState::Completed,
            results: frames,
            says: None,
        },
        Job {
            name: "refused",
            service: AGENT,
            text: "A villain who wins".to_owned(),
            to: chat::MAIN,
            end: SessionState::Failed,
            results: Vec::new(),
            says: Some(REFUSAL),
        },
        Job {
            name: "asks back",
            service: AGENT,
            text: "Make a logo".to_owned(),
            to: chat::MAIN,
            end: SessionState::AwaitingUser,
            results: Vec::new(),
            says: Some(QUESTION),
        },
        owl("clip", chat::MAIN, "An owl turns its head".to_owned()),
    ];
    // The same for every other chat that people have.
    for (channel, chat_id) in chat::others() {
        let text = format!("An owl turns its head in {}", chat::platform(channel));
        jobs.push(owl(channel, (channel, chat_id), text));
    }
    jobs
}

/// So long after the submit.
fn after(ms: u64) -> When {
    When::After(Duration::from_millis(ms))
}

/// What is lost or doubled, in words; empty when all is well.
pub(super) fn complaints(jobs: &[Job], shown: &[Shown], world: &World) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut expect_once = |what: String, count: usize| match count {
        1 => {}
        0 => complaints.push(format!("{what} was lost")),
        more => complaints.push(format!("{what} arrived {more} times")),
    };
    for job in jobs {
        let there = |shown: &&Shown| shown.channel == job.to.0;
        let messages = || shown.iter().filter(there);
        for (index, sha256) in job.results.iter().enumerate() {
            // By its digest, where the platform keeps the bytes; else it is the one message there.
            let arrived = messages().filter(|shown| match &shown.sha256 {
                Some(known) => known == sha256,
                None => job.to != chat::MAIN,
            });
            expect_once(
                format!("{}: result {}", job.name, index + 1),
                arrived.count(),
            );
        }
        if let Some(words) = job.says {
            let said = messages().filter(|shown| shown.text.contains(words));
            expect_once(format!("{}: its message", job.name), said.count());
        }
    }
    // Paid once each: what the whole program is about.
    let submits = world.gateway().submits().len() + world.ark().made().len();
    if submits != jobs.len() {
        complaints.push(format!("{} jobs were paid {submits} times", jobs.len()));
    }
    complaints
}
