//! One task: where it stands, and how it is told.

use super::clip::{Clip, End};
use super::error::ArkError;
use super::request::Wanted;
use crate::when::When;
use serde_json::{Value, json};
use std::time::Duration;

/// Of every clip; the field is not for choosing.
const FRAMES_PER_SECOND: i64 = 24;

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Queued,
    Running,
    Succeeded,
    Failed(ArkError),
    Cancelled,
    Expired,
}

impl Status {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// All names, for the list's filter.
pub(crate) const STATUSES: &[&str] = &[
    "queued",
    "running",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
];

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) wanted: Wanted,
    pub(crate) clip: Clip,
    pub(crate) status: Status,
    pub(crate) created: Duration,
    pub(crate) created_s: u64,
    pub(crate) updated_s: u64,
    pub(crate) polls: u32,
    pub(crate) advances: u32,
    /// The link as it was given out last, and that of the last frame.
    pub(crate) links: Option<(String, String)>,
}

impl Task {
    /// Where its clip lies in the result store.
    pub(crate) fn path(&self) -> String {
        match &self.clip.end {
            End::Video(Some(path)) => path.clone(),
            _ => format!("/{}/{}.mp4", family(self.wanted.model.id), self.id),
        }
    }

    /// Brings the status up to date.
    pub(crate) fn catch_up(&mut self, now: Duration) {
        if self.status == Status::Queued && self.is_due(self.clip.starts, now) {
            self.move_to(Status::Running, self.clip.starts, now);
        }
        if let Some(ends) = self.clip.ends
            && self.status == Status::Running
            && self.is_due(ends, now)
        {
            let status = match &self.clip.end {
                End::Video(_) => Status::Succeeded,
                End::Fails(error) => Status::Failed(error.clone()),
            };
            self.move_to(status, ends, now);
        }
        let life = Duration::from_secs(self.wanted.expires_after_s);
        if matches!(self.status, Status::Queued | Status::Running) && now >= self.created + life {
            self.move_to(Status::Expired, When::After(life), now);
        }
    }

    /// What would come after its time is up doesn't come.
    fn is_due(&mut self, when: When, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.created);
        let life = Duration::from_secs(self.wanted.expires_after_s);
        let in_time = match when {
            When::Now => true,
            When::After(pause) => pause < life,
            When::Polls(_) | When::Advanced => elapsed < life,
        };
        in_time && when.is_due(self.polls, elapsed, &mut self.advances)
    }

    fn move_to(&mut self, status: Status, when: When, now: Duration) {
        self.status = status;
        // Nobody may have looked when it came about.
        let after = match when {
            When::Now => Duration::ZERO,
            When::After(pause) => pause,
            When::Polls(_) | When::Advanced => now.saturating_sub(self.created),
        };
        self.updated_s = self.created_s + after.as_secs();
    }

    /// As `GET` and the list tell it.
    pub(crate) fn told(&self, echoes_identifier: bool) -> Value {
        let (wanted, clip) = (&self.wanted, &self.clip);
        let mut told = json!({
            "id": self.id,
            "model": wanted.model.id,
            "status": self.status.name(),
            "error": null,
            "created_at": self.created_s,
            "updated_at": self.updated_s,
            "service_tier": wanted.service_tier,
            "execution_expires_after": wanted.expires_after_s,
            "generate_audio": wanted.generate_audio,
            "resolution": wanted.resolution,
            "ratio": wanted.ratio,
            "duration": wanted.duration_s,
            "framespersecond": FRAMES_PER_SECOND,
        });
        if let Some(identifier) = wanted
            .safety_identifier
            .as_ref()
            .filter(|_| echoes_identifier)
        {
            told["safety_identifier"] = identifier.as_str().into();
        }
        if let Status::Failed(error) = &self.status {
            told["error"] = error.of_task();
        }
        if let (Status::Succeeded, Some((video, frame))) = (&self.status, &self.links) {
            told["content"] = json!({ "video_url": video });
            if wanted.return_last_frame {
                told["content"]["last_frame_url"] = frame.as_str().into();
            }
            let seconds = chosen(wanted.duration_s, clip.seconds);
            let tokens = tokens(&wanted.resolution, seconds);
            told["usage"] = json!({"completion_tokens": tokens, "total_tokens": tokens});
            told["duration"] = seconds.into();
            told["seed"] = wanted.seed.unwrap_or(42).into();
            if wanted.ratio == "adaptive" {
                told["ratio"] = clip.ratio.into();
            }
        }
        told
    }
}

fn chosen(wanted: i64, by_model: i64) -> i64 {
    if wanted < 0 { by_model } else { wanted }
}

/// Width by height by frames by 1024, as the price list has it.
fn tokens(resolution: &str, seconds: i64) -> i64 {
    let pixels = match resolution {
        "480p" => 864 * 496,
        "1080p" => 1920 * 1080,
        "4k" => 3840 * 2160,
        _ => 1280 * 720,
    };
    pixels * FRAMES_PER_SECOND * seconds / 1024
}

/// A model's id without its date: results lie under it.
pub(crate) fn family(model: &str) -> &str {
    model.rsplit_once('-').map_or(model, |(family, _)| family)
}
