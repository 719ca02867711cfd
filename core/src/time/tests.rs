use super::{LAST_SECOND, format_rfc3339, parse, parse_http_date};
use proptest::prelude::*;

const EIGHT_HOURS: i32 = 8 * 3600;

#[test]
fn times_are_written_in_utc_with_whole_seconds() {
    assert_eq!(format_rfc3339(0), "1970-01-01T00:00:00Z");
    assert_eq!(format_rfc3339(951_827_696_999), "2000-02-29T12:34:56Z");
    assert_eq!(format_rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
}

#[test]
fn a_zone_is_honoured() {
    for text in [
        "2000-02-29T12:34:56Z",
        "2000-02-29t12:34:56z",
        "2000-02-29T20:34:56+08:00",
        "2000-02-29T20:34:56+0800",
        "2000-02-29 20:34:56+08",
        "2000-02-29  20:34:56 +08:00",
        "2000-02-29T07:04:56-05:30",
        "2000-02-29T12:34:56.000Z",
        " 2000-02-29T12:34:56Z\n",
    ] {
        assert_eq!(parse(text, 12_345), Some(951_827_696_000), "{text}");
    }
}

#[test]
fn a_time_without_zone_is_local() {
    for text in [
        "2000-02-29T20:34:56",
        "2000-02-29 20:34:56",
        "2000-02-29T20:34:56.000000",
    ] {
        assert_eq!(parse(text, EIGHT_HOURS), Some(951_827_696_000), "{text}");
    }
    assert_eq!(
        parse("2000-02-29T20:34", EIGHT_HOURS),
        Some(951_827_640_000)
    );
    assert_eq!(parse("2000-02-29", EIGHT_HOURS), Some(951_753_600_000));
    assert_eq!(
        parse("1970-01-01T00:00:00", i32::MIN),
        Some(2_147_483_648_000)
    );
}

#[test]
fn a_fraction_is_cut_to_milliseconds() {
    assert_eq!(parse("1970-01-01T00:00:01.5Z", 0), Some(1500));
    assert_eq!(parse("1970-01-01T00:00:01,0019999Z", 0), Some(1001));
    assert_eq!(parse("1.2345", 0), Some(1234));
}

#[test]
fn plain_numbers_are_seconds_or_milliseconds() {
    assert_eq!(parse("1700000000", EIGHT_HOURS), Some(1_700_000_000_000));
    assert_eq!(parse("1700000000123", EIGHT_HOURS), Some(1_700_000_000_123));
    assert_eq!(parse("0", EIGHT_HOURS), Some(0));
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "-1",
        "+5",
        "1.",
        ".5",
        "1e9",
        "99999999999999999999",
        "999999999999999999",
        "soon",
        "2000-13-01",
        "2000-00-01",
        "2001-02-29",
        "2000-04-31",
        "2000-01-00",
        "2000-01-32",
        "2000-01-01T24:00:00Z",
        "2000-01-01T10:60:00Z",
        "2000-01-01T10:00:61Z",
        "2000-01-01T10",
        "2000-01-01T10:00:00.Z",
        "2000-01-01T10:00:00+24:00",
        "2000-01-01T10:00:00+08:60",
        "2000-01-01T10:00:00+8",
        "2000-01-01T10:00:00 CST",
        "2000-01-01T10:00:00Zx",
        "2000-01-01x",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "二〇〇〇-01-01",
        "2000-01-01T10:00:00Z2000-01-01T10:00:00Z",
        "9999-12-31T23:59:59-01:00",
    ] {
        assert_eq!(parse(text, 0), None, "{text}");
    }
}

#[test]
fn dates_of_http_are_read_in_all_three_forms_and_nothing_else_is() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(parse_http_date(text), Some(784_111_777_000), "{text}");
    }
    for text in [
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CST",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 anF 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994 GMT",
        "7, 06 Nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(parse_http_date(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(seconds in 0..=LAST_SECOND, offset: i32) {
        prop_assert_eq!(parse(&format_rfc3339(seconds * 1000), offset), Some(seconds * 1000));
    }

    #[test]
    fn any_text_is_read_without_panic(text in r"\PC{0,30}|[0-9]{0,22}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([.,][0-9]{0,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2})?", offset: i32) {
        if let Some(time) = parse(&text, offset) {
            prop_assert!(time / 1000 <= LAST_SECOND);
        }
    }

    #[test]
    fn a_date_of_http_means_what_another_reader_of_such_dates_says(seconds in 0..=LAST_SECOND) {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        prop_assert_eq!(parse_http_date(&httpdate::fmt_http_date(time)), Some(seconds * 1000));
    }

    #[test]
    fn any_date_of_http_is_read_without_panic(text in r"\PC{0,40}|[A-Z][a-z]{2},? [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,30} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT") {
        if let Some(ours) = parse_http_date(&text) && let Ok(theirs) = httpdate::parse_http_date(&text) {
            let theirs = theirs.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
            prop_assert_eq!(ours, theirs * 1000);
        }
    }

    #[test]
    fn every_time_can_be_written(time: u64) {
        prop_assert_eq!(format_rfc3339(time).len(), 20);
    }
}
