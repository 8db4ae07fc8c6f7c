//! What a ledger needs of the configuration: the key ring, the KV namespace, and how long a list is valid.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::KeyRing;
use crate::edge::config;
use crate::edge::environment::ConfigError;
use crate::edge::platform::KvNamespace;

thread_local! {
    /// The key ring of this isolate, parsed once.
    static KEYS: RefCell<Option<Rc<KeyRing>>> = const { RefCell::new(None) };
}

pub(super) struct Settings {
    pub(super) keys: Rc<KeyRing>,
    pub(super) lists: KvNamespace,
    /// For how many seconds a published list is in force.
    pub(super) valid_seconds: u32,
}

impl Settings {
    pub(super) fn read(env: &JsValue) -> Result<Self, ConfigError> {
        let keys = match KEYS.with_borrow(Clone::clone) {
            Some(keys) => keys,
            None => {
                let keys = Rc::new(config::keys(env)?);
                KEYS.set(Some(Rc::clone(&keys)));
                keys
            }
        };
        Ok(Self {
            keys,
            lists: config::lists(env)?,
            valid_seconds: config::list_valid_seconds(env)?,
        })
    }

    /// How old a published list may become before it is published again, in milliseconds.
    pub(super) fn heartbeat(&self) -> u64 {
        u64::from(config::heartbeat_seconds(self.valid_seconds)) * 1000
    }
}
