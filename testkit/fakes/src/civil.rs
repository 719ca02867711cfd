//! Unix seconds as a date, in UTC. The services write it in two ways: `2026-06-28T03:14:15Z` and `20260628T031415Z`.

/// Days to a date as in Howard Hinnant's `civil_from_days`.
pub(crate) fn civil(unix_seconds: u64) -> String {
    let (days, second) = (unix_seconds / 86_400 + 719_468, unix_seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same without separators, as signatures of links have it.
pub(crate) fn compact(unix_seconds: u64) -> String {
    civil(unix_seconds).replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_are_days() {
        assert_eq!(civil(0), "1970-01-01T00:00:00Z");
        assert_eq!(civil(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(civil(1_772_323_199), "2026-02-28T23:59:59Z");
        assert_eq!(compact(1_709_210_096), "20240229T123456Z");
    }
}
