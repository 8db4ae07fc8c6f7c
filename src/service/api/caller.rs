//! Who calls: whoever has the admin key, or somebody else.

use super::ApiCall;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::management::ApiError;
use crate::{Claims, Credentials, Refusal, Secret, Target, Timestamp, identify};

/// Before every expiry: what was genuine once is genuine still.
const WHENEVER: Timestamp = 0;

impl ApiCall {
    /// Lets whoever has the admin key go on.
    pub(super) fn authorise(&self) -> Result<(), Rejection> {
        let Some((scheme, key)) = self
            .authorization
            .as_deref()
            .and_then(|header| header.split_once(' '))
        else {
            return Err(ApiError::AdminKeyRequired.into());
        };
        let key = key.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer")
            && Secret::new(key.as_bytes().to_vec()) == self.settings.admin_key
        {
            return Ok(());
        }
        let error = match self.presented_token()? {
            Some(text) if self.genuine(&text).is_some() => ApiError::TokenIsNoAdmin,
            Some(_) | None => ApiError::AdminKeyRequired,
        };
        Err(error.into())
    }

    /// The token that the request carries as its credentials, unread.
    fn presented_token(&self) -> Result<Option<zeroize::Zeroizing<String>>, Rejection> {
        let target = Target::parse("/").map_err(|_| ApiError::NotFound)?;
        let credentials = Credentials::read(self.authorization.as_deref(), &target);
        Ok(credentials
            .ok()
            .and_then(|credentials| credentials.token().map(|text| text.to_owned().into())))
    }

    /// Who the token of the request says its bearer is. Whether it was revoked is not asked.
    pub(super) fn identify(&self, target: &Target<'_>) -> Result<Claims, Rejection> {
        let credentials = Credentials::read(self.authorization.as_deref(), target)
            .map_err(Refusal::CredentialsMalformed)?;
        let text = credentials.token().ok_or(Refusal::TokenRequired)?;
        Ok(identify(text, &self.settings.tokens, now())?)
    }

    /// What a text says of itself, where it is a genuine token of this deployment, expired or not.
    pub(super) fn genuine(&self, text: &str) -> Option<Claims> {
        self.genuine_at(text, WHENEVER)
    }

    /// What a text says of itself, where it is a genuine token of this deployment and not expired.
    pub(super) fn genuine_at(&self, text: &str, now: Timestamp) -> Option<Claims> {
        let verified = self.settings.tokens.verify(text, now);
        verified.ok().map(|token| token.claims().clone())
    }
}
