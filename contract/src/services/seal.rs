//! A body that a platform wants encrypted, and described beforehand: what the component says of it, and what the harness makes of
//! that. AES-128, each block by itself (ECB), with the padding of PKCS #7; the key travels with the message, so that it keeps the
//! media from whoever stores them and from nobody who reads the chat.
//!
//! Not here: the arithmetic, which is the harness's.

/// The header with the key, as sixteen bytes in lower-case hexadecimal. It is for the harness, and doesn't leave.
pub const KEY: &str = "body-key";

/// The digits of a key.
pub const KEY_DIGITS: usize = 32;

/// The bytes of a block, and of a key.
pub const BLOCK_BYTES: u64 = 16;

/// Where a body was only measured: the response's member that says how many bytes it has.
pub const BYTES: &str = "bytes";

/// The same of its MD5, in lower-case hexadecimal.
pub const MD5: &str = "md5";

/// How many bytes so many are once they are encrypted: a whole block more where the last one was full.
#[must_use]
pub const fn sealed_bytes(bytes: u64) -> u64 {
    (bytes / BLOCK_BYTES)
        .saturating_add(1)
        .saturating_mul(BLOCK_BYTES)
}

/// Whether a text is a key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == KEY_DIGITS && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_padding() {
        for (bytes, sealed) in [(0, 16), (1, 16), (15, 16), (16, 32), (17, 32), (32, 48)] {
            assert_eq!(sealed_bytes(bytes), sealed, "{bytes}");
        }
    }

    #[test]
    fn a_key_has_its_digits_and_no_other_spelling() {
        assert!(is_key("000102030405060708090a0b0c0d0e0f"));
        for text in [
            "",
            "000102030405060708090A0B0C0D0E0F",
            "00",
            "g00102030405060708090a0b0c0d0e0f",
        ] {
            assert!(!is_key(text), "{text}");
        }
    }
}
