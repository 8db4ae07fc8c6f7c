//! The one clock: seconds since 1970, as tokens and lists carry them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lychgate::Timestamp;

use crate::failure::Failure;

/// The time for people.
pub(crate) use lychgate::calendar::http_date as date;
/// The time in a table: sorted as text, it is sorted by time.
pub(crate) use lychgate::calendar::rfc3339 as stamp;

/// The time now.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| Timestamp::try_from(since.as_secs()).ok())
        .ok_or_else(|| {
            Failure::Unusable("the clock stands before 1970 or after 2106; set it and try again".to_owned())
        })
}

/// The time so much later.
pub(crate) fn after(start: Timestamp, duration: Duration) -> Result<Timestamp, Failure> {
    Timestamp::try_from(duration.as_secs())
        .ok()
        .and_then(|seconds| start.checked_add(seconds))
        .ok_or_else(|| Failure::Usage("times end in February 2106; give a shorter duration".to_owned()))
}

/// So many seconds for people, such as `6days 23h`.
pub(crate) fn span(seconds: u32) -> String {
    humantime::format_duration(Duration::from_secs(seconds.into())).to_string()
}

/// Reads a duration such as `90d`, `12h` or `1h 30m`: whole seconds, at least one.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; expected a duration such as 90d, 12h or 1h30m"))?;
    if duration.as_secs() == 0 || duration.subsec_nanos() != 0 {
        return Err("expected whole seconds, at least one, such as 90d, 12h or 1h30m".to_owned());
    }
    Ok(duration)
}
