//! The hub's trust that a request came through the gate: it verifies the signed assertion, if the hub has the keys.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use lychgate::identity::{Arrival, AssertionClaims, AssertionKeys, Audience, verify_assertion};

use crate::failure::{Failure, Fault, Refusal};

/// The number of seconds by which the clocks of the gate and of this hub may differ.
const LEEWAY_SECONDS: u32 = 5;

/// The keys and the audience of assertions.
#[derive(Debug)]
pub(crate) struct Trust {
    pub keys: AssertionKeys,
    pub audience: Audience,
}

impl Trust {
    /// Verifies the request's assertion against its method and its target as received.
    pub(crate) fn verify(&self, parts: &Parts) -> Result<AssertionClaims, Failure> {
        let mut values = parts.headers.get_all("x-lychgate-assertion").iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Refusal::AssertionMissing.into());
        };
        let text = value.to_str().map_err(|_invisible| Refusal::AssertionMissing)?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let arrival = Arrival {
            method: parts.method.as_str(),
            target,
        };
        verify_assertion(text, arrival, &self.audience, &self.keys, now()?, LEEWAY_SECONDS)
            .map_err(|error| Refusal::AssertionRefused(error).into())
    }
}

fn now() -> Result<u32, Fault> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since
        .and_then(|since| u32::try_from(since.as_secs()).ok())
        .ok_or_else(|| Fault::new("the clock is before 1970 or after 2106"))
}
