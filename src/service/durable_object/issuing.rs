//! New tokens, and tokens that replace others.

use super::audit::Change;
use super::store::{StoreError, Values};
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::keys::KeyId;
use crate::ledger::{
    Action, Actor, CreateToken, Elsewhere, Issued, LedgerRefusal, MAXIMUM_LIVE_TOKENS, RefreshToken,
    Refreshed, Replaced, RevocationReason, TokenState,
};
use crate::token::{BearerKind, Restrictions, Role, Timestamp, TokenId};

/// A token that has no row yet.
struct NewToken<'a> {
    subject: &'a str,
    name: &'a str,
    role: &'a str,
    bearer: BearerKind,
    restrictions: &'a Restrictions,
    key_id: KeyId,
    /// Apart from restrictions.
    expires_at: Option<Timestamp>,
    replaces: Option<u32>,
    actor: Actor,
}

impl Ledger {
    /// Makes a token.
    pub(super) fn create(&self, create: &CreateToken, now: Timestamp) -> Result<Issued, LedgerError> {
        self.check_author(&create.subject, create.by)?;
        let idempotency = create.idempotency.as_ref();
        if let Some(serial) = self.replayed(idempotency, now)? {
            return self.issued(serial, true, now);
        }
        self.check_name(&create.subject, &create.name, create.elsewhere, now)?;
        self.check_room(&create.subject, create.elsewhere, now)?;
        let serial = self.insert(
            &NewToken {
                subject: &create.subject,
                name: &create.name,
                role: &create.role,
                bearer: BearerKind::User,
                restrictions: &create.restrictions,
                key_id: create.key_id,
                expires_at: create.expires_in.map(|seconds| now.saturating_add(seconds)),
                replaces: None,
                actor: create.by.actor(),
            },
            now,
        )?;
        self.remember(idempotency, serial, now)?;
        self.issued(serial, false, now)
    }

    /// Creates a token in place of another, which is revoked at once or after its grace period.
    pub(super) fn refresh(&self, refresh: &RefreshToken, now: Timestamp) -> Result<Refreshed, LedgerError> {
        self.check_author(&refresh.subject, refresh.by)?;
        let idempotency = refresh.idempotency.as_ref();
        if let Some(serial) = self.replayed(idempotency, now)? {
            return Ok(Refreshed::Issued(Box::new(self.issued(serial, true, now)?)));
        }
        let old = self
            .store
            .token_of(&refresh.subject, refresh.serial)?
            .ok_or(LedgerRefusal::NotFound)?;
        let state = self.state(&old, now);
        match state {
            TokenState::Revoked | TokenState::InGrace => return Err(LedgerRefusal::AlreadyRevoked.into()),
            // The successor takes its place at once.
            TokenState::Live if refresh.grace == 0 => {}
            TokenState::Live | TokenState::Expired => {
                let Some(elsewhere) = refresh.elsewhere else {
                    return Ok(Refreshed::SurveyNeeded { name: old.name });
                };
                if state == TokenState::Expired {
                    self.check_name(&old.subject, &old.name, elsewhere, now)?;
                }
                self.check_room(&old.subject, elsewhere, now)?;
            }
        }
        let lifetime = refresh.expires_in.or_else(|| {
            old.expires_at
                .map(|expires_at| expires_at.saturating_sub(old.issued_at))
        });
        let serial = self.insert(
            &NewToken {
                subject: &old.subject,
                name: &old.name,
                role: &old.role,
                bearer: old.bearer,
                restrictions: &old.restrictions()?,
                key_id: refresh.key_id,
                expires_at: lifetime.map(|seconds| now.saturating_add(seconds)),
                replaces: Some(old.serial),
                actor: refresh.by.actor(),
            },
            now,
        )?;
        self.store.run(
            "UPDATE tokens SET replaced_by = ? WHERE serial = ?",
            Values::none().number(serial).number(old.serial),
        )?;
        match (state, refresh.grace) {
            (TokenState::Expired | TokenState::Revoked | TokenState::InGrace, _) => {}
            (TokenState::Live, 0) => {
                self.revoke_row(&old, RevocationReason::Refreshed, refresh.by.actor(), now)?;
            }
            (TokenState::Live, grace) => self.store.run(
                "UPDATE tokens SET revoked_at = ?, revocation_reason = ? WHERE serial = ?",
                Values::none()
                    .number(now.saturating_add(grace))
                    .text(RevocationReason::Refreshed.name())
                    .number(old.serial),
            )?,
        }
        self.remember(idempotency, serial, now)?;
        Ok(Refreshed::Issued(Box::new(self.issued(serial, false, now)?)))
    }

    /// Whether a new token of the subject may have this name.
    fn check_name(
        &self,
        subject: &str,
        name: &str,
        elsewhere: Elsewhere,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if elsewhere.holds_name || self.holds_name(subject, name, now)? {
            return Err(LedgerRefusal::NameTaken.into());
        }
        Ok(())
    }

    /// Whether one more token of the subject may be accepted.
    fn check_room(&self, subject: &str, elsewhere: Elsewhere, now: Timestamp) -> Result<(), LedgerError> {
        let accepted = self
            .accepted_tokens(subject, now)?
            .saturating_add(elsewhere.accepted);
        if accepted >= MAXIMUM_LIVE_TOKENS {
            return Err(LedgerRefusal::LimitReached.into());
        }
        Ok(())
    }

    /// Writes a row, with the shard's next serial. Its role and its expiry are those to which its restrictions limit it.
    fn insert(&self, token: &NewToken<'_>, now: Timestamp) -> Result<u32, LedgerError> {
        let role: Role = token
            .role
            .parse()
            .map_err(|_| StoreError("a role is none".to_owned()))?;
        let expires_at = token.restrictions.cap_expiry(token.expires_at);
        if expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(LedgerRefusal::RestrictionExpired.into());
        }
        let serial = self.take_serial()?;
        self.store.run(
            "INSERT INTO tokens (serial, subject, name, role, bearer, restrictions, key_id, issued_at, expires_at, replaces) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            Values::none()
                .number(serial)
                .text(token.subject)
                .text(token.name)
                .text(token.restrictions.cap_role(role).name())
                .text(token.bearer.name())
                .text(&token.restrictions.to_json())
                .number(token.key_id.into())
                .number(now)
                .optional(expires_at)
                .optional(token.replaces),
        )?;
        let action = match token.replaces {
            Some(_) => Action::Refreshed,
            None => Action::Created,
        };
        self.record_change(
            &Change {
                replaces: token.replaces,
                restrictions: Some(token.restrictions),
                ..Change::of(token.actor, action, token.subject, serial)
            },
            now,
        )?;
        Ok(serial)
    }

    /// What is needed to mint a token, now or again.
    fn issued(&self, serial: u32, replayed: bool, now: Timestamp) -> Result<Issued, LedgerError> {
        let row = self
            .store
            .token(serial)?
            .filter(|row| matches!(self.state(row, now), TokenState::Live | TokenState::InGrace))
            .ok_or(LedgerRefusal::AlreadyRevoked)?;
        let old = match row.replaces {
            Some(serial) => self.store.token(serial)?,
            None => None,
        };
        Ok(Issued {
            key_id: row.key_id,
            replayed,
            replaces: old.map(|old| self.replaced(&old)).transpose()?,
            record: self.record(row, now)?,
        })
    }

    fn replaced(&self, old: &TokenRow) -> Result<Replaced, LedgerError> {
        let revoked_at = [old.revoked_at, old.expires_at].into_iter().flatten().min();
        Ok(Replaced {
            id: TokenId {
                shard: self.shard()?,
                serial: old.serial,
            }
            .to_string(),
            revoked_at: revoked_at.unwrap_or_default(),
            list: old
                .revoked_in
                .map(|version| self.list_version(version))
                .transpose()?,
        })
    }
}
