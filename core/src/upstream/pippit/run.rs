//! A thread as the service tells it, and what each of its runs comes to. No field is certain to be there: what isn't known is
//! passed over, and nothing in an entry can make this fail.

use contract::ids::is_service_id;
use serde_json::Value;

use super::super::{Baseline, Job, Observation, Submitted, View};
use super::errors;
use crate::json;
use crate::upstream::results::{Links, ResultUrl};

/// Entries that nobody is to be shown.
const SETTINGS: &str = "biz/general_agent_settings";
/// An entry that asks.
const QUESTION: &str = "biz/x_data_dynamic_questionnaire";
/// What the users' own files have in the name of their kind.
const UPLOAD: &str = "upload";
/// What a question without words is shown as.
const QUESTION_WITHOUT_WORDS: &str = "The video service asks for more information.";
/// What an artefact may be, by the member that describes it.
const KINDS: [&str; 2] = ["video", "image"];

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Queued,
    /// Also in a state that isn't known, which says nothing of its end.
    Running,
    Done,
    Failed,
    Cancelled,
    /// A person has to answer.
    Asks,
}

impl Stands {
    fn of(run: &Value) -> Self {
        match run.get("state").and_then(errors::number) {
            Some(1) => Self::Queued,
            Some(3) => Self::Done,
            Some(4) => Self::Failed,
            Some(5) => Self::Cancelled,
            Some(9) => Self::Asks,
            Some(_) | None => Self::Running,
        }
    }
}

/// What a submit gave; none where an id is missing or can't be one.
#[must_use]
pub fn submitted(data: &Value) -> Option<Submitted> {
    let run = data.get("run")?;
    let id = |name: &str| {
        let id = run.get(name).and_then(Value::as_str);
        id.filter(|id| is_service_id(id)).map(str::to_owned)
    };
    // What tells an answer in a thread, which may have been there before, is stored where others have a project.
    Some(Submitted::job(id("thread_id")?, id("run_id")?))
}

/// The runs that an answer has.
#[must_use]
pub fn runs(mut data: Value) -> Vec<Value> {
    match data.pointer_mut("/thread/run_list").map(Value::take) {
        Some(Value::Array(runs)) => runs,
        _ => Vec::new(),
    }
}

/// One of them.
#[must_use]
pub fn of_id<'a>(runs: &'a [Value], id: &str) -> Option<&'a Value> {
    runs.iter().find(|run| run["run_id"] == id)
}

/// What there is to see of a job.
#[must_use]
pub fn view(runs: &[Value], job: &Job<'_>) -> View {
    let mut known = Links::default();
    let mut turns = Vec::new();
    for turn in job.turns {
        // The list may have others, or lack one: a turn whose run isn't there has just not been answered.
        let mut seen = of_id(runs, turn.project)
            .map(observation)
            .unwrap_or_default();
        // What an earlier turn brought doesn't answer a later one, though its run may show it again.
        seen.results.retain(|url| !known.contains(url));
        known.extend(seen.results.iter().cloned());
        turns.push(seen);
    }
    // What is shown to who asks for the job itself: nobody wrote the settings, and nobody is to read them.
    let entries = runs.iter().flat_map(|run| list(run.get("entry_list")));
    let shown = entries.filter(|entry| !is_hidden(entry)).cloned();
    View {
        shown: Value::Array(shown.collect()),
        turns,
        results: known.into_vec(),
        end: Baseline::default(),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether an entry holds nothing but settings.
fn is_hidden(entry: &Value) -> bool {
    let content = list(entry.pointer("/message/content"));
    !content.is_empty() && content.iter().all(|part| part["sub_type"] == SETTINGS)
}

/// What a run comes to.
fn observation(run: &Value) -> Observation {
    let entries = list(run.get("entry_list"));
    let mut seen = Observation {
        count: entries.len(),
        ..Observation::default()
    };
    let mut links = Links::default();
    // A question stands while nothing was said or made behind it.
    let mut question = None;
    for entry in entries {
        if let Some(artifact) = entry.get("artifact") {
            let before = links.len();
            links.extend(results(artifact));
            if links.len() > before {
                question = None;
            }
        }
        let message = entry
            .get("message")
            .filter(|message| message["role"] != "user");
        for part in list(message.and_then(|message| message.get("content"))) {
            if part["sub_type"] == QUESTION {
                question = Some(asked(&part["data"]));
            } else if let Some(text) = said(part) {
                seen.says = Some(text.to_owned());
                seen.answered = true;
            }
        }
    }
    seen.results = links.into_vec();
    let stands = Stands::of(run);
    seen.answered |= stands != Stands::Queued;
    match stands {
        // Seen: a question in a run that nothing says is waiting.
        Stands::Queued => seen.question = question,
        Stands::Running => {
            seen.under_way = 1;
            seen.question = question;
        }
        Stands::Asks => {
            let says = seen.says.clone();
            let words = question.or(says);
            seen.question = Some(words.unwrap_or_else(|| QUESTION_WITHOUT_WORDS.to_owned()));
        }
        Stands::Done => {
            seen.last_word = true;
            seen.question = question;
            // It is over, so that nothing is waited for: words alone are why there is nothing.
            if seen.results.is_empty() && seen.question.is_none() {
                let words = seen.says.as_deref().unwrap_or("nothing");
                seen.failure = Some(format!("nothing was made; the service says: {words}"));
            }
        }
        Stands::Failed => {
            seen.last_word = true;
            seen.failure = Some(failure(&run["fail_reason"]));
        }
        Stands::Cancelled => {
            seen.last_word = true;
            seen.failure = Some("It was cancelled at the service.".to_owned());
        }
    }
    seen
}

/// Why a run failed: a code with words, or words alone.
fn failure(reason: &Value) -> String {
    let words = reason.get("message").unwrap_or(reason);
    let code = reason.get("code").and_then(errors::number);
    match (
        code,
        words.as_str().filter(|words| !words.trim().is_empty()),
    ) {
        (None, None) => "The service failed at it and doesn't say why.".to_owned(),
        (code, words) => errors::sentence("Pippit", code, words.unwrap_or_default()),
    }
}

/// Words for the user in a part of a message; none in thoughts and in data.
fn said(part: &Value) -> Option<&str> {
    // Thoughts are the agent's with itself: told, they would promise what never comes.
    let is_words = part["type"] == "text" && part["is_thought"] != true;
    let text = part.get("data").filter(|_| is_words)?.as_str()?;
    (!text.trim().is_empty()).then_some(text)
}

/// Data, which is an object, or JSON in a text.
fn read(data: &Value) -> Value {
    match data {
        Value::String(text) => json::foreign(text.as_bytes()).unwrap_or_default(),
        other => other.clone(),
    }
}

/// The results in an artefact.
fn results(artifact: &Value) -> Vec<ResultUrl> {
    let mut found = Vec::new();
    if artifact["role"] == "user" {
        return found;
    }
    for part in list(artifact.get("content")) {
        // A user's own file is shown in the thread like a result.
        let is_own = part["sub_type"]
            .as_str()
            .is_some_and(|kind| kind.contains(UPLOAD));
        let data = read(&part["data"]);
        let described = KINDS.iter().find_map(|kind| data.get(*kind));
        let Some(described) = described.filter(|_| !is_own) else {
            continue;
        };
        let text =
            |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let link = text(described, "url").or_else(|| text(described, "download_url"));
        // By the asset, and not by its link, which is signed anew; the artefact is what has several.
        let id = text(part, "pippit_asset_id")
            .or_else(|| text(described, "asset_id"))
            .or_else(|| text(artifact, "artifact_id"));
        let url = link.and_then(|link| ResultUrl::anywhere(link.trim()));
        found.extend(url.map(|url| match id.filter(|id| is_service_id(id)) {
            Some(id) => url.identified(id),
            None => url,
        }));
    }
    found
}

/// A question in words, with its choices below it, one a line.
fn asked(data: &Value) -> String {
    let data = read(data);
    let mut words = String::new();
    let mut line = |before: &str, text: &str| {
        if !words.is_empty() {
            words.push('\n');
        }
        words.push_str(before);
        words.push_str(text);
    };
    let one = std::slice::from_ref(&data);
    let questions = data
        .get("questions")
        .map_or(one, |questions| list(Some(questions)));
    for question in questions {
        if let Some(text) = text_of(question, &["question", "title", "text"]) {
            line("", text);
        }
        for option in list(question.get("options")) {
            let label = option
                .as_str()
                .or_else(|| text_of(option, &["text", "label", "title"]));
            if let Some(label) = label {
                line("- ", label);
            }
        }
    }
    if words.is_empty() {
        words.push_str(QUESTION_WITHOUT_WORDS);
    }
    words
}

/// The first of these members that is a text with something in it.
fn text_of<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    let mut texts = names.iter().filter_map(|name| value.get(*name)?.as_str());
    texts.find(|text| !text.trim().is_empty())
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
