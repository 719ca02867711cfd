//! `libtv-video serve`: the timer in the foreground, one line an event.

use host::{
    Event, EventKind, ServeError, ServeOptions, SessionState, StartedBy, StopHandle, format_time,
    serve as run,
};

use super::{FAILED, OWNED, autostart, environment, print, signals};

/// How to serve.
pub(crate) struct Wanted {
    /// One JSON object a line.
    pub(crate) json: bool,
    /// Sessions polled at once.
    pub(crate) max_parallel: usize,
    /// Ends when there was nothing to do for so many seconds.
    pub(crate) until_idle_s: Option<u64>,
    /// Where a page shows the jobs.
    #[cfg(feature = "dashboard")]
    pub(crate) ui: Option<std::net::SocketAddr>,
}

/// Polls until a signal; 3 where another harness does.
pub(crate) async fn serve(wanted: Wanted) -> u8 {
    let started_by = environment::started_by();
    let is_detached = started_by == StartedBy::Submit;
    if is_detached {
        autostart::detach();
    }
    let harness = match environment::harness() {
        Ok(harness) => harness,
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    // Nothing could be polled or sent, and nobody might look at what that says in a log.
    let network = harness.network_settings();
    if let Some(reason) = &network.unusable_proxy {
        print::error(reason);
        return FAILED;
    }
    for reason in network.unusable() {
        print::warn_operator(&reason);
    }
    let home = harness.home();
    for told in home.open_to_others().into_iter().chain(home.not_durable()) {
        print::warn_operator(&told);
    }
    // Before anything is served: a signal that comes early must not end the process between two writes.
    let stop = StopHandle::new();
    signals::stop_on_signal(stop.clone());
    #[cfg(feature = "dashboard")]
    let page = match super::dashboard::start(&harness, wanted.ui).await {
        Ok(page) => page,
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    let (json, colours) = (wanted.json, print::has_colours());
    let on_event = move |event: &Event| {
        #[cfg(feature = "dashboard")]
        if let Some(page) = &page {
            page.note(event);
        }
        // Its log is for complaints; what becomes of the sessions stands in theirs.
        if is_detached {
        } else if json {
            print::out(&event.to_json().to_string())
        } else {
            print::out(&line(event, colours))
        }
    };
    let options = ServeOptions {
        max_parallel: wanted.max_parallel,
        started_by,
        until_idle_ms: wanted
            .until_idle_s
            .map(|seconds| seconds.saturating_mul(1_000)),
        ..ServeOptions::default()
    };
    match run(&harness, options, stop, on_event).await {
        Ok(_) => 0,
        Err(error @ ServeError::Owned { .. }) => {
            print::error(&format!(
                "{error}. Nothing is lost: it delivers what is submitted here."
            ));
            OWNED
        }
        Err(error) => {
            print::error(&error.to_string());
            FAILED
        }
    }
}

/// An event for people, in the colour of what it means.
fn line(event: &Event, colours: bool) -> String {
    let colour = match &event.kind {
        EventKind::StepFailed { .. }
        | EventKind::SetAside { .. }
        | EventKind::LeftOut { .. }
        | EventKind::ListFailed { .. }
        | EventKind::LogFailed { .. }
        | EventKind::RecordFailed { .. }
        | EventKind::WatchFailed { .. } => "31",
        EventKind::StepDone { step, .. } => match step.state {
            SessionState::Completed => "32",
            SessionState::Failed | SessionState::Timeout => "33",
            SessionState::AwaitingUser => "36",
            _ => "0",
        },
        _ => "1",
    };
    format!(
        "{} {}",
        print::paint(&format_time(event.at_ms), "2", colours),
        print::paint(&event.to_string(), colour, colours)
    )
}
