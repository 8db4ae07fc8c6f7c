//! What is asked of a ledger and changes nothing.

use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::Timestamp;
use crate::isolate::clock::now;
use crate::ledger::{
    Elsewhere, GenuineToken, Introspection, ListTokens, Survey, SurveySubject, TokenPage, TokenState,
};

/// What makes a row a live token: neither revoked nor in grace, and not expired.
const LIVE: &str = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";

impl Ledger {
    /// A page of a subject's tokens, by serial.
    pub(super) fn list(&self, list: &ListTokens, now: Timestamp) -> Result<TokenPage, LedgerError> {
        let &ListTokens {
            ref subject,
            all,
            after,
            limit,
        } = list;
        let shard = self.shard()?;
        let mut rows: Vec<TokenRow> = self.store.rows(
            "SELECT * FROM tokens WHERE subject = ? AND serial > ? AND (? OR (
                (revoked_at IS NULL OR revoked_at > ?) AND (expires_at IS NULL OR expires_at > ?)
             )) ORDER BY serial LIMIT ?",
            Values::none()
                .text(subject)
                .large(after.map_or(0, u64::from))
                .number(all.into())
                .number(now)
                .number(now)
                .number(limit.saturating_add(1)),
        )?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        Ok(TokenPage {
            tokens: rows.into_iter().map(|row| row.record(shard, now)).collect(),
            more,
        })
    }

    /// What a subject has here, for another shard that is to make a token.
    pub(super) fn survey(&self, survey: &SurveySubject, now: Timestamp) -> Result<Survey, LedgerError> {
        let SurveySubject {
            subject,
            name,
            idempotency_key,
        } = survey;
        let holds_key = match idempotency_key {
            Some(key) => self.remembered(key, now)?.is_some(),
            None => false,
        };
        Ok(Survey {
            here: Elsewhere {
                live: self.live_tokens(subject, now)?,
                holds_name: self.holds_name(subject, name, now)?,
            },
            holds_key,
        })
    }

    /// How many live tokens a subject has here.
    pub(super) fn live_tokens(&self, subject: &str, now: Timestamp) -> Result<u32, LedgerError> {
        let live = self.store.number(
            &format!("SELECT count(*) AS live FROM tokens WHERE subject = ? AND {LIVE}"),
            Values::none().text(subject).number(now),
        )?;
        Ok(live.and_then(|live| u32::try_from(live).ok()).unwrap_or_default())
    }

    /// Whether a live token of the subject has this name here.
    pub(super) fn holds_name(&self, subject: &str, name: &str, now: Timestamp) -> Result<bool, LedgerError> {
        Ok(self.store.has(
            &format!("SELECT serial FROM tokens WHERE subject = ? AND {LIVE} AND name = ? LIMIT 1"),
            Values::none().text(subject).number(now).text(name),
        )?)
    }

    /// Whether a genuine, unexpired token is accepted.
    pub(super) fn introspect(&self, token: &GenuineToken) -> Result<Introspection, LedgerError> {
        let is_revoked = match self.store.token(token.serial)? {
            Some(row) => row.state(now()) == TokenState::Revoked,
            None => false,
        };
        Ok(Introspection {
            active: !is_revoked && !self.store.is_foreign_revoked(token.serial)?,
        })
    }
}
