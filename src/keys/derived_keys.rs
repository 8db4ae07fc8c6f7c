//! The keys derived from a root key, one per purpose, and HMAC-SHA-256 under them.
//!
//! A root key never signs anything itself. HKDF-SHA-256 (RFC 5869) derives one key per purpose, so an origin that has the
//! key for assertions cannot mint tokens. Knows nothing of key ids, or of which key is active.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::Secret;

/// The length of every derived key and of a full HMAC-SHA-256.
pub(crate) const DERIVED_KEY_BYTES: usize = 32;

/// The purpose of a derived key. Each purpose has its own key under every root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The HMAC inside access tokens.
    Token,
    /// The seal of revocation lists.
    List,
    /// The seal of membership records.
    Membership,
    /// The signed header that tells the origin who sent the request.
    Assertion,
    /// The cookies of people who are signed in, and the CSRF tokens of their writes.
    Session,
    /// The hub's sign-in assertions.
    SignIn,
}

impl Purpose {
    /// Every purpose, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Token,
        Self::List,
        Self::Membership,
        Self::Assertion,
        Self::Session,
        Self::SignIn,
    ];

    /// The purpose's name on the command line and in the HKDF info string.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::List => "list",
            Self::Membership => "membership",
            Self::Assertion => "assertion",
            Self::Session => "session",
            Self::SignIn => "sign-in",
        }
    }
}

/// HMAC states, one per purpose. Each is keyed once and cloned for every use.
#[derive(Clone)]
pub(super) struct DerivedKeys {
    token: Hmac<Sha256>,
    list: Hmac<Sha256>,
    membership: Hmac<Sha256>,
    assertion: Hmac<Sha256>,
    session: Hmac<Sha256>,
    sign_in: Hmac<Sha256>,
}

impl DerivedKeys {
    /// The keys of one root key.
    pub(super) fn from_root(root: &Secret) -> Self {
        let keyed = |purpose| keyed_hmac(derive(root, purpose).as_ref());
        Self {
            token: keyed(Purpose::Token),
            list: keyed(Purpose::List),
            membership: keyed(Purpose::Membership),
            assertion: keyed(Purpose::Assertion),
            session: keyed(Purpose::Session),
            sign_in: keyed(Purpose::SignIn),
        }
    }

    /// The key of one purpose.
    pub(super) fn of(&self, purpose: Purpose) -> &Hmac<Sha256> {
        match purpose {
            Purpose::Token => &self.token,
            Purpose::List => &self.list,
            Purpose::Membership => &self.membership,
            Purpose::Assertion => &self.assertion,
            Purpose::Session => &self.session,
            Purpose::SignIn => &self.sign_in,
        }
    }
}

/// The key of one purpose, by HKDF-SHA-256 without salt.
#[expect(
    clippy::expect_used,
    reason = "RFC 5869 section 2.3: at most 255 blocks; this is one"
)]
pub(super) fn derive(root: &Secret, purpose: Purpose) -> Zeroizing<[u8; DERIVED_KEY_BYTES]> {
    let mut key = Zeroizing::new([0; DERIVED_KEY_BYTES]);
    let info = [b"lychgate v1 ", purpose.name().as_bytes()];
    Hkdf::<Sha256>::new(None, root.expose())
        .expand_multi_info(&info, key.as_mut())
        .expect("one block of output");
    key
}

/// An HMAC state under a key of any length, to be cloned for each message.
#[expect(clippy::expect_used, reason = "RFC 2104 section 3: a key may have any length")]
pub(crate) fn keyed_hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length")
}

/// HMAC-SHA-256 over a message, under a key of any length.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; DERIVED_KEY_BYTES] {
    mac(&keyed_hmac(key), &[message])
}

/// HMAC-SHA-256 over the parts, one after the other.
pub(super) fn mac(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; DERIVED_KEY_BYTES] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
