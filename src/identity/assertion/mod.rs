//! The assertion: a signed statement to the origin of who sent one request. It is valid for a minute.
//!
//! It is a compact JWS with HS256 (`jws`), signed with the key ring's `assertion` key. It names the method and the target,
//! so a copy on another request is refused. The gate makes it from an
//! [`AuthorizedRequest`](crate::policy::AuthorizedRequest). Whoever has the [`AssertionKeys`] can verify it. Knows nothing of
//! headers or of who forwards it.

mod audience;
mod claims;
mod keys;
mod signer;
mod verification;

pub use audience::{Audience, AudienceError};
pub use claims::{ASSERTION_SECONDS, AssertedIdentity, AssertionClaims};
pub use keys::{AssertionKeys, AssertionKeysError};
pub use signer::{Assertion, AssertionSigner};
pub use verification::{Arrival, AssertionError, verify_assertion};
