//! What programs rely on of the library's types and of its calls' futures, where no component runs.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::{
    CallEnded, CommandEnd, Credentials, Environment, ErrorKind, Event, Output, ServeError,
    ServeOptions, StopHandle, Submit, WantedResults, serve,
};

fn is_shared<T: Send + Sync + 'static>() {}
fn is_sent<T: Send>(_: T) {}

/// Compiled, and that is the test.
#[test]
fn whatever_a_program_holds_may_go_to_other_threads() {
    is_shared::<Harness>();
    is_shared::<Component>();
    is_shared::<Settings>();
    is_shared::<Environment>();
    is_shared::<Credentials>();
    is_shared::<CallError>();
    is_shared::<StartError>();
    is_shared::<ServeError>();
    is_shared::<StopHandle>();
    is_shared::<ServeOptions>();
    is_shared::<Event>();
    is_shared::<CallEnded>();
    is_shared::<CommandEnd>();
    is_shared::<Submit>();
}

/// Compiled and never run: each call may be awaited in a task of any thread.
#[allow(dead_code, reason = "its types are what is tested")]
fn every_call_may_be_a_task(harness: &Harness, path: &std::path::Path) {
    is_sent(harness.submit(Submit::message("")));
    is_sent(harness.poll(""));
    is_sent(harness.due());
    is_sent(harness.query("", None, None));
    is_sent(harness.check(None));
    is_sent(harness.doctor(None, None, Output::discard()));
    is_sent(harness.status(None, None, Output::discard()));
    is_sent(harness.tasks(None));
    is_sent(harness.recover(None));
    is_sent(harness.cancel(""));
    is_sent(harness.change_project());
    is_sent(harness.upload(path, None));
    is_sent(harness.download(WantedResults::Urls(Vec::new()), None, None));
    is_sent(harness.open_result("", None, None));
    is_sent(serve(
        harness,
        ServeOptions::default(),
        StopHandle::new(),
        |_| {},
    ));
}

/// What a future without a runtime comes to: it may not wait for anything.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits for a runtime that there isn't"),
    }
}

#[test]
fn a_call_on_a_thread_without_a_runtime_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let component = Component::embedded().unwrap();
    let harness = Harness::new(component, Settings::new(folder.path())).unwrap();
    for error in [
        at_once(harness.check(None)).unwrap_err(),
        at_once(harness.poll("0123456789")).unwrap_err(),
        at_once(harness.submit(Submit::message("a cat"))).unwrap_err(),
    ] {
        assert!(matches!(error, CallError::NoRuntime), "{error}");
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Permanent, "no-runtime")
        );
        assert!(error.to_string().contains("tokio runtime"), "{error}");
    }
    let served = at_once(serve(
        &harness,
        ServeOptions::default(),
        StopHandle::new(),
        |_| {},
    ));
    assert_eq!(served.unwrap_err().code(), "no-runtime");
}
