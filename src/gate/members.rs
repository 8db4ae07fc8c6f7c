//! The membership records of this isolate: how they are fetched and refreshed.
//!
//! Only a change in a namespace that is not the subject's own needs a record. Only its first use waits, and the first use after a
//! pause; otherwise the gate uses the cached record, and refreshes it after the response.

use js_sys::Promise;

use super::platform::{KvNamespace, Settled, bytes};
use crate::isolate::log::Line;
use crate::{
    Freshness, KeyRing, MembershipRecord, MembershipRecords, Memberships, REFRESHES_MISSED, RecordError,
    State, Subject, Timestamp,
};

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

/// A promise of a subject's sealed record.
pub(super) fn begin(
    memberships: &mut Memberships,
    subject: &Subject,
    store: &KvNamespace,
    now: Timestamp,
) -> Promise {
    match memberships {
        Memberships::Off => {}
        Memberships::On(records) => records.begin(subject, now),
    }
    store.read_bytes(&format!("members/{}", subject.as_str()))
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
            alarm("membership_unreadable", "KV failed or took too long".to_owned());
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
