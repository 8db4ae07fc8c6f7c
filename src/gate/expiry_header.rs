//! The expiry header: responses in a token's last days say when it expires.

use std::ops::RangeInclusive;

use js_sys::Promise;
use wasm_bindgen::JsCast;
use web_sys::{Response, ResponseInit};

use super::platform::{Outcome, responded, when_settled};
use crate::calendar::http_date;
use crate::response::Client;
use crate::token::Timestamp;

/// Adds to the origin's response the time at which the token expires: for everyone a date, and for Hub clients a warning that
/// they log once (huggingface_hub, `_warn_on_warning_headers`).
pub(super) fn tell(answer: &Promise, client: Client, expires_at: Timestamp) -> Outcome {
    let told = when_settled(answer, move |settled| {
        let answer: Response = settled?.unchecked_into();
        // The headers of others cannot be changed.
        if !REBUILDABLE.contains(&answer.status()) {
            return responded(answer);
        }
        let date = http_date(expires_at);
        // The bridge passes an answer on as it is if nothing must change, and the platform changes none of the origin's.
        let init: ResponseInit = Clone::clone(&answer).unchecked_into();
        let answer = Response::new_with_opt_readable_stream_and_init(answer.body().as_ref(), &init)?;
        let headers = answer.headers();
        headers.set("X-Lychgate-Token-Expires", &date)?;
        if client == Client::Hub {
            let warning =
                format!("token; Your access token expires on {date}. Refresh it, or create a new one.");
            headers.append("X-HF-Warning", &warning)?;
        }
        responded(answer)
    });
    Ok(told.into())
}

/// The statuses with which the platform makes an answer, as the bridge has made this one.
pub(super) const REBUILDABLE: RangeInclusive<u16> = 200..=599;
