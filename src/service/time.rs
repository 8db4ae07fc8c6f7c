//! Timers, and a clock in milliseconds.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{Date, Delay};

/// The clock in milliseconds since 1970.
pub(super) fn now_milliseconds() -> u64 {
    Date::now().as_millis()
}

/// Waits this long.
pub(super) async fn sleep(duration: Duration) {
    Delay::from(duration).await;
}

/// The output of a future, if it completes within the limit. Otherwise what it has started continues.
pub(super) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(sleep(limit))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(((), _)) => None,
    }
}
