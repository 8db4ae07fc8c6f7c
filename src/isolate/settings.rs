//! The settings that both of the Worker's modules use. `wrangler.toml` says what each is for.

use wasm_bindgen::JsValue;

use super::environment::{ConfigError, malformed, number, parsed, required};
use crate::identity::{HostName, Hosts};
use crate::keys::{KeyRing, Secret};
use crate::ledger::Shards;
use crate::request::GatePrefix;
use crate::token::Prefix;

/// The binding of the Workers KV namespace that holds lists and records.
pub(crate) const KV: &str = "LYCHGATE_KV";

/// The binding of the ledgers' Durable Objects.
pub(crate) const LEDGER: &str = "LEDGER";

/// The binding that counts refused requests.
pub(crate) const REFUSALS: &str = "REFUSALS";

/// How long a list that a ledger publishes is valid, unless configured.
const LIST_VALID_SECONDS: u32 = 900;

/// The shortest configurable time. Below it, a heartbeat of a third would be less than two seconds.
const MINIMUM_LIST_VALID_SECONDS: u32 = 6;

/// The number of heartbeats while a list is valid. With three, two may be missed.
const HEARTBEATS: u32 = 3;

/// The shortest admin key. 32 random bytes are longer than this in hexadecimal or base64.
const MINIMUM_ADMIN_KEY_BYTES: usize = 32;

/// The key ring.
pub(crate) fn keys(env: &JsValue) -> Result<KeyRing, ConfigError> {
    let text = required(
        env,
        "LYCHGATE_KEYS",
        "the key ring that `lychgate keys new` prints",
    )?;
    KeyRing::parse(&text).map_err(|error| malformed("LYCHGATE_KEYS", &error))
}

/// The prefix of this deployment's tokens.
pub(crate) fn prefix(env: &JsValue) -> Result<Prefix, ConfigError> {
    Ok(parsed(env, "TOKEN_PREFIX")?.unwrap_or_default())
}

/// The prefix of the gate's own paths.
pub(crate) fn gate_prefix(env: &JsValue) -> Result<GatePrefix, ConfigError> {
    Ok(parsed(env, "GATE_PREFIX")?.unwrap_or_default())
}

/// The key that authorizes calls of the management API.
pub(crate) fn admin_key(env: &JsValue) -> Result<Secret, ConfigError> {
    let key = required(env, "LYCHGATE_ADMIN_KEY", "a long random text")?;
    // A call sends the key in a header, which cannot hold other characters.
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(malformed(
            "LYCHGATE_ADMIN_KEY",
            &"expected one line of letters, digits and punctuation, without spaces",
        ));
    }
    if key.len() < MINIMUM_ADMIN_KEY_BYTES {
        return Err(malformed(
            "LYCHGATE_ADMIN_KEY",
            &format!("expected at least {MINIMUM_ADMIN_KEY_BYTES} random characters"),
        ));
    }
    Ok(Secret::new(key.as_bytes().to_vec()))
}

/// The hosts of the page and of the hub, if the page has one of its own.
pub(crate) fn hosts(env: &JsValue) -> Result<Option<Hosts>, ConfigError> {
    let page: Option<HostName> = parsed(env, "PAGE_HOST")?;
    let hub: Option<HostName> = parsed(env, "HUB_HOST")?;
    match (page, hub) {
        (None, None) => Ok(None),
        (Some(page), Some(hub)) => match Hosts::new(page, hub) {
            Some(hosts) => Ok(Some(hosts)),
            None => Err(malformed("PAGE_HOST", &"expected another host than HUB_HOST")),
        },
        (Some(_), None) => Err(malformed(
            "HUB_HOST",
            &"missing; PAGE_HOST is set, so name the hub's host",
        )),
        (None, Some(_)) => Err(malformed(
            "PAGE_HOST",
            &"missing; HUB_HOST is set, so name the page's host",
        )),
    }
}

/// The number of ledgers.
pub(crate) fn shards(env: &JsValue) -> Result<Shards, ConfigError> {
    Shards::new(number(env, "SHARDS")?.unwrap_or(1)).ok_or_else(|| {
        malformed(
            "SHARDS",
            &format!("expected a number from 1 to {}", Shards::MAXIMUM),
        )
    })
}

/// The error of a missing binding of the KV namespace.
pub(crate) fn kv_missing() -> ConfigError {
    malformed(KV, &"expected a [[kv_namespaces]] binding of this name")
}

/// How long a list that a ledger publishes is valid.
pub(crate) fn list_valid_seconds(env: &JsValue) -> Result<u32, ConfigError> {
    let seconds = number(env, "LIST_VALID_SECONDS")?.unwrap_or(LIST_VALID_SECONDS);
    if seconds < MINIMUM_LIST_VALID_SECONDS {
        return Err(malformed(
            "LIST_VALID_SECONDS",
            &format!("expected at least {MINIMUM_LIST_VALID_SECONDS}"),
        ));
    }
    Ok(seconds)
}

/// The time between two publications of a list that is valid this long.
pub(crate) fn heartbeat_seconds(list_valid_seconds: u32) -> u32 {
    list_valid_seconds / HEARTBEATS
}

/// The name of a shard's Durable Object.
pub(crate) fn ledger_name(shard: u16) -> String {
    format!("shard-{shard}")
}
