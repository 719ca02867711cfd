//! The answer to a request for pictures: they stand in it, and nothing of it can be asked for again.

use serde_json::Value;

use super::super::{Error, Given, Submitted, Upstream};
use super::errors;
use crate::upstream::results::ResultUrl;

/// What is said of a picture that came without a link that leads anywhere.
const NO_LINK: &str = "The service says that a picture is made, and gives no link to it";

/// The pictures as a job that has ended. The service has no name for it, so that it is called by the intent's own.
///
/// # Errors
/// [`Error`]: none was made, and the service says why; or nothing is said, and it may have been charged.
pub fn given(upstream: &Upstream<'_>, answer: &Value, nonce: &str) -> Result<Submitted, Error> {
    let title = upstream.service().member().title;
    // Stored beforehand with the intent, so that who finds this one again after a crash finds it under the same name.
    let session_id = ["picture-", nonce].concat();
    let (mut given, mut failed) = (Given::default(), None);
    let made = answer.get("data").and_then(Value::as_array);
    for (at, one) in made.into_iter().flatten().enumerate() {
        // One of several may fail alone.
        if let Some(error) = one.get("error").and_then(errors::Given::read) {
            given.trouble = Some(error.sentence(title));
            failed = Some(error.error(title));
            continue;
        }
        let url = one.get("url").and_then(Value::as_str);
        match url.and_then(|url| ResultUrl::anywhere(url.trim())) {
            // Wherever it lies: it is paid for, and one that can't be fetched is shown as its link.
            Some(url) => {
                let id = format!("{session_id}-{}", at + 1);
                given.results.push(url.identified(id));
            }
            None => given.trouble = Some(NO_LINK.to_owned()),
        }
    }
    if given.results.is_empty() {
        let nothing = || Error::incomplete("Failed: no picture returned".to_owned());
        return Err(failed.unwrap_or_else(nothing));
    }
    Ok(Submitted {
        session_id,
        project_uuid: String::new(),
        given: Some(given),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::{ApiKey, Choices, Meaning, ServiceId};
    use serde_json::json;

    const LINK: &str =
        "https://ark-acg-cn-beijing.tos-cn-beijing.volces.com/a/b.jpeg?X-Tos-Signature=1";

    fn read(answer: &Value) -> Result<Submitted, Error> {
        let key = ApiKey::parse("a-key-of-ark", ServiceId::called("ark")).unwrap();
        let choices = Choices::default();
        let upstream = Upstream::new(&key, "https://ark.cn-beijing.volces.com", &choices);
        given(&upstream, answer, "0f")
    }

    #[test]
    fn pictures_are_known_by_the_intent_and_their_number() {
        let elsewhere = "https://elsewhere.example/c.jpeg";
        let answer = json!({"data": [{"url": LINK, "size": "2048x2048"}, {"url": elsewhere}]});
        let made = read(&answer).unwrap();
        assert_eq!(made.session_id, "picture-0f");
        let results = made.given.unwrap().results;
        let ids: Vec<_> = results.iter().map(ResultUrl::identity).collect();
        assert_eq!(ids[0].as_str(), "id:picture-0f-1");
        assert_eq!(ids[1].as_str(), "id:picture-0f-2");
        assert!(results[1].is_elsewhere());
    }

    #[test]
    fn one_that_fails_alone_is_told_beside_the_others_and_all_of_them_as_the_services_word() {
        let error =
            json!({"error": {"code": "OutputImageSensitiveContentDetected", "message": "x"}});
        let made = read(&json!({"data": [{"url": LINK}, error]})).unwrap();
        let given = made.given.unwrap();
        assert_eq!(given.results.len(), 1);
        assert!(given.trouble.unwrap().contains("moderation"));
        let none = read(&json!({"data": [error, error]})).unwrap_err();
        assert_eq!(none.meaning, Meaning::Moderated);
        assert!(!none.may_be_applied, "nothing was made of it");
        // Nothing is said: it may have been charged.
        for answer in [
            json!({}),
            json!({"data": []}),
            json!({"data": [{"url": "file:///x"}]}),
        ] {
            assert!(read(&answer).unwrap_err().may_be_applied, "{answer}");
        }
    }
}
