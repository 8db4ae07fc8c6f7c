//! The rows of tokens: how they are read, and what they say.

use serde::Deserialize;

use super::store::{Store, StoreError, Values};
use super::{Ledger, LedgerError};
use crate::keys::KeyId;
use crate::ledger::{ListVersion, RevocationReason, TokenRecord, TokenState, day_name};
use crate::token::{BearerKind, Restrictions, Timestamp, TokenId};

/// A token's row.
#[derive(Deserialize)]
pub(super) struct TokenRow {
    pub(super) serial: u32,
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) bearer: BearerKind,
    pub(super) restrictions: String,
    /// 1 if the token was adopted.
    pub(super) adopted: u8,
    pub(super) key_id: KeyId,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) revocation_reason: Option<RevocationReason>,
    pub(super) revoked_in: Option<u64>,
    pub(super) replaces: Option<u32>,
    pub(super) replaced_by: Option<u32>,
    pub(super) last_used_day: Option<u32>,
    pub(super) misused_day: Option<u32>,
}

impl TokenRow {
    /// What limits the token.
    pub(super) fn restrictions(&self) -> Result<Restrictions, StoreError> {
        Restrictions::from_json(&self.restrictions).map_err(|error| StoreError(error.to_string()))
    }
}

impl Store {
    /// The token of a serial.
    pub(super) fn token(&self, serial: u32) -> Result<Option<TokenRow>, StoreError> {
        self.row(
            "SELECT * FROM token_states WHERE serial = ?",
            Values::none().number(serial),
        )
    }

    /// The token of a serial, where it is the subject's.
    pub(super) fn token_of(&self, subject: &str, serial: u32) -> Result<Option<TokenRow>, StoreError> {
        let token = self.token(serial)?;
        Ok(token.filter(|token| token.subject == subject))
    }

    /// Whether a serial is revoked, apart from what its row says where it has one.
    pub(super) fn is_foreign_revoked(&self, serial: u32) -> Result<bool, StoreError> {
        Ok(self.has(
            "SELECT serial FROM foreign_revocations WHERE serial = ?",
            Values::none().number(serial),
        )? || self.is_found_revoked(serial)?)
    }

    /// Makes sure that no serial up to this one is given out again.
    pub(super) fn skip_serial(&self, serial: u32) -> Result<(), StoreError> {
        self.run(
            "UPDATE ledger SET next_serial = max(next_serial, ?)",
            Values::none().large(u64::from(serial) + 1),
        )
    }
}

impl Ledger {
    /// The shard, which a ledger knows once it has begun.
    pub(super) fn shard(&self) -> Result<u16, LedgerError> {
        Ok(self
            .store
            .shard()?
            .ok_or_else(|| StoreError("the ledger has not begun".to_owned()))?)
    }

    /// How a token stands. Without its key in the ring, it is refused.
    pub(super) fn state(&self, row: &TokenRow, now: Timestamp) -> TokenState {
        match TokenState::at(now, row.revoked_at, row.expires_at) {
            TokenState::Live | TokenState::InGrace if !self.settings.holds_key(row.key_id) => {
                TokenState::Revoked
            }
            state @ (TokenState::Live | TokenState::InGrace | TokenState::Revoked | TokenState::Expired) => {
                state
            }
        }
    }

    /// A row as the API shows it.
    pub(super) fn record(&self, row: TokenRow, now: Timestamp) -> Result<TokenRecord, LedgerError> {
        let shard = self.shard()?;
        let id = |serial| TokenId { shard, serial }.to_string();
        let state = self.state(&row, now);
        let restrictions = row.restrictions()?;
        let is_key_gone = state == TokenState::Revoked && row.revoked_at.is_none();
        Ok(TokenRecord {
            state,
            id: id(row.serial),
            subject: row.subject,
            name: row.name,
            role: row.role,
            bearer: row.bearer,
            restrictions,
            issued_at: row.issued_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            revocation_reason: if is_key_gone {
                Some(RevocationReason::KeyRemoved)
            } else {
                row.revocation_reason
            },
            replaced_by: row.replaced_by.map(id),
            last_used_on: row.last_used_day.map(day_name),
        })
    }

    /// A version of the list, and whether it is published.
    pub(super) fn list_version(&self, version: u64) -> Result<ListVersion, LedgerError> {
        Ok(ListVersion {
            shard: self.shard()?,
            version,
            published: self.store.publication()?.has_published(version),
        })
    }
}
