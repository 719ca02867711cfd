//! Takes over `libtv-sessions.json` of an earlier installation, once. The harness puts a copy into
//! the state folder as `legacy-sessions.json`; the original is never touched.

use serde_json::Value;

use super::{FsOp, begin_turn, put, read, run, save_delivery, save_progress};
use crate::io::{Io, digest};
use crate::json;
use crate::problem::Problem;
use crate::session::{
    Asked, Delivery, DeliveryState, Progress, Purpose, Route, State, folder_name,
};
use crate::time;
use crate::upstream::results::{Links, ResultUrl};
use crate::upstream::{Baseline, ServiceId};

/// The copy in the state folder, as the harness puts it there.
pub(super) const COPY: &str = "legacy-sessions.json";
/// Says that it was taken over, and how many sessions were in it.
pub(super) const DONE: &str = "legacy-sessions.done";

/// Takes the sessions over when there is a copy that wasn't. Repeating an interrupted take-over
/// writes the same records again. Answers what to tell the user, if anything.
///
/// # Errors
/// When the state folder can't be used.
pub fn take_over(io: &Io, utc_offset_seconds: i32) -> Result<Option<String>, Problem> {
    let Some(bytes) = read(io, COPY)? else {
        return Ok(None);
    };
    if read(io, DONE)?.is_some() {
        return Ok(None);
    }
    let Some(Value::Array(list)) = json::parse(&bytes) else {
        return Ok(Some(
            "libtv-sessions.json of an earlier installation is damaged: it is not a JSON list. Repair it and remove \
             libtv-video/legacy-sessions.json to take it over; everything else works."
                .to_owned(),
        ));
    };
    let mut taken = 0_u32;
    for entry in &list {
        taken += u32::from(take_entry(io, entry, utc_offset_seconds)?);
    }
    put(io, ".", DONE, taken.to_string().into_bytes())?;
    Ok(Some(format!(
        "{taken} sessions of an earlier installation were taken over."
    )))
}

/// Takes one session over; false where that was done before, or the entry names none.
///
/// # Errors
/// When the state folder can't be used.
fn take_entry(io: &Io, entry: &Value, utc_offset_seconds: i32) -> Result<bool, Problem> {
    let text = |name: &str| {
        entry
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let at = |name: &str| time::parse(&text(name), utc_offset_seconds);
    let session_id = text("session_id");
    if session_id.is_empty() {
        return Ok(false);
    }
    let route = |name: &str| {
        let value = entry
            .get("delivery")
            .and_then(|delivery| delivery.get(name))
            .and_then(Value::as_str);
        value.unwrap_or("").to_owned()
    };
    let now_ms = io.now_ms();
    let asked = Asked {
        // Derived, so that a take-over which was interrupted writes the same identities the second time.
        nonce: digest(&["legacy", &session_id], 32),
        project_uuid: text("project_uuid"),
        turn: 1,
        text: text("submitted_text"),
        service: ServiceId::named(&text("auth_mode")).unwrap_or_else(ServiceId::of_earlier_records),
        route: Route {
            // What it stored names no topic.
            reply_to: None,
            channel: route("channel").to_ascii_lowercase(),
            chat: route("chat_id"),
            account: None,
            thread: None,
        },
        // Nor a place in the session: all of its messages are this turn's.
        baseline: Baseline::default(),
        submitted_at_ms: at("created_at").unwrap_or(now_ms),
        given: None,
        session_id,
    };
    let key = folder_name(&asked.session_id);
    if super::list(io, &format!("sessions/{key}"))?
        .iter()
        .any(|name| name.starts_with("asked-"))
    {
        // Perhaps from a take-over that was interrupted: what is seen isn't durable before it is synced,
        // nor is it polled before it is marked. Both do no harm to a session that has ended.
        for dir in [
            ".".to_owned(),
            "sessions".to_owned(),
            format!("sessions/{key}"),
        ] {
            // All three, from the outside in: a folder whose own name isn't durable takes its files along.
            run(io, FsOp::SyncDir(dir))?;
        }
        super::activate(io, &key)?;
        return Ok(false);
    }
    let progress = progress(
        entry,
        &asked,
        &text("status"),
        &text("failure_message"),
        at("completed_at"),
        at("delivered_at"),
        now_ms,
    );
    // What was delivered comes first, the turn last: until then the entry counts as not taken over,
    // and a crash in between can't make a delivered result look undelivered.
    run(io, FsOp::MakeDir(format!("sessions/{key}")))?;
    if let Some(delivered_at_ms) = progress.delivered_at_ms {
        for (order, url) in (1_u32..).zip(&progress.results) {
            let mut delivery = Delivery::planned(
                &asked.nonce,
                1,
                order,
                Purpose::Result(url.clone()),
                url.identity().as_str(),
                now_ms,
            );
            delivery.end(DeliveryState::Delivered, delivered_at_ms);
            save_delivery(io, &key, &delivery)?;
        }
    }
    save_progress(io, &key, 1, &progress)?;
    begin_turn(io, &asked)?;
    Ok(true)
}

/// Where an entry's one turn stands, as far as that version knew.
fn progress(
    entry: &Value,
    asked: &Asked,
    status: &str,
    failure: &str,
    completed_at_ms: Option<u64>,
    delivered_at_ms: Option<u64>,
    now_ms: u64,
) -> Progress {
    let urls = entry.get("result_urls").and_then(Value::as_array);
    Progress {
        state: match status {
            "completed" | "delivered" => State::Completed,
            "failed" => State::Failed,
            "awaiting_user" => State::AwaitingUser,
            "generating" => State::Generating,
            // An earlier `timeout` came after 184 seconds and was told to nobody.
            _ => State::Submitted,
        },
        results: urls
            .into_iter()
            .flatten()
            .filter_map(|url| ResultUrl::parse(url.as_str()?))
            .collect::<Links>()
            .into_vec(),
        ended_at_ms: completed_at_ms.or(delivered_at_ms),
        delivered_at_ms,
        trouble: (!failure.is_empty()).then(|| failure.to_owned()),
        next_poll_at_ms: now_ms,
        ..Progress::begun(asked.submitted_at_ms)
    }
}
