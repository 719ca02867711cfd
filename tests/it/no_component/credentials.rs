//! Where a component could take a credential.

use host_harness::http::RefusalReason;

use super::{Attack, OddServer, attack};
use crate::env::TestEnv;

#[test]
pub fn sends_the_key_to_another_service() {
    attack!(sends_the_key_to_another_service)
        .end()
        .refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn puts_the_key_into_a_url() {
    attack!(puts_the_key_into_a_url)
        .end()
        .refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn puts_the_key_into_another_header() {
    attack!(puts_the_key_into_another_header)
        .end()
        .refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn makes_a_key_up() {
    attack!(makes_a_key_up)
        .end()
        .refused(RefusalReason::UnknownPlaceholder);
}

#[test]
pub fn brings_its_own_authorization() {
    attack!(brings_its_own_authorization)
        .end()
        .refused(RefusalReason::CredentialHeader);
}

#[test]
pub fn asks_for_a_token_with_a_guessed_secret() {
    attack!(asks_for_a_token_with_a_guessed_secret)
        .end()
        .refused(RefusalReason::TokenRequest);
}

#[test]
pub fn brings_a_cookie() {
    attack!(brings_a_cookie)
        .end()
        .refused(RefusalReason::CredentialHeader);
}

#[test]
pub fn brings_a_key_under_another_name() {
    attack!(brings_a_key_under_another_name)
        .end()
        .refused(RefusalReason::Header);
}

#[test]
pub fn sends_the_key_twice() {
    attack!(sends_the_key_twice)
        .end()
        .refused(RefusalReason::Header);
}

#[test]
pub fn asks_for_packed_answers() {
    attack!(asks_for_packed_answers)
        .end()
        .refused(RefusalReason::Header);
}

#[test]
pub fn asks_for_half_of_an_answer() {
    attack!(asks_for_half_of_an_answer)
        .end()
        .refused(RefusalReason::Header);
}

/// A service that echoes the key in a form in which nobody can find it: the component doesn't see the answer.
#[track_caller]
fn is_not_shown(name: &'static str, error: &str) {
    let server = OddServer::start();
    let env = TestEnv::builder()
        .var("LIBTV_GATEWAY_URL", server.base())
        .start();
    let end = Attack::in_env(name, env).end().told(error);
    let reasons: Vec<_> = end.usage.refusals.iter().map(|r| r.reason).collect();
    assert_eq!(reasons, [RefusalReason::Response]);
}

#[test]
pub fn takes_a_packed_answer() {
    let error = "HttpResponseContentCoding(Some(\"gzip\"))";
    is_not_shown("takes_a_packed_answer", error);
}

#[test]
pub fn takes_half_of_an_answer() {
    is_not_shown("takes_half_of_an_answer", "HttpProtocolError");
}
