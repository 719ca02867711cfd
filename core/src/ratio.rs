//! The ratio of a video: what one is, whether a request names one, and how it is asked for.

use std::fmt;

use crate::problem::Problem;

/// Both sides are at most this: two digits, as the service's own ratios have.
const MAX_SIDE: u8 = 99;

/// Width to height, both 1 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    width: u8,
    height: u8,
}

/// What is asked for when neither the request nor the configuration names a ratio.
pub const DEFAULT: Ratio = Ratio {
    width: 16,
    height: 9,
};

impl Ratio {
    /// Reads `W:H`: one or two ASCII digits on each side, no leading zero, nothing around them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(':')?;
        Some(Self {
            width: side(width)?,
            height: side(height)?,
        })
    }

    /// Reads one as a user writes it, blanks around it allowed.
    ///
    /// # Errors
    /// Permanent: it is none.
    pub fn read(text: &str) -> Result<Self, Problem> {
        Self::parse(text.trim()).ok_or_else(|| {
            Problem::permanent("Invalid video ratio format. Use WIDTH:HEIGHT, for example 16:9.")
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

/// Whether a request names a ratio, so that none is appended.
///
/// A ratio is `W:H`, both 1 to 99 without leading zeros, between non-digits: letters, Chinese
/// characters and punctuation may touch it. The colon may also be `：` or `∶` and the digits
/// full-width, as Chinese keyboards type them. `2.35:1` counts (by its `35:1`); `16x9` doesn't, and
/// neither does a link of a longer chain such as `1:20:30`.
///
/// `10:30` is a time of day, not a ratio: hour up to 24, minutes of two digits up to 59 (minutes
/// below ten have a leading zero, which no ratio has). What decides, in this order:
/// 1. a time mark right beside it (`am`, `p.m.`, `o'clock`, `点`, `时`; before it `下午`, `时间`,
///    `clock` and the like) makes it a time;
/// 2. a ratio mark right beside it (`ratio`, `aspect`, `比例`, `画幅`, `竖屏`, …) makes it a ratio;
/// 3. the ratios with two-digit heights that videos really have are ratios: 9:16, 9:18, 9:19,
///    9:21, 9:32, 10:16, 16:10;
/// 4. any other is a time.
#[must_use]
pub fn names_ratio(text: &str) -> bool {
    named_in(text).is_some()
}

/// The first ratio that a request names, as [`names_ratio`] reads one.
#[must_use]
pub fn named_in(text: &str) -> Option<Ratio> {
    let chars: Vec<char> = text.chars().map(narrow).collect();
    let mut colons = chars.iter().enumerate().filter(|(_, c)| **c == ':');
    colons.find_map(|(at, _)| ratio_around(&chars, at))
}

/// The request with `, video ratio W:H` behind it, or unchanged when it names a ratio itself. What
/// the user wrote stays as it is, to the last blank. Where it holds an address, the ratio is a line of its own in front
/// of the first line with one: behind an address it would be taken for a part of it.
#[must_use]
pub fn with_ratio(text: &str, ratio: &Ratio) -> String {
    if names_ratio(text) {
        return text.to_owned();
    }
    // `://` and no list of schemes: behind whichever address, the ratio would be read as a part of it.
    let Some(address) = text.find(ADDRESS) else {
        return format!("{text}{BEHIND}{ratio}");
    };
    let line = text.get(..address).and_then(|before| before.rfind('\n'));
    let (before, from_line) = text.split_at(line.map_or(0, |end| end + 1));
    format!("{before}{LINE}{ratio}\n{from_line}")
}

/// The user's own words of a request that went out as [`with_ratio`] made it.
#[must_use]
pub fn without_ratio(text: &str) -> String {
    let is_ratio = |text: &str| Ratio::parse(text).is_some();
    // The last one: what the user wrote may hold the same words further in front.
    if let Some((words, ratio)) = text.rsplit_once(BEHIND)
        && is_ratio(ratio)
    {
        return words.to_owned();
    }
    let mut lines = text.split_inclusive('\n').peekable();
    let mut words = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        let added = line
            .strip_prefix(LINE)
            .is_some_and(|ratio| is_ratio(ratio.trim_end_matches('\n')));
        if !(added && lines.peek().is_some_and(|next| next.contains(ADDRESS))) {
            words.push_str(line);
        }
    }
    words
}

/// What every address holds.
const ADDRESS: &str = "://";
/// Between the words and their ratio.
const BEHIND: &str = ", video ratio ";
/// The beginning of the line with the ratio.
const LINE: &str = "video ratio ";

/// One side of a ratio.
fn side(digits: &str) -> Option<u8> {
    // `05:3` is a time or a score, never a ratio.
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value = digits
        .parse()
        .ok()
        .filter(|value| (1..=MAX_SIDE).contains(value))?;
    plain.then_some(value)
}

/// Full-width digits and colons as their ASCII selves, ASCII letters in lower case.
fn narrow(c: char) -> char {
    match c {
        '：' | '∶' => ':',
        '０'..='９' => {
            char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
        }
        other => other.to_ascii_lowercase(),
    }
}

/// The ratio in which the colon at `at` stands.
fn ratio_around(chars: &[char], at: usize) -> Option<Ratio> {
    let (left, right) = (chars.get(..at)?, chars.get(at + 1..)?);
    let width_len = left
        .iter()
        .rev()
        // One more than a side may have: three digits make it something else.
        .take(3)
        .take_while(|c| c.is_ascii_digit())
        .count();
    let height_len = right
        .iter()
        .take(3)
        .take_while(|c| c.is_ascii_digit())
        .count();
    let (before, width) = left.split_at(left.len() - width_len);
    let (height, after) = right.split_at(height_len);
    let (width, height) = (number(width)?, number(height)?);
    let chained = matches!(before, [.., digit, ':'] if digit.is_ascii_digit())
        || matches!(after, [':', digit, ..] if digit.is_ascii_digit());
    if chained {
        return None;
    }
    // Only these can be mistaken; any other pair is a ratio without further ado.
    let like_a_time = width <= 24 && (10..=59).contains(&height);
    let is_ratio = !like_a_time
        || !(time_mark_before(before) || time_mark_after(after))
            && (ratio_mark_before(before) || ratio_mark_after(after) || is_known(width, height));
    is_ratio.then_some(Ratio { width, height })
}

/// A side: one or two digits, the first of them not zero.
fn number(digits: &[char]) -> Option<u8> {
    let digit = |c: &char| c.to_digit(10).and_then(|value| u8::try_from(value).ok());
    match digits {
        [one] => digit(one).filter(|value| *value > 0),
        [ten, one] => Some(digit(ten).filter(|value| *value > 0)? * 10 + digit(one)?),
        _ => None,
    }
}

/// Ratios of real videos that could be read as a time of day.
fn is_known(width: u8, height: u8) -> bool {
    matches!(
        (width, height),
        (9, 16 | 18 | 19 | 21 | 32) | (10, 16) | (16, 10)
    )
}

/// Whether what stands in front makes it a time: a part of the day, or a word for time.
fn time_mark_before(before: &[char]) -> bool {
    const MARKS: [&str; 17] = [
        "上午", "下午", "早上", "早晨", "清晨", "中午", "晚上", "傍晚", "凌晨", "夜里", "半夜",
        "今晚", "明早", "时间", "时刻", "time", "clock",
    ];
    ends_with_any(trim_joint(before), &MARKS)
}

/// The same of what stands behind.
fn time_mark_after(after: &[char]) -> bool {
    const WORDS: [&str; 5] = ["am", "pm", "a.m", "p.m", "o'clock"];
    let after = trim_blanks(after);
    let word = WORDS.iter().any(|mark| {
        rest_behind(after, mark)
            .is_some_and(|rest| !rest.first().is_some_and(|c| c.is_alphanumeric()))
    });
    // `9:16时尚短片` and `9:16点阵` are styles: the character alone, or with what makes it a time.
    let hour = ["点", "时"]
        .iter()
        .filter_map(|mark| rest_behind(after, mark))
        .any(|rest| {
            rest.first()
                .is_none_or(|c| !c.is_alphanumeric() || ['钟', '候', '许', '左'].contains(c))
        });
    word || hour
}

/// Whether what stands in front makes it a ratio.
fn ratio_mark_before(before: &[char]) -> bool {
    const MARKS: [&str; 10] = [
        "ratio", "ratio of", "aspect", "比例", "比", "画幅", "竖屏", "横屏", "尺寸", "format",
    ];
    ends_with_any(trim_joint(before), &MARKS)
}

/// The same of what stands behind.
fn ratio_mark_after(after: &[char]) -> bool {
    const MARKS: [&str; 8] = [
        "ratio",
        "aspect",
        "video ratio",
        "比例",
        "画幅",
        "竖屏",
        "横屏",
        "宽高比",
    ];
    let after = trim_blanks(after);
    MARKS.iter().any(|mark| rest_behind(after, mark).is_some())
}

/// What stands before the blanks, colons and little words that join a mark to its value.
fn trim_joint(mut before: &[char]) -> &[char] {
    while let [rest @ .., ' ' | '\u{a0}' | ':' | '=' | '是' | '为'] = before {
        before = rest;
    }
    before
}

/// Without blanks in front, the one that doesn't break a line included.
fn trim_blanks(mut after: &[char]) -> &[char] {
    while let [' ' | '\u{a0}', rest @ ..] = after {
        after = rest;
    }
    after
}

/// Whether the characters end with one of the marks.
fn ends_with_any(chars: &[char], marks: &[&str]) -> bool {
    marks.iter().any(|mark| {
        let mut rest = chars.iter().rev();
        mark.chars().rev().all(|c| rest.next() == Some(&c))
    })
}

/// What follows a mark that the characters begin with.
fn rest_behind<'a>(chars: &'a [char], mark: &str) -> Option<&'a [char]> {
    let mut rest = chars;
    for c in mark.chars() {
        rest = rest.split_first().filter(|(first, _)| **first == c)?.1;
    }
    Some(rest)
}

#[cfg(test)]
mod tests;
