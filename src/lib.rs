//! Lychgate: user access tokens checked at the CDN edge, before the origin sees a request.
//!
//! The map of the house. The core is pure: values in, verdict out; time and entropy are arguments.
//!
//! - [`KeyRing`]: the root keys, and the keys derived from them;
//! - [`Unverified`] and [`Verified`]: a token before and after it is believed; [`mint`] makes one;
//! - [`Anatomy`]: a token's text taken apart for people, none of it verified;
//! - [`Credentials`]: the `Authorization` header, down to the token's text;
//! - [`Target`]: a request target, canonical or refused;
//! - [`RouteTable`]: what a request does;
//! - [`RevocationList`]: which tokens were ended;
//! - [`Memberships`]: what a subject is in a namespace, by its [`MembershipRecord`];
//! - [`permission`]: what a token may do there;
//! - [`management`]: what a management request asks for; [`ledger`]: the rules by which tokens are kept;
//! - [`HandOff`], [`Session`] and [`SessionCookie`]: how people sign in at the page;
//! - [`secret_scanning`]: whether a report of leaked tokens is GitHub's;
//! - [`decide`]: all of it together, from a [`Request`] to a [`Verdict`];
//! - [`Reasoning`]: the same in steps, for people; [`Explanation`]: what the table says of a request;
//! - [`Asserter`]: the signed word to the origin; [`verify_assertion`] believes it;
//! - [`Answer`]: a [`Refusal`] or a [`Fault`] in the form that the client can show; [`Caller`]: whom an address is
//!   counted as.
//!
//! Faces use the core and never each other: `gate` is the Worker's request path and `service` its management API and
//! ledger, each a module of its own; `browser` is the page's module, and the command line is the binary `lychgate`.

mod anatomy;
mod ascii_set;
mod assertion;
mod caller;
mod claims;
mod credentials;
mod decision;
mod envelope;
mod explanation;
mod hand_off;
mod jws;
mod key_ring;
pub mod ledger;
mod lfs_batch;
pub mod management;
mod membership;
mod method;
mod permission;
mod reading;
mod reasoning;
mod refusal;
mod revocation;
mod routes;
mod secret;
pub mod secret_scanning;
mod session;
mod session_cookie;
mod target;
mod token;

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "gate")]
pub mod gate;
#[cfg(any(feature = "gate", feature = "service"))]
mod isolate;
#[cfg(feature = "service")]
pub mod service;

pub use anatomy::{Anatomy, AnatomyError, Field};
pub use assertion::{
    ASSERTION_SECONDS, Arrival, AssertedIdentity, Asserter, Assertion, AssertionClaims, AssertionError,
    AssertionKeys, AssertionKeysError, Audience, AudienceError, verify_assertion,
};
pub use caller::Caller;
pub use claims::{Claims, FieldError, Prefix, Role, Subject, Timestamp, TokenId};
pub use credentials::{Credentials, CredentialsError, MAXIMUM_HEADER_BYTES, is_organization_token};
pub use decision::{
    Anonymous, Body, Decision, Mode, Need, Observed, Pass, Request, State, Verdict, decide, identify,
};
pub use envelope::EnvelopeError;
pub use explanation::Explanation;
pub use hand_off::{CLOCK_LEEWAY_SECONDS, HandOff, HandOffError, MAXIMUM_HAND_OFF_SECONDS};
pub use jws::{JwsError, MAXIMUM_JWS_BYTES};
pub use key_ring::{KeyId, KeyRing, KeyRingError, MINIMUM_KEY_BYTES, Purpose};
pub use lfs_batch::{MAXIMUM_BATCH_BYTES, is_plain_batch};
pub use membership::{
    MAXIMUM_NAMESPACES, MAXIMUM_RECORD_BYTES, MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecord,
    MembershipRecords, MembershipRole, Memberships, Namespace, RecordError, Roles, RolesError,
};
pub use method::{Method, MethodError};
pub use permission::{Permission, permission};
pub use reading::{Freshness, READ_SECONDS, REFRESHES_MISSED, Reading};
pub use reasoning::{Bearer, Reasoning, Shown, Step, Supposed};
pub use refusal::{Answer, Client, Fault, Refusal};
pub use revocation::{
    ListError, ListFacts, ListReport, ListState, Lookup, MAXIMUM_LIST_BYTES, NotRevoked, OnStale,
    RevocationList, Revocations, Revoked,
};
pub use routes::{Access, Class, Route, RouteError, RouteTable, RouteTableError, Rule};
pub use secret::Secret;
pub use session::{SESSION_ID_BYTES, SESSION_SECONDS, Session, SessionError};
pub use session_cookie::{SessionCookie, is_same_origin};
pub use target::{MAXIMUM_TARGET_BYTES, Target, TargetError};
pub use token::{TokenError, Unverified, Verified, Verifier, mint, mint_with};
