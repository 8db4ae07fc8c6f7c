//! Whether a token is revoked, according to the cached list of its shard. Knows nothing of where lists are fetched.

use crate::response::{Fault, Refusal};
use crate::routes::Access;
use crate::state::{Lookup, NotRevoked, OnStale, RevocationList};
use crate::token::{Timestamp, Verified};

use super::input::State;
use super::verdict::{Halt, Need};

/// What is known of whether a token is revoked.
pub(super) enum RevocationStatus {
    /// A valid list does not have it.
    NotRevoked(NotRevoked),
    /// No valid list is cached, and the deployment allows reads for now.
    Unknown,
}

impl RevocationStatus {
    /// Looks the token up.
    ///
    /// # Errors
    /// [`Halt`] if it is revoked, if its shard's list has not been requested yet, or if there is no valid list and the deployment
    /// allows nothing without one.
    pub(super) fn of(token: &Verified, state: &State, now: Timestamp) -> Result<Self, Halt> {
        let shard = token.claims().id.shard;
        match state.revocations.lookup(shard, now) {
            Lookup::Unknown => Err(Halt::Wait(Need::RevocationList(shard))),
            Lookup::Missing { since } => Self::without_list(since, state.on_stale, now),
            Lookup::InForce(list) => Ok(Self::NotRevoked(check(list, token)?)),
            Lookup::Stale(list) => {
                // A token that an old list revokes stays revoked; an old list never shows that one is not.
                let _no_longer_in_force = check(list, token)?;
                Self::without_list(list.valid_until(), state.on_stale, now)
            }
        }
    }

    fn without_list(since: Timestamp, on_stale: OnStale, now: Timestamp) -> Result<Self, Halt> {
        if on_stale.lets_reads_through(since, now) {
            Ok(Self::Unknown)
        } else {
            Err(Halt::Fail(Fault::RevocationsUnavailable))
        }
    }

    /// Checks whether the status suffices for the request's access.
    ///
    /// # Errors
    /// [`Fault::RevocationsUnavailable`] if the request does more than read and there was no valid list.
    pub(super) fn check(&self, access: Access) -> Result<(), Halt> {
        match self {
            Self::NotRevoked(_) => Ok(()),
            Self::Unknown if access <= Access::Read => Ok(()),
            Self::Unknown => Err(Halt::Fail(Fault::RevocationsUnavailable)),
        }
    }
}

fn check(list: &RevocationList, token: &Verified) -> Result<NotRevoked, Refusal> {
    list.check(token)
        .map_err(|revoked| Refusal::TokenRevoked { id: revoked.id })
}
