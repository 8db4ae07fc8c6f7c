//! GitHub's secret scanning partner program: revokes tokens that were found in public.

use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::body::JSON;
use super::rejection::Rejection;
use crate::json::from_slice;
use crate::ledger::{Actor, MAXIMUM_REPORTED_TOKENS, RevocationReason};
use crate::management::secret_scanning::{Feedback, Match};
use crate::management::{ApiError, MAXIMUM_REPORT_BYTES, Parameters};
use crate::request::Target;
use crate::service::github_keys::is_genuine;

impl ApiCall {
    pub(super) async fn secret_scanning(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        let source = self.settings.scanner.as_ref().ok_or(ApiError::NotFound)?;
        Parameters::read(target, &[])?;
        let identifier = self.header("Github-Public-Key-Identifier")?;
        let signature = self.header("Github-Public-Key-Signature")?;
        let (Some(identifier), Some(signature)) = (identifier, signature) else {
            return Err(ApiError::SignatureInvalid.into());
        };
        self.expect_type(JSON)?;
        let body = self.body(MAXIMUM_REPORT_BYTES).await?;
        let keys = source.keys(&identifier).await?;
        let check = keys
            .check(&identifier, &signature)
            .ok_or(ApiError::SignatureInvalid)?;
        if !is_genuine(&check, &body).await? {
            return Err(ApiError::SignatureInvalid.into());
        }
        let matches = from_slice::<Vec<Match>>(&body)
            .ok()
            .filter(|matches| matches.len() <= MAXIMUM_REPORTED_TOKENS)
            .ok_or_else(|| {
                ApiError::body(format!(
                    "expected a JSON list of at most {MAXIMUM_REPORTED_TOKENS} matches"
                ))
            })?;
        let found: Vec<_> = matches.iter().map(|found| self.genuine(&found.token)).collect();
        self.revoke_presented(found.iter().flatten(), Actor::Github, RevocationReason::Reported)
            .await?;
        // Of a token that no ledger can revoke GitHub is told nothing: it is genuine, and still accepted.
        let feedback: Vec<Feedback<'_>> = matches
            .iter()
            .zip(&found)
            .filter(|(_, claims)| claims.as_ref().is_none_or(|claims| self.can_revoke(claims)))
            .map(|(found, claims)| Feedback::new(found, claims.is_some()))
            .collect();
        json(200, &feedback, None)
    }
}
