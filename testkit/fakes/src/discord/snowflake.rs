//! Ids that tell when they were made, and dates as Discord writes them.

use crate::civil::civil;
use std::time::Duration;

/// 2015-01-01, in Unix milliseconds: where Discord's time begins.
const EPOCH_MS: u64 = 1_420_070_400_000;
/// The bits below the time.
const COUNTER_BITS: u32 = 22;
/// As many digits as an id has had since 2015, and will have for the next sixty years.
const DIGITS: std::ops::RangeInclusive<usize> = 17..=20;

/// Hands out ids, each larger than the one before, also when the clock stands still.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes(u64);

impl Snowflakes {
    /// A new id of this moment.
    pub(crate) fn make(&mut self, unix_now: Duration) -> String {
        self.0 = at(unix_now).max(self.0 + 1);
        self.0.to_string()
    }
}

/// The smallest id of this moment.
pub(crate) fn at(unix_now: Duration) -> u64 {
    (unix_now.as_millis() as u64).saturating_sub(EPOCH_MS) << COUNTER_BITS
}

/// None when it can't be an id.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// For example `2026-06-28T03:14:15.123000+00:00`.
pub(crate) fn date(unix: Duration) -> String {
    let whole = civil(unix.as_secs());
    format!(
        "{}.{:06}+00:00",
        whole.trim_end_matches('Z'),
        unix.subsec_micros()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_tell_their_time() {
        let now = Duration::from_millis(1_772_323_199_500);
        let mut ids = Snowflakes::default();
        let (first, second) = (ids.make(now), ids.make(now));
        let later = ids.make(now + Duration::from_millis(1));
        let number = |id: &str| parse(id).unwrap();
        assert!(number(&first) < number(&second) && number(&second) < number(&later));
        assert_eq!(
            (number(&first) >> COUNTER_BITS) + EPOCH_MS,
            1_772_323_199_500
        );
        assert_eq!(date(now), "2026-02-28T23:59:59.500000+00:00");
        assert_eq!(parse("12345"), None);
        assert_eq!(parse("1234567890123456x"), None);
    }
}
