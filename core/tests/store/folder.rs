//! A state folder in memory, and the driver that runs the core's procedures in it: no power failures (the simulated
//! world has them), and no network.

use std::cell::RefCell;
use std::collections::BTreeMap;

use libtv_video_core::config::{Settings, Stored};
use libtv_video_core::io::{Driver, Effect, FsDone, FsOp, HttpError, Io, Outcome};
use libtv_video_core::session::{Asked, Progress, Route, folder_name};
use libtv_video_core::store::record;
use libtv_video_core::upstream::{Baseline, ServiceId, nexu};

/// What the sessions here derive everything from.
pub const NONCE: &str = "00112233445566778899aabbccddeeff";
/// When everything happens.
pub const NOW_MS: u64 = 1_800_000_000_000;

/// A driver whose clock stands still.
pub struct Performing<'a> {
    now_ms: u64,
    perform: RefCell<&'a mut dyn FnMut(Effect) -> Outcome>,
}

impl<'a> Performing<'a> {
    /// Performs effects so.
    pub fn at(now_ms: u64, perform: &'a mut dyn FnMut(Effect) -> Outcome) -> Self {
        let perform = RefCell::new(perform);
        Self { now_ms, perform }
    }
}

impl Driver for Performing<'_> {
    fn perform(&self, effect: Effect) -> Outcome {
        (self.perform.borrow_mut())(effect)
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }
}

/// The files, by their paths.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl Folder {
    /// One with the session `session-1`, which has asked for a film to be shown there and has come so far; and the session's
    /// folder.
    pub fn with_session(project: &str, route: Route, progress: &Progress) -> (Self, String) {
        let asked = Asked {
            session_id: "session-1".to_owned(),
            project_uuid: project.to_owned(),
            turn: 1,
            nonce: NONCE.to_owned(),
            text: "a film".to_owned(),
            service: ServiceId::of(&nexu::NEXU),
            route,
            baseline: Baseline::default(),
            submitted_at_ms: NOW_MS,
            given: None,
        };
        let dir = format!("sessions/{}", folder_name("session-1"));
        let mut folder = Self::default();
        let mut put = |name: &str, bytes| drop(folder.0.insert(format!("{dir}/{name}"), bytes));
        put("asked-0001", record::encode("asked", &asked));
        put("progress-0001", record::encode("progress", progress));
        (folder, dir)
    }

    /// Runs a procedure to its end; also what it printed.
    pub fn run<T>(&mut self, procedure: impl FnOnce(&Io) -> T) -> (T, Vec<String>) {
        let mut printed = Vec::new();
        let value = self.run_at(NOW_MS, procedure, &mut |effect| match effect {
            Effect::Http(_) => Outcome::Http(Err(HttpError::NotSent("no network".into()))),
            Effect::Say(_, line) => {
                printed.push(line);
                Outcome::Done
            }
            _ => Outcome::Done,
        });
        (value, printed)
    }

    /// Runs a procedure to its end at this time; `perform` does what is no file operation.
    pub fn run_at<T>(
        &mut self,
        now_ms: u64,
        procedure: impl FnOnce(&Io) -> T,
        perform: &mut dyn FnMut(Effect) -> Outcome,
    ) -> T {
        let mut perform = |effect| match effect {
            Effect::Fs(op) => Outcome::Fs(self.perform(op)),
            effect => perform(effect),
        };
        procedure(&Io::new(&Performing::at(now_ms, &mut perform), [7; 32]))
    }

    /// Does one file operation.
    pub fn perform(&mut self, op: FsOp) -> Result<FsDone, String> {
        let files = &mut self.0;
        match op {
            FsOp::Read(path) => return Ok(FsDone::Content(files.get(&path).cloned())),
            FsOp::Write(path, bytes) => drop(files.insert(path, bytes)),
            FsOp::Rename(from, to) => {
                let bytes = files.remove(&from).ok_or("no such file")?;
                files.insert(to, bytes);
            }
            FsOp::Link(_, to) if files.contains_key(&to) => return Ok(FsDone::Taken),
            FsOp::Link(from, to) => {
                let bytes = files.get(&from).cloned().ok_or("no such file")?;
                files.insert(to, bytes);
            }
            FsOp::List(dir) => return Ok(FsDone::Names(self.names(&dir))),
            FsOp::Remove(path) => drop(files.remove(&path)),
            FsOp::RemoveDir(path) if !self.names(&path).is_empty() => {
                return Err("the folder isn't empty".into());
            }
            FsOp::RemoveDir(_) | FsOp::MakeDir(_) | FsOp::Sync(_) | FsOp::SyncDir(_) => {}
        }
        Ok(FsDone::Done)
    }

    /// The names in a folder.
    pub fn names(&self, dir: &str) -> Vec<String> {
        let prefix = format!("{dir}/");
        let rest = self.0.keys().filter_map(|path| path.strip_prefix(&prefix));
        let mut names: Vec<String> = rest
            .map(|rest| rest.split('/').next().unwrap_or(rest).to_owned())
            .collect();
        names.dedup();
        names
    }
}

/// The component's settings with a gateway key.
pub fn settings() -> Settings {
    let vars = |name: &str| (name == "LIBTV_API_KEY").then(|| "mgk_test".to_owned());
    Settings::parse(&vars, Stored::Absent)
}
