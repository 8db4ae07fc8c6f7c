//! Keys: the key ring and the keys derived from it, the wrapper for secrets, the envelope around stored records, and
//! signed JSON (JWS). Knows nothing of tokens, HTTP or the platform.

mod derived_keys;
pub(crate) mod envelope;
pub(crate) mod jws;
mod key_ring;
mod secret;

pub use derived_keys::Purpose;
pub(crate) use derived_keys::{DERIVED_KEY_BYTES, hmac, keyed_hmac};
pub use envelope::EnvelopeError;
pub use jws::{JwsError, MAXIMUM_JWS_BYTES};
pub use key_ring::{KeyId, KeyRing, KeyRingError, MINIMUM_KEY_BYTES};
pub(crate) use key_ring::{UnknownKey, parse_key_id};
pub use secret::Secret;
