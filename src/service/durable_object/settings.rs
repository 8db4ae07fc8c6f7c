//! What a ledger needs of the configuration: the key ring, the KV namespace, and how long a list is valid.

use std::cell::RefCell;
use std::rc::Rc;

use worker::Env;

use super::store::json_list;
use crate::isolate::environment::{ConfigError, malformed, number};
use crate::isolate::settings::{heartbeat_seconds, keys, list_valid_seconds};
use crate::keys::{KeyId, KeyRing};
use crate::service::kv::Kv;
use crate::service::ledger_client::Ledgers;

/// For how many days a ledger keeps its audit and the rows of dead tokens, unless configured: a year, and what an auditor
/// who comes once a year needs besides.
const AUDIT_DAYS: u32 = 400;

/// The longest time that is below the seconds of a timestamp.
const MAXIMUM_AUDIT_DAYS: u32 = 36_500;

const DAY_SECONDS: u32 = 24 * 60 * 60;

/// How large a ledger may become before it takes on no more tokens, unless configured. Cloudflare allows a Durable Object
/// 10 GB: what is left is for revocations, a few hundred bytes each.
const LEDGER_MEGABYTES: u32 = 9_000;

const MEGABYTE: usize = 1_000_000;

/// For how long a membership record is in force, unless configured: a day. A record is written twice in that time, and
/// whoever can write to KV can put back one of that age.
const MEMBERSHIP_VALID_SECONDS: u32 = DAY_SECONDS;

/// The shortest time in which records can be renewed by the alarm.
const MINIMUM_MEMBERSHIP_VALID_SECONDS: u32 = 6;

thread_local! {
    /// The key ring of this instance, parsed once.
    static KEYS: RefCell<Option<Rc<KeyRing>>> = const { RefCell::new(None) };
}

pub(super) struct Settings {
    pub(super) keys: Rc<KeyRing>,
    pub(super) kv: Kv,
    /// For how many seconds a published list is in force.
    pub(super) valid_seconds: u32,
    /// For how many seconds a membership record is in force.
    pub(super) membership_valid_seconds: u32,
    /// All ledgers, this one included.
    pub(super) ledgers: Ledgers,
    /// For how many seconds the audit and the rows of dead tokens are kept.
    pub(super) audit_seconds: u32,
    /// Up to how many bytes the ledger takes on more tokens: beyond them is room for revocations.
    pub(super) room: usize,
}

impl Settings {
    pub(super) fn read(env: &Env) -> Result<Self, ConfigError> {
        let keys = match KEYS.with_borrow(Clone::clone) {
            Some(keys) => keys,
            None => {
                let keys = Rc::new(keys(env)?);
                KEYS.set(Some(Rc::clone(&keys)));
                keys
            }
        };
        Ok(Self {
            keys,
            kv: Kv::of(env)?,
            valid_seconds: list_valid_seconds(env)?,
            membership_valid_seconds: membership_valid_seconds(env)?,
            ledgers: Ledgers::of(env)?,
            audit_seconds: audit_seconds(env)?,
            room: room(env)?,
        })
    }

    /// How long after it was written a membership record is written again, in milliseconds: half of the time for which it
    /// is in force.
    pub(super) fn renewal(&self) -> u64 {
        u64::from(self.membership_valid_seconds) * 500
    }

    /// Whether the ring holds a key.
    pub(super) fn holds_key(&self, id: KeyId) -> bool {
        self.keys.key_ids().any(|held| held == id)
    }

    /// The ids of the ring's keys as a JSON list.
    pub(super) fn key_ids(&self) -> String {
        json_list(self.keys.key_ids().map(u32::from))
    }

    /// How old a published list may become before it is published again, in milliseconds.
    pub(super) fn heartbeat(&self) -> u64 {
        u64::from(heartbeat_seconds(self.valid_seconds)) * 1000
    }
}

/// For how many seconds a membership record is in force.
fn membership_valid_seconds(env: &Env) -> Result<u32, ConfigError> {
    let seconds = number(env, "MEMBERSHIP_VALID_SECONDS")?.unwrap_or(MEMBERSHIP_VALID_SECONDS);
    if seconds < MINIMUM_MEMBERSHIP_VALID_SECONDS {
        return Err(malformed(
            "MEMBERSHIP_VALID_SECONDS",
            &format!("expected at least {MINIMUM_MEMBERSHIP_VALID_SECONDS}"),
        ));
    }
    Ok(seconds)
}

/// For how many seconds a ledger keeps its audit and the rows of dead tokens.
fn audit_seconds(env: &Env) -> Result<u32, ConfigError> {
    let days = number(env, "AUDIT_DAYS")?.unwrap_or(AUDIT_DAYS);
    if days == 0 || days > MAXIMUM_AUDIT_DAYS {
        return Err(malformed(
            "AUDIT_DAYS",
            &format!("expected a number of days from 1 to {MAXIMUM_AUDIT_DAYS}"),
        ));
    }
    Ok(days.saturating_mul(DAY_SECONDS))
}

/// Up to how many bytes a ledger takes on more tokens.
fn room(env: &Env) -> Result<usize, ConfigError> {
    let megabytes = number(env, "LEDGER_MEGABYTES")?.unwrap_or(LEDGER_MEGABYTES);
    Ok(usize::try_from(megabytes).map_or(usize::MAX, |megabytes| megabytes.saturating_mul(MEGABYTE)))
}
