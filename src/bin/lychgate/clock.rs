//! The clock: seconds since 1970, as in tokens and lists.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lychgate::Timestamp;

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

/// A number of seconds for people, such as `6days 23h`.
pub(crate) fn span(seconds: u32) -> String {
    humantime::format_duration(Duration::from_secs(seconds.into())).to_string()
}

/// Parses a duration such as `90d`, `12h` or `1h 30m`: whole seconds, at least one.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; expected a duration such as 90d, 12h or 1h30m"))?;
    if duration.as_secs() == 0 || duration.subsec_nanos() != 0 {
        return Err("expected whole seconds, at least one, such as 90d, 12h or 1h30m".to_owned());
    }
    Ok(duration)
}
