//! Sessions of people at the page: signing in, authorization, signing out.

use std::cell::RefCell;

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::{empty, json, with_cookie};
use super::body::FORM;
use super::rejection::Rejection;
use crate::identity::{Hosts, Session, SessionCookie, SessionError, SignInAssertion, is_same_origin};
use crate::isolate::clock::now;
use crate::keys::KeyRing;
use crate::ledger::{
    AdmitAssertion, Author, LedgerRefusal, ListTokens, Shards, SubjectLimit, assertion_digest,
};
use crate::management::{ApiError, MAXIMUM_BODY_BYTES, Parameters, form_assertion};
use crate::request::Target;
use crate::response::Fault;
use crate::service::raw::random_bytes;
use crate::service::time::now_milliseconds;
use crate::token::{Subject, Timestamp, TokenId};

/// The header with the CSRF token of the page's writes.
const CSRF_HEADER: &str = "X-Lychgate-CSRF";

thread_local! {
    /// How often people called this isolate with their sessions.
    static CALLS: RefCell<SubjectLimit> = const { RefCell::new(SubjectLimit::of_calls()) };
}

impl ApiCall {
    /// Begins a session by the hub's sign-in assertion.
    pub(super) async fn sign_in(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        self.expect_people()?;
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.expect_type(FORM)?;
        let text = form_assertion(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let assertion = SignInAssertion::open(&text, self.keys(), self.own_origin(), now())
            .map_err(ApiError::SignInAssertion)?;
        let subject = *assertion.subject();
        let admit = AdmitAssertion {
            subject: subject.as_str().to_owned(),
            digest: assertion_digest(assertion.jti()),
            expires_at: assertion.expires_at(),
        };
        let admission = self.settings.ledgers.ask(Shards::SIGN_INS, admit).await?;
        let Some(began_at) = admission.begins_at else {
            return Err(if admission.blocked {
                LedgerRefusal::SubjectBlocked.into()
            } else {
                ApiError::SignInAssertionUsed.into()
            });
        };
        // The ledger's time, by which it revokes sessions.
        let session = Session::begin(subject, began_at, random_bytes().map_err(worker::Error::from)?);
        let sealed = session.seal(self.keys());
        let page = self.settings.gate_prefix.as_str();
        with_cookie(303, &self.cookie().set(&sealed), Some(page))
    }

    /// Signs out: removes the cookie.
    pub(super) fn sign_out(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        self.expect_people()?;
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.signed_in()?;
        with_cookie(204, &self.cookie().clear(), None)
    }

    /// Who is signed in, and what their writes must carry.
    pub(super) async fn session_facts(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Facts<'a> {
            subject: &'a str,
            expires_at: Timestamp,
            csrf: &'a str,
        }

        self.expect_people()?;
        let parameters = Parameters::read(target, &["signed_out"])?;
        // A browser writes a 401 into its console; whoever looks there takes it for a fault of the page.
        let may_be_nobody = parameters.is_second("signed_out", "error", "empty")?;
        let session = match self.admitted_session().await {
            Err(Rejection::Api(ApiError::SessionRequired | ApiError::SessionExpired)) if may_be_nobody => {
                return empty(204);
            }
            session => session?,
        };
        let csrf = session.csrf_token(self.keys());
        let facts = Facts {
            subject: session.subject().as_str(),
            expires_at: session.expires_at(),
            csrf: &csrf,
        };
        json(200, &facts, None)
    }

    /// The session of the request, if its subject is not blocked and it was not revoked.
    async fn admitted_session(&self) -> Result<Session, Rejection> {
        let session = self.signed_in()?;
        self.count_call(&session)?;
        self.check_author(session.subject(), Author::session(session.issued_at()))
            .await?;
        Ok(session)
    }

    /// Whether the valid list at this edge revokes a token of this subject.
    pub(super) async fn revocation_status(
        &self,
        target: &Target<'_>,
        subject: &Subject,
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
        // Serials are dense, and nobody may watch those of others.
        let next_after = ListTokens {
            subject: subject.as_str().to_owned(),
            all: true,
            after: id.serial.checked_sub(1),
            limit: 1,
        };
        let page = self.settings.ledgers.ask(id.shard, next_after).await?;
        if page.tokens.first().is_none_or(|token| token.id != id.to_string()) {
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

    /// Where the hub is, for the page, whose own host is another.
    pub(super) fn hub_facts(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Facts<'a> {
            url: &'a str,
        }

        Parameters::read(target, &[])?;
        let own_origin = self.own_origin();
        let hub = self
            .settings
            .hosts
            .as_ref()
            .map(|hosts| hosts.hub_origin(own_origin));
        let url = hub.as_deref().unwrap_or(own_origin);
        json(200, &Facts { url }, None)
    }

    /// Whether the host by which the gate was asked serves people. Sessions count nowhere else.
    fn serves_people(&self) -> bool {
        Hosts::serve_people(self.settings.hosts.as_ref(), self.own_origin())
    }

    fn expect_people(&self) -> Result<(), Rejection> {
        if self.serves_people() {
            Ok(())
        } else {
            Err(ApiError::PageHostRequired.into())
        }
    }

    /// Authorizes the admin, and this subject if it is signed in; returns which of the two it is. Credentials outrank a
    /// cookie.
    pub(super) async fn authorise_owner(&self, subject: &str) -> Result<Author, Rejection> {
        if self.authorization.is_some() || !self.serves_people() || self.session_text()?.is_none() {
            self.authorise()?;
            return Ok(Author::ADMIN);
        }
        let session = self.signed_in()?;
        if session.subject().as_str() != subject {
            return Err(ApiError::SubjectMismatch.into());
        }
        self.count_call(&session)?;
        let by = Author::session(session.issued_at());
        match self.check_author(session.subject(), by).await {
            // Taking a right away needs only the ledger that holds it. That one was told of blocks too, and asks itself.
            Err(Rejection::Fault(Fault::LedgerUnavailable, _)) if self.method == "DELETE" => Ok(by),
            outcome => outcome.map(|()| by),
        }
    }

    /// Counts a call that has ledgers work, whatever comes of it. Revocations have a share of their own, so that nothing else keeps
    /// anybody from them.
    fn count_call(&self, session: &Session) -> Result<(), Rejection> {
        let scope = u16::from(self.method == "DELETE");
        let subject = session.subject().as_str();
        let counted = CALLS.with_borrow_mut(|calls| calls.take(scope, subject, now_milliseconds()));
        counted.map_err(|retry_after| ApiError::TooManyCalls { retry_after }.into())
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
