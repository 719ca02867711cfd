//! What stands in the user's words for a file of theirs. Services take it out of them in different ways; that it is taken out
//! whole, and the words else stay as they are, is the same for all.

/// The words without what stands for files, and what stands behind `mark` in each of those, in order. A piece counts from one
/// blank to the next, where `is_one` takes what is behind the mark.
#[must_use]
pub fn split(words: &str, mark: &str, is_one: fn(&str) -> bool) -> (String, Vec<String>) {
    let (mut kept, mut found) = (String::with_capacity(words.len()), Vec::new());
    // With what is between them: words go out as they are, blanks and line breaks among them.
    for piece in words.split_inclusive(char::is_whitespace) {
        let behind = piece.trim_end().strip_prefix(mark);
        match behind.filter(|behind| is_one(behind)) {
            Some(behind) => found.push(behind.to_owned()),
            None => kept.push_str(piece),
        }
    }
    if !found.is_empty() {
        // The line break in front of what was taken out.
        kept.truncate(kept.trim_end().len());
    }
    (kept, found)
}
