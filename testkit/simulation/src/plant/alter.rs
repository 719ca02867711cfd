//! What each bug makes of what goes between the core and the world.

use libtv_video_core::io::{FsDone, FsOp, HttpError, Relay, Request, Response};
use libtv_video_core::session::{Asked, Delivery, DeliveryState};
use libtv_video_core::store::record;
use libtv_video_core::store::submits::Submit;
use libtv_video_core::upstream::Baseline;
use serde_json::{Value, json};

use super::super::network::{self, is_commit};
use super::super::process::{Process, Role};
use super::super::rng::Rng;
use super::super::run::MINUTE_MS;
use super::super::services::is_submit;
use super::Plant;

impl Plant {
    /// What becomes of a file operation; none when it is swallowed.
    pub(in super::super) fn alter_op(self, op: FsOp, process: Process) -> Option<FsOp> {
        match (self, op) {
            (Self::NoSync, FsOp::Sync(_)) | (Self::NoSyncDir, FsOp::SyncDir(_)) => None,
            (Self::AcknowledgedEarly, FsOp::Sync(path) | FsOp::SyncDir(path))
                if process.role == Role::User
                    && (path.starts_with("sessions") || path.starts_with("active")) =>
            {
                None
            }
            (Self::StrandedLeft, FsOp::Rename(_, to))
                if process.role == Role::Harness && to.starts_with("active/") =>
            {
                None
            }
            // An empty file is none.
            (Self::ForgottenOnceTold, FsOp::Write(path, bytes)) if path.starts_with("submits/") => {
                let submit = record::decode::<Submit>("submit", &bytes);
                let is_told = submit.is_ok_and(|submit| submit.told);
                Some(FsOp::Write(path, if is_told { Vec::new() } else { bytes }))
            }
            (Self::LineForgotten, FsOp::Link(_, to) | FsOp::Rename(_, to))
                if to.contains("/line-") =>
            {
                None
            }
            (Self::LockSkipped, FsOp::Link(from, to)) => Some(FsOp::Rename(from, to)),
            (
                Self::IntentNotRecorded,
                FsOp::Write(path, _)
                | FsOp::Sync(path)
                | FsOp::Rename(path, _)
                | FsOp::Link(path, _),
            ) if path.starts_with("submits/") => None,
            // A marker would make up for what the other two forget.
            (
                Self::TryUnmarked
                | Self::SentBeforeRecorded
                | Self::WindowIgnored
                | Self::NonceStale,
                FsOp::Write(path, _) | FsOp::Sync(path) | FsOp::Rename(path, _),
            ) if path.contains("/.t-") => None,
            (Self::SentBeforeRecorded, FsOp::Write(path, bytes)) if path.contains("/.d-") => {
                let bytes = match record::decode::<Delivery>("delivery", &bytes) {
                    Ok(mut delivery) if delivery.state == DeliveryState::Sending => {
                        delivery.state = DeliveryState::Pending;
                        delivery.first_sent_at_ms = None;
                        record::encode("delivery", &delivery)
                    }
                    Ok(_) | Err(_) => bytes,
                };
                Some(FsOp::Write(path, bytes))
            }
            (_, op) => Some(op),
        }
    }

    /// Whether an intent is forgotten once it was read: a call of `recover` reads it twice, and prints it then.
    pub(in super::super) fn forgets(self, path: &str, process: Process, reads: u64) -> bool {
        matches!(
            (self, process.role),
            (Self::ForgottenUntold, Role::Recoverer)
        ) && path.starts_with("submits/")
            && reads.is_multiple_of(2)
    }

    /// What a read gives.
    pub(in super::super) fn alter_read(
        self,
        path: &str,
        process: Process,
        done: FsDone,
        now_ms: u64,
    ) -> FsDone {
        let FsDone::Content(Some(bytes)) = done else {
            return done;
        };
        if matches!(self, Self::WindowIgnored | Self::NonceStale)
            && path.contains("/d-")
            && let Ok(mut delivery) = record::decode::<Delivery>("delivery", &bytes)
        {
            // The same for a while: read twice in a step it would look like another process's work.
            let forgot_ms = now_ms - now_ms % MINUTE_MS;
            delivery.first_sent_at_ms = delivery.first_sent_at_ms.map(|_| forgot_ms);
            return FsDone::Content(Some(record::encode("delivery", &delivery)));
        }
        if self == Self::BaselineIgnored
            && path.contains("/asked-")
            && let Ok(mut asked) = record::decode::<Asked>("asked", &bytes)
        {
            asked.baseline = Baseline::default();
            return FsDone::Content(Some(record::encode("asked", &asked)));
        }
        if self == Self::AbsentAtOnce
            && process.role == Role::Harness
            && path.starts_with("submits/")
            && let Ok(mut submit) = record::decode::<Submit>("submit", &bytes)
        {
            submit.started_at_ms = submit.started_at_ms.saturating_sub(11 * MINUTE_MS);
            return FsDone::Content(Some(record::encode("submit", &submit)));
        }
        FsDone::Content(Some(bytes))
    }

    /// What leaves of a request.
    pub(in super::super) fn alter_request(
        self,
        request: &mut Request,
        process: Process,
        rng: &mut Rng,
    ) {
        let drawn = match self {
            Self::NewUuid | Self::OtherBody => format!("{:016x}", rng.next()),
            Self::UuidDrawn => process.index.to_string(),
            Self::KeyLeftOut => String::new(),
            _ => return,
        };
        if !is_commit(&request.url) {
            return;
        }
        if self == Self::OtherBody {
            request.body.extend([b" ", drawn.as_bytes()].concat());
        } else if let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) {
            if self == Self::KeyLeftOut {
                body["nonce"].take();
            } else {
                let own = match self {
                    Self::UuidDrawn => body["uuid"].as_str().unwrap_or("").to_owned(),
                    _ => String::new(),
                };
                body["uuid"] = Value::from(own + &drawn);
            }
            request.body = body.to_string().into_bytes();
        }
    }

    /// What leaves of media on their way to the chat.
    pub(in super::super) fn alter_relay(self, relay: &mut Relay) {
        match self {
            Self::NonceStale => relay.end_before_ms = None,
            Self::KeyLeftOut => {
                let head = String::from_utf8_lossy(&relay.head);
                relay.head = head.replace("\"nonce\"", "\"other\"").into_bytes();
                relay.end_before_ms = None;
            }
            _ => {}
        }
    }

    /// Whether a request whose answer was lost leaves again.
    pub(in super::super) fn sends_again(self, request: &Request) -> bool {
        match self {
            Self::SubmitRepeated | Self::TaskRepeated => is_submit(request),
            Self::ResentBlindly => is_commit(&request.url),
            _ => false,
        }
    }

    /// What arrives of an answer.
    pub(in super::super) fn alter_answer(
        self,
        url: &str,
        answer: &mut Result<Response, HttpError>,
    ) {
        let is_list = url.contains("/tasks?");
        if self == Self::ListDownProves && is_list {
            let is_good = |answer: &Response| answer.status == 200 && answer.body.ends_with(b"}");
            if !answer.as_ref().is_ok_and(is_good) {
                *answer = Ok(network::response(200, "{\"total\":0,\"items\":[]}"));
            }
            return;
        }
        let Ok(answer) = answer else { return };
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
            return;
        };
        match (self, &mut body) {
            (Self::FirstOfSeveral | Self::TraceIgnored, Value::Object(body)) if is_list => {
                if let Some(Value::Array(items)) = body.get_mut("items") {
                    self.of_several(items);
                }
            }
            (Self::EmptyProves, Value::Array(messages)) if messages.is_empty() => {
                messages.push(json!({"id": "112233445566778899", "author": {}}));
            }
            (Self::AnyRun, Value::Object(_)) => {
                if let Some(Value::Array(runs)) = body.pointer_mut("/data/thread/run_list") {
                    let entries = runs.first().map(|run| run["entry_list"].clone());
                    let entries = entries.unwrap_or_default();
                    runs.iter_mut()
                        .for_each(|run| run["entry_list"] = entries.clone());
                }
            }
            _ => return,
        }
        answer.body = body.to_string().into_bytes();
    }

    /// Leaves of the tasks in a list what the bug makes of them.
    fn of_several(self, items: &mut Vec<Value>) {
        if self == Self::FirstOfSeveral {
            let mut lives = Vec::new();
            items.retain(|item| {
                let life = item["execution_expires_after"].clone();
                let is_first = !lives.contains(&life);
                lives.push(life);
                is_first
            });
            return;
        }
        items.truncate(1);
        if let Some(Value::Object(item)) = items.first_mut() {
            item.remove("execution_expires_after");
        }
    }
}
