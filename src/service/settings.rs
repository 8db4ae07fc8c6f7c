//! The settings of the management API, read once per instance. `wrangler.toml` says what each is for.

use std::cell::RefCell;
use std::rc::Rc;

use worker::{Env, RateLimiter};

use super::github_keys::KeySource;
use super::ledger_client::Ledgers;
use crate::identity::Hosts;
use crate::isolate::environment::{ConfigError, binding, malformed, text};
use crate::isolate::settings::{REFUSALS, admin_key, gate_prefix, hosts, keys, prefix};
use crate::keys::Secret;
use crate::management::secret_scanning::ScannerKeys;
use crate::request::GatePrefix;
use crate::token::Verifier;

thread_local! {
        /// The settings of this instance, once a request has brought the environment, or what is wrong with them.
    static SETTINGS: RefCell<Option<Result<Rc<Settings>, ConfigError>>> = const { RefCell::new(None) };
}

/// The settings of the management API.
pub(super) struct Settings {
    /// Verifies and mints tokens.
    pub(super) tokens: Verifier,
    /// The key that authorizes calls of the API.
    pub(super) admin_key: Secret,
    /// The prefix of the gate's own paths.
    pub(super) gate_prefix: GatePrefix,
    /// The hosts of the page and of the hub, if the page has one of its own.
    pub(super) hosts: Option<Hosts>,
    /// The ledgers that keep the tokens.
    pub(super) ledgers: Ledgers,
    /// The source of the public keys of GitHub's secret scanning. Without it, the endpoint for reports answers 404.
    pub(super) scanner: Option<KeySource>,
    /// Counts how often an address was refused, if the deployment has the binding.
    pub(super) refusals: Option<RateLimiter>,
}

impl Settings {
    /// The settings. The first request reads them from the environment.
    pub(super) fn of(env: &Env) -> Result<Rc<Self>, ConfigError> {
        SETTINGS.with_borrow_mut(|slot| slot.get_or_insert_with(|| Self::read(env).map(Rc::new)).clone())
    }

    fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            tokens: Verifier::new(prefix(env)?, keys(env)?),
            admin_key: admin_key(env)?,
            gate_prefix: gate_prefix(env)?,
            hosts: hosts(env)?,
            ledgers: Ledgers::of(env)?,
            scanner: scanner(env)?,
            refusals: binding(env, REFUSALS)?,
        })
    }
}

fn scanner(env: &Env) -> Result<Option<KeySource>, ConfigError> {
    match (text(env, "GITHUB_PUBLIC_KEYS")?, text(env, "GITHUB_KEYS_URL")?) {
        (None, None) => Ok(None),
        (Some(keys), None) => match ScannerKeys::parse(&keys) {
            Some(keys) => Ok(Some(KeySource::Fixed(keys))),
            None => Err(malformed(
                "GITHUB_PUBLIC_KEYS",
                &"expected the JSON that https://api.github.com/meta/public_keys/secret_scanning returns",
            )),
        },
        (None, Some(url)) => Ok(Some(KeySource::Url(url))),
        (Some(_), Some(_)) => Err(malformed(
            "GITHUB_KEYS_URL",
            &"set either this or GITHUB_PUBLIC_KEYS, not both",
        )),
    }
}
