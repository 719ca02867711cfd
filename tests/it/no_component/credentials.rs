//! Where a component could take a credential.

use host_harness::http::RefusalReason;

use super::attack;

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
