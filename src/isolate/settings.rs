//! The settings that both of the Worker's modules go by. `wrangler.toml` says what each is for.

use wasm_bindgen::JsValue;

use super::environment::{ConfigError, malformed, number, parsed, required};
use crate::ledger::Shards;
use crate::{HostName, Hosts, KeyRing, Prefix, Secret};

/// The binding of the Workers KV namespace that holds lists and records.
pub(crate) const KV: &str = "LYCHGATE_KV";

/// The binding of the ledgers' Durable Objects.
pub(crate) const LEDGER: &str = "LEDGER";

/// The binding that counts refused requests.
pub(crate) const REFUSALS: &str = "REFUSALS";

/// For how long a list that a ledger publishes is in force, unless configured.
const LIST_VALID_SECONDS: u32 = 900;

/// The shortest time that can be told apart from the heartbeat in it.
const MINIMUM_LIST_VALID_SECONDS: u32 = 6;

/// Three heartbeats fit into the time that a list is in force, so that two may be missed.
const HEARTBEATS: u32 = 3;

/// The shortest admin key: what 32 random bytes are in hexadecimal or base64 is longer.
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

/// What opens the management API.
pub(crate) fn admin_key(env: &JsValue) -> Result<Secret, ConfigError> {
    let key = required(env, "LYCHGATE_ADMIN_KEY", "a long random text")?;
    // No call could present another: it travels in a header.
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(malformed(
            "LYCHGATE_ADMIN_KEY",
            &"expected one line of letters, digits and signs, without spaces",
        ));
    }
    if key.len() < MINIMUM_ADMIN_KEY_BYTES {
        return Err(malformed(
            "LYCHGATE_ADMIN_KEY",
            &format!("expected at least {MINIMUM_ADMIN_KEY_BYTES} characters, random ones"),
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

/// How many ledgers there are.
pub(crate) fn shards(env: &JsValue) -> Result<Shards, ConfigError> {
    Shards::new(number(env, "SHARDS")?.unwrap_or(1)).ok_or_else(|| {
        malformed(
            "SHARDS",
            &format!("expected a number from 1 to {}", Shards::MAXIMUM),
        )
    })
}

/// What is wrong where the KV namespace is not bound.
pub(crate) fn kv_missing() -> ConfigError {
    malformed(KV, &"expected a [[kv_namespaces]] binding of this name")
}

/// For how long a list that a ledger publishes is in force.
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

/// How old a list may become that is in force for so long.
pub(crate) fn heartbeat_seconds(list_valid_seconds: u32) -> u32 {
    list_valid_seconds / HEARTBEATS
}

/// The name of a shard's Durable Object.
pub(crate) fn ledger_name(shard: u16) -> String {
    format!("shard-{shard}")
}
