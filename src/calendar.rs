//! Points in time and their notations. Has no clock: where the current time matters, it is an argument.

/// Seconds since 1970, UTC. Tokens hold times in 32 bits, which suffice until 2106.
pub type Timestamp = u32;

const SECONDS_A_DAY: u32 = 86_400;

/// A time in the format of HTTP (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(moment: Timestamp) -> String {
    let date = Date::of(day(moment));
    // 1 January 1970 was a Thursday.
    let weekday = three_letters("ThuFriSatSunMonTueWed", day(moment) % 7);
    let month = three_letters("JanFebMarAprMayJunJulAugSepOctNovDec", date.month - 1);
    let (year, time) = (date.year, time_of_day(moment));
    format!("{weekday}, {:02} {month} {year:04} {time} GMT", date.day)
}

/// A time in the format of JSON documents (RFC 3339 section 5.6), in UTC, to the second: `1994-11-06T08:49:37Z`.
pub fn rfc3339(moment: Timestamp) -> String {
    format!("{}T{}Z", day_name(day(moment)), time_of_day(moment))
}

/// The number of days from 1970, UTC, to a time.
pub fn day(moment: Timestamp) -> u32 {
    moment / SECONDS_A_DAY
}

/// The date of that day, `YYYY-MM-DD` (RFC 3339 section 5.6).
pub fn day_name(day: u32) -> String {
    let Date { year, month, day } = Date::of(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day of the Gregorian calendar; month and day count from 1.
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// The date of a day, counted from 1970.
    ///
    /// The algorithm is Howard Hinnant's `civil_from_days`: its years begin in March, so the leap day is the last day.
    fn of(day: u32) -> Self {
        const DAYS_IN_400_YEARS: u32 = 146_097;
        let since_march_0000 = day + 719_468;
        let era = since_march_0000 / DAYS_IN_400_YEARS;
        let of_era = since_march_0000 % DAYS_IN_400_YEARS;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        Self {
            year: year_of_era + era * 400 + u32::from(month <= 2),
            month,
            day: of_year - (153 * march_month + 2) / 5 + 1,
        }
    }
}

/// `HH:MM:SS`, UTC.
fn time_of_day(moment: Timestamp) -> String {
    let second = moment % SECONDS_A_DAY;
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The name at this place in a text of names of three letters each.
fn three_letters(names: &str, place: u32) -> &str {
    let start = usize::try_from(place).unwrap_or_default() * 3;
    names.get(start..start + 3).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{day, day_name, http_date, rfc3339};

    #[test]
    fn names_days_as_calendars_do() {
        for (moment, name) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (u32::MAX, "2106-02-07"),
        ] {
            assert_eq!(day_name(day(moment)), name);
        }
    }

    #[test]
    fn writes_every_day_as_httpdate_does() {
        for day in 0..=u32::MAX / 86_400 {
            let moment = (day * 86_400).saturating_add(day % 86_400);
            let expected = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(moment.into()));
            assert_eq!(http_date(moment), expected);
        }
    }

    #[test]
    fn writes_one_moment_in_both_forms() {
        for (moment, http, json) in [
            (
                784_111_777,
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "1994-11-06T08:49:37Z",
            ),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (u32::MAX, "Sun, 07 Feb 2106 06:28:15 GMT", "2106-02-07T06:28:15Z"),
        ] {
            assert_eq!(
                (http_date(moment).as_str(), rfc3339(moment).as_str()),
                (http, json)
            );
        }
    }
}
