//! The requests that change nothing.

use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::ledger::{
    Elsewhere, GenuineToken, Introspection, ListTokens, MAXIMUM_LIVE_TOKENS, Survey, SurveySubject,
    TokenPage, TokenState,
};
use crate::token::Timestamp;

impl Ledger {
    /// A page of a subject's tokens, by serial.
    pub(super) fn list(&self, list: &ListTokens, now: Timestamp) -> Result<TokenPage, LedgerError> {
        let after = list.after.map_or(0, u64::from);
        let limit_and_one = list.limit.saturating_add(1);
        let of_subject = Values::none().text(&list.subject).large(after);
        let (query, values) = if list.all {
            (
                "SELECT * FROM token_states WHERE subject = ?1 AND serial > ?2 ORDER BY serial LIMIT ?3",
                of_subject.number(limit_and_one),
            )
        } else {
            (
                "SELECT * FROM token_states WHERE subject = ?1 AND recorded_in IS NULL AND usable_until > ?4 \
                 AND coalesce(revoked_at, usable_until) > ?4 AND key_id IN (SELECT value FROM json_each(?5)) \
                 AND +serial > ?2 ORDER BY +serial LIMIT ?3",
                of_subject
                    .number(limit_and_one)
                    .number(now)
                    .text(&self.settings.key_ids()),
            )
        };
        let mut rows: Vec<TokenRow> = self.store.rows(query, values)?;
        let more = rows.len() > usize::try_from(list.limit).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        let tokens = rows.into_iter().map(|row| self.record(row, now));
        Ok(TokenPage {
            tokens: tokens.collect::<Result<_, _>>()?,
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
                accepted: self.accepted_tokens(subject, now)?,
                holds_name: self.holds_name(subject, name, now)?,
            },
            holds_key,
        })
    }

    /// How many tokens of a subject are accepted, those in their grace included; counted no further than they may be.
    pub(super) fn accepted_tokens(&self, subject: &str, now: Timestamp) -> Result<u32, LedgerError> {
        let accepted = self.store.number(
            "SELECT count(*) FROM (SELECT 1 FROM token_states WHERE subject = ?1 AND recorded_in IS NULL \
             AND usable_until > ?2 AND revoked_in IS NULL AND key_id IN (SELECT value FROM json_each(?3)) LIMIT ?4)",
            Values::none()
                .text(subject)
                .number(now)
                .text(&self.settings.key_ids())
                .number(MAXIMUM_LIVE_TOKENS),
        )?;
        Ok(accepted
            .and_then(|accepted| u32::try_from(accepted).ok())
            .unwrap_or_default())
    }

    /// Whether a live token of the subject has this name here.
    pub(super) fn holds_name(&self, subject: &str, name: &str, now: Timestamp) -> Result<bool, LedgerError> {
        Ok(self.store.has(
            "SELECT serial FROM token_states WHERE subject = ?1 AND recorded_in IS NULL AND usable_until > ?2 \
             AND revoked_at IS NULL AND key_id IN (SELECT value FROM json_each(?3)) AND name = ?4 LIMIT 1",
            Values::none()
                .text(subject)
                .number(now)
                .text(&self.settings.key_ids())
                .text(name),
        )?)
    }

    /// Whether a genuine, unexpired token is accepted.
    pub(super) fn introspect(&self, token: &GenuineToken) -> Result<Introspection, LedgerError> {
        let is_revoked = match self.store.token(token.serial)? {
            Some(row) => self.state(&row, now()) == TokenState::Revoked,
            None => false,
        };
        Ok(Introspection {
            active: !is_revoked && !self.store.is_foreign_revoked(token.serial)?,
        })
    }
}
