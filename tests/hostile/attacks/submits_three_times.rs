//! Sends its paid request three times: `submit` does this step, and answers with what came of it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let mut answers = Vec::new();
    for _ in 0..3 {
        let answer = Ask::gateway("/libtv/v1/session")
            .header("x-api-key", wasi::key()?)
            .header("content-type", "application/json")
            .post(br#"{"message":"a cat"}"#);
        answers.push(answer.map_or_else(|error| error, |answer| answer.status().to_string()));
    }
    Ok(got(answers.join(" ")))
}
