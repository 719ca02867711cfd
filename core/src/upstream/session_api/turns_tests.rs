use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Baseline, TurnMark, observe, owners};
use crate::upstream::results::Links;
use crate::upstream::session_api::messages::{self, Message};
use crate::upstream::{QUIET_POLLS, QUIET_POLLS_OF_WORDS, Verdict, judge};

const STORE: &str = "https://libtv-res.liblib.art/sd-gen-save-img";

fn read(list: Value) -> Vec<Message> {
    messages::parse(&list)
}

fn verdict(list: Value, quiet_polls: u32) -> Verdict {
    let messages = read(list);
    judge(
        &observe(&messages.iter().collect::<Vec<_>>(), &Links::default()),
        quiet_polls,
    )
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"role": "assistant", "content": "", "toolCalls": [{"id": id, "function": {"name": name, "arguments": arguments}}]})
}

fn image(id: &str, name: &str) -> Value {
    json!({"role": "tool", "toolCallId": id, "content": json!({"task_result": {"images": [{"previewPath": format!("{STORE}/{name}")}], "videos": null}}).to_string()})
}

#[test]
fn nothing_answered_is_waiting() {
    assert_eq!(verdict(json!([]), 0), Verdict::Waiting);
    assert_eq!(
        verdict(json!([{"role": "user", "content": "a cat"}]), 9),
        Verdict::Waiting
    );
}

#[test]
fn the_first_url_does_not_end_the_wait_while_a_call_is_open() {
    let list = json!([
        call("a", "create_generation_task", "{}"),
        call("b", "create_generation_task", "{}"),
        image("a", "1.png")
    ]);
    assert_eq!(verdict(list, 99), Verdict::Working);
}

#[test]
fn results_without_a_last_word_are_complete_after_three_quiet_polls() {
    let list = json!([
        call("a", "create_generation_task", "{}"),
        image("a", "1.png")
    ]);
    assert_eq!(verdict(list.clone(), QUIET_POLLS - 1), Verdict::Working);
    assert_eq!(verdict(list, QUIET_POLLS), Verdict::Complete(None));
}

#[test]
fn a_last_word_completes_at_once() {
    let list = json!([call("a", "create_generation_task", "{}"), image("a", "1.png"), {"role": "assistant", "content": "Done."}]);
    assert_eq!(verdict(list, 0), Verdict::Complete(None));
}

#[test]
fn text_between_calls_is_progress() {
    let list = json!([call("a", "create_generation_task", "{}"), {"role": "assistant", "content": "Working on it"}]);
    assert_eq!(verdict(list, 50), Verdict::Working);
}

#[test]
fn every_form_of_a_failed_tool_is_a_failure() {
    for content in [
        json!({"task_result": {"status": "failed", "error": "no"}}),
        json!({"error": "no"}),
        json!({"isError": true, "content": [{"text": "no"}]}),
    ] {
        let list = json!([call("a", "create_generation_task", "{}"), {"role": "tool", "toolCallId": "a", "content": content.to_string()}, {"role": "assistant", "content": "Sorry"}]);
        assert_eq!(verdict(list, 0), Verdict::Failed("no".into()), "{content}");
    }
}

#[test]
fn a_failure_that_is_tried_again_is_not_the_end() {
    let list = json!([
        call("a", "create_generation_task", "{}"),
        {"role": "tool", "toolCallId": "a", "content": "{\"error\":\"busy\"}"},
        call("b", "create_generation_task", "{}")
    ]);
    assert_eq!(verdict(list, 50), Verdict::Working);
}

#[test]
fn a_question_waits_for_the_user() {
    let list = json!([call(
        "q",
        "ask_user",
        "{\"question\":\"Which colour?\",\"options\":[\"red\",{\"label\":\"blue\"}]}"
    )]);
    assert_eq!(
        verdict(list, 0),
        Verdict::Asks("Which colour?\n- red\n- blue".into())
    );
}

#[test]
fn the_users_own_file_is_no_result() {
    let own = "https://libtv-res.liblib.art/claw/p/me.png";
    let list = read(
        json!([{"role": "user", "content": format!("animate {own}")}, {"role": "assistant", "content": format!("I use {own}")}]),
    );
    assert_eq!(
        observe(&list.iter().collect::<Vec<_>>(), &Links::default()).results,
        vec![]
    );
}

#[test]
fn paths_and_other_hosts_are_no_results() {
    let list = read(
        json!([{"role": "tool", "content": json!({"task_result": {"videos": [{"previewPath": "file:///etc/passwd"}, {"url": "http://127.0.0.1/x.mp4"}, {"previewPath": null, "videoUrl": format!("{STORE}/ok.mp4")}]}}).to_string()}]),
    );
    let seen = observe(&list.iter().collect::<Vec<_>>(), &Links::default());
    assert_eq!(
        seen.results
            .iter()
            .map(|url| url.as_str())
            .collect::<Vec<_>>(),
        [format!("{STORE}/ok.mp4")]
    );
}

#[test]
fn a_turn_begins_behind_its_baseline_with_numbers_or_without() {
    for numbered in [true, false] {
        let message = |seq: u64, role: &str, content: &str| {
            let mut value = json!({"role": role, "content": content});
            if numbered {
                value["seq"] = seq.into();
            }
            value
        };
        let before = json!([message(1, "user", "one"), message(2, "assistant", "old")]);
        let after = json!([
            message(1, "user", "one"),
            message(2, "assistant", "old"),
            message(3, "user", "two"),
            message(4, "assistant", "new")
        ]);
        let (first, second) = (Baseline::default(), Baseline::after(&read(before)));
        let marks = [
            TurnMark {
                baseline: &first,
                text: "one",
                project: "",
                is_over: false,
            },
            TurnMark {
                baseline: &second,
                text: "two",
                project: "",
                is_over: false,
            },
        ];
        assert_eq!(
            owners(&read(after), &marks),
            [None, Some(0), Some(0), Some(1)],
            "numbered: {numbered}"
        );
    }
}

#[test]
fn a_new_request_in_an_existing_session_begins_behind_its_own_words() {
    let list = json!([{"role": "user", "content": "old"}, {"role": "assistant", "content": "old answer"}, {"role": "user", "content": "new"}, {"role": "assistant", "content": "answer"}]);
    let baseline = Baseline::default();
    let marks = [TurnMark {
        baseline: &baseline,
        text: "new",
        project: "",
        is_over: false,
    }];
    assert_eq!(owners(&read(list), &marks), [None, None, None, Some(0)]);
}

#[test]
fn a_late_answer_belongs_to_the_turn_that_called() {
    let list = json!([{"role": "user", "content": "one"}, call("a", "create_generation_task", "{}"), {"role": "user", "content": "two"}, image("a", "1.png")]);
    let (first, second) = (
        Baseline::default(),
        Baseline {
            last_seq: None,
            count: 2,
        },
    );
    let marks = [
        TurnMark {
            baseline: &first,
            text: "one",
            project: "",
            is_over: false,
        },
        TurnMark {
            baseline: &second,
            text: "two",
            project: "",
            is_over: false,
        },
    ];
    assert_eq!(owners(&read(list), &marks)[3], Some(0));
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}\":/]{0,12}".prop_map(Value::from),
        Just(
            json!({"task_result": {"images": [{"previewPath": format!("{STORE}/x.png")}]}})
                .to_string()
                .into()
        ),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(
                prop::sample::select(vec![
                    "role",
                    "content",
                    "toolCalls",
                    "id",
                    "toolCallId",
                    "seq",
                    "task_result",
                    "images",
                    "error",
                    "isError",
                    "text"
                ]),
                inner,
                0..6
            )
            .prop_map(|map| Value::Object(
                map.into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_message_makes_the_judgement_panic(list in anything(), quiet in 0_u32..9, count in 0_usize..9, seq in proptest::option::of(0_u64..9)) {
        let messages = read(list);
        let baseline = Baseline { last_seq: seq, count };
        let marks = [TurnMark { baseline: &baseline, text: "x", project: "", is_over: false }, TurnMark { baseline: &baseline, text: "", project: "", is_over: false }];
        prop_assert_eq!(owners(&messages, &marks).len(), messages.len());
        let seen = observe(&messages.iter().collect::<Vec<_>>(), &Links::default());
        if let Verdict::Complete(_) = judge(&seen, quiet) {
            prop_assert!(!seen.results.is_empty() && seen.under_way == 0);
        }
    }
}

#[test]
fn words_with_nothing_under_way_are_what_the_service_said_last() {
    let refusal = json!({"role": "assistant", "content": "\u{62b1}\u{6b49}"});
    let said = json!([{"role": "user", "content": "a cat"}, refusal]);
    assert_eq!(
        verdict(said.clone(), QUIET_POLLS_OF_WORDS - 1),
        Verdict::Working
    );
    let Verdict::Failed(reason) = verdict(said, QUIET_POLLS_OF_WORDS) else {
        panic!("it is over");
    };
    assert!(reason.ends_with("\u{62b1}\u{6b49}"), "{reason}");
    for goes_on in [
        json!([refusal, call("a", "create_generation_task", "{}")]),
        json!([refusal, {"role": "user", "content": "then a dog"}]),
        json!([{"role": "assistant", "content": ""}]),
    ] {
        assert_eq!(verdict(goes_on, 99), Verdict::Working);
    }
}

#[test]
fn sixty_thousand_addresses_are_read_in_no_time() {
    let links: Vec<String> = (0..60_000).map(|at| format!("{STORE}/{at}.png")).collect();
    let messages = read(json!([
        {"role": "user", "content": links[..20_000].join(" ")},
        {"role": "assistant", "content": links.join("\n")},
    ]));
    let begun = std::time::Instant::now();
    let marks = [1, 2, 3].map(|_| Baseline::default());
    let turns: Vec<TurnMark<'_>> = marks
        .iter()
        .map(|baseline| TurnMark {
            baseline,
            text: "",
            project: "",
            is_over: false,
        })
        .collect();
    let seen = super::observe_turns(&messages, &turns);
    assert_eq!(
        seen.iter().map(|seen| seen.results.len()).max(),
        Some(40_000)
    );
    // Without sets it took minutes.
    assert!(begun.elapsed().as_secs() < 20);
}
