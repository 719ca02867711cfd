//! What is known here of sessions, by the component's `status`: it asks nobody and sends nothing.

use host::{DeliveryState, Harness, Output, Session, SessionState, rfc3339};

use crate::failure::Failure;
use crate::tools::answers::{self, Product, UnknownSubmit};

/// Everything that is known.
pub(crate) struct Status {
    /// Those that go on, and those that ended last.
    pub(crate) sessions: Vec<Known>,
    /// Submits that may have been charged.
    pub(crate) unknown_submits: Vec<UnknownSubmit>,
    /// Records that can't be read, in words for the user.
    pub(crate) damaged: Vec<String>,
}

/// One session, as it is stored.
pub(crate) struct Known(Session);

/// One session, by its id or a unique prefix.
///
/// # Errors
/// Permanent when it isn't known.
pub(crate) async fn one(harness: &Harness, session_id: &str) -> Result<Known, Failure> {
    let status = read(harness, Some(session_id), None).await?;
    status.sessions.into_iter().next().ok_or_else(|| {
        Failure::permanent(
            status.damaged.first().map_or_else(
                || format!("Unknown LibTV session: {session_id}"),
                String::clone,
            ),
            "",
        )
    })
}

/// The sessions that go on, and the `ended` ones that ended last.
///
/// # Errors
/// When the state folder can't be read.
pub(crate) async fn all(harness: &Harness, ended: u32) -> Result<Status, Failure> {
    read(harness, None, Some(ended)).await
}

/// Asks the component.
///
/// # Errors
/// When the state folder can't be read, or there is no such session.
async fn read(
    harness: &Harness,
    session_id: Option<&str>,
    ended: Option<u32>,
) -> Result<Status, Failure> {
    let overview = harness
        .status(session_id, ended, Output::discard())
        .await
        .map_err(|error| Failure::of_call(&error))?;
    let unknown = overview.unknown_submits.into_iter();
    Ok(Status {
        sessions: overview.sessions.into_iter().map(Known).collect(),
        unknown_submits: unknown.map(UnknownSubmit::from).collect(),
        damaged: overview.damaged,
    })
}

impl Known {
    /// Its id.
    pub(crate) fn session_id(&self) -> &str {
        &self.0.session_id
    }

    /// Whether there is something to tell the user: nothing comes any more, or the user has to answer first.
    pub(crate) fn has_news(&self) -> bool {
        match self.0.state {
            SessionState::Submitted | SessionState::Generating => false,
            SessionState::AwaitingUser | SessionState::Timeout => true,
            // Ended, but with something still to be sent: the user is told when it has arrived.
            SessionState::Completed | SessionState::Failed => self.0.next_poll_at_ms.is_none(),
        }
    }

    /// Whether results may be shown.
    fn has_ended(&self) -> bool {
        match self.0.state {
            SessionState::Submitted | SessionState::Generating | SessionState::AwaitingUser => {
                false
            }
            SessionState::Completed | SessionState::Failed | SessionState::Timeout => true,
        }
    }

    /// What the user asked for last in it.
    pub(crate) fn words(&self) -> &str {
        self.0.latest().map_or("", |turn| &turn.text)
    }

    /// Where it stands, in a line for people.
    pub(crate) fn line(&self) -> String {
        let results = || self.0.latest().into_iter().flat_map(|turn| &turn.results);
        let found = results().count();
        let shown = results()
            .filter_map(|product| product.delivery)
            .filter(|delivery| DeliveryState::is_in_the_chat(*delivery))
            .count();
        let state = match self.0.state {
            SessionState::Submitted => "submitted: waiting for the service to begin",
            SessionState::Generating => "being made",
            SessionState::AwaitingUser => "the service asks the user something",
            SessionState::Completed => "finished",
            SessionState::Failed => "failed",
            SessionState::Timeout => "no result within two hours",
        };
        format!("{state}; {found} results, {shown} delivered")
    }

    /// As the tools show it.
    pub(crate) fn shown(self) -> answers::Session {
        let has_ended = self.has_ended();
        let session = self.0;
        let latest = session.turns.into_iter().next_back();
        let (mut results, mut question, mut trouble) = (Vec::new(), None, None);
        let (mut text, mut submitted_at) = (String::new(), String::new());
        let (mut ended_at, mut delivered_at) = (None, None);
        if let Some(turn) = latest {
            results.extend(turn.results.into_iter().map(Product::from));
            (text, question, trouble) = (turn.text, turn.question, turn.trouble);
            submitted_at = rfc3339(turn.submitted_at_ms);
            ended_at = turn.ended_at_ms.map(rfc3339);
            delivered_at = turn.delivered_at_ms.map(rfc3339);
        }
        answers::Session {
            session_id: session.session_id,
            state: session.state.into(),
            text,
            channel: session.channel.unwrap_or_default(),
            chat_id: session.chat_id.unwrap_or_default(),
            submitted_at,
            ended_at,
            delivered_at,
            question: question.filter(|_| session.state == SessionState::AwaitingUser),
            trouble,
            results_so_far: results.len(),
            // A model shows what it is given: half a storyboard must not look like all of it.
            results: if has_ended { results } else { Vec::new() },
            project_url: session.project_url,
        }
    }
}
