//! The caller of the API: whoever has the admin key, or somebody else.

use super::ApiCall;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::keys::Secret;
use crate::management::ApiError;
use crate::policy::identify;
use crate::request::{ClientAddress, Credentials, Target};
use crate::response::Refusal;
use crate::token::{Claims, Timestamp};

/// A time before every expiry, for checks that only ask whether a token is genuine.
const WHENEVER: Timestamp = 0;

impl ApiCall {
    /// Authorizes the holder of the admin key.
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

    /// The token in the request's credentials, not parsed yet.
    fn presented_token(&self) -> Result<Option<zeroize::Zeroizing<String>>, Rejection> {
        let target = Target::parse("/").map_err(|_| ApiError::NotFound)?;
        let credentials = Credentials::read(self.authorization.as_deref(), None, &target);
        Ok(credentials
            .ok()
            .and_then(|credentials| credentials.token().map(|text| text.to_owned().into())))
    }

    /// The user of the request's token. This does not check whether it is revoked.
    pub(super) fn identify(&self, target: &Target<'_>) -> Result<Claims, Rejection> {
        let credentials = Credentials::read(self.authorization.as_deref(), None, target)
            .map_err(Refusal::CredentialsMalformed)?;
        let text = credentials.token().ok_or(Refusal::TokenRequired)?;
        let address = self.address();
        let address = address
            .as_deref()
            .map_or(ClientAddress::Unknown, ClientAddress::At);
        Ok(identify(text, &self.settings.tokens, address, now())?)
    }

    /// The claims of a text, if it is a genuine token of this deployment, expired or not.
    pub(super) fn genuine(&self, text: &str) -> Option<Claims> {
        self.genuine_at(text, WHENEVER)
    }

    /// The claims of a text, if it is a genuine token of this deployment and has not expired.
    pub(super) fn genuine_at(&self, text: &str, now: Timestamp) -> Option<Claims> {
        let verified = self.settings.tokens.verify(text, now);
        verified.ok().map(|token| token.claims().clone())
    }
}
