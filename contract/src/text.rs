//! What in foreign text is obeyed or hides something, where people, terminals and chats should only see.

/// Whether `c` is not seen but acts: control characters (C0 and C1: what terminals obey), line and paragraph separators, what
/// turns the direction of writing (so that a name or an address reads as another one), and tags (text that no one sees and a
/// model reads).
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The beginning of a text from elsewhere, at most so many characters of it, on one line and without what a terminal would
/// obey.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let seen = text.chars().take(most);
    // A space and nothing else: characters stay apart that were apart.
    seen.map(|c| if is_unseen(c) { ' ' } else { c }).collect()
}

/// The beginning of what is seen of a text from elsewhere, at most so many characters: what isn't seen is left out.
#[must_use]
pub fn seen(text: &str, most: usize) -> String {
    text.chars().filter(|c| !is_unseen(*c)).take(most).collect()
}

/// How the beginning of a tag is written: as it is, and as entities, with which some clients read it.
const OPENS: [&str; 6] = ["<", "&lt;", "&lt", "&#60;", "&#x3c;", "&#x3C;"];

/// The text with every `<at` of Feishu's markup as people see it, and no program: words come from chats and services, and none
/// of them may ring everybody's bell.
#[must_use]
pub fn without_mentions(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let begins = |open: &&&str| {
            rest.get(..open.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(open))
        };
        let open = OPENS.iter().find(begins).copied();
        let end = open.map_or(c.len_utf8(), str::len);
        let (taken, after) = rest.split_at(end);
        if open.is_some() && is_mention(after) {
            // The letter that looks like it.
            // Replaced and not removed: what the user wrote stays readable.
            shown.push('\u{ff1c}');
        } else {
            shown.push_str(taken);
        }
        rest = after;
    }
    shown
}

/// Whether a tag that goes on so mentions somebody: `at`, its end too, in any case, behind whatever isn't seen.
fn is_mention(after: &str) -> bool {
    let mut seen = after
        .chars()
        .filter(|c| !(c.is_whitespace() || is_unseen(*c) || joins(*c)))
        // Taken apart, `<<at` must not become a tag by what is left of it.
        .skip_while(|c| matches!(c, '/' | '<'))
        .map(|c| c.to_ascii_lowercase());
    seen.next() == Some('a') && seen.next() == Some('t')
}

/// What stands between letters without being seen, and does nothing else.
const fn joins(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Whether a text calls somebody where `@name` does so without any markup.
#[must_use]
pub fn calls_by_name(text: &str) -> bool {
    let behind = |(at, _): (usize, &str)| text.as_bytes().get(at + 1);
    let begins_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.match_indices('@')
        .any(|found| behind(found).is_some_and(begins_name))
}

/// Whether a text has nothing in it that a link could hide behind, as HTML and Markdown have it.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.contains(['<', '>']) && !text.contains("](")
}

/// The same text as it would be read: its signs stay signs.
#[must_use]
pub fn plain(text: &str) -> String {
    // In full width and not as an entity, which is shown as it is written.
    let plain = text.replace('<', "\u{ff1c}").replace('>', "\u{ff1e}");
    plain.replace("](", "]\u{ff08}")
}

/// The same text calling nobody so. In an address the sign is written as its escape, elsewhere something that isn't seen
/// stands behind it.
#[must_use]
pub fn without_calls_by_name(text: &str) -> String {
    let tokens = text.split_inclusive(char::is_whitespace);
    let quiet = tokens.map(|token| {
        let is_address = token.starts_with("https://") || token.starts_with("http://");
        token.replace('@', if is_address { "%40" } else { "@\u{2060}" })
    });
    quiet.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_hides_behind_other_words() {
        for text in [
            "[here](https://evil.example)",
            "<a href=\"x\">",
            "[[a]](b)",
            "](](",
        ] {
            assert!(!is_plain(text) && is_plain(&plain(text)), "{text}");
        }
        for text in ["https://a.example/x?a=[1]&b=(2)", "a ] ( b", ""] {
            assert!(is_plain(text) && plain(text) == text, "{text}");
        }
    }

    #[test]
    fn a_name_behind_its_sign_calls_nobody_any_more_and_an_address_stays_one() {
        for (text, quiet) in [
            ("hi @somebody", "hi @\u{2060}somebody"),
            ("@a@b", "@\u{2060}a@\u{2060}b"),
            (
                "https://a.example/x@y.mp4\n@c",
                "https://a.example/x%40y.mp4\n@\u{2060}c",
            ),
        ] {
            assert!(calls_by_name(text), "{text}");
            assert_eq!(without_calls_by_name(text), quiet);
            assert!(!calls_by_name(quiet), "{quiet}");
        }
        for text in ["", "@", "a @ b", "@\u{72d0}"] {
            assert!(!calls_by_name(text), "{text}");
        }
    }

    #[test]
    fn nobody_is_called_by_a_text_however_the_call_is_written() {
        for call in [
            "<at user_id=\"all\">everyone</at>",
            "<AT user_id='all'></AT>",
            "< at id=all/>",
            "<\u{200b}at user_id=\"ou_1\">",
            "<a\u{200b}t user_id=\"all\">",
            "<\tat\nuser_id=\"all\">",
            "&lt;at user_id=\"all\"&gt;",
            "&LT;at user_id=\"all\">",
            "&#60;at user_id=\"all\">",
            "&#x3C;at user_id=\"all\">",
            "<<at user_id=\"all\">",
            "</at>",
        ] {
            let shown = without_mentions(&format!("“{call}” failed"));
            let folded: String = shown
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace() && !is_unseen(*c) && !joins(*c))
                .collect();
            for open in OPENS {
                for tag in ["at", "/at"] {
                    assert!(!folded.contains(&format!("{open}{tag}")), "{shown}");
                }
            }
            assert!(
                shown.contains('\u{ff1c}') && shown.ends_with("failed"),
                "{shown}"
            );
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for words in [
            "a < b, a cat",
            "<b>bold</b>",
            "1 &lt; 2",
            "me@example.com at 5",
            "<a href=\"x\">",
            "❌ 竖屏 <3",
            "",
        ] {
            assert_eq!(without_mentions(words), words);
        }
    }
}
