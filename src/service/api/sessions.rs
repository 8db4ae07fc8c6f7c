//! People who are signed in at the page: how they come in, what they may do, how they leave.

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::Call;
use super::answer::{Stop, json, with_cookie};
use super::body::FORM;
use crate::edge::gate::with_gate;
use crate::edge::platform::{now, random_bytes};
use crate::ledger::{Order, Reply, hand_off_digest};
use crate::management::{MAXIMUM_BODY_BYTES, Objection, Parameters, form_assertion};
use crate::{
    Fault, HandOff, KeyRing, Lookup, Session, SessionCookie, SessionError, Target, Timestamp, TokenId,
    is_same_origin,
};

/// Where the page is.
const PAGE: &str = "/-/";

/// What a write of the page carries.
const CSRF_HEADER: &str = "X-Lychgate-CSRF";

impl Call {
    /// Makes a session of the hub's word on who comes.
    pub(super) async fn sign_in(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.expect_type(FORM)?;
        let text = form_assertion(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let hand_off = with_keys(|keys| HandOff::open(&text, keys, &self.own_origin, now()))?
            .map_err(Objection::HandOff)?;
        let subject = *hand_off.subject();
        let ledgers = &self.management.ledgers;
        let admit = Order::Admit {
            hand_off: hand_off_digest(hand_off.jti()),
            expires_at: hand_off.expires_at(),
        };
        let reply = ledgers.ask(ledgers.shards.home(&subject), admit).await?;
        let Reply::Admitted { first } = reply else {
            return Err(Stop::mistaken(&reply));
        };
        if !first {
            return Err(Objection::HandOffUsed.into());
        }
        let session = Session::begin(subject, now(), random_bytes()?);
        let sealed = with_keys(|keys| session.seal(keys))?;
        with_cookie(303, &self.cookie().set(&sealed), Some(PAGE))
    }

    /// Takes the cookie back.
    pub(super) fn sign_out(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        self.expect_post()?;
        Parameters::read(target, &[])?;
        self.signed_in()?;
        with_cookie(204, &self.cookie().clear(), None)
    }

    /// Who is signed in, and what their writes must carry.
    pub(super) fn session_facts(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Facts<'a> {
            subject: &'a str,
            expires_at: Timestamp,
            csrf: &'a str,
        }

        Parameters::read(target, &[])?;
        let session = self.signed_in()?;
        let csrf = with_keys(|keys| session.csrf_token(keys))?;
        let facts = Facts {
            subject: session.subject().as_str(),
            expires_at: session.expires_at(),
            csrf: &csrf,
        };
        json(200, &facts, None)
    }

    /// Whether the list in hand at this edge refuses a token.
    pub(super) async fn standing(&self, target: &Target<'_>, id: TokenId) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Standing {
            refused_here: bool,
            list_version: u64,
        }

        Parameters::read(target, &[])?;
        if !self.management.ledgers.shards.holds(id.shard) {
            return Err(Objection::NotFound.into());
        }
        self.load(id.shard).await?;
        let standing = with_gate(
            |gate| match gate.config.state.revocations.lookup(id.shard, now()) {
                Lookup::InForce(list) | Lookup::Stale(list) => Some(Standing {
                    refused_here: list.revokes(id.serial),
                    list_version: list.version(),
                }),
                Lookup::Unknown | Lookup::Missing { .. } => None,
            },
        )?;
        json(200, &standing.ok_or(Fault::RevocationsUnavailable)?, None)
    }

    /// Lets the admin go on, and this subject where it is signed in. Credentials outrank a cookie.
    pub(super) fn authorise_owner(&self, subject: &str) -> Result<(), Stop> {
        if self.authorization.is_some() || self.session_text()?.is_none() {
            return self.authorise();
        }
        if self.signed_in()?.subject().as_str() == subject {
            Ok(())
        } else {
            Err(Objection::SubjectMismatch.into())
        }
    }

    /// The session of the request, which comes from the page itself.
    fn signed_in(&self) -> Result<Session, Stop> {
        let site = self.header("Sec-Fetch-Site")?;
        let origin = self.header("Origin")?;
        if !is_same_origin(site.as_deref(), origin.as_deref(), &self.own_origin) {
            return Err(Objection::CrossSite.into());
        }
        let text = self.session_text()?.ok_or(Objection::SessionRequired)?;
        let session = with_keys(|keys| Session::open(&text, keys, now()))?.map_err(|error| match error {
            SessionError::Expired { .. } | SessionError::KeyRotated { .. } => Objection::SessionExpired,
            SessionError::Malformed | SessionError::Seal => Objection::SessionRequired,
        })?;
        if !matches!(self.method.as_str(), "GET" | "HEAD") {
            let token = self.header(CSRF_HEADER)?.unwrap_or_default();
            if !with_keys(|keys| session.accepts_csrf_token(&token, keys))? {
                return Err(Objection::CsrfInvalid.into());
            }
        }
        Ok(session)
    }

    fn session_text(&self) -> Result<Option<String>, Stop> {
        let header = self.header("Cookie")?.unwrap_or_default();
        Ok(self.cookie().value(&header).map(str::to_owned))
    }

    fn cookie(&self) -> SessionCookie {
        SessionCookie::at(&self.own_origin)
    }

    fn expect_post(&self) -> Result<(), Stop> {
        if self.method == "POST" {
            Ok(())
        } else {
            Err(Objection::MethodNotAllowed { allowed: "POST" }.into())
        }
    }
}

fn with_keys<T>(work: impl FnOnce(&KeyRing) -> T) -> Result<T, Stop> {
    Ok(with_gate(|gate| work(gate.config.state.tokens.keys()))?)
}
