//! Lychgate: user access tokens checked at the CDN edge, before the origin sees a request.
//!
//! The core is pure: it takes values and returns values. Time and entropy are arguments. Each module answers one question.
//!
//! | module | question |
//! | --- | --- |
//! | [`token`] | What is a token? Its claims, its wire format, and the only way from its text to trust. |
//! | [`keys`] | What are tokens, lists and assertions signed with? |
//! | [`request`] | What arrived? The method, the target in its one canonical spelling, the credentials. |
//! | [`routes`] | What does the request do? |
//! | [`state`] | What is known? Revocation lists, memberships, and how fresh each is. |
//! | [`policy`] | May the request be forwarded? One evaluator, whose trace explains each decision to people. |
//! | [`response`] | What does the client receive, and why with this status? |
//! | [`forwarding`] | What reaches the origin? |
//! | [`identity`] | Who is it? Assertions to the origin, sign-in, sessions. |
//! | [`ledger`] | Which rules apply to stored tokens? |
//! | [`management`] | Which calls does the management API have? |
//! | [`calendar`] | How is a time written? |
//!
//! The interfaces use the core and never each other. `gate` (feature `gate`) is the Worker's request path and `service` (feature
//! `service`) its management API and ledger, each a WebAssembly module of its own, as is `tables` (feature `tables`), the parser of
//! route tables; `page` (feature `page`) is the page's module, and the command line is the binary `lychgate` (feature `cli`).
//!
//! # Mint a token and verify it
//!
//! ```
//! use lychgate::keys::KeyRing;
//! use lychgate::token::{Claims, Prefix, Role, TokenError, TokenId, Unverified, mint};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In production, these 32 bytes come from the system's source of entropy.
//! let keys = KeyRing::generate([1; 32]);
//! let prefix: Prefix = "hub".parse()?;
//! let claims = Claims {
//!     role: Role::Read,
//!     subject: "alice".parse()?,
//!     id: TokenId { shard: 0, serial: 7 },
//!     issued_at: 1_000,
//!     expires_at: Some(2_000),
//!     bearer: lychgate::token::BearerKind::User,
//!     restrictions: lychgate::token::Restrictions::default(),
//! };
//! let text = mint(&claims, &prefix, &keys)?;
//!
//! let token = Unverified::parse(&text, &prefix)?;
//! let verified = token.verify(&keys, 1_500)?;
//! assert_eq!(verified.claims().subject.as_str(), "alice");
//!
//! // It is refused once it has expired, and if it was made with another key ring.
//! assert!(matches!(token.verify(&keys, 2_000), Err(TokenError::Expired { .. })));
//! assert_eq!(token.verify(&KeyRing::generate([2; 32]), 1_500), Err(TokenError::Signature));
//! # Ok(())
//! # }
//! ```
//!
//! # Decide a request
//!
//! ```
//! use lychgate::keys::KeyRing;
//! use lychgate::policy::{Anonymous, Body, Mode, Request, State, Verdict, decide};
//! use lychgate::request::{Content, Sender};
//! use lychgate::response::{Answer, Client, Reader};
//! use lychgate::routes::{Access, RouteTable};
//! use lychgate::state::{Memberships, OnStale, RevocationList, Revocations};
//! use lychgate::token::{Claims, Prefix, Role, TokenId, Verifier, mint};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (prefix, keys) = (Prefix::default(), KeyRing::generate([1; 32]));
//! let claims = Claims {
//!     role: Role::Read,
//!     subject: "alice".parse()?,
//!     id: TokenId { shard: 0, serial: 7 },
//!     issued_at: 1_000,
//!     expires_at: None,
//!     bearer: lychgate::token::BearerKind::User,
//!     restrictions: lychgate::token::Restrictions::default(),
//! };
//! let authorization = format!("Bearer {}", *mint(&claims, &prefix, &keys)?);
//!
//! // The gate knows that no token of shard 0 is revoked. The list that says so is valid until 2,000.
//! let mut revocations = Revocations::default();
//! revocations.accept(RevocationList::empty(0, 1_000, 2_000))?;
//! let state = State {
//!     tokens: Verifier::new(prefix.clone(), keys),
//!     routes: RouteTable::parse("read GET /{namespace}/{repo}\nwrite POST /{namespace}/{repo}")?,
//!     revocations,
//!     memberships: Memberships::Off,
//!     anonymous: Anonymous::Deny,
//!     on_stale: OnStale::default(),
//!     mode: Mode::Enforce,
//! };
//! let request = |method, authorization| Request {
//!     method,
//!     target: "/acme/widget",
//!     authorization,
//!     api_key: None,
//!     content: Content::None,
//!     sender: Sender::default(),
//!     body: Body::Unread,
//! };
//!
//! let read = request("GET", Some(authorization.as_str()));
//! let Verdict::Forward(pass) = decide(&read, &state, 1_500).verdict else {
//!     panic!("a token with the role read may read");
//! };
//! assert_eq!(pass.access(), Access::Read);
//!
//! // The same token may not write. The refusal has the form that git shows to its user.
//! let write = request("POST", Some(authorization.as_str()));
//! let Verdict::Refuse(refusal) = decide(&write, &state, 1_500).verdict else {
//!     panic!("a token with the role read may not write");
//! };
//! let answer = Answer::to_refusal(&refusal, &Reader::new(Client::Git, &prefix));
//! assert_eq!((refusal.code(), answer.status), ("role_insufficient", 403));
//! assert!(answer.body.starts_with("This access token has the role read"));
//! # Ok(())
//! # }
//! ```
//!
//! # Sign an assertion and verify it
//!
//! ```
//! use lychgate::identity::{Arrival, AssertionSigner, Assertion, AssertionError, AssertionKeys, Audience, verify_assertion};
//! use lychgate::keys::KeyRing;
//! use lychgate::routes::Access;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeyRing::generate([1; 32]);
//! let audience: Audience = "origin".parse()?;
//!
//! // The gate's side. `Assertion::of` makes an assertion from a request that is forwarded.
//! let said = Assertion {
//!     issuer: "https://hub.example",
//!     method: "GET",
//!     target: "/acme/widget",
//!     access: Access::Public,
//!     identity: None,
//!     observed: None,
//! };
//! let header = AssertionSigner::new(&keys, audience.clone()).sign(&said, 1_000, &keys);
//!
//! // The origin's side. Its keys verify assertions and nothing else.
//! let verifying = AssertionKeys::of(&keys);
//! let verify = |target| {
//!     let arrival = Arrival { method: "GET", target };
//!     verify_assertion(&header, arrival, &audience, &verifying, 1_030, 5)
//! };
//! assert_eq!(verify("/acme/widget")?.access, Access::Public);
//! // An assertion copied to another request is refused.
//! assert!(matches!(verify("/acme/secret"), Err(AssertionError::Target)));
//! # Ok(())
//! # }
//! ```

#![cfg_attr(feature = "gate", warn(clippy::use_debug))]

pub mod calendar;
pub mod forwarding;
pub mod identity;
pub mod keys;
pub mod ledger;
pub mod management;
pub mod policy;
pub mod request;
pub mod response;
pub mod routes;
pub mod state;
pub mod token;

#[cfg(all(
    target_arch = "wasm32",
    any(feature = "gate", feature = "service", feature = "page", feature = "tables")
))]
mod allocator;
#[cfg(feature = "gate")]
pub mod gate;
#[cfg(any(feature = "gate", feature = "service"))]
mod isolate;
mod json;
mod large_map;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "service")]
pub mod service;
mod sorted_map;
mod stored;
#[cfg(feature = "tables")]
pub mod tables;
mod text_search;
