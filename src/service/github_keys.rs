//! The public keys of GitHub's secret scanning: from the configuration, or from a URL and kept for a day.

use std::cell::RefCell;
use std::time::Duration;

use worker::{Fetch, Headers, Request, RequestInit};

use super::raw::is_signed;
use super::time::within;
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::management::secret_scanning::{ScannerKeys, SignatureCheck};
use crate::{Fault, Timestamp};

/// How long fetched keys are used.
const KEEP_SECONDS: u32 = 86_400;

/// How soon they are fetched again for an unknown identifier. A new key must not wait for a day, and no caller may make the
/// gate fetch at will.
const LOOK_AGAIN_SECONDS: u32 = 60;

/// How long the fetch may take.
const FETCH_LIMIT: Duration = Duration::from_secs(10);

thread_local! {
        /// The fetched keys and the time of the fetch.
    static FETCHED: RefCell<Option<(Timestamp, ScannerKeys)>> = const { RefCell::new(None) };
}

/// The source of the keys.
pub(super) enum KeySource {
    /// The configuration.
    Fixed(ScannerKeys),
    /// A URL that returns them in GitHub's format.
    Url(String),
}

impl KeySource {
    /// The keys. If the key with this identifier is missing, they are fetched again.
    pub(super) async fn keys(&self, identifier: &str) -> Result<ScannerKeys, Fault> {
        let url = match self {
            Self::Fixed(keys) => return Ok(keys.clone()),
            Self::Url(url) => url,
        };
        let kept = FETCHED.with_borrow(Clone::clone);
        if let Some((fetched_at, keys)) = kept {
            let age = now().saturating_sub(fetched_at);
            if age < LOOK_AGAIN_SECONDS || (age < KEEP_SECONDS && keys.holds(identifier)) {
                return Ok(keys);
            }
        }
        match within(FETCH_LIMIT, fetch(url)).await {
            Some(Ok(Some(keys))) => {
                FETCHED.set(Some((now(), keys.clone())));
                Ok(keys)
            }
            Some(Ok(None) | Err(_)) | None => Err(unavailable("GITHUB_KEYS_URL returns no keys")),
        }
    }
}

/// Whether a signature matches the body.
pub(super) async fn is_genuine(check: &SignatureCheck, body: &[u8]) -> Result<bool, Fault> {
    is_signed(&check.key, &check.signature, body)
        .await
        .map_err(|_thrown| unavailable("the platform rejects the key: its point is not on P-256"))
}

fn unavailable(detail: &str) -> Fault {
    Line {
        event: "failed",
        code: Fault::ScannerKeysUnavailable.code(),
        detail: Some(detail.to_owned()),
        ..Line::default()
    }
    .log_error();
    Fault::ScannerKeysUnavailable
}

async fn fetch(url: &str) -> worker::Result<Option<ScannerKeys>> {
    let headers = Headers::new();
    headers.set("User-Agent", "lychgate")?;
    headers.set("Accept", "application/json")?;
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let mut response = Fetch::Request(Request::new_with_init(url, &init)?).send().await?;
    if !(200..300).contains(&response.status_code()) {
        return Ok(None);
    }
    Ok(ScannerKeys::parse(&response.text().await?))
}
