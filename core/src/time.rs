//! Times as text: RFC 3339 out; RFC 3339, its relatives and plain numbers in.
//!
//! All times are milliseconds since the Unix epoch, in UTC. Years from 1970 to 9999.

/// In seconds.
const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: u64 = 253_402_300_799;
/// A plain number from here on is milliseconds: as seconds it would be the year 5138, as milliseconds
/// it is March 1973, before either service.
const FIRST_MILLIS: u64 = 100_000_000_000;

/// `2026-03-01T08:30:00Z`: UTC, whole seconds (the rest is cut off). Times behind the year 9999
/// become its last second.
#[must_use]
pub fn format_rfc3339(unix_ms: u64) -> String {
    // A year of five digits would be read by nobody.
    let seconds = (unix_ms / 1000).min(LAST_SECOND);
    let (year, month, day) = civil(seconds / DAY);
    let clock = seconds % DAY;
    let mut text = String::with_capacity(20);
    let parts = [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (clock / 3600, 2, ':'),
        (clock / 60 % 60, 2, ':'),
        (clock % 60, 2, 'Z'),
    ];
    for (value, width, behind) in parts {
        // Digit by digit: the formatter's padding would be more code than this.
        for place in (0..width).rev() {
            let digit = value / 10u64.pow(place) % 10;
            text.push(u8::try_from(digit).map_or('0', |digit| char::from(b'0' + digit)));
        }
        text.push(behind);
    }
    text
}

/// Reads a time as Unix milliseconds.
///
/// - RFC 3339, with `T`, `t` or blanks between date and time, with or without seconds and a fraction
///   (`.` or `,`; cut to milliseconds), zone as `Z`, `+08:00`, `+0800` or `+08`;
/// - the same without zone, or a date alone (its midnight): local time, `local_offset_seconds` east of UTC;
/// - a number of seconds, with or without fraction, or of milliseconds from 10¹¹ on.
///
/// `None` for anything else, and for times before 1970 or after 9999.
#[must_use]
pub fn parse(text: &str, local_offset_seconds: i32) -> Option<u64> {
    let text = text.trim();
    plain_number(text).or_else(|| date_time(text.as_bytes(), local_offset_seconds))
}

/// Reads a date of HTTP as Unix milliseconds, in the three forms of RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`,
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. The day of the week isn't compared with the date.
///
/// By hand: `httpdate` is 8 KB of the component, for a header that is seldom sent. The tests compare the two.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<u64> {
    let mut parts = text
        .split([' ', ',', '-', ':'])
        .filter(|part| !part.is_empty());
    let weekday = parts.next()?;
    let (first, second) = (parts.next()?, parts.next()?);
    let month_first = month(first);
    let (day, month) = match month_first {
        Some(month) => (number(second)?, month),
        None => (number(first)?, month(second)?),
    };
    let mut year = match month_first {
        Some(_) => 0,
        None => number(parts.next()?)?,
    };
    let mut clock = 0;
    for most in [23, 59, 59] {
        clock = clock * 60 + number(parts.next()?).filter(|value| *value <= most)?;
    }
    if month_first.is_some() {
        year = number(parts.next()?)?;
    } else {
        parts.next().filter(|zone| *zone == "GMT")?;
    }
    if parts.next().is_some() || !weekday.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    // Two digits of a year are of the years around now.
    let year = match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    };
    let seconds = days_from_civil(year, month, day)? * DAY + clock;
    (seconds <= LAST_SECOND).then_some(seconds * 1000)
}

/// A month by its English name in three letters, from 1.
fn month(name: &str) -> Option<u64> {
    let names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = names
        .find(name)
        .filter(|at| name.len() == 3 && at % 3 == 0)?;
    u64::try_from(at / 3 + 1).ok()
}

/// A number of at most four digits.
fn number(text: &str) -> Option<u64> {
    let mut rest = text.as_bytes().get(..text.len().min(5))?;
    let count = Some(rest.len()).filter(|count| (1..=4).contains(count))?;
    digits(&mut rest, count)
}

/// Seconds or milliseconds as a plain number.
fn plain_number(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: u64 = whole.parse().ok()?;
    let millis = if number >= FIRST_MILLIS {
        number
    } else {
        number * 1000 + fraction_ms(fraction.as_bytes())
    };
    (millis / 1000 <= LAST_SECOND).then_some(millis)
}

/// RFC 3339 and its relatives, as Unix milliseconds.
fn date_time(text: &[u8], local_offset: i32) -> Option<u64> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    mark(&mut rest, b"-")?;
    let month = digits(&mut rest, 2)?;
    mark(&mut rest, b"-")?;
    let day = digits(&mut rest, 2)?;
    let day_number = days_from_civil(year, month, day)?;
    let (clock, millis) = if rest.is_empty() {
        (0, 0)
    } else {
        time_of_day(&mut rest)?
    };
    let offset = if rest.is_empty() {
        i64::from(local_offset)
    } else {
        zone(rest)?
    };
    let local = i64::try_from(day_number * DAY + clock).ok()?;
    // A zone may lead out of the years that are accepted.
    let seconds = u64::try_from(local - offset)
        .ok()
        .filter(|seconds| *seconds <= LAST_SECOND)?;
    Some(seconds * 1000 + millis)
}

/// `T08:30:00.5` as seconds of the day and milliseconds.
fn time_of_day(rest: &mut &[u8]) -> Option<(u64, u64)> {
    // RFC 3339 allows a blank, and databases write one.
    if mark(rest, b"Tt").is_none() {
        mark(rest, b" ")?;
        *rest = rest.trim_ascii_start();
    }
    let hour = digits(rest, 2)?;
    mark(rest, b":")?;
    let minute = digits(rest, 2)?;
    let (mut second, mut millis) = (0, 0);
    if mark(rest, b":").is_some() {
        second = digits(rest, 2)?;
        if mark(rest, b".,").is_some() {
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, tail) = rest.split_at_checked(len).filter(|_| len > 0)?;
            millis = fraction_ms(fraction);
            *rest = tail;
        }
    }
    // 60 is a leap second: the first of the next minute, for want of a better one.
    (hour < 24 && minute < 60 && second <= 60)
        // Hour 24 is refused: it would be of the next day.
        .then_some((hour * 3600 + minute * 60 + second, millis))
}

/// What a zone adds to UTC, in seconds. A blank may stand before it.
fn zone(text: &[u8]) -> Option<i64> {
    let mut rest = text.trim_ascii_start();
    if mark(&mut rest, b"Zz").is_some() {
        return rest.is_empty().then_some(0);
    }
    let west = mark(&mut rest, b"+-")? == b'-';
    let hours = digits(&mut rest, 2)?;
    let minutes = if rest.is_empty() {
        0
    } else {
        // The colon is optional.
        let _ = mark(&mut rest, b":");
        digits(&mut rest, 2)?
    };
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
    Some(if west { -seconds } else { seconds })
}

/// Takes exactly `count` digits.
fn digits(rest: &mut &[u8], count: usize) -> Option<u64> {
    let (taken, tail) = rest.split_at_checked(count)?;
    let mut value = 0;
    for byte in taken {
        value = value * 10 + digit(*byte)?;
    }
    *rest = tail;
    Some(value)
}

/// Takes one byte if it is one of `marks`.
fn mark(rest: &mut &[u8], marks: &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    marks.contains(first).then(|| *rest = tail)?;
    Some(*first)
}

/// The first three digits of a fraction of a second.
fn fraction_ms(fraction: &[u8]) -> u64 {
    let mut unit = 100;
    let mut millis = 0;
    for byte in fraction.iter().take(3) {
        millis += digit(*byte).unwrap_or(0) * unit;
        unit /= 10;
    }
    millis
}

/// The value of an ASCII digit; `None` for any other byte.
fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

/// Year, month and day of a day since 1970-01-01: Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>), for days that aren't negative.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970-01-01 of a date that exists, from 1970 on: the inverse of [`civil`].
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    // A day that the month doesn't have would come out as one of the next month.
    (civil(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests;
