//! The membership records of this isolate: how they are fetched and refreshed.
//!
//! Only a change in a namespace that is not the subject's own needs a record. Only its first use waits, and the first use after a
//! pause; otherwise the gate uses the cached record, and refreshes it after the response.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;

use super::notify::Ledgers;
use super::platform::{KvNamespace, Settled, bytes, when_settled};
use crate::isolate::log::Line;
use crate::keys::KeyRing;
use crate::ledger::SealMembership;
use crate::policy::State;
use crate::state::{
    Freshness, MembershipRecord, MembershipRecords, Memberships, REFRESHES_MISSED, RecordError,
};
use crate::token::{Subject, Timestamp};

/// The freshness of a subject's cached record. A change takes effect within `seconds`: the record is used as it is during the
/// first half of this time, refreshed after the response in the second half, and read again first after that.
pub(super) fn freshness(
    memberships: &Memberships,
    subject: &Subject,
    seconds: u32,
    now: Timestamp,
) -> Freshness {
    match memberships {
        Memberships::Off => Freshness::Fresh,
        Memberships::On(records) => records.freshness(subject, seconds / REFRESHES_MISSED, now),
    }
}

/// Records that a subject was looked up, so others are discarded first.
pub(super) fn touch(memberships: &mut Memberships, subject: &Subject) {
    match memberships {
        Memberships::Off => {}
        Memberships::On(records) => records.touch(subject),
    }
}

/// A promise of a subject's sealed record. Where KV holds none, or one that is not in force, its ledger is asked, which
/// knows what was deleted or put back.
pub(super) fn begin(
    memberships: &mut Memberships,
    subject: &Subject,
    store: &KvNamespace,
    ledgers: Option<&Ledgers>,
    now: Timestamp,
) -> Promise {
    match memberships {
        Memberships::Off => {}
        Memberships::On(records) => records.begin(subject, now),
    }
    let pending = store.read_bytes(&format!("members/{}", subject.as_str()));
    let Some(ledgers) = ledgers.cloned() else {
        return pending;
    };
    let subject = *subject;
    when_settled(&pending, move |settled| {
        let value = settled?;
        let is_in_force = match bytes(&value) {
            None => false,
            // What is none says nothing of its time: that is found when it is opened.
            Some(sealed) => MembershipRecord::said_valid_until(&sealed).is_none_or(|until| until > now),
        };
        if is_in_force {
            return Ok(value);
        }
        let seal = SealMembership {
            subject: subject.as_str().to_owned(),
        };
        let answer = ledgers.ask(ledgers.shards.home(&subject), &seal)?;
        Ok(when_settled(&answer, |settled| {
            let answer: Response = settled?.unchecked_into();
            if answer.ok() {
                Ok(answer.array_buffer()?.into())
            } else {
                Err(JsValue::NULL)
            }
        })
        .into())
    })
}

/// Caches what a read returned. If it is invalid, the fault is logged and the cached record stays.
pub(super) fn finish(subject: &Subject, settled: &Settled, state: &mut State, now: Timestamp) {
    match &mut state.memberships {
        Memberships::Off => {}
        Memberships::On(records) => take(records, subject, settled, state.tokens.keys(), now),
    }
}

fn take(
    records: &mut MembershipRecords,
    subject: &Subject,
    settled: &Settled,
    keys: &KeyRing,
    now: Timestamp,
) {
    let taken = match settled {
        Err(_) => {
            records.note_unavailable(subject, now);
            alarm(
                "membership_unreadable",
                "KV failed or took too long, or the ledger where KV has no record in force".to_owned(),
            );
            return;
        }
        Ok(value) => match bytes(value) {
            None => records.note_missing(subject, now),
            Some(sealed) => match MembershipRecord::open(&sealed, subject, keys) {
                Ok(record) => records.accept(record, now),
                Err(error) => {
                    records.note_unavailable(subject, now);
                    Err(error)
                }
            },
        },
    };
    taken.unwrap_or_else(|error: RecordError| alarm(error.code(), error.to_string()));
}

fn alarm(code: &'static str, detail: String) {
    Line {
        event: "memberships",
        code,
        detail: Some(detail),
        ..Line::default()
    }
    .log_error();
}
