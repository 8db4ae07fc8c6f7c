//! The clock. The core takes its value as an argument.

use crate::token::Timestamp;

/// Seconds since 1970, UTC.
#[expect(
    clippy::as_conversions,
    reason = "float to integer saturates; the clock is between 1970 and 2106"
)]
pub(crate) fn now() -> Timestamp {
    (js_sys::Date::now() / 1000.0) as Timestamp
}
