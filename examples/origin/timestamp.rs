//! Points in time, in the format of the APIs.

use std::time::{SystemTime, UNIX_EPOCH};

use lychgate::calendar::{Timestamp, rfc3339};

/// The current time in RFC 3339, UTC.
pub(crate) fn now() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    from_seconds(elapsed.as_secs())
}

/// Seconds since 1970, in RFC 3339, UTC, with milliseconds, because huggingface_hub expects them. The author of a commit can
/// choose any time; a time after 2106 is written as the last second that the type can hold.
pub(crate) fn from_seconds(seconds: u64) -> String {
    let seconds = Timestamp::try_from(seconds).unwrap_or(Timestamp::MAX);
    rfc3339(seconds).replace('Z', ".000Z")
}
