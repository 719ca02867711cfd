use super::*;
use crate::json::parse;

#[test]
fn each_submit_has_a_life_of_its_own_within_what_the_service_takes_and_none_is_the_usual_one() {
    let mut lives = std::collections::BTreeSet::new();
    for n in 0..200 {
        let text = trace(&format!("nonce-{n}"), "doubao-seedance-2-5-260628");
        let read = Trace::read(&text).unwrap();
        assert_eq!(read.model, "doubao-seedance-2-5-260628");
        assert!(read.expires_s > SHORTEST_LIFE_S && read.expires_s <= 259_200);
        lives.insert(read.expires_s);
        assert_eq!(trace(&format!("nonce-{n}"), read.model), text);
    }
    assert!(lives.len() > 190, "{}", lives.len());
    for bad in ["", "model", "x/model", "-1/model"] {
        assert_eq!(Trace::read(bad), None, "{bad}");
    }
}

#[test]
fn a_task_is_the_submits_by_its_life_and_model_and_one_that_says_neither_may_be() {
    let trace = Trace {
        expires_s: 200_000,
        model: "m-1",
    };
    for (task, fits) in [
        (
            r#"{"execution_expires_after": 200000, "model": "m-1"}"#,
            true,
        ),
        (
            r#"{"execution_expires_after": 172800, "model": "m-1"}"#,
            false,
        ),
        (
            r#"{"execution_expires_after": 200000, "model": "m-2"}"#,
            false,
        ),
        (r#"{"execution_expires_after": null}"#, true),
        ("{}", true),
    ] {
        assert_eq!(trace.fits(&parse(task.as_bytes()).unwrap()), fits, "{task}");
    }
}
