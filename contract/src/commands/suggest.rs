//! What a misspelt word was probably meant to be.

/// Words longer than this aren't compared: no command or option is, and the work stays small.
const LONGEST: usize = 24;

/// The candidate that the word begins (from three letters on) or that is at most two edits away (one
/// for words of up to three letters, of which everything is two edits away). Of several equally near ones the first.
pub fn nearest(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    // By letters of ASCII: names of commands have no others.
    let allowed = if word.len() > 3 { 2 } else { 1 };
    let mut best = None;
    let mut fewest = allowed + 1;
    for candidate in candidates {
        let begun = word.len() >= 3 && candidate.starts_with(word);
        let edits = if begun {
            Some(0)
        } else {
            distance(word.as_bytes(), candidate.as_bytes())
        };
        if let Some(edits) = edits.filter(|edits| *edits < fewest) {
            fewest = edits;
            best = Some(*candidate);
        }
    }
    best
}

/// Levenshtein's distance.
fn distance(from: &[u8], to: &[u8]) -> Option<usize> {
    if from.len() > LONGEST || to.len() > LONGEST {
        return None;
    }
    // How far the part of `from` read so far is from each beginning of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, a) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to) {
            let above = *cell;
            *cell = (diagonal + usize::from(a != b))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_count_single_edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("tasks", "task", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), Some(edits), "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), Some(edits), "{b} {a}");
        }
        assert_eq!(distance(&[b'a'; 25], b"a"), None);
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        let near = |word| nearest(word, &["check", "tasks", "create-session", "update-key"]);
        assert_eq!(near("chekc"), Some("check"));
        assert_eq!(near("create_sesion"), Some("create-session"));
        assert_eq!(near("create"), Some("create-session"));
        assert_eq!(near("dance"), None);
        assert_eq!(near(""), None);
        assert_eq!(near(&"x".repeat(1000)), None);
    }
}
