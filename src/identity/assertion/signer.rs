//! The signer of assertions: the gate's side. Knows nothing of headers, of who forwards the assertion, or of who verifies it.

use super::audience::Audience;
use super::claims::ASSERTION_SECONDS;
use crate::json::{push_escaped, push_number};
use crate::keys::jws::{self, Header};
use crate::keys::{KeyRing, Purpose};
use crate::policy::{AuthorizedRequest, Observed};
use crate::routes::Access;
use crate::token::{Claims, Timestamp};

/// The signer of assertions: the encoded header of the active key, and the audience. Both are prepared once.
#[derive(Clone, Debug)]
pub struct AssertionSigner {
    header: Header,
    audience: Audience,
}

/// The statement about one request that an assertion makes.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// The gate's own scheme and host, as the client asked for it.
    pub issuer: &'a str,
    /// The method that is forwarded.
    pub method: &'a str,
    /// The target that is forwarded: path and query.
    pub target: &'a str,
    /// What the request needs.
    pub access: Access,
    /// The user and token; `None` for public requests and for anonymous reads.
    pub identity: Option<&'a Claims>,
    /// The code of the refusal that `MODE = "observe"` suppressed.
    pub observed: Option<&'a str>,
}

impl<'a> Assertion<'a> {
    /// The statement about an authorized request.
    pub fn of(authorized: &'a AuthorizedRequest<'_>, method: &'a str, issuer: &'a str) -> Self {
        Self {
            issuer,
            method,
            target: authorized.target(),
            access: authorized.access(),
            identity: authorized.identity(),
            observed: authorized.observed().map(Observed::code),
        }
    }
}

impl AssertionSigner {
    /// A signer of assertions for that audience, with the ring's active key.
    pub fn new(keys: &KeyRing, audience: Audience) -> Self {
        Self {
            header: Header::naming(keys.active()),
            audience,
        }
    }

    /// Signs an assertion. The result is visible ASCII and fits into a header. `keys` is the ring that made this signer.
    pub fn sign(&self, assertion: &Assertion<'_>, now: Timestamp, keys: &KeyRing) -> String {
        jws::sign(
            &self.header,
            &self.claims(assertion, now),
            keys,
            Purpose::Assertion,
        )
    }

    /// The claims as JSON, in the order of the documentation.
    fn claims(&self, assertion: &Assertion<'_>, now: Timestamp) -> String {
        /// Room for the fixed parts around the variable ones, and for the short variable ones.
        const REST_BYTES: usize = 352;
        let mut json = String::with_capacity(assertion.target.len().saturating_add(REST_BYTES));
        json.push_str(r#"{"iss":""#);
        push_escaped(&mut json, assertion.issuer);
        json.push_str(r#"","aud":""#);
        json.push_str(self.audience.as_str());
        if let Some(identity) = assertion.identity {
            json.push_str(r#"","sub":""#);
            json.push_str(identity.subject.as_str());
            json.push_str(r#"","role":""#);
            json.push_str(identity.effective_role().name());
        }
        json.push_str(r#"","access":""#);
        json.push_str(assertion.access.name());
        if let Some(identity) = assertion.identity {
            json.push_str(r#"","jti":""#);
            push_number(&mut json, &identity.id);
        }
        json.push_str(r#"","htm":""#);
        push_escaped(&mut json, assertion.method);
        json.push_str(r#"","htu":""#);
        push_escaped(&mut json, assertion.target);
        if let Some(observed) = assertion.observed {
            json.push_str(r#"","observed":""#);
            push_escaped(&mut json, observed);
        }
        json.push('"');
        if let Some(identity) = assertion.identity
            && !identity.restrictions.is_empty()
        {
            json.push_str(r#","restrictions":"#);
            json.push_str(&identity.restrictions.to_json());
        }
        json.push_str(r#","iat":"#);
        push_number(&mut json, &now);
        json.push_str(r#","exp":"#);
        push_number(&mut json, &now.saturating_add(ASSERTION_SECONDS));
        json.push('}');
        json
    }
}
