//! Identity: assertions to the origin, sign-in, and sessions. Knows nothing of HTTP beyond the texts that carry them.

mod assertion;
mod hosts;
mod session;
mod session_cookie;
mod sign_in_assertion;

pub use assertion::{
    ASSERTION_SECONDS, Arrival, AssertedIdentity, Assertion, AssertionClaims, AssertionError, AssertionKeys,
    AssertionKeysError, AssertionSigner, Audience, AudienceError, verify_assertion,
};
pub use hosts::{HostName, HostNameError, Hosts};
pub use session::{SESSION_ID_BYTES, SESSION_SECONDS, Session, SessionError};
pub use session_cookie::{SessionCookie, is_same_origin};
pub use sign_in_assertion::{
    CLOCK_LEEWAY_SECONDS, MAXIMUM_SIGN_IN_ASSERTION_SECONDS, SignInAssertion, SignInAssertionError,
};
