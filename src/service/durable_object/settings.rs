//! What a ledger needs of the configuration: the key ring, the KV namespace, and how long a list is valid.

use std::cell::RefCell;
use std::rc::Rc;

use worker::Env;

use crate::KeyRing;
use crate::isolate::environment::ConfigError;
use crate::isolate::settings::{heartbeat_seconds, keys, list_valid_seconds};
use crate::service::kv::Kv;

thread_local! {
    /// The key ring of this instance, parsed once.
    static KEYS: RefCell<Option<Rc<KeyRing>>> = const { RefCell::new(None) };
}

pub(super) struct Settings {
    pub(super) keys: Rc<KeyRing>,
    pub(super) kv: Kv,
    /// For how many seconds a published list is in force.
    pub(super) valid_seconds: u32,
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
        })
    }

    /// How old a published list may become before it is published again, in milliseconds.
    pub(super) fn heartbeat(&self) -> u64 {
        u64::from(heartbeat_seconds(self.valid_seconds)) * 1000
    }
}
