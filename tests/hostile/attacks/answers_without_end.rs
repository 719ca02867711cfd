//! Answers that take many times their length in memory: half a million values of nothing for `tasks`, and a million sessions
//! for `status`.

use crate::{Attempt, Field, Overview, Scalar, Session, SessionState, Task, done};

pub fn attack() -> Attempt {
    Ok(done(Vec::new()))
}

/// Each value has two bytes of path.
pub fn tasks() -> Vec<Task> {
    let field = |_| Field {
        path: "/x".to_owned(),
        value: Scalar::EmptyObject,
    };
    let task = |_| Task {
        id: None,
        status: None,
        url: None,
        error: None,
        fields: (0..1_000).map(field).collect(),
    };
    (0..160).map(task).collect()
}

pub fn overview() -> Overview {
    let session = |_| Session {
        session_id: String::new(),
        state: SessionState::Submitted,
        channel: None,
        chat_id: None,
        reply_to: None,
        service: String::new(),
        cancellable: false,
        next_poll_at_ms: None,
        project_url: None,
        turns: Vec::new(),
        deliveries: Vec::new(),
    };
    Overview {
        now_ms: 0,
        sessions: (0..150_000).map(session).collect(),
        unknown_submits: Vec::new(),
        damaged: Vec::new(),
    }
}
