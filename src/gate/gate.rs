//! The gate of an isolate: the configuration, the lists and cached records, and the usage of tokens that has not been reported
//! yet. The isolate's first request brings the environment for it.

use std::cell::RefCell;

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::config::Config;
use super::fields;
use super::lists::Lists;
use super::platform::{self, Context, Settled, when_settled};
use super::respond::Deployment;
use super::usage::gather;
use super::{long_lived, members};
use crate::isolate::clock::now;
use crate::isolate::environment::ConfigError;
use crate::ledger::{Usage, Used, Wake};
use crate::state::Freshness;
use crate::token::{Subject, Timestamp};

thread_local! {
    /// This isolate's gate, once the first request has brought its environment.
    static GATE: RefCell<Option<Result<Gate, ConfigError>>> = const { RefCell::new(None) };
}

/// The gate of an isolate.
pub(super) struct Gate {
    pub(super) config: Config,
    pub(super) lists: Lists,
    usage: Usage,
}

/// Parses the configuration, unless an earlier request has. If something is wrong with it, the error is kept.
pub(super) fn open(env: &JsValue) {
    GATE.with_borrow_mut(|slot| {
        slot.get_or_insert_with(|| {
            let (config, fields) = Config::read(env)?;
            fields::hand_over(fields, config.state.mode);
            long_lived::hand_over(&config);
            platform::hand_over();
            Ok(Gate {
                config,
                lists: Lists::default(),
                usage: Usage::default(),
            })
        });
    });
}

/// Works with the gate of this isolate, or with the error of its configuration.
pub(super) fn with_gate_or_error<T>(
    work: impl FnOnce(Result<&mut Gate, &ConfigError>) -> T,
) -> Result<T, JsValue> {
    GATE.with_borrow_mut(|slot| match slot {
        Some(gate) => Ok(work(gate.as_mut().map_err(|error| &*error))),
        None => Err(JsValue::from_str("no gate yet")),
    })
}

/// Works with the gate of this isolate, which exists once a request has begun.
pub(super) fn with_gate<T>(work: impl FnOnce(&mut Gate) -> T) -> Result<T, JsValue> {
    with_gate_or_error(|gate| gate.map(work).map_err(|_| JsValue::from_str("no gate")))?
}

/// What answers say of the deployment, as far as it is known.
pub(super) fn deployment() -> Deployment {
    with_gate(|gate| gate.config.deployment.clone()).unwrap_or_default()
}

impl Gate {
    /// Marks a subject's record as used, and refreshes it after the response if that is due.
    pub(super) fn keep_membership(
        &mut self,
        subject: Subject,
        freshness: Freshness,
        context: &Context,
        now: Timestamp,
    ) {
        let memberships = &mut self.config.state.memberships;
        members::touch(memberships, &subject);
        match freshness {
            Freshness::Fresh | Freshness::Wait => {}
            Freshness::Refresh => {
                let ledgers = self.config.ledger.as_ref().map(|ledger| &ledger.ledgers);
                let pending = members::begin(memberships, &subject, &self.config.lists, ledgers, now);
                let refreshed = when_settled(&pending, move |settled| {
                    with_gate(|gate| gate.finish_membership(&subject, &settled))?;
                    Ok(JsValue::UNDEFINED)
                });
                context.wait_until(&refreshed);
            }
        }
    }

    /// Starts to read a subject's membership record.
    pub(super) fn begin_membership(&mut self, subject: &Subject) -> Promise {
        members::begin(
            &mut self.config.state.memberships,
            subject,
            &self.config.lists,
            self.config.ledger.as_ref().map(|ledger| &ledger.ledgers),
            now(),
        )
    }

    /// Caches a subject's membership record.
    pub(super) fn finish_membership(&mut self, subject: &Subject, settled: &Settled) {
        members::finish(subject, settled, &mut self.config.state, now());
    }

    /// Starts to read a shard's list.
    pub(super) fn begin_list(&mut self, shard: u16) -> Promise {
        self.lists.begin(shard, &self.config.lists, now())
    }

    /// Caches a shard's list. If the list is older than it should be, wakes its ledger and returns the promise of that call.
    pub(super) fn finish_list(&mut self, shard: u16, settled: &Settled) -> Option<Promise> {
        let now = now();
        self.lists.finish(shard, settled, &mut self.config.state, now);
        let ledger = self.config.ledger.as_ref()?;
        if !ledger.ledgers.shards.holds(shard) {
            return None;
        }
        let revocations = &self.config.state.revocations;
        self.lists
            .is_overdue(shard, revocations, ledger.heartbeat_seconds, now)
            .then(|| ledger.ledgers.notify(shard, &Wake {}).ok())?
    }

    /// Notes a token's use, to be reported behind the response.
    pub(super) fn note_use(&mut self, used: &Used, context: &Context, now: Timestamp) {
        let Some(ledger) = self.config.ledger.as_ref() else {
            return;
        };
        if self.usage.note(used, ledger.heartbeat_seconds, now) {
            let gathered = gather(ledger.ledgers.clone(), |take| {
                let _no_gate_no_usage = with_gate(|gate| take(&mut gate.usage));
            });
            context.wait_until(&gathered);
        }
    }
}
