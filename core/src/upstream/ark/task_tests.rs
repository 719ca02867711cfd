use super::*;
use crate::upstream::{TurnMark, Verdict, judge};
use serde_json::json;

const LINK: &str = "https://ark-acg-cn-beijing.tos-cn-beijing.volces.com/a/b.mp4?X-Tos-Signature=1";

fn seen(task: Value) -> Observation {
    let baseline = Baseline::default();
    let turns = [TurnMark {
        baseline: &baseline,
        text: "a cat",
        project: "",
        is_over: false,
    }];
    let job = Job {
        session_id: "cgt-1",
        turns: &turns,
        after: None,
    };
    view(task, &job).turns.remove(0)
}

#[test]
fn every_status_comes_to_its_verdict() {
    let failed = json!({"status": "failed", "error": {"code": "OutputVideoSensitiveContentDetected", "message": "x"}});
    for (task, verdict) in [
        (json!({"status": "queued"}), Verdict::Waiting),
        (json!({"status": "running"}), Verdict::Working),
        (json!({"status": "something new"}), Verdict::Working),
        (json!({}), Verdict::Working),
        (
            json!({"status": "succeeded", "content": {"video_url": LINK}}),
            Verdict::Complete(None),
        ),
    ] {
        assert_eq!(judge(&seen(task.clone()), 0), verdict, "{task}");
        // However often it says the same.
        assert_eq!(judge(&seen(task.clone()), 20), verdict, "{task}");
    }
    for (task, says) in [
        (failed, "moderation"),
        (
            json!({"status": "failed", "error": null}),
            "doesn't say why",
        ),
        (json!({"status": "cancelled"}), "cancelled"),
        (json!({"status": "expired"}), "ask for it again"),
        (json!({"status": "succeeded"}), "gives no link"),
        (
            json!({"status": "succeeded", "content": {"video_url": "file:///etc/passwd"}}),
            "gives no link",
        ),
        (
            json!({"status": "succeeded", "content": {"video_url": "https://elsewhere.example/a.mp4"}}),
            "https://elsewhere.example/a.mp4",
        ),
    ] {
        let Verdict::Failed(reason) = judge(&seen(task.clone()), 0) else {
            panic!("{task}")
        };
        assert!(reason.contains(says), "{task}: {reason}");
    }
}

#[test]
fn a_result_is_known_by_its_task_whatever_its_link_is() {
    let of = |link: &str| {
        let seen = seen(json!({"status": "succeeded", "content": {"video_url": link}}));
        seen.results[0].clone()
    };
    let other = "https://ark-content-generation-cn-beijing.tos-cn-beijing.volces.com/c.mp4?X-Tos-Signature=2";
    assert_eq!(of(LINK).as_str(), LINK);
    assert_eq!(of(LINK).identity(), of(other).identity());
    assert_eq!(of(LINK).identity().as_str(), "id:cgt-1");
    // A second query would break the signature.
    assert_eq!(of(LINK).first_frame(), None);
}

#[test]
fn a_task_in_the_list_is_read_and_what_it_doesnt_say_is_left_out() {
    let task = json!({
        "id": "cgt-1", "model": "m-1", "status": "succeeded",
        "content": {"video_url": LINK}, "created_at": 1_700_000_000, "updated_at": 1_700_000_090,
    });
    let read = listed(&task);
    assert_eq!(read.id.as_deref(), Some("cgt-1"));
    assert_eq!((read.stage, read.url.as_deref()), (Stage::Done, Some(LINK)));
    assert_eq!(read.created_at.as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(read.completed_at.as_deref(), Some("2023-11-14T22:14:50Z"));
    let read = listed(&json!({"status": "running", "updated_at": 1_700_000_090}));
    assert_eq!(
        (read.stage, read.id, read.completed_at),
        (Stage::Working, None, None)
    );
}
