//! Makes JSON of what almost is. Values may be replaced, never their places: a quote ends a text where it did.

/// What stands for half a character, or for bytes that are none.
const UNREADABLE: &[u8] = b"\\ufffd";

/// The bytes with everything replaced that a strict reader stumbles over. `wide`: a byte that is no UTF-8 takes the next one
/// with it, as in GBK, Big5 and Shift-JIS, where that may be a backslash.
pub(super) fn repaired(bytes: &[u8], wide: bool) -> Vec<u8> {
    // A mark at the beginning is certain, so that the encoding is not guessed.
    if let [0xff, 0xfe, units @ ..] = bytes {
        return utf16(units, u16::from_le_bytes);
    }
    if let [0xfe, 0xff, units @ ..] = bytes {
        return utf16(units, u16::from_be_bytes);
    }
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut good = Vec::with_capacity(bytes.len());
    let mut in_text = false;
    while !rest.is_empty() {
        let (replaced, len) = if in_text {
            in_text_piece(rest, wide)
        } else {
            outside_piece(rest)
        };
        let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        in_text ^= piece == b"\"";
        good.extend_from_slice(replaced.unwrap_or(piece));
        rest = after;
    }
    good
}

/// UTF-16 as UTF-8; half a pair becomes U+FFFD, and an odd last byte is dropped.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: String = char::decode_utf16(units)
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.into_bytes()
}

/// What the next piece of a text is replaced by, if it is, and how long it is.
fn in_text_piece(rest: &[u8], wide: bool) -> (Option<&'static [u8]>, usize) {
    match rest {
        [b'\\', b'u', digits @ ..] => match code_unit(digits) {
            Some(0xd800..=0xdbff) => match digits.get(4..) {
                Some([b'\\', b'u', low @ ..])
                    if matches!(code_unit(low), Some(0xdc00..=0xdfff)) =>
                {
                    (None, 12)
                }
                // Half a pair, as a text that was cut by units leaves it: it becomes the sign that readers know
                // for that.
                _ => (Some(UNREADABLE), 6),
            },
            Some(0xdc00..=0xdfff) => (Some(UNREADABLE), 6),
            Some(_) => (None, 6),
            None => (Some(UNREADABLE), 2),
        },
        [
            b'\\',
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => (None, 2),
        // A backslash in front of anything else was meant as one, as in a path of Windows.
        [b'\\', ..] => (Some(b"\\\\"), 1),
        // A raw line break in a text: a blank keeps the words apart.
        [0..=0x1f, ..] => (Some(b" "), 1),
        [0x80..=0xff, after @ ..] => {
            let len = match rest {
                [0xc2..=0xdf, ..] => 2,
                [0xe0..=0xef, ..] => 3,
                _ => 4,
            };
            let is_utf8 = rest
                .get(..len)
                .is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
            if is_utf8 {
                return (None, len);
            }
            // The second byte of these encodings may be a backslash, which taken alone would escape the quote
            // behind it.
            let takes_next = wide && matches!(after, [0x40..=0x7e | 0x80..=0xfe, ..]);
            (Some(UNREADABLE), 1 + usize::from(takes_next))
        }
        _ => (None, 1),
    }
}

/// The same between texts.
fn outside_piece(rest: &[u8]) -> (Option<&'static [u8]>, usize) {
    // What Python and JavaScript write for numbers that JSON can't have.
    const NO_NUMBERS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let none = NO_NUMBERS.iter().find(|name| rest.starts_with(name));
    if let Some(name) = none {
        return (Some(b"null"), name.len());
    }
    let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let len = rest.iter().take_while(|byte| is_number(byte)).count();
    let number = rest.get(..len).unwrap_or_default();
    match serde_json::from_slice::<f64>(number) {
        _ if len == 0 => (None, 1),
        Ok(_) => (None, len),
        Err(_) => (Some(b"null"), len),
    }
}

/// The code unit of a `\u`.
fn code_unit(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}
