//! The clock: seconds since 1970, as in tokens and lists.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lychgate::token::Timestamp;

use crate::failure::Failure;

/// A time for people.
pub(crate) use lychgate::calendar::http_date as date;
/// A time in a table. Sorting these texts sorts the times.
pub(crate) use lychgate::calendar::rfc3339 as stamp;

/// The current time.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| Timestamp::try_from(since.as_secs()).ok())
        .ok_or_else(|| {
            Failure::Unusable("the clock is before 1970 or after 2106; set it and try again".to_owned())
        })
}

/// The time this long after `start`.
pub(crate) fn after(start: Timestamp, duration: Duration) -> Result<Timestamp, Failure> {
    Timestamp::try_from(duration.as_secs())
        .ok()
        .and_then(|seconds| start.checked_add(seconds))
        .ok_or_else(|| {
            Failure::Usage(
                "tokens and lists cannot hold times after February 2106; give a shorter duration".to_owned(),
            )
        })
}

/// A number of seconds for people, in its two largest units: `7 days`, `6 days 23 hours`, `40 seconds`.
pub(crate) fn span(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, rest) = (rest / 3_600, rest % 3_600);
    let units = [
        (days, "day"),
        (hours, "hour"),
        (rest / 60, "minute"),
        (rest % 60, "second"),
    ];
    let used = units.into_iter().skip_while(|(number, _)| *number == 0).take(2);
    let parts: Vec<String> = used
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}{}", if number == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() {
        return "0 seconds".to_owned();
    }
    parts.join(" ")
}

/// The units of a duration, in seconds. A year is 365 days, and a month has no one length.
const UNITS: [(&[&str], u64); 6] = [
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["w", "week", "weeks"], 7 * 86_400),
    (&["y", "year", "years"], 365 * 86_400),
];

/// What is expected of a duration, for people.
const DURATION_FORM: &str =
    "expected a duration such as 90d, 12h or 1h30m, in units of s, m, h, d, w or y (365 days)";

/// Parses a duration such as `90d`, `12h` or `1h 30m`: whole seconds, at least one.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let unit_at = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let (digits, _) = rest.split_at(rest.len() - unit_at.len());
        let number: u64 = digits.parse().map_err(|_| DURATION_FORM.to_owned())?;
        let unit_at = unit_at.trim_start();
        let after = unit_at.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let (unit, _) = unit_at.split_at(unit_at.len() - after.len());
        if unit.is_empty() {
            return Err(format!(
                "a unit is missing: {number}d is {number} days; {DURATION_FORM}"
            ));
        }
        let (_, length) = UNITS
            .into_iter()
            .find(|(names, _)| names.contains(&unit))
            .ok_or_else(|| format!("there is no unit `{unit}`; {DURATION_FORM}"))?;
        seconds = number
            .checked_mul(length)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(|| "the duration is longer than any".to_owned())?;
        rest = after.trim_start();
    }
    if seconds == 0 {
        return Err(format!("it is no time at all; {DURATION_FORM}"));
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::{parse_duration, span};

    #[test]
    fn shows_the_two_largest_units() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "1 minute 30 seconds"),
            (3_600, "1 hour"),
            (86_400 + 59, "1 day"),
            (7 * 86_400 - 1, "6 days 23 hours"),
            (7 * 86_400, "7 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn reads_durations_as_people_write_them() {
        for (text, seconds) in [
            ("1s", 1),
            ("90d", 90 * 86_400),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            (" 2 weeks ", 14 * 86_400),
            ("1y", 365 * 86_400),
            ("1year 1day", 366 * 86_400),
            ("0d 1s", 1),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_others() {
        for (text, reason) in [
            ("90", "a unit is missing: 90d is 90 days"),
            ("1h30", "a unit is missing: 30d is 30 days"),
            ("1month", "there is no unit `month`"),
            ("1M", "there is no unit `M`"),
            ("90ms", "there is no unit `ms`"),
            ("1D", "there is no unit `D`"),
            ("0s", "it is no time at all"),
            ("", "it is no time at all"),
            ("d", "expected a duration such as 90d"),
            ("-1d", "expected a duration such as 90d"),
            ("1.5h", "a unit is missing"),
            ("forever", "expected a duration such as 90d"),
            ("99999999999999999999d", "expected a duration such as 90d"),
            ("9999999999999999999d", "longer than any"),
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
