//! The world that the processes of a run share: disk, services, network and clock. It performs
//! effects; who runs when is decided in `run`.

use std::hash::Hasher;

use libtv_video_core::io::{
    Effect, FsDone, FsOp, HttpError, LongRequest, Outcome, RelayError, Request, Response, Stream,
};

use super::cast::Cast;
use super::chats::{self, Chat, Platform};
use super::check::Heard;
use super::disk::Disk;
use super::exchange::{Delayed, declared_len};
use super::legacy;
use super::network::Fault;
use super::plant::Plant;
use super::process::Process;
use super::report::Options;
use super::rng::Rng;
use super::scenario::Scenario;
use super::services::{self, Backend, Ledger};
use super::trouble::StorageFault;
use super::weather::Weather;

/// What the events of a run come to: the same for the same seed.
pub(super) struct Trace {
    hash: std::hash::DefaultHasher,
    kept: Option<Vec<String>>,
}

impl Trace {
    /// With words where they are to be kept.
    pub(super) fn new(keep: bool) -> Self {
        Self {
            hash: std::hash::DefaultHasher::new(),
            kept: keep.then(Vec::new),
        }
    }

    /// Notes an event; its words are only made when they are kept.
    pub(super) fn note(&mut self, at_ms: u64, what: &str, subject: &str, number: u64) {
        self.hash.write_u64(at_ms);
        self.hash.write(what.as_bytes());
        // All that is noted and not only what is kept: two runs of a seed are compared by this number.
        self.hash.write(subject.as_bytes());
        self.hash.write_u64(number);
        if let Some(kept) = &mut self.kept {
            kept.push(format!("{at_ms:>13} {what:<12} {subject} {number}"));
        }
    }

    /// The number that stands for all events, and their words.
    pub(super) fn finish(self) -> (u64, Vec<String>) {
        (self.hash.finish(), self.kept.unwrap_or_default())
    }
}

pub(super) struct World {
    /// Who plays.
    pub(super) cast: Cast,
    /// The right time.
    pub(super) now_ms: u64,
    /// How much the machine's clock goes wrong; the services have the right time.
    pub(super) skew_ms: i64,
    pub(super) rng: Rng,
    pub(super) disk: Disk,
    /// Who makes the media.
    pub(super) service: Box<dyn Backend>,
    /// What the service was paid for.
    pub(super) ledger: Ledger,
    /// Who shows them.
    pub(super) platform: Box<dyn Platform>,
    /// What is shown, and when something is taken.
    pub(super) chat: Chat,
    /// Results that were in the chat before the run.
    pub(super) shown_before: Vec<String>,
    pub(super) heard: Heard,
    pub(super) trace: Trace,
    /// A bug between the core and this.
    pub(super) plant: Option<Plant>,
    /// Which faults are in force.
    pub(super) weather: Weather,
    /// What happens to the next submit, whatever the weather.
    pub(super) first_submit: Option<Fault>,
    /// What was lost to its sender, and has not arrived yet.
    pub(super) on_their_way: Vec<Delayed>,
    intents_read: u64,
    /// Requests that took effect.
    pub(super) taken: u64,
}

impl World {
    pub(super) fn new(now_ms: u64, mut rng: Rng, options: &Options) -> Self {
        let (stage, plant) = (options.stage, options.plant);
        let mut ledger = Ledger::default();
        let mut disk = Disk::default();
        let mut shown_before = Vec::new();
        let service = if stage.scenario == Scenario::Legacy {
            let mut libtv = services::libtv(stage.scenario, plant);
            shown_before = legacy::install(&mut disk, &mut libtv, &mut ledger, now_ms);
            Box::new(libtv)
        } else {
            services::backend(stage, plant, &mut rng, &mut ledger)
        };
        let platform = chats::platform(stage.cast.channel, plant, &mut rng);
        Self {
            cast: stage.cast,
            now_ms,
            skew_ms: 0,
            rng,
            disk,
            service,
            ledger,
            platform,
            chat: stage.scenario.chat(now_ms),
            shown_before,
            heard: Heard::default(),
            trace: Trace::new(options.keep_trace),
            plant,
            weather: Weather::default(),
            first_submit: stage.scenario.first_submit(),
            on_their_way: Vec::new(),
            intents_read: 0,
            taken: 0,
        }
    }

    /// When the service will have made everything.
    pub(super) fn ends_at_ms(&self) -> u64 {
        self.service.ends_at_ms()
    }

    /// The time by the machine's clock.
    pub(super) const fn told_ms(&self) -> u64 {
        // The machine's clock alone is wrong. Whoever the core talks to keeps the right time, as in the world.
        self.now_ms.saturating_add_signed(self.skew_ms)
    }

    /// Stands for what is on the disk, for how much the services have taken, and for what the user has still to ask.
    pub(super) fn left(&self, asks: usize) -> u64 {
        let mut left = std::hash::DefaultHasher::new();
        for path in self.disk.files() {
            left.write(path.as_bytes());
            left.write(self.disk.content(path).unwrap_or(b"/"));
        }
        // A count stands for all that the services hold: it is compared among runs that are the same until
        // then.
        left.write_u64(self.taken);
        left.write_usize(asks);
        left.finish()
    }

    /// Performs a process's effect; also how long it takes.
    pub(super) fn perform(&mut self, process: Process, effect: Effect) -> (Outcome, u64) {
        let done = self.perform_in_this_weather(process, effect);
        self.weather.effect_ended();
        done
    }

    fn perform_in_this_weather(&mut self, process: Process, effect: Effect) -> (Outcome, u64) {
        match effect {
            Effect::Fs(op) => {
                let done = self.storage(process, op);
                (Outcome::Fs(done), self.rng.below(3))
            }
            Effect::Http(mut request) | Effect::Long(LongRequest { mut request, .. }) => {
                // In front of the network: a planted bug is the core's, and whatever it makes meets the same
                // faults.
                if let Some(plant) = self.plant {
                    plant.alter_request(&mut request, process, &mut self.rng);
                }
                let (mut answer, mut took_ms) = self.exchange(&request, false);
                if self.sends_again(&request, &answer) {
                    let (again, more_ms) = self.exchange(&request, false);
                    (answer, took_ms) = (again, took_ms + more_ms);
                }
                if let Some(plant) = self.plant {
                    plant.alter_answer(&request.url, &mut answer);
                }
                (Outcome::Http(answer), took_ms)
            }
            Effect::Measure(request) => {
                let (answer, took_ms) = self.exchange(&request, false);
                let limit = request.max_response_bytes;
                let len = answer.map(|response| {
                    let len = declared_len(&response).unwrap_or(response.body.len() as u64);
                    (len <= limit).then_some(len)
                });
                (Outcome::Measured(len), took_ms)
            }
            Effect::Relay(mut relay) => {
                if let Some(plant) = self.plant {
                    plant.alter_relay(&mut relay);
                }
                let (mut answer, mut took_ms) = self.relay(&relay);
                if self.weather.repeats() {
                    let (again, more_ms) = self.relay(&relay);
                    (answer, took_ms) = (again, took_ms + more_ms);
                }
                (Outcome::Relayed(answer), took_ms)
            }
            Effect::Say(stream, line) => {
                self.hear(stream, &line);
                (Outcome::Done, 0)
            }
            Effect::Sleep(pause_ms) => (Outcome::Done, pause_ms),
            // No scenario uploads or downloads: these keep nothing that could be lost or charged twice.
            Effect::Inspect(..) => (Outcome::Inspected(Ok(None)), 0),
            Effect::Keep(_) => (Outcome::Kept(Err("no files here".to_owned())), 0),
            Effect::SendFile(_) => (
                Outcome::Sent(Err(RelayError::Upload(HttpError::NotSent(
                    "no files here".to_owned(),
                )))),
                0,
            ),
            Effect::Download(files) => (
                Outcome::Downloaded(
                    files
                        .iter()
                        .map(|_| Err("no downloads here".to_owned()))
                        .collect(),
                ),
                0,
            ),
            Effect::SaveConfig(_) => (Outcome::Saved(Ok(())), 0),
        }
    }

    /// Whether a request leaves twice: by a driver that repeats, or by the planted bug.
    fn sends_again(&self, request: &Request, answer: &Result<Response, HttpError>) -> bool {
        let is_lost = matches!(answer, Err(HttpError::Lost(_)));
        let planted = self.plant.is_some_and(|plant| plant.sends_again(request));
        (planted && is_lost) || self.weather.repeats()
    }

    /// What a person reads of a command; progress isn't kept.
    fn hear(&mut self, stream: Stream, line: &str) {
        match stream {
            Stream::Err => {}
            Stream::Out => self.heard.printed(line),
        }
    }

    /// Performs a file operation, with what the planted bug and the weather make of it.
    fn storage(&mut self, process: Process, op: FsOp) -> Result<FsDone, String> {
        let told_ms = self.told_ms();
        let read = match &op {
            FsOp::Read(path) => Some(path.clone()),
            _ => None,
        };
        let op = match self.plant {
            Some(plant) => plant.alter_op(op, process),
            None => Some(op),
        };
        let Some(op) = op else {
            return Ok(FsDone::Done);
        };
        let fault = self.weather.storage(&mut self.rng, self.now_ms, &op);
        let (name, path) = described(&op);
        self.trace.note(self.now_ms, name, path, 0);
        let again = self.weather.repeats().then(|| op.clone());
        let done = match fault {
            None => self.disk.perform(op),
            Some(fault) => self.fail(fault, op),
        };
        if let Some(again) = again {
            // What can't be done twice, such as a renaming, says so and changes nothing.
            self.disk.perform(again).ok();
        }
        match (self.plant, read, done) {
            (Some(plant), Some(path), Ok(done)) => {
                self.intents_read += u64::from(path.starts_with("submits/"));
                if plant.forgets(&path, process, self.intents_read) {
                    self.disk.perform(FsOp::Remove(path.clone())).ok();
                    self.disk.perform(FsOp::SyncDir("submits".to_owned())).ok();
                }
                Ok(plant.alter_read(&path, process, done, told_ms))
            }
            (_, _, done) => done,
        }
    }

    /// What a failing operation leaves, and what it says.
    fn fail(&mut self, fault: StorageFault, op: FsOp) -> Result<FsDone, String> {
        self.trace.note(self.now_ms, "fails", fault.words(), 0);
        match (fault, op) {
            (StorageFault::Full, FsOp::Write(path, mut bytes)) => {
                // A full disk takes a part, and only then says no.
                bytes.truncate(bytes.len() / 2);
                self.disk.perform(FsOp::Write(path, bytes)).ok();
            }
            (StorageFault::IoAfter, op) => {
                self.disk.perform(op).ok();
            }
            (StorageFault::Full | StorageFault::Io | StorageFault::Denied, _) => {}
        }
        Err(fault.words().to_owned())
    }
}

/// An operation in the trace.
fn described(op: &FsOp) -> (&'static str, &str) {
    match op {
        FsOp::Read(path) => ("read", path),
        FsOp::Write(path, _) => ("write", path),
        FsOp::Sync(path) => ("sync", path),
        FsOp::Rename(_, path) => ("rename to", path),
        FsOp::Link(_, path) => ("link as", path),
        FsOp::SyncDir(path) => ("sync folder", path),
        FsOp::List(path) => ("list", path),
        FsOp::Remove(path) => ("remove", path),
        FsOp::RemoveDir(path) => ("remove dir", path),
        FsOp::MakeDir(path) => ("make folder", path),
    }
}
