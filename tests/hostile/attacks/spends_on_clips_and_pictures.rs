//! Pays three times in one submit, by every route that there is for it: `submit` does this step, and answers with what came of
//! it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

/// Clips, pictures, and a session of another service.
const PAID: [(&str, &str, &str); 3] = [
    ("ark.cn-beijing.volces.com", "/api/v3/contents/generations/tasks", "ARK_API_KEY"),
    ("ark.cn-beijing.volces.com", "/api/v3/images/generations", "ARK_API_KEY"),
    ("xyq.jianying.com", "/api/biz/v1/skill/submit_run", "XYQ_ACCESS_KEY"),
];

pub fn attack() -> Attempt {
    let mut answers = Vec::new();
    for (host, path, key) in PAID {
        let answer = Ask::at(host, path)
            .header("authorization", wasi::bearer(key)?)
            .header("content-type", "application/json")
            .post(br#"{"message":"a cat"}"#);
        answers.push(answer.map_or_else(|error| error, |answer| answer.status().to_string()));
    }
    Ok(got(answers.join(" ")))
}
