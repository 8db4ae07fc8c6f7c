//! Where the public keys of GitHub's secret scanning come from: the configuration, or a URL, kept for a day.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request, RequestInit, Response};

use super::log::Line;
use super::platform::{self, import_key, now, object, verify, within};
use super::promised::settled;
use crate::secret_scanning::{ScannerKeys, SignatureCheck};
use crate::{Fault, Timestamp};

/// How long fetched keys are used.
const KEEP_SECONDS: u32 = 86_400;

/// How soon they are fetched again for an identifier that is not among them: a new key must not wait for a day, and
/// nobody must make the gate fetch at will.
const LOOK_AGAIN_SECONDS: u32 = 60;

/// How long the fetch may take.
const FETCH_MILLISECONDS: u32 = 10_000;

thread_local! {
    /// The fetched keys, and when that was.
    static FETCHED: RefCell<Option<(Timestamp, ScannerKeys)>> = const { RefCell::new(None) };
}

/// Where the keys come from.
pub(super) enum KeySource {
    /// The configuration.
    Fixed(ScannerKeys),
    /// A URL that gives them as GitHub does.
    Url(String),
}

impl KeySource {
    /// The keys, among which the one of this identifier should be.
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
        match fetch(url).await {
            Ok(Some(keys)) => {
                FETCHED.set(Some((now(), keys.clone())));
                Ok(keys)
            }
            Ok(None) | Err(_) => {
                Line {
                    event: "failed",
                    code: Fault::ScannerKeysUnavailable.code(),
                    detail: Some("GITHUB_KEYS_URL gives no keys".to_owned()),
                    ..Line::default()
                }
                .alarm();
                Err(Fault::ScannerKeysUnavailable)
            }
        }
    }
}

/// Whether a signature fits the body.
pub(super) async fn is_genuine(check: &SignatureCheck, body: &[u8]) -> Result<bool, Fault> {
    match verified(check, body).await {
        Ok(is_genuine) => Ok(is_genuine),
        Err(_) => {
            Line {
                event: "failed",
                code: Fault::ScannerKeysUnavailable.code(),
                detail: Some("the platform takes no such key: its point is not on P-256".to_owned()),
                ..Line::default()
            }
            .alarm();
            Err(Fault::ScannerKeysUnavailable)
        }
    }
}

async fn verified(check: &SignatureCheck, body: &[u8]) -> Result<bool, JsValue> {
    let algorithm = object(&[("name", "ECDSA"), ("namedCurve", "P-256"), ("hash", "SHA-256")])?;
    let key = settled(import_key(&Uint8Array::from(check.key.as_slice()), &algorithm)?).await?;
    let signature = Uint8Array::from(check.signature.as_slice());
    let verified = settled(verify(&algorithm, &key, &signature, &Uint8Array::from(body))?).await?;
    Ok(verified.is_truthy())
}

async fn fetch(url: &str) -> Result<Option<ScannerKeys>, JsValue> {
    let headers = Headers::new()?;
    headers.set("User-Agent", "lychgate")?;
    headers.set("Accept", "application/json")?;
    let init = RequestInit::new();
    init.set_headers_headers(&headers);
    let request = Request::new_with_str_and_init(url, &init)?;
    let sent = platform::fetch(&request)?.unchecked_into();
    let response: Response = settled(within(&sent, FETCH_MILLISECONDS)).await?.unchecked_into();
    if !response.ok() {
        return Ok(None);
    }
    let text = settled(response.text()?).await?;
    Ok(text.as_string().as_deref().and_then(ScannerKeys::parse))
}
