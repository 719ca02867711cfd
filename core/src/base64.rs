//! Base64 (RFC 4648, with padding), of what comes in pieces and of what is here. Not read anywhere: what others write in it isn't looked at.

/// Base64 of what comes in pieces.
#[derive(Default)]
pub struct Base64 {
    /// What is left of the pieces so far: fewer than three bytes.
    held: Vec<u8>,
}

impl Base64 {
    /// Of whole threes; what is left waits for the next piece.
    pub fn add(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let rest = self.held.split_off(self.held.len() / 3 * 3);
        let threes = std::mem::replace(&mut self.held, rest);
        let mut text = Vec::with_capacity(threes.len() / 3 * 4);
        for three in threes.chunks_exact(3) {
            text.extend_from_slice(&four(three));
        }
        text
    }

    /// Of what is left.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        let mut last = four(&self.held);
        match self.held.len() {
            0 => return Vec::new(),
            1 => last[2..].fill(b'='),
            _ => last[3] = b'=',
        }
        last.to_vec()
    }
}

/// Base64 of these bytes.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut base64 = Base64::default();
    let signs = [base64.add(bytes), base64.end()].concat();
    // One byte each, since all are ASCII.
    signs.into_iter().map(char::from).collect()
}

/// Four signs for three bytes; those that are missing count as zero.
fn four(three: &[u8]) -> [u8; 4] {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    [18, 12, 6, 0].map(|shift| SIGNS[(bits >> shift & 63) as usize])
}

#[cfg(test)]
mod tests {
    use super::{Base64, text};

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_standard_however_the_pieces_are_cut() {
        for (plain, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{3ff}\u{ff}>?", "z7/Dvz4/"),
        ] {
            assert_eq!(text(plain.as_bytes()), expected);
            for piece in 1..=4 {
                let mut base64 = Base64::default();
                let pieces = plain.as_bytes().chunks(piece);
                let mut text: Vec<u8> = pieces.flat_map(|piece| base64.add(piece)).collect();
                text.extend(base64.end());
                assert_eq!(
                    String::from_utf8_lossy(&text),
                    expected,
                    "{plain} by {piece}"
                );
            }
        }
    }
}
