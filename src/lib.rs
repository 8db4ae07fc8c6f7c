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
//! - [`ForwardedFields`]: which of a client's request fields go on;
//! - [`decide`]: all of it together, from a [`Request`] to a [`Verdict`];
//! - [`Reasoning`]: the same in steps, for people; [`Explanation`]: what the table says of a request;
//! - [`Asserter`]: the signed word to the origin; [`verify_assertion`] believes it;
//! - [`Answer`]: a [`Refusal`] or a [`Fault`] in the form that the client can show; [`Caller`]: whom an address is
//!   counted as.
//!
//! Faces use the core and never each other: `gate` is the Worker's request path and `service` its management API and
//! ledger, each a module of its own; `page` is the page's module, and the command line is the binary `lychgate`.

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

#[cfg(feature = "gate")]
pub mod gate;
#[cfg(any(feature = "gate", feature = "service"))]
mod isolate;
mod json;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "service")]
pub mod service;
mod sorted_map;

pub use forwarding::*;
pub use identity::*;
pub use keys::*;
pub use management::secret_scanning;
pub use policy::*;
pub use request::*;
pub use response::*;
pub use routes::*;
pub use state::*;
pub use token::*;
