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
//! - [`Memberships`]: what a subject is in a namespace; [`permission`]: what a token may do there;
//! - [`management`]: what a management request asks for; [`ledger`]: the rules by which tokens are kept;
//! - [`secret_scanning`]: whether a report of leaked tokens is GitHub's;
//! - [`decide`]: all of it together, from a [`Request`] to a [`Verdict`];
//! - [`Explanation`]: what the table says of a request, for people;
//! - [`Answer`]: a [`Refusal`] or a [`Fault`] in the form that the client can show.
//!
//! Faces use the core and never each other: `edge` is the Worker, `browser` the page's module, and the command
//! line is the binary `lychgate`.

mod anatomy;
mod checksum;
mod claims;
mod credentials;
mod decision;
mod explanation;
mod key_ring;
pub mod ledger;
mod lfs_batch;
pub mod management;
mod membership;
mod method;
mod permission;
mod reasoning;
mod refusal;
mod revocation;
mod routes;
mod secret;
pub mod secret_scanning;
mod target;
mod token;

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "edge")]
pub mod edge;

pub use anatomy::{Anatomy, AnatomyError, Field};
pub use claims::{Claims, FieldError, Prefix, Role, Subject, Timestamp, TokenId};
pub use credentials::{Credentials, CredentialsError, MAXIMUM_HEADER_BYTES, is_organization_token};
pub use decision::{
    Anonymous, Body, Decision, Identification, Mode, Need, Observed, Pass, Request, State, Verdict, decide,
    identify,
};
pub use explanation::Explanation;
pub use key_ring::{KeyId, KeyRing, KeyRingError, MINIMUM_KEY_BYTES, Purpose};
pub use lfs_batch::{MAXIMUM_BATCH_BYTES, is_plain_batch};
pub use membership::{MembershipLookup, MembershipRole, Memberships};
pub use method::{Method, MethodError};
pub use permission::{Permission, permission};
pub use reasoning::{Bearer, Reasoning, Shown, Step, Supposed};
pub use refusal::{Answer, Client, Fault, Refusal};
pub use revocation::{
    ListError, Lookup, MAXIMUM_LIST_BYTES, NotRevoked, OnStale, RevocationList, Revocations, Revoked,
};
pub use routes::{Access, Class, Route, RouteError, RouteTable, RouteTableError, Rule};
pub use secret::Secret;
pub use target::{MAXIMUM_TARGET_BYTES, Target, TargetError};
pub use token::{TokenError, Unverified, Verified, mint, mint_with};
