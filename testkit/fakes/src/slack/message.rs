//! Messages: what stands in a channel, whom it calls, what was tried.

use super::file::SharedFile;
use crate::params::Params;
use serde_json::{Value, json};

/// What is longer is cut off, in characters. Advised are 4,000.
pub const MAX_TEXT_CHARS: usize = 40_000;

/// A message of a bot or, from [`super::Slack::add_message`], of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct SentMessage {
    /// Its time and name in the channel: `1700000000.123456`.
    pub ts: String,
    /// `C…`, `G…` or `D…`.
    pub channel_id: String,
    /// Its author.
    pub user_id: String,
    /// Whether a bot wrote it.
    pub by_bot: bool,
    /// In Slack's markup. Of files, the comment.
    pub text: String,
    /// The root of the thread it stands in.
    pub thread_ts: Option<String>,
    /// What was shared with it.
    pub files: Vec<SharedFile>,
    /// `metadata`, as it was given.
    pub metadata: Option<Value>,
    /// Whom it calls, each as it is written: `<!channel>`, `<@U…>`. Empty is what words from outside should come to.
    pub called: Vec<String>,
    /// Whether links unfold into previews; none when the request didn't say.
    pub unfurls_links: Option<bool>,
    /// How often it was edited.
    pub edits: u32,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// A call that would have put something into a channel, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// `chat.postMessage` or `files.completeUploadExternal`.
    pub method: String,
    /// Where to, as it was given.
    pub channel_id: String,
    /// Empty when it was done.
    pub error: String,
    /// The time of the message, when it was done.
    pub ts: Option<String>,
}

impl SentMessage {
    pub(crate) fn json(&self, with_metadata: bool) -> Value {
        let mut message =
            json!({"type": "message", "user": self.user_id, "text": self.text, "ts": self.ts});
        if self.by_bot {
            message["bot_id"] = "B0TESTKIT01".into();
        }
        if let Some(thread_ts) = &self.thread_ts {
            message["thread_ts"] = thread_ts.as_str().into();
        }
        if !self.files.is_empty() {
            message["files"] = self
                .files
                .iter()
                .map(|file| json!({"id": file.id, "title": file.title}))
                .collect();
        }
        if let Some(metadata) = self.metadata.as_ref().filter(|_| with_metadata) {
            message["metadata"] = metadata.clone();
        }
        message
    }
}

/// Cut to what Slack keeps.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

/// Whom a text calls. Plain `@channel` counts only when the request asks for it.
pub(crate) fn called(text: &str, params: &Params) -> Vec<String> {
    let mut called = Vec::new();
    for (at, _) in text.match_indices('<') {
        let Some(end) = text[at..].find('>') else {
            continue;
        };
        let whole = &text[at..=at + end];
        let person = whole.starts_with("<@U") || whole.starts_with("<@W");
        let group = ["<!channel", "<!here", "<!everyone", "<!subteam^"];
        if person || group.iter().any(|prefix| whole.starts_with(prefix)) {
            called.push(whole.to_owned());
        }
    }
    let links_names =
        params.is_true("link_names") || params.text("parse").as_deref() == Some("full");
    let plain = ["@channel", "@here", "@everyone"].into_iter();
    called.extend(
        plain
            .filter(|word| links_names && text.contains(word))
            .map(str::to_owned),
    );
    called
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_calls_and_escaped_markup_does_not() {
        let nothing = Params::default();
        let text = "<!channel> <@U0123ABCD> <!subteam^S1|team> <https://a.example|b> &lt;!here&gt; @everyone";
        assert_eq!(
            called(text, &nothing),
            ["<!channel>", "<@U0123ABCD>", "<!subteam^S1|team>"]
        );
    }
}
