//! What the library emits for whoever watches it (`tracing`): a job from its submit to the chat, what was refused, and which
//! harness has the timer. Nothing that is emitted holds a secret, whichever library it comes from; what ours emit holds no
//! request's text and no query of a link either.

use std::fmt::{Debug, Write};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use host_harness::{Harness, ServeError, ServeOptions, StopHandle, Submit, serve};
use tests::canary::Search;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::env::{CHAT, TestEnv, block_on};
use crate::no_component::hostile;

/// All that is emitted on this thread, of every level and every library.
#[derive(Clone, Default)]
struct Emitted(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The fields of each span.
    spans: Vec<String>,
    entered: Vec<u64>,
    events: Vec<(&'static str, String)>,
}

/// Fields as one text: `name=value` for each, the message as it is.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let shown = if field.name() == "message" {
            write!(self.0, " {value:?}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
        shown.unwrap();
    }
}

impl Subscriber for Emitted {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut state = self.state();
        state.spans.push(fields.0);
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.state().spans[span.into_u64() as usize - 1] += &fields.0;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.state();
        let current = state.entered.last().copied();
        let span = event
            .parent()
            .map(Id::into_u64)
            .or(current.filter(|_| event.is_contextual()));
        let within = span.map_or("", |span| &state.spans[span as usize - 1]);
        let text = format!("{within}:{}", fields.0);
        state.events.push((event.metadata().target(), text));
    }

    fn enter(&self, span: &Id) {
        self.state().entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.state().entered.pop();
    }
}

impl Emitted {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// What our own crates emitted, as `fields of the call: message and fields`.
    fn ours(&self) -> Vec<String> {
        let state = self.state();
        let is_ours = |target: &str| target.starts_with("sandbox") || target.starts_with("host");
        let events = state.events.iter();
        events
            .filter(|(target, _)| is_ours(target))
            .map(|(_, text)| text.clone())
            .collect()
    }

    /// One of ours has all of these parts.
    #[track_caller]
    fn has(&self, parts: &[&str]) {
        let ours = self.ours();
        let is_it = |line: &&String| parts.iter().all(|part| line.contains(part));
        assert!(
            ours.iter().any(|line| is_it(&line)),
            "nothing has {parts:?}:\n{}",
            ours.join("\n")
        );
    }

    /// No key of this world is in anything; no request's text and no query in what is ours.
    #[track_caller]
    fn holds_nothing(&self, env: &TestEnv, texts: &[&str]) {
        let search = Search::of(&env.canaries());
        for (target, text) in &self.state().events {
            let found = search.find(text.as_bytes());
            assert_eq!(found, None, "{target}: {text}");
        }
        for line in self.ours() {
            let held = texts.iter().find(|text| line.contains(**text));
            assert_eq!(held, None, "{line}");
        }
    }
}

/// Runs this with everything that is emitted meanwhile.
fn emitted<T>(work: impl Future<Output = T>) -> (T, Emitted) {
    let emitted = Emitted::default();
    let watching = tracing::subscriber::set_default(emitted.clone());
    let result = block_on(work);
    drop(watching);
    (result, emitted)
}

/// Polls on the timer until a session has ended.
async fn until_ended(harness: &Harness) {
    let stop = StopHandle::new();
    let ending = stop.clone();
    let ends = move |event: &host_harness::Event| {
        if let host_harness::EventKind::StepDone { step, .. } = &event.kind
            && step.next_poll_at_ms.is_none()
        {
            ending.stop();
        }
    };
    serve(harness, ServeOptions::default(), stop, ends)
        .await
        .unwrap();
}

#[test]
fn a_job_is_seen_from_its_submit_over_its_polls_to_the_message_and_holds_no_key_no_text_and_no_query()
 {
    let env = TestEnv::new();
    let harness = env.harness();
    let (id, emitted) = emitted(async {
        let submit = Submit::message("a red fox, watched").to("feishu", CHAT);
        let submission = harness.submit(submit).await.unwrap();
        until_ended(&harness).await;
        submission.session_id
    });
    let session = format!("session={id:?}");
    emitted.has(&["call=\"submit\":", "call begins"]);
    emitted.has(&[
        "call=\"submit\":",
        "request answered",
        "service=\"gateway\"",
        "step=\"pay\"",
        "outcome=\"200\"",
    ]);
    emitted.has(&[
        "request submitted",
        &session,
        "channel=\"feishu\"",
        "deliverable=false",
    ]);
    emitted.has(&["timer owns the state folder", "sessions=1"]);
    let poll = format!("call=\"poll\" {session}:");
    emitted.has(&[
        &poll,
        "request answered",
        "service=\"gateway\"",
        "step=\"ask\"",
    ]);
    emitted.has(&[
        &poll,
        "request answered",
        "service=\"feishu\"",
        "step=\"exchange\"",
        "by=\"harness\"",
    ]);
    emitted.has(&[
        &poll,
        "request answered",
        "service=\"feishu\"",
        "step=\"commit\"",
        "outcome=\"200\"",
    ]);
    emitted.has(&[&poll, "call ended", "outcome=\"ok\"", "refused=0"]);
    emitted.has(&[
        "session polled",
        &session,
        "state=\"completed\"",
        "delivered=1",
    ]);
    emitted.has(&["timer gave the state folder back", "abandoned=0"]);
    emitted.holds_nothing(&env, &["red fox", "watched", "?", CHAT]);
}

#[test]
fn what_a_component_was_refused_is_seen_with_its_reason_in_the_call_that_asked() {
    let (env, harness) = hostile("puts_the_key_into_a_url");
    let ((), emitted) = emitted(async {
        // What comes of it is the other tests' question.
        let _ = harness.poll("puts_the_key_into_a_url").await;
    });
    let poll = "call=\"poll\" session=\"puts_the_key_into_a_url\":";
    emitted.has(&[poll, "request refused", "reason=\"misplaced-placeholder\""]);
    emitted.has(&[poll, "call ended", "refused=1"]);
    emitted.holds_nothing(&env, &["?"]);
}

#[test]
fn a_harness_that_finds_another_one_at_work_says_so_and_who_it_is() {
    let env = TestEnv::new();
    let serving = env.serve();
    let harness = env.harness();
    let (served, emitted) = emitted(serve(
        &harness,
        ServeOptions::default(),
        StopHandle::new(),
        |_| {},
    ));
    assert!(matches!(served, Err(ServeError::Owned { .. })));
    let process = format!("process={}", serving.pid());
    emitted.has(&["another harness owns the state folder", &process]);
}

#[test]
fn a_call_that_is_given_up_is_seen_as_abandoned() {
    let (_env, harness) = hostile("sleeps_for_a_year");
    let ((), emitted) = emitted(async {
        // It has begun once it was asked; then nobody asks again.
        let mut call = pin!(harness.poll("sleeps_for_a_year"));
        poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Pending => Poll::Ready(()),
            Poll::Ready(ended) => panic!("it sleeps for a year: {ended:?}"),
        })
        .await;
    });
    emitted.has(&[
        "call=\"poll\" session=\"sleeps_for_a_year\":",
        "call ended",
        "outcome=\"abandoned\"",
    ]);
}
