//! Calls to the platform for which the crate `worker` has no wrapper. The `abort` of a Durable Object is in `entry.mjs`
//! instead, because it ends everything that the module is doing.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Array, JsString, Object, Promise, Reflect, Uint8Array};
use worker::{RateLimiter, Storage};

#[wasm_bindgen]
extern "C" {
    /// The listing of a Workers KV namespace's keys. The crate's own brings a serializer for its options, and a parser for
    /// what keys carry beside their names.
    pub(super) type KeyListing;

    #[wasm_bindgen(method, catch)]
    fn list(this: &KeyListing, options: &Object) -> Result<Promise, JsValue>;

    /// A rate limiting binding. The crate's own brings a serializer and a parser for one text and one truth value.
    type CountingLimiter;

    #[wasm_bindgen(method, catch)]
    fn limit(this: &CountingLimiter, options: &Object) -> Result<Promise, JsValue>;

    type TransactionalStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &TransactionalStorage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = importKey)]
    fn import_key(
        format: &str,
        key: &Uint8Array,
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = verify)]
    fn verify(
        algorithm: &JsValue,
        key: &JsValue,
        signature: &Uint8Array,
        body: &Uint8Array,
    ) -> Result<Promise, JsValue>;
}

/// Runs work in one transaction, which is rolled back if the work fails.
pub(super) fn transaction(
    storage: &Storage,
    work: &mut dyn FnMut() -> Result<(), ()>,
) -> Result<(), JsValue> {
    let storage: &TransactionalStorage = storage.as_raw().unchecked_ref();
    // A transaction is rolled back if its callback throws.
    storage
        .transaction_sync(&mut || {
            work()
                .map(|()| JsValue::UNDEFINED)
                .map_err(|()| JsValue::from_str("rolled back"))
        })
        .map(drop)
}

/// Counts under a name; whether that is within the limit of the binding.
pub(super) async fn count_within(limiter: &RateLimiter, name: &str) -> Result<bool, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"key".into(), &name.into())?;
    let limiter: &CountingLimiter = limiter.as_ref().unchecked_ref();
    let outcome = JsFuture::from(limiter.limit(&options)?).await?;
    let success = Reflect::get(&outcome, &"success".into())?;
    success
        .as_bool()
        .ok_or_else(|| "the outcome has no success".into())
}

/// Random bytes that are suitable for secrets.
pub(super) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], JsValue> {
    let mut bytes = [0; LENGTH];
    let filled = Uint8Array::from(bytes.as_slice());
    fill_with_random(&filled)?;
    filled.copy_to(&mut bytes);
    Ok(bytes)
}

/// Whether an ECDSA signature on P-256 with SHA-256 was made with a key. The key is a `SubjectPublicKeyInfo` in DER.
pub(super) async fn is_signed(key: &[u8], signature: &[u8], body: &[u8]) -> Result<bool, JsValue> {
    let algorithm = Object::new();
    for (name, value) in [("name", "ECDSA"), ("namedCurve", "P-256"), ("hash", "SHA-256")] {
        Reflect::set(&algorithm, &name.into(), &value.into())?;
    }
    let usages = Array::new();
    usages.push(&JsString::from("verify"));
    let key = JsFuture::from(import_key("spki", &key.into(), &algorithm, false, &usages)?).await?;
    let verified = JsFuture::from(verify(&algorithm, &key, &signature.into(), &body.into())?).await?;
    Ok(verified.is_truthy())
}

impl KeyListing {
    /// A page of the keys that begin so, and the cursor of the next page, where there is one.
    pub(super) async fn page(
        &self,
        prefix: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<String>, Option<String>), JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"prefix".into(), &prefix.into())?;
        Reflect::set(&options, &"limit".into(), &limit.into())?;
        if let Some(cursor) = cursor {
            Reflect::set(&options, &"cursor".into(), &cursor.into())?;
        }
        let page = JsFuture::from(self.list(&options)?).await?;
        let keys: Array = Reflect::get(&page, &"keys".into())?.unchecked_into();
        let mut names = Vec::new();
        for key in keys.iter() {
            names.extend(Reflect::get(&key, &"name".into())?.as_string());
        }
        let is_complete = Reflect::get(&page, &"list_complete".into())?.is_truthy();
        let cursor = Reflect::get(&page, &"cursor".into())?.as_string();
        Ok((names, cursor.filter(|_| !is_complete)))
    }
}
