//! What is known here of sessions, by the component's `status` command: it asks nobody and sends nothing.

use host::Harness;
use serde::Deserialize;

use crate::command;
use crate::failure::Failure;
use crate::tools::answers::{self, Delivery, Product, Session, State, UnknownSubmit};

/// Everything that is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) sessions: Vec<Known>,
    pub(crate) unknown_submits: Vec<UnknownSubmit>,
    pub(crate) damaged: Vec<String>,
}

/// One session, as it is stored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    pub(crate) session_id: String,
    pub(crate) state: State,
    channel: String,
    chat_id: String,
    /// None: it has ended, and everything that could be delivered is.
    next_poll_at: Option<String>,
    project_url: Option<String>,
    turns: Vec<Turn>,
    deliveries: Vec<Sent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Turn {
    text: String,
    submitted_at: String,
    ended_at: Option<String>,
    delivered_at: Option<String>,
    results: Vec<String>,
    question: Option<String>,
    trouble: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    url: Option<String>,
    state: Delivery,
}

/// One session, by its id or a unique prefix.
///
/// # Errors
/// Permanent when it isn't known.
pub(crate) async fn one(harness: &Harness, session_id: &str) -> Result<Known, Failure> {
    let status = read(harness, &["status", "--", session_id]).await?;
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
    read(harness, &["status", "--last", &ended.to_string()]).await
}

async fn read(harness: &Harness, arguments: &[&str]) -> Result<Status, Failure> {
    answers::read(command::run(harness, arguments).await?.json)
}

impl Known {
    /// Whether there is something to tell the user: nothing comes any more, or the user has to answer first.
    pub(crate) fn has_news(&self) -> bool {
        match self.state {
            State::Submitted | State::Generating => false,
            State::AwaitingUser | State::Timeout => true,
            State::Completed | State::Failed => self.next_poll_at.is_none(),
        }
    }

    /// Whether results may be shown.
    fn has_ended(&self) -> bool {
        match self.state {
            State::Submitted | State::Generating | State::AwaitingUser => false,
            State::Completed | State::Failed | State::Timeout => true,
        }
    }

    /// What the user asked for last in it.
    pub(crate) fn words(&self) -> &str {
        self.turns.last().map_or("", |turn| &turn.text)
    }

    /// Where it stands, in a line for people.
    pub(crate) fn line(&self) -> String {
        let found = self.turns.last().map_or(0, |turn| turn.results.len());
        let shown = self
            .products()
            .filter(|product| product.delivery.is_some_and(is_shown))
            .count();
        let state = match self.state {
            State::Submitted => "submitted: waiting for the service to begin",
            State::Generating => "being made",
            State::AwaitingUser => "the service asks the user something",
            State::Completed => "finished",
            State::Failed => "failed",
            State::Timeout => "no result within two hours",
        };
        format!("{state}; {found} results, {shown} delivered")
    }

    /// The latest turn's results.
    fn products(&self) -> impl Iterator<Item = Product> {
        let latest = self.turns.last();
        latest
            .into_iter()
            .flat_map(|turn| &turn.results)
            .map(|url| Product {
                url: url.clone(),
                delivery: self
                    .deliveries
                    .iter()
                    .find(|sent| sent.url.as_deref() == Some(url))
                    .map(|sent| sent.state),
            })
    }

    /// As the tools show it.
    pub(crate) fn shown(self) -> Session {
        let results: Vec<Product> = self.products().collect();
        let (results_so_far, has_ended) = (results.len(), self.has_ended());
        let latest = self.turns.into_iter().next_back();
        let (text, submitted_at, ended_at, delivered_at, question, trouble) = match latest {
            Some(turn) => (
                turn.text,
                turn.submitted_at,
                turn.ended_at,
                turn.delivered_at,
                turn.question,
                turn.trouble,
            ),
            None => Default::default(),
        };
        Session {
            session_id: self.session_id,
            state: self.state,
            text,
            channel: self.channel,
            chat_id: self.chat_id,
            submitted_at,
            ended_at,
            delivered_at,
            question: question.filter(|_| self.state == State::AwaitingUser),
            trouble,
            results_so_far,
            results: if has_ended { results } else { Vec::new() },
            project_url: self.project_url,
        }
    }
}

fn is_shown(delivery: Delivery) -> bool {
    match delivery {
        Delivery::Delivered | Delivery::LinkOnly => true,
        Delivery::Pending | Delivery::Sending | Delivery::Failed | Delivery::Uncertain => false,
    }
}
