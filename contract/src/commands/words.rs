//! The user's words from a file or standard input.

use super::MAX_WORDS_BYTES;
use super::rules::{SET_UTF8, is_blank};

/// The words in the bytes of a file or of standard input. A byte order mark in front and one line feed at the end aren't
/// part of them: editors and shells put them there. UTF-16 is read where its mark says so, as PowerShell's `>` writes it.
///
/// # Errors
/// The sentence for whoever gave them, who has used the command wrongly.
pub fn from_bytes(bytes: &[u8]) -> Result<String, String> {
    // Before anything is decoded: a film named by mistake is refused at once.
    if bytes.len() > MAX_WORDS_BYTES {
        return Err("The words are longer than 1 MiB. Shorten them: nothing was sent.".to_owned());
    }
    let not_text = || ["The words are not UTF-8. ", SET_UTF8].concat();
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        bytes => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    // UTF-16 without its mark is valid UTF-8 with a zero beside each letter.
    let mut text = text
        .filter(|text| !text.contains('\0'))
        .ok_or_else(not_text)?;
    // An empty file is a slip: submitted it would cost a use of the key for nothing.
    if is_blank(&text) {
        return Err("There are no words: the file or standard input is empty.".to_owned());
    }
    // One and no more: further ones are the user's.
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// UTF-16 as text; `None` for half a character and for an odd number of bytes.
fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let pairs = bytes.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    let units: Vec<u16> = pairs
        .filter_map(|pair| pair.try_into().ok())
        .map(unit)
        .collect();
    String::from_utf16(&units).ok().filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::from_bytes;

    #[test]
    fn marks_and_the_last_line_feed_are_no_words() {
        for (bytes, words) in [
            (&b"a cat"[..], "a cat"),
            (b"a cat\n", "a cat"),
            (b"a cat\r\n", "a cat"),
            (b"a cat\n\n", "a cat\n"),
            (b"  a cat ", "  a cat "),
            (b"\xef\xbb\xbfa cat", "a cat"),
            (b"\xff\xfea\0 \0\x6b\x73\r\0\n\0", "a 獫"),
            (b"\xfe\xff\0a\x73\x6b", "a獫"),
        ] {
            assert_eq!(from_bytes(bytes).as_deref(), Ok(words), "{bytes:?}");
        }
    }

    #[test]
    fn other_encodings_and_nothing_at_all_are_refused_in_words() {
        for bytes in [
            &b"caf\xe9"[..],
            b"\xc3\xa8\xb9",
            b"a\0 \0c\0",
            b"\xff\xfea\0b",
            b"\xff\xfe\x3d\xd8",
        ] {
            let sentence = from_bytes(bytes).unwrap_err();
            assert!(
                sentence.starts_with("The words are not UTF-8"),
                "{bytes:?}: {sentence}"
            );
        }
        for bytes in [&b""[..], b"\n", b"\xef\xbb\xbf \n"] {
            assert!(from_bytes(bytes).unwrap_err().contains("no words"));
        }
        let long = vec![b'a'; super::MAX_WORDS_BYTES + 1];
        assert!(from_bytes(&long).unwrap_err().contains("1 MiB"));
        assert!(from_bytes(&long[1..]).is_ok());
    }
}
