//! Whether a token is revoked, as far as the cached list of its shard tells. Knows nothing of where lists are fetched.

use crate::response::{Fault, Refusal};
use crate::routes::Access;
use crate::state::{Lookup, NotRevoked, OnStale, RevocationList};
use crate::token::{Timestamp, Verified};

use super::input::State;
use super::verdict::{Halt, Need};

/// What is known of whether a token was revoked.
pub(super) enum RevocationStatus {
    /// A valid list does not have it.
    NotRevoked(NotRevoked),
    /// No valid list is cached, and the deployment lets reads through for now.
    Unknown,
}

impl RevocationStatus {
    /// Looks the token up.
    ///
    /// # Errors
    /// [`Halt`] where it is revoked, its shard's list was not asked for yet, or there is no valid list and the deployment
    /// allows nothing without one.
    pub(super) fn of(token: &Verified, state: &State, now: Timestamp) -> Result<Self, Halt> {
        let shard = token.claims().id.shard;
        match state.revocations.lookup(shard, now) {
            Lookup::Unknown => Err(Halt::Wait(Need::RevocationList(shard))),
            Lookup::Missing { since } => Self::without_list(since, state.on_stale, now),
            Lookup::InForce(list) => Ok(Self::NotRevoked(check(list, token)?)),
            Lookup::Stale(list) => {
                // What an old list says of a revoked token stays true; what it does not say counts for nothing.
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

    /// Whether that is enough for what the request does.
    ///
    /// # Errors
    /// [`Fault::RevocationsUnavailable`] where it does more than read and no valid list was there to ask.
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
