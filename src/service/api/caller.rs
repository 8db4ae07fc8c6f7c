//! Who calls: whoever has the admin key, or somebody else.

use super::Call;
use super::answer::Stop;
use crate::edge::gate::with_gate;
use crate::edge::platform::now;
use crate::management::Objection;
use crate::{Claims, Credentials, Identification, Refusal, Secret, Target, Timestamp, identify};

/// Before every expiry: what was genuine once is genuine still.
const WHENEVER: Timestamp = 0;

impl Call {
    /// Lets whoever has the admin key go on.
    pub(super) fn authorise(&self) -> Result<(), Stop> {
        let Some((scheme, key)) = self
            .authorization
            .as_deref()
            .and_then(|header| header.split_once(' '))
        else {
            return Err(Objection::AdminKeyRequired.into());
        };
        let key = key.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer")
            && Secret::new(key.as_bytes().to_vec()) == self.management.admin_key
        {
            return Ok(());
        }
        let objection = match self.presented_token()? {
            Some(text) if genuine(&text)?.is_some() => Objection::TokenIsNoAdmin,
            Some(_) | None => Objection::AdminKeyRequired,
        };
        Err(objection.into())
    }

    /// The token that the request carries as its credentials, unread.
    fn presented_token(&self) -> Result<Option<zeroize::Zeroizing<String>>, Stop> {
        let target = Target::parse("/").map_err(|_| Objection::NotFound)?;
        let credentials = Credentials::read(self.authorization.as_deref(), &target);
        Ok(credentials
            .ok()
            .and_then(|credentials| credentials.token().map(|text| text.to_owned().into())))
    }

    /// What the gate makes of the token that the request carries.
    pub(super) fn identify(&self, target: &Target<'_>) -> Result<Identification, Stop> {
        let credentials = Credentials::read(self.authorization.as_deref(), target)
            .map_err(Refusal::CredentialsMalformed)?;
        let text = credentials.token().ok_or(Refusal::TokenRequired)?;
        Ok(with_gate(|gate| identify(text, &gate.config.state, now()))?)
    }
}

/// What a text says of itself, where it is a genuine token of this deployment, expired or not.
pub(super) fn genuine(text: &str) -> Result<Option<Claims>, Stop> {
    genuine_at(text, WHENEVER)
}

/// What a text says of itself, where it is a genuine token of this deployment and not expired.
pub(super) fn genuine_at(text: &str, now: Timestamp) -> Result<Option<Claims>, Stop> {
    Ok(with_gate(|gate| {
        let verified = gate.config.state.tokens.verify(text, now);
        verified.ok().map(|token| *token.claims())
    })?)
}
