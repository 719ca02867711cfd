//! The world that the processes of a run share: disk, services, network and clock. It performs
//! effects; who runs when is decided in `run`.

use std::hash::Hasher;

use libtv_video_core::io::{
    Effect, FsDone, FsOp, HttpError, Method, Outcome, Relay, RelayError, Request, Response, Stream,
};

use super::check::Heard;
use super::disk::Disk;
use super::feishu::Feishu;
use super::libtv::LibTv;
use super::media::Store;
use super::network::Fault;
use super::plant::Plant;
use super::rng::Rng;

/// What the events of a run come to: the same for the same seed.
pub(super) struct Trace {
    hash: std::hash::DefaultHasher,
    kept: Option<Vec<String>>,
}

impl Trace {
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
        self.hash.write(subject.as_bytes());
        self.hash.write_u64(number);
        if let Some(kept) = &mut self.kept {
            kept.push(format!("{at_ms:>13} {what:<12} {subject} {number}"));
        }
    }

    pub(super) fn finish(self) -> (u64, Vec<String>) {
        (self.hash.finish(), self.kept.unwrap_or_default())
    }
}

pub(super) struct World {
    pub(super) now_ms: u64,
    pub(super) rng: Rng,
    pub(super) disk: Disk,
    pub(super) libtv: LibTv,
    pub(super) feishu: Feishu,
    pub(super) heard: Heard,
    pub(super) trace: Trace,
    pub(super) plant: Option<Plant>,
    /// How many of a thousand requests meet a fault, now.
    pub(super) fault_per_mille: u64,
    pub(super) storage_ops: u64,
    pub(super) media: Store,
}

impl World {
    /// Performs an effect; also how long it takes.
    pub(super) fn perform(&mut self, effect: Effect) -> (Outcome, u64) {
        match effect {
            Effect::Fs(op) => {
                let done = self.storage(op);
                (Outcome::Fs(done), self.rng.below(3))
            }
            Effect::Http(mut request) => {
                if let Some(plant) = self.plant {
                    plant.alter_request(&mut request, &mut self.rng);
                }
                let (mut answer, mut took_ms) = self.exchange(&request);
                let is_submit = request.method == Method::Post && request.url.ends_with("/session");
                if self.plant == Some(Plant::SubmitRepeated)
                    && is_submit
                    && matches!(answer, Err(HttpError::Lost(_)))
                {
                    let (again, more_ms) = self.exchange(&request);
                    (answer, took_ms) = (again, took_ms + more_ms);
                }
                (Outcome::Http(answer), took_ms)
            }
            Effect::Measure(request) => {
                let (answer, took_ms) = self.exchange(&request);
                let limit = request.max_response_bytes;
                let len = answer.map(|response| {
                    let len = response
                        .header("content-length")
                        .and_then(|len| len.parse().ok())
                        .unwrap_or(response.body.len() as u64);
                    (len <= limit).then_some(len)
                });
                (Outcome::Measured(len), took_ms)
            }
            Effect::Relay(relay) => {
                let (answer, took_ms) = self.relay(&relay);
                (Outcome::Relayed(answer), took_ms)
            }
            Effect::Say(stream, line) => {
                if stream == Stream::Err && line.starts_with('⚠') {
                    self.heard.warnings.insert(line);
                }
                (Outcome::Done, 0)
            }
            Effect::Sleep(pause_ms) => (Outcome::Done, pause_ms),
            Effect::Inspect(..) => (Outcome::Inspected(Ok(None)), 0),
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

    fn storage(&mut self, op: FsOp) -> Result<FsDone, String> {
        let read = match &op {
            FsOp::Read(path) => Some(path.clone()),
            _ => None,
        };
        let op = match self.plant {
            Some(plant) => plant.alter_op(op),
            None => Some(op),
        };
        let Some(op) = op else {
            return Ok(FsDone::Done);
        };
        let (name, path) = described(&op);
        self.trace.note(self.now_ms, name, path, 0);
        let done = self.disk.perform(op);
        match (self.plant, read, done) {
            (Some(plant), Some(path), Ok(done)) => Ok(plant.alter_read(&path, done, self.now_ms)),
            (_, _, done) => done,
        }
    }

    fn exchange(&mut self, request: &Request) -> (Result<Response, HttpError>, u64) {
        let fault = Fault::draw(&mut self.rng, self.fault_per_mille);
        let (there_ms, back_ms) = fault.times_ms(&mut self.rng);
        let answer = fault
            .applies()
            .then(|| self.serve(request, self.now_ms + there_ms));
        self.note_request(fault, &request.url);
        (fault.outcome(answer), there_ms + back_ms)
    }

    fn relay(&mut self, relay: &Relay) -> (Result<Response, RelayError>, u64) {
        let (source, source_ms) = self.exchange(&relay.source);
        match source {
            Ok(response) if response.status == 200 => {
                let declared = response
                    .header("content-length")
                    .and_then(|len| len.parse().ok());
                if declared != Some(relay.source_len) {
                    let reason = "another length".to_owned();
                    return (
                        Err(RelayError::Source {
                            status: 200,
                            reason,
                        }),
                        source_ms,
                    );
                }
            }
            Ok(response) => {
                let reason = "no media".to_owned();
                let status = response.status;
                return (Err(RelayError::Source { status, reason }), source_ms);
            }
            Err(error) => {
                let reason = error.reason().to_owned();
                return (Err(RelayError::Source { status: 0, reason }), source_ms);
            }
        }
        let fault = Fault::draw(&mut self.rng, self.fault_per_mille);
        let (there_ms, back_ms) = fault.times_ms(&mut self.rng);
        let answer = fault
            .applies()
            .then(|| self.feishu.take(&relay.upload, &relay.source.url));
        self.note_request(fault, &relay.upload.url);
        let answer = fault.outcome(answer).map_err(RelayError::Upload);
        (answer, source_ms + there_ms + back_ms)
    }

    fn serve(&mut self, request: &Request, at_ms: u64) -> Response {
        let host = request.url.split('/').nth(2).unwrap_or("");
        match host {
            "open.feishu.cn" => self.feishu.answer(request, at_ms),
            "libtv-res.liblib.art" => self.media.answer(request),
            host => self.libtv.answer(request, host == "im.liblib.tv", at_ms),
        }
    }

    fn note_request(&mut self, fault: Fault, url: &str) {
        let what = match fault {
            Fault::None => "request",
            Fault::Refused => "refused",
            Fault::LostBefore => "lost",
            Fault::LostAfter => "answer lost",
            Fault::Html(_) => "502",
            Fault::TooFast => "429",
            Fault::Garbage(_) => "garbage",
            Fault::Truncated => "truncated",
        };
        self.trace
            .note(self.now_ms, what, url, u64::from(fault.applies()));
    }
}

fn described(op: &FsOp) -> (&'static str, &str) {
    match op {
        FsOp::Read(path) => ("read", path),
        FsOp::Write(path, _) => ("write", path),
        FsOp::Sync(path) => ("sync", path),
        FsOp::Rename(_, path) => ("rename to", path),
        FsOp::SyncDir(path) => ("sync folder", path),
        FsOp::List(path) => ("list", path),
        FsOp::Remove(path) => ("remove", path),
        FsOp::RemoveDir(path) => ("remove dir", path),
        FsOp::MakeDir(path) => ("make folder", path),
    }
}
