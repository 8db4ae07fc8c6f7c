//! Waiting for promises in `async` code, without an executor.
//!
//! A future is polled by the continuation of the promise that it waits for, so that the promise of its outcome is
//! rejected when polling breaks down, and `entry.mjs` can answer. A trap inside a spawned task would leave the
//! client hanging. Only promises can be waited for, one at a time.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::platform::{Outcome, Settled, when_settled};

thread_local! {
    /// What the future that is polled right now waits for.
    static AWAITED: Cell<Option<Promise>> = const { Cell::new(None) };
    /// How that ended, for the poll after.
    static SETTLED: Cell<Option<Settled>> = const { Cell::new(None) };
}

/// Runs a future as far as it goes, and gives its outcome or a promise of it.
pub(super) fn run(future: impl Future<Output = Outcome> + 'static) -> Outcome {
    advance(Box::pin(future))
}

fn advance(mut future: Pin<Box<dyn Future<Output = Outcome>>>) -> Outcome {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            let awaited = AWAITED
                .take()
                .ok_or_else(|| JsValue::from_str("it waits for something that is no promise"))?;
            let outcome = when_settled(&awaited, move |settled| {
                SETTLED.set(Some(settled));
                advance(future)
            });
            Ok(outcome.into())
        }
    }
}

/// Waits until a promise is settled; gives how it ended.
pub(super) fn settled(promise: Promise) -> Settling {
    Settling {
        promise: Some(promise),
    }
}

/// The wait for a promise.
pub(super) struct Settling {
    promise: Option<Promise>,
}

impl Future for Settling {
    type Output = Settled;

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Settled> {
        match self.promise.take() {
            Some(promise) => {
                AWAITED.set(Some(promise));
                Poll::Pending
            }
            None => Poll::Ready(
                SETTLED
                    .take()
                    .unwrap_or_else(|| Err(JsValue::from_str("polled before its time"))),
            ),
        }
    }
}
