//! The signature of a message as the standard has it that the contract names (`Position::Signature`): over its id, the time and the body as they leave, by a secret that both
//! sides know. The component has neither the secret nor a say in the time. Not here: which requests are signed (`broker.rs`).
//!
//! ```text
//! v1,BASE64(HMAC-SHA256(secret, "<id>.<seconds since 1970>.<body>"))
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{HMAC_SHA256, Key, sign};

/// What a secret begins with where it is written.
const PREFIX: &str = "whsec_";
/// The specification's bounds for a secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// An id of a message; the component's has 44 characters.
const ID_BYTES: usize = 128;

/// The key that a secret is written for; none where it isn't one of the specification's.
pub(super) fn key(secret: &str) -> Option<Key> {
    let text = secret.strip_prefix(PREFIX)?;
    let bytes = zeroize::Zeroizing::new(STANDARD.decode(text).ok()?);
    let is_good = SECRET_BYTES.contains(&bytes.len());
    is_good.then(|| Key::new(HMAC_SHA256, &bytes))
}

/// Whether a secret is one of the specification's, so that something can be signed with it.
#[must_use]
pub fn is_signing_secret(secret: &str) -> bool {
    key(secret).is_some()
}

/// The value of the header with the signature; none for an id that could be read in two ways.
pub(super) fn of(key: &Key, id: &str, unix_s: u64, body: &[u8]) -> Option<String> {
    // A full stop parts what is signed: in an id it would make two messages of one signature.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !(1..=ID_BYTES).contains(&id.len()) || !id.bytes().all(is_plain) {
        return None;
    }
    let signed = [
        id.as_bytes(),
        b".",
        unix_s.to_string().as_bytes(),
        b".",
        body,
    ]
    .concat();
    Some(format!("v1,{}", STANDARD.encode(sign(key, &signed))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specifications_own_example() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = of(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_secret_and_what_is_no_id_signs_nothing() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for secret in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%",
            &short,
            &long,
        ] {
            assert!(key(secret).is_none(), "{secret}");
        }
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        for id in ["", "a.1", "a b", "é", &"x".repeat(129)] {
            assert_eq!(of(&key, id, 1, b""), None, "{id}");
        }
    }
}
