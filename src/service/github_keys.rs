//! The public keys of GitHub's secret scanning: from the configuration, or from a URL and kept for a day.

use std::cell::{Cell, RefCell};
use std::thread::LocalKey;
use std::time::Duration;

use worker::{Fetch, Headers, web_sys};

use super::raw::is_signed;
use super::time::{sleep, within};
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::management::secret_scanning::{ScannerKeys, SignatureCheck};
use crate::response::Fault;
use crate::token::Timestamp;

/// How long fetched keys are used.
const KEEP_SECONDS: u32 = 86_400;

/// How soon they are fetched again for an unknown identifier. A new key must not wait for a day, and no caller may make the
/// gate fetch at will.
const LOOK_AGAIN_SECONDS: u32 = 60;

/// How long the fetch may take.
const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// The same in seconds, after which a fetch is given up that nobody waits for any more.
const FETCH_SECONDS: u32 = 11;

/// How long it is remembered that the fetch failed: nobody must make the gate fetch at will.
const FAILED_SECONDS: u32 = 30;

/// How often a request that waits for the fetch of another looks whether it is over.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How many requests wait for it at a time. GitHub sends one at a time, and each waiting one holds its body.
const MAXIMUM_WAITING: u32 = 16;

thread_local! {
        /// The fetched keys and the time of the fetch.
    static FETCHED: RefCell<Option<(Timestamp, ScannerKeys)>> = const { RefCell::new(None) };

    /// Since when they are being fetched, if they are.
    static FETCHING_SINCE: Cell<Option<Timestamp>> = const { Cell::new(None) };

    /// When the fetch failed last.
    static FAILED_AT: Cell<Option<Timestamp>> = const { Cell::new(None) };

    /// How many requests wait for the fetch of another.
    static WAITING: Cell<u32> = const { Cell::new(0) };
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
        if let Some(keys) = kept(identifier) {
            return Ok(keys);
        }
        if is_recent(&FETCHING_SINCE, FETCH_SECONDS) {
            wait_for_the_other().await;
            return kept(identifier).ok_or(Fault::ScannerKeysUnavailable);
        }
        if is_recent(&FAILED_AT, FAILED_SECONDS) {
            return Err(Fault::ScannerKeysUnavailable);
        }
        FETCHING_SINCE.set(Some(now()));
        // Those who waited for an earlier one, and whose clients have gone, are counted no more.
        WAITING.set(0);
        let fetched = within(FETCH_LIMIT, fetch(url)).await;
        FETCHING_SINCE.set(None);
        if let Some(Ok(Some(keys))) = fetched {
            FAILED_AT.set(None);
            FETCHED.set(Some((now(), keys.clone())));
            Ok(keys)
        } else {
            FAILED_AT.set(Some(now()));
            Err(unavailable("GITHUB_KEYS_URL returns no keys"))
        }
    }
}

/// The fetched keys, if they are recent enough for the one of this identifier.
fn kept(identifier: &str) -> Option<ScannerKeys> {
    let (fetched_at, keys) = FETCHED.with_borrow(Clone::clone)?;
    let age = now().saturating_sub(fetched_at);
    (age < LOOK_AGAIN_SECONDS || (age < KEEP_SECONDS && keys.holds(identifier))).then_some(keys)
}

fn is_recent(moment: &'static LocalKey<Cell<Option<Timestamp>>>, seconds: u32) -> bool {
    moment
        .get()
        .and_then(|moment| now().checked_sub(moment))
        .is_some_and(|age| age < seconds)
}

/// Waits until the fetch of another request is over, if not too many do so already. Its promise is that request's own: the
/// platform lets no other wait on it.
async fn wait_for_the_other() {
    if WAITING.get() >= MAXIMUM_WAITING {
        return;
    }
    WAITING.set(WAITING.get() + 1);
    while is_recent(&FETCHING_SINCE, FETCH_SECONDS) {
        sleep(POLL_INTERVAL).await;
    }
    WAITING.set(WAITING.get().saturating_sub(1));
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
    // The crate's own type for what a request has would bring all that Cloudflare can do with images.
    let request = web_sys::Request::new_with_str(url)?;
    let headers = Headers(request.headers());
    headers.set("User-Agent", "lychgate")?;
    headers.set("Accept", "application/json")?;
    let mut response = Fetch::Request(request.into()).send().await?;
    if !(200..300).contains(&response.status_code()) {
        return Ok(None);
    }
    Ok(ScannerKeys::parse(&response.text().await?))
}
