//! Scripts for runs: what a thread shows, when, and which state the run has then.

use crate::when::When;
use serde_json::{Value, json};
use std::time::Duration;

/// `fail_reason` of a run that had no credits left.
pub const OUT_OF_CREDITS: u32 = 11_001;

/// Where a run stands, by the service's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// 1
    Queued = 1,
    /// 2
    Running = 2,
    /// 3
    Done = 3,
    /// 4
    Failed = 4,
    /// 5
    Cancelled = 5,
    /// 9: a question waits for a person.
    RequiresAction = 9,
}

/// What kind of result an artefact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Video,
    Image,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Image => "image",
        }
    }
}

/// One thing that a stage does.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// The assistant's message with this content.
    Message(Vec<Value>),
    /// A result: a path of the result store, or a whole address.
    Artifact(Kind, String),
    State(RunState, Option<Value>),
}

#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) when: When,
    pub(crate) shown: Vec<Shown>,
}

/// A list of stages, built in order; a poll is asking for the thread of this run, or for its result. `{run}` in paths is
/// replaced. A run is queued, then running from its first stage on, until a stage says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub(crate) stages: Vec<Stage>,
}

impl Run {
    /// Stays queued.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that it works, then shows one video with the second poll and is done.
    pub fn video(path: &str) -> Self {
        Self::new()
            .at(When::Polls(1))
            .says("正在为您生成视频。")
            .at(When::Polls(2))
            .videos([path])
            .says("视频已生成。")
            .done()
    }

    /// Works, then fails with the second poll.
    pub fn fails(code: u32, message: &str) -> Self {
        Self::new()
            .at(When::Polls(1))
            .says("正在为您生成视频。")
            .at(When::Polls(2))
            .failed(code, message)
    }

    /// Asks this with the first poll, and waits.
    pub fn asking(question: &str, options: &[&str]) -> Self {
        Self::new().at(When::Polls(1)).asks(question, options)
    }

    /// Works for ever.
    pub fn never() -> Self {
        Self::new().at(When::Polls(1)).says("正在为您生成视频。")
    }

    /// Begins a stage; what follows belongs to it.
    pub fn at(mut self, when: When) -> Self {
        self.stages.push(Stage {
            when,
            shown: Vec::new(),
        });
        self
    }

    /// Puts all stages on the clock instead: the first at once, the last after `total`, the others evenly between.
    pub fn over(mut self, total: Duration) -> Self {
        let gaps = self.stages.len().saturating_sub(1).max(1) as u32;
        for (index, stage) in self.stages.iter_mut().enumerate() {
            stage.when = When::After(total * index as u32 / gaps);
        }
        self
    }

    /// The assistant says something.
    pub fn says(self, text: &str) -> Self {
        self.message(vec![json!({"type": "text", "sub_type": "", "data": text})])
    }

    /// The assistant thinks aloud: nothing for the user.
    pub fn thinks(self, text: &str) -> Self {
        self.message(vec![
            json!({"type": "text", "sub_type": "", "data": text, "is_thought": true}),
        ])
    }

    /// Settings as an entry of their own, which nobody is to be shown.
    pub fn settings(self) -> Self {
        let data = json!({"ratio": 2}).to_string();
        self.message(vec![
            json!({"type": "data", "sub_type": "biz/general_agent_settings", "data": data}),
        ])
    }

    /// A question with choices; the run waits for a person.
    pub fn asks(self, question: &str, options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(|text| json!({ "text": text })).collect();
        let data = json!({"questions": [{"question": question, "options": options}]}).to_string();
        self.message(vec![
            json!({"type": "data", "sub_type": "biz/x_data_dynamic_questionnaire", "data": data}),
        ])
        .state(RunState::RequiresAction)
    }

    /// Videos, an artefact for each.
    pub fn videos<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.artifacts(Kind::Video, paths)
    }

    /// Images, an artefact for each.
    pub fn images<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.artifacts(Kind::Image, paths)
    }

    /// It is done.
    pub fn done(self) -> Self {
        self.state(RunState::Done)
    }

    /// It failed, and says why.
    pub fn failed(self, code: u32, message: &str) -> Self {
        let reason = json!({"code": code, "message": message});
        self.show(Shown::State(RunState::Failed, Some(reason)))
    }

    /// Any state.
    pub fn state(self, state: RunState) -> Self {
        self.show(Shown::State(state, None))
    }

    /// A message with any content.
    pub fn message(self, content: Vec<Value>) -> Self {
        self.show(Shown::Message(content))
    }

    fn artifacts<P: AsRef<str>>(self, kind: Kind, paths: impl IntoIterator<Item = P>) -> Self {
        paths.into_iter().fold(self, |run, path| {
            run.show(Shown::Artifact(kind, path.as_ref().to_owned()))
        })
    }

    fn show(mut self, shown: Shown) -> Self {
        if self.stages.is_empty() {
            self = self.at(When::Now);
        }
        if let Some(stage) = self.stages.last_mut() {
            stage.shown.push(shown);
        }
        self
    }
}
