//! Scripts for jobs: which messages a session shows, and when.

use crate::when::When;
use serde_json::{Value, json};
use std::time::Duration;

/// The three documented forms in which a tool says that it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureForm {
    /// `{"task_result": {"status": "failed", "error": "…"}}`
    TaskResult,
    /// `{"error": "…"}`
    Error,
    /// `{"isError": true, "content": [{"text": "…"}]}`
    IsError,
}

/// The field in which a video's address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoField {
    /// `previewPath`
    PreviewPath,
    /// `url`
    Url,
    /// `videoUrl`
    VideoUrl,
}

impl VideoField {
    fn name(self) -> &'static str {
        match self {
            Self::PreviewPath => "previewPath",
            Self::Url => "url",
            Self::VideoUrl => "videoUrl",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) when: When,
    pub(crate) messages: Vec<Value>,
}

/// A list of stages, built in order. Addresses are given as paths of the media store or, to try others,
/// whole; `{session}` and `{turn}` in any text are replaced.
///
/// Results and failures answer the oldest tool call that is still open. Cloning is cheap enough.
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) stages: Vec<Stage>,
    pub(crate) echoes: bool,
    pub(crate) numbered: bool,
    pub(crate) failure: Option<String>,
    open_calls: Vec<String>,
    calls: u32,
    video_field: VideoField,
}

impl Default for Job {
    fn default() -> Self {
        Self::new()
    }
}

impl Job {
    /// Says nothing at all, but for the echo of the user's message.
    pub fn new() -> Self {
        Self {
            stages: Vec::new(),
            echoes: true,
            numbered: true,
            failure: None,
            open_calls: Vec::new(),
            calls: 0,
            video_field: VideoField::PreviewPath,
        }
    }

    /// One video, shown with the second poll.
    pub fn video(path: &str) -> Self {
        Self::new()
            .works()
            .at(When::Polls(2))
            .videos([path])
            .says("视频已生成。")
    }

    /// So many images, one more with every poll, then a last word.
    pub fn images_over_time(count: u32) -> Self {
        let job = (1..=count).fold(Self::new().works_on(count), |job, index| {
            job.at(When::Polls(index)).images([format!(
                "/sd-gen-save-img/{{session}}/{{turn}}-{index:02}.png"
            )])
        });
        job.says("分镜已全部生成。")
    }

    /// Works, then reports this failure with the second poll.
    pub fn fails(reason: &str) -> Self {
        Self::new()
            .works()
            .at(When::Polls(2))
            .fails_as(FailureForm::TaskResult, reason)
    }

    /// Asks the user this with the first poll, and waits.
    pub fn asks(question: &str) -> Self {
        Self::new().at(When::Polls(1)).asks_user(question)
    }

    /// Works for ever.
    pub fn never() -> Self {
        Self::new().works()
    }

    /// Begins a stage; what follows belongs to it.
    pub fn at(mut self, when: When) -> Self {
        self.stages.push(Stage {
            when,
            messages: Vec::new(),
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

    /// The assistant calls `create_generation_task`.
    pub fn works(self) -> Self {
        self.works_on(1)
    }

    /// The assistant makes so many such calls in one message.
    pub fn works_on(mut self, count: u32) -> Self {
        let arguments = json!({"prompt": "as the user put it"}).to_string();
        let calls = (0..count)
            .map(|_| self.call("create_generation_task", &arguments))
            .collect::<Vec<_>>();
        self.message(json!({"role": "assistant", "content": null, "toolCalls": calls}))
    }

    /// The assistant calls `ask_user`.
    pub fn asks_user(mut self, question: &str) -> Self {
        let call = self.call("ask_user", &json!({ "question": question }).to_string());
        self.message(json!({"role": "assistant", "content": question, "toolCalls": [call]}))
    }

    /// A tool's result with images.
    pub fn images<U: AsRef<str>>(self, urls: impl IntoIterator<Item = U>) -> Self {
        let images: Vec<_> = urls
            .into_iter()
            .map(|url| json!({"previewPath": address(url.as_ref())}))
            .collect();
        self.result(&json!({"task_result": {"images": images, "videos": null}}))
    }

    /// A tool's result with videos.
    pub fn videos<U: AsRef<str>>(self, urls: impl IntoIterator<Item = U>) -> Self {
        let field = self.video_field.name();
        let videos: Vec<_> = urls
            .into_iter()
            .map(|url| json!({ field: address(url.as_ref()) }))
            .collect();
        self.result(&json!({"task_result": {"images": null, "videos": videos}}))
    }

    /// A tool's result that says it failed.
    pub fn fails_as(mut self, form: FailureForm, reason: &str) -> Self {
        self.failure = Some(reason.to_owned());
        self.result(&match form {
            FailureForm::TaskResult => {
                json!({"task_result": {"status": "failed", "error": reason}})
            }
            FailureForm::Error => json!({ "error": reason }),
            FailureForm::IsError => {
                json!({"isError": true, "content": [{"type": "text", "text": reason}]})
            }
        })
    }

    /// The assistant says something, addresses in it included as they are.
    pub fn says(self, text: &str) -> Self {
        self.message(json!({"role": "assistant", "content": text}))
    }

    /// Any message; `id` and `seq` are added.
    pub fn message(mut self, message: Value) -> Self {
        if self.stages.is_empty() {
            self = self.at(When::Now);
        }
        if let Some(stage) = self.stages.last_mut() {
            stage.messages.push(message);
        }
        self
    }

    /// From here on videos carry their address in this field (default `previewPath`).
    pub fn video_field(mut self, field: VideoField) -> Self {
        self.video_field = field;
        self
    }

    /// The user's message doesn't come back.
    pub fn without_echo(mut self) -> Self {
        self.echoes = false;
        self
    }

    /// Messages carry no `seq`.
    pub fn without_seq(mut self) -> Self {
        self.numbered = false;
        self
    }

    fn call(&mut self, name: &str, arguments: &str) -> Value {
        self.calls += 1;
        let id = format!("call_{{turn}}_{}", self.calls);
        self.open_calls.push(id.clone());
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }

    fn result(mut self, content: &Value) -> Self {
        let mut message = json!({"role": "tool", "content": content.to_string()});
        if !self.open_calls.is_empty() {
            message["toolCallId"] = self.open_calls.remove(0).into();
        }
        self.message(message)
    }
}

fn address(path_or_url: &str) -> String {
    if path_or_url.starts_with('/') {
        format!("https://{}{path_or_url}", crate::MEDIA_HOST)
    } else {
        path_or_url.to_owned()
    }
}
