//! Sessions of people at the page: signing in, authorization, signing out.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::{json, with_cookie};
use super::body::FORM;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::ledger::{AdmitAssertion, assertion_digest};
use crate::management::{ApiError, MAXIMUM_BODY_BYTES, Parameters, form_assertion};
use crate::service::raw::random_bytes;
use crate::{
    Fault, KeyRing, Session, SessionCookie, SessionError, SignInAssertion, Target, Timestamp, TokenId,
    is_same_origin,
};

/// The path of the page.
const PAGE: &str = "/-/";

/// The header with the CSRF token of the page's writes.
const CSRF_HEADER: &str = "X-Lychgate-CSRF";

impl ApiCall {
    /// Makes a session of the hub's word on who comes.
    pub(super) async fn sign_in(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.expect_type(FORM)?;
        let text = form_assertion(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let assertion = SignInAssertion::open(&text, self.keys(), self.own_origin(), now())
            .map_err(ApiError::SignInAssertion)?;
        let subject = *assertion.subject();
        let ledgers = &self.settings.ledgers;
        let admit = AdmitAssertion {
            digest: assertion_digest(assertion.jti()),
            expires_at: assertion.expires_at(),
        };
        if !ledgers.ask(ledgers.shards.home(&subject), admit).await?.first {
            return Err(ApiError::SignInAssertionUsed.into());
        }
        let session = Session::begin(subject, now(), random_bytes().map_err(worker::Error::from)?);
        let sealed = session.seal(self.keys());
        with_cookie(303, &self.cookie().set(&sealed), Some(PAGE))
    }

    /// Takes the cookie back.
    pub(super) fn sign_out(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.signed_in()?;
        with_cookie(204, &self.cookie().clear(), None)
    }

    /// Who is signed in, and what their writes must carry.
    pub(super) fn session_facts(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Facts<'a> {
            subject: &'a str,
            expires_at: Timestamp,
            csrf: &'a str,
        }

        Parameters::read(target, &[])?;
        let session = self.signed_in()?;
        let csrf = session.csrf_token(self.keys());
        let facts = Facts {
            subject: session.subject().as_str(),
            expires_at: session.expires_at(),
            csrf: &csrf,
        };
        json(200, &facts, None)
    }

    /// Whether the valid list at this edge revokes a token.
    pub(super) async fn revocation_status(
        &self,
        target: &Target<'_>,
        id: TokenId,
    ) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct RevocationStatus {
            refused_here: bool,
            list_version: u64,
        }

        Parameters::read(target, &[])?;
        if !self.settings.ledgers.shards.holds(id.shard) {
            return Err(ApiError::NotFound.into());
        }
        let list = self.gate.list(id.shard, Some(id.serial)).await?;
        let facts = list.facts.ok_or(Fault::RevocationsUnavailable)?;
        let status = RevocationStatus {
            refused_here: list.revokes,
            list_version: facts.version,
        };
        json(200, &status, None)
    }

    /// Lets the admin go on, and this subject where it is signed in. Credentials outrank a cookie.
    pub(super) fn authorise_owner(&self, subject: &str) -> Result<(), Rejection> {
        if self.authorization.is_some() || self.session_text()?.is_none() {
            return self.authorise();
        }
        if self.signed_in()?.subject().as_str() == subject {
            Ok(())
        } else {
            Err(ApiError::SubjectMismatch.into())
        }
    }

    /// The session of a request, which must come from the page itself.
    fn signed_in(&self) -> Result<Session, Rejection> {
        let site = self.header("Sec-Fetch-Site")?;
        let origin = self.header("Origin")?;
        if !is_same_origin(site.as_deref(), origin.as_deref(), self.own_origin()) {
            return Err(ApiError::CrossSite.into());
        }
        let text = self.session_text()?.ok_or(ApiError::SessionRequired)?;
        let session = Session::open(&text, self.keys(), now()).map_err(|error| match error {
            SessionError::Expired { .. } | SessionError::KeyRotated { .. } => ApiError::SessionExpired,
            SessionError::Malformed | SessionError::Seal => ApiError::SessionRequired,
        })?;
        if !matches!(self.method.as_str(), "GET" | "HEAD") {
            let token = self.header(CSRF_HEADER)?.unwrap_or_default();
            if !session.accepts_csrf_token(&token, self.keys()) {
                return Err(ApiError::CsrfInvalid.into());
            }
        }
        Ok(session)
    }

    fn session_text(&self) -> Result<Option<String>, Rejection> {
        let header = self.header("Cookie")?.unwrap_or_default();
        Ok(self.cookie().value(&header).map(str::to_owned))
    }

    fn cookie(&self) -> SessionCookie {
        SessionCookie::at(self.own_origin())
    }

    fn expect_post(&self) -> Result<(), Rejection> {
        if self.method == "POST" {
            Ok(())
        } else {
            Err(ApiError::MethodNotAllowed { allowed: "POST" }.into())
        }
    }

    fn keys(&self) -> &KeyRing {
        self.settings.tokens.keys()
    }
}
