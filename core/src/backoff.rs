//! How long to wait before trying again. Arithmetic only: the clock and the random word are given.

use crate::time;

/// The longest wait a server can impose, in milliseconds: an hour. A session is given up after two,
/// so a longer pause (a date in the wrong year, a number in the wrong unit) would lose it unasked.
pub const MAX_RETRY_AFTER_MS: u64 = 60 * 60 * 1000;

/// A fixed interval is stretched so much for what is only looked for late.
// Ten of the longest fixed interval that is accepted, an hour, still stay below the day in which late results
// come.
pub const LATE_STRETCH: u64 = 10;

/// Digits of a fraction of a second that matter.
// The rest of a fraction only decides whether the last millisecond is rounded up.
const MILLI_DIGITS: u32 = 3;

/// The pause before retry number `attempt` (0 is the first), in milliseconds.
///
/// The pause doubles from `base_ms` with each attempt up to `max_ms`. One half of it is kept and the
/// other drawn from `jitter`, a random word ("equal jitter"): clients that failed together don't
/// come back together, and none comes back at once.
#[must_use]
pub fn pause_ms(attempt: u32, base_ms: u64, max_ms: u64, jitter: u64) -> u64 {
    // A shift by 64 or more isn't defined: after so many attempts `max_ms` decides anyway.
    let factor = 1u64.checked_shl(attempt).unwrap_or(u64::MAX);
    let full = base_ms.saturating_mul(factor).min(max_ms);
    let kept = full / 2;
    // The modulus' bias is nothing beside the noise this is for. `full - kept + 1` can't overflow:
    // `kept` is 0 only for a `full` of 0 or 1.
    kept + jitter % (full - kept + 1)
}

/// Whether what was planned for a time is due. What is further away than any pause was planned by a clock that
/// has been set back since; `fixed_interval_ms` is the longest one where the user has set it.
#[must_use]
pub fn is_due(at_ms: u64, now_ms: u64, fixed_interval_ms: Option<u64>) -> bool {
    let longest_ms = fixed_interval_ms
        .unwrap_or(0)
        .saturating_mul(LATE_STRETCH)
        .max(MAX_RETRY_AFTER_MS);
    // Without the second half, a clock that was set a year ahead and back would let everything planned in
    // between wait for that year.
    at_ms <= now_ms || at_ms - now_ms > longest_ms
}

/// How long the server asked to wait, in milliseconds, at most [`MAX_RETRY_AFTER_MS`].
///
/// Reads a `Retry-After` or `x-ogw-ratelimit-reset` header: seconds, also with a fraction (rounded up), or
/// an HTTP date, of which what is left at `now_ms` (Unix time) counts, 0 if it has passed.
/// `None` for anything else: signs, units, exponents, an empty value.
#[must_use]
pub fn retry_after_ms(header: &str, now_ms: u64) -> Option<u64> {
    let text = header.trim();
    // A date begins with the name of a weekday, so the first character tells both forms apart.
    let wait = if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        seconds_ms(text)?
    } else {
        time::parse_http_date(text)?.saturating_sub(now_ms)
    };
    Some(wait.min(MAX_RETRY_AFTER_MS))
}

/// Decimal seconds as milliseconds, rounded up.
fn seconds_ms(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    for byte in whole.bytes() {
        // Saturating: a header of a hundred digits comes from outside and must neither overflow nor panic. What
        // it says is cut to an hour behind.
        total = total.saturating_mul(10).saturating_add(digit(byte)?);
    }
    total = total.saturating_mul(1000);
    let mut unit = 10u64.pow(MILLI_DIGITS);
    let mut rest = 0;
    for byte in fraction.bytes() {
        let value = digit(byte)?;
        unit /= 10;
        if unit == 0 {
            // Rounded up and not down: an attempt a fraction too early would be refused once more.
            rest |= value;
        } else {
            total = total.saturating_add(value * unit);
        }
    }
    Some(total.saturating_add(u64::from(rest > 0)))
}

/// The value of an ASCII digit; `None` for any other byte.
fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::{MAX_RETRY_AFTER_MS, pause_ms, retry_after_ms};
    use proptest::prelude::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let longest: Vec<u64> = (0..6)
            .map(|attempt| pause_ms(attempt, 1000, 10_000, 0) * 2)
            .collect();
        assert_eq!(longest, [1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn extreme_arguments_give_bounded_pauses() {
        assert_eq!(pause_ms(u32::MAX, 1, 5000, 0), 2500);
        assert_eq!(pause_ms(0, 0, 0, u64::MAX), 0);
        assert!(pause_ms(64, u64::MAX, u64::MAX, u64::MAX) >= u64::MAX / 2);
    }

    #[test]
    fn seconds_are_read_with_and_without_fraction() {
        for (header, wait) in [
            ("0", 0),
            ("2", 2000),
            (" 30 ", 30_000),
            ("0.5", 500),
            ("1.25", 1250),
            (".5", 500),
            ("3.", 3000),
            ("0.0001", 1),
            ("1.0000", 1000),
        ] {
            assert_eq!(retry_after_ms(header, 7), Some(wait), "{header}");
        }
    }

    #[test]
    fn a_date_counts_from_now() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after_ms(date, 784_111_775_500), Some(1500));
        assert_eq!(retry_after_ms(date, 784_111_777_001), Some(0));
    }

    #[test]
    fn a_wait_is_bounded() {
        for header in [
            "86400",
            "99999999999999999999999999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(
                retry_after_ms(header, 0),
                Some(MAX_RETRY_AFTER_MS),
                "{header}"
            );
        }
    }

    #[test]
    fn nonsense_is_no_wait() {
        for header in [
            "",
            " ",
            ".",
            "-1",
            "+1",
            "1e3",
            "5s",
            "1.5.5",
            "soon",
            "1,5",
            "NaN",
            "Sun, 06 Nov",
            "٣",
        ] {
            assert_eq!(retry_after_ms(header, 0), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_pause_stays_between_half_and_the_whole(attempt: u32, base: u64, max: u64, jitter: u64) {
            let pause = pause_ms(attempt, base, max, jitter);
            prop_assert!(pause <= max);
            prop_assert!(pause >= base.min(max) / 2);
        }

        #[test]
        fn any_header_is_read_without_panic(header in r"\PC{0,40}|[0-9.]{0,30}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT", now: u64) {
            prop_assert!(retry_after_ms(&header, now).is_none_or(|wait| wait <= MAX_RETRY_AFTER_MS));
        }
    }
}
