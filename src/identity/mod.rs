//! Who it is: assertions to the origin, sign-in, and sessions. Knows nothing of HTTP beyond the texts that carry them.

mod assertion;
mod hand_off;
mod hosts;
mod session;
mod session_cookie;

pub use assertion::{
    ASSERTION_SECONDS, Arrival, AssertedIdentity, Asserter, Assertion, AssertionClaims, AssertionError,
    AssertionKeys, AssertionKeysError, Audience, AudienceError, verify_assertion,
};
pub use hand_off::{CLOCK_LEEWAY_SECONDS, HandOff, HandOffError, MAXIMUM_HAND_OFF_SECONDS};
pub use hosts::{HostName, HostNameError, HostUse, Hosts};
pub use session::{SESSION_ID_BYTES, SESSION_SECONDS, Session, SessionError};
pub use session_cookie::{SessionCookie, is_same_origin};
