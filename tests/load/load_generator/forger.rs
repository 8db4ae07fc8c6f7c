//! Forged tokens. Only the key that signed them is wrong, which makes them the most expensive tokens to refuse.

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use lychgate::keys::KeyRing;
use lychgate::token::{Claims, Prefix, Role, TokenId, mint};

/// The lifetime in their claims.
const LIFETIME_SECONDS: u32 = 86_400;

/// Makes a different token for every number.
pub(crate) struct Forger {
    keys: KeyRing,
    now: u32,
}

impl Forger {
    /// A forger with a key ring of its own.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            keys: KeyRing::generate([0x5a; 32]),
            now: u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?,
        })
    }

    /// A token whose subject, shard and serial follow from the number.
    pub(crate) fn forge(&self, number: u64) -> Result<String, Box<dyn Error + Send + Sync>> {
        let claims = Claims {
            role: Role::Write,
            subject: format!("forged-{number}").parse()?,
            id: TokenId {
                shard: u16::try_from(number % 65_536)?,
                serial: u32::try_from(number % (1 << 32))?,
            },
            issued_at: self.now,
            expires_at: Some(self.now + LIFETIME_SECONDS),
            bearer: lychgate::token::BearerKind::User,
            restrictions: lychgate::token::Restrictions::default(),
        };
        Ok(mint(&claims, &Prefix::default(), &self.keys)?.to_string())
    }
}
