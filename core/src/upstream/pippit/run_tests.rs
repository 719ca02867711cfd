use super::*;
use crate::upstream::TurnMark;
use serde_json::json;

fn text(words: &str) -> Value {
    json!({"message": {"message_id": "m", "role": "assistant", "content": [{"type": "text", "sub_type": "", "data": words}]}})
}

fn question(data: Value) -> Value {
    let part = json!({"type": "data", "sub_type": QUESTION, "data": data});
    json!({"message": {"message_id": "q", "role": "assistant", "content": [part]}})
}

fn artifact(kind: &str, described: Value, id: &str) -> Value {
    let data = json!({ kind: described }).to_string();
    let part = json!({"type": "data", "sub_type": format!("biz/x_data_{kind}"), "pippit_asset_id": id, "data": data});
    json!({"artifact": {"artifact_id": format!("artifact-{id}"), "role": "assistant", "content": [part]}})
}

fn run(id: &str, state: Value, entries: Vec<Value>) -> Value {
    json!({"run_id": id, "state": state, "entry_list": entries})
}

fn seen(state: u64, entries: Vec<Value>) -> Observation {
    observation(&run("r", state.into(), entries))
}

const VIDEO: &str = "https://v3-artist.vlabvod.com/0a1b/video/tos/cn/x/";

#[test]
fn each_state_is_what_it_says_and_one_that_is_not_known_goes_on() {
    let queued = seen(1, Vec::new());
    assert_eq!((queued.answered, queued.under_way), (false, 0));
    for state in [2, 77] {
        let works = seen(state, Vec::new());
        assert_eq!(
            (works.answered, works.under_way, works.last_word),
            (true, 1, false)
        );
    }
    let made = seen(3, vec![artifact("video", json!({"url": VIDEO}), "a")]);
    assert_eq!(
        (made.results.len(), made.last_word, made.under_way),
        (1, true, 0)
    );
    assert_eq!(made.failure, None);
    let empty = seen(3, vec![text("我不能做这个")]);
    assert!(
        empty
            .failure
            .is_some_and(|said| said.ends_with("我不能做这个"))
    );
    let cancelled = seen(5, Vec::new());
    assert!(cancelled.last_word && cancelled.failure.is_some());
    // A number in a text, as `ret` is one.
    let as_text = observation(&run(
        "r",
        "3".into(),
        vec![artifact("image", json!({"url": VIDEO}), "a")],
    ));
    assert!(as_text.last_word);
}

#[test]
fn a_failure_says_why_in_either_form_and_what_to_do() {
    for (reason, says) in [
        (json!({"code": 11001, "message": "积分不足"}), "buy more"),
        (
            json!({"code": "12006", "message": ""}),
            "a video isn't allowed",
        ),
        (json!({"code": 999, "message": "不知道"}), "不知道 (999)"),
        (json!("out of paint"), "out of paint"),
        (json!(null), "doesn't say why"),
    ] {
        let mut failed = run("r", 4.into(), Vec::new());
        failed["fail_reason"] = reason;
        let failure = observation(&failed).failure.unwrap_or_default();
        assert!(failure.contains(says), "{failure}");
    }
}

#[test]
fn a_question_has_its_choices_below_it_and_waits_until_something_is_behind_it() {
    let asks = json!({"questions": [
        {"question": "What style?", "options": [{"text": "ink"}, {"label": "oil"}, "photo"]},
        {"title": "How long?", "options": []},
    ]});
    for data in [asks.clone(), asks.to_string().into()] {
        let waits = seen(9, vec![text("one moment"), question(data)]);
        assert_eq!(
            waits.question.as_deref(),
            Some("What style?\n- ink\n- oil\n- photo\nHow long?")
        );
        assert!(waits.failure.is_none());
    }
    // Also in a run that goes on; and in words alone, or without any.
    assert!(seen(2, vec![question(asks.clone())]).question.is_some());
    assert_eq!(
        seen(9, vec![text("Which one?")]).question.as_deref(),
        Some("Which one?")
    );
    assert_eq!(
        seen(9, Vec::new()).question.as_deref(),
        Some(QUESTION_WITHOUT_WORDS)
    );
    assert_eq!(
        seen(9, vec![question(json!("no json"))])
            .question
            .as_deref(),
        Some(QUESTION_WITHOUT_WORDS)
    );
    let made = artifact("video", json!({"url": VIDEO}), "a");
    assert_eq!(seen(3, vec![question(asks), made]).question, None);
}

#[test]
fn results_are_known_by_their_asset_whatever_their_link_is_and_where_it_stands() {
    let same = [
        artifact("video", json!({"url": VIDEO}), "a"),
        artifact(
            "video",
            json!({"download_url": format!("{VIDEO}?x-signature=2")}),
            "a",
        ),
        artifact(
            "video",
            json!({"url": "https://elsewhere.example/film.mp4"}),
            "a",
        ),
    ];
    for other in &same {
        let seen = seen(3, vec![same[0].clone(), other.clone()]);
        assert_eq!(seen.results.len(), 1, "{other}");
    }
    let both = seen(
        3,
        vec![
            same[0].clone(),
            artifact("image", json!({"url": VIDEO}), "b"),
        ],
    );
    assert_eq!(both.results.len(), 2);
    // As an object instead of a text; by the inner id, and by the artefact's.
    let part = json!({"sub_type": "biz/x_data_video", "data": {"video": {"asset_id": "inner", "url": VIDEO}}});
    let object = json!({"artifact": {"artifact_id": "outer", "content": [part]}});
    assert_eq!(seen(3, vec![object.clone(), object]).results.len(), 1);
}

#[test]
fn a_link_elsewhere_is_a_result_that_is_not_fetched_and_what_is_no_link_is_none() {
    let elsewhere = seen(
        3,
        vec![artifact(
            "video",
            json!({"url": "https://cdn.example/f.mp4?a=1"}),
            "a",
        )],
    );
    assert!(elsewhere.results[0].is_elsewhere());
    let here = seen(3, vec![artifact("video", json!({"url": VIDEO}), "a")]);
    assert!(!here.results[0].is_elsewhere());
    for link in [
        "http://cdn.example/f.mp4",
        "https://user@cdn.example/f.mp4",
        "https://cdn.example/../f.mp4",
        "file:///etc/passwd",
        "https://cdn.example",
        "https://cdn example/f",
        "https://127.0.0.1/f.mp4",
        "https://cdn.example:8443/f.mp4",
        "",
    ] {
        let seen = seen(3, vec![artifact("video", json!({"url": link}), "a")]);
        assert!(seen.results.is_empty(), "{link}");
        assert!(seen.failure.is_some());
    }
}

#[test]
fn users_files_settings_and_thoughts_are_nothing_for_the_user() {
    let upload = json!({"artifact": {"artifact_id": "u", "role": "assistant", "content": [
        {"sub_type": "biz/x_data_upload_video", "data": {"video": {"url": VIDEO, "asset_id": "u"}}}]}});
    let own = json!({"artifact": {"artifact_id": "u", "role": "user", "content": [
        {"sub_type": "biz/x_data_video", "data": {"video": {"url": VIDEO, "asset_id": "u"}}}]}});
    let thought = json!({"message": {"role": "assistant", "content": [
        {"type": "text", "data": "hmm", "is_thought": true}]}});
    let words =
        json!({"message": {"role": "user", "content": [{"type": "text", "data": "a cat"}]}});
    let seen = seen(2, vec![upload, own, thought, words]);
    assert_eq!((seen.results.len(), seen.says, seen.count), (0, None, 4));
    let settings = json!({"message": {"role": "assistant", "content": [{"sub_type": SETTINGS, "data": "{}"}]}});
    assert!(is_hidden(&settings) && !is_hidden(&text("x")));
}

#[test]
fn a_turn_is_answered_by_its_own_run_alone() {
    let made = |id| artifact("video", json!({"url": VIDEO}), id);
    let data = json!({"thread": {"run_list": [
        run("other", 3.into(), vec![made("old")]),
        run("r1", 3.into(), vec![made("one")]),
        run("r2", 3.into(), vec![made("one"), made("two")]),
    ]}});
    let baseline = Baseline::default();
    let mark = |project| TurnMark {
        baseline: &baseline,
        text: "x",
        project,
        is_over: false,
    };
    let turns = [mark("r1"), mark("r2"), mark("r3")];
    let job = Job {
        session_id: "t",
        turns: &turns,
        after: None,
    };
    let view = view(&runs(data), &job);
    let counts: Vec<usize> = view.turns.iter().map(|turn| turn.results.len()).collect();
    assert_eq!(counts, [1, 1, 0]);
    assert!(!view.turns[2].answered);
    assert_eq!(view.results.len(), 2);
    assert_eq!(view.shown.as_array().map(Vec::len), Some(4));
}

#[test]
fn nothing_that_a_service_says_makes_this_fail() {
    let baseline = Baseline::default();
    let turns = [TurnMark {
        baseline: &baseline,
        text: "x",
        project: "r",
        is_over: false,
    }];
    let job = Job {
        session_id: "t",
        turns: &turns,
        after: None,
    };
    for data in [
        json!(null),
        json!({"thread": []}),
        json!({"thread": {"run_list": {}}}),
        json!({"thread": {"run_list": [1, null, {"run_id": "r"}, {"run_id": "r", "entry_list": 1}]}}),
        json!({"thread": {"run_list": [{"run_id": "r", "state": {}, "entry_list": [
            1, {"message": 1}, {"artifact": {"content": {}}}, {"message": {"content": [1, {"data": 1}]}}]}]}}),
    ] {
        assert_eq!(view(&runs(data.clone()), &job).turns.len(), 1, "{data}");
    }
    for data in [
        json!({}),
        json!({"run": {"thread_id": "t"}}),
        json!({"run": {"thread_id": "t", "run_id": "a b"}}),
        json!({"run": {"thread_id": "", "run_id": "r"}}),
    ] {
        assert_eq!(submitted(&data), None, "{data}");
    }
}
