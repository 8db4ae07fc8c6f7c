//! Keys: the key ring and the keys derived from it, the wrapper for secrets, the envelope around stored records, and
//! signed JSON (JWS). Knows nothing of tokens, HTTP or the platform.

pub(crate) mod envelope;
pub(crate) mod jws;
mod key_ring;
mod secret;

pub use envelope::EnvelopeError;
pub use jws::{JwsError, MAXIMUM_JWS_BYTES};
pub(crate) use key_ring::{DERIVED_KEY_BYTES, UnknownKey, hmac, keyed_hmac, parse_key_id};
pub use key_ring::{KeyId, KeyRing, KeyRingError, MINIMUM_KEY_BYTES, Purpose};
pub use secret::Secret;
