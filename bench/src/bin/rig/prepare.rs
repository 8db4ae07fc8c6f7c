//! The keys, tokens and lists of a run: those of the gate, and JWTs with the same claims for its peers.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lychgate::keys::KeyRing;
use lychgate::state::{MembershipRecord, RevocationList, Roles};
use lychgate::token::{BearerKind, Claims, Prefix, Restrictions, Role, Subject, TokenId, mint};
use lychgate_bench::{RESTRICTIONS, Random, key_ring};
use serde_json::json;
use sha2::Sha256;

/// The number of issued tokens.
const ISSUED: u32 = 1_000_000;

/// The number of them that are revoked.
const REVOKED: u32 = 100_000;

/// The number of different tokens of each kind that are sent.
const SENT: usize = 10_000;

/// The number of tokens that are sent where the gate must not have met any: three times as many as it remembers.
const NEW: usize = 50_000;

/// The number of users that the tokens belong to.
const SUBJECTS: u32 = 1_000;

/// The peers' secret, of the same length as a derived key of the gate.
const JWT_SECRET: &[u8; 32] = b"bench-secret-of-thirty-two-bytes";

const DAY: u32 = 86_400;

/// What makes tokens, genuine or forged.
struct Mint {
    /// The gate's own keys.
    keys: KeyRing,
    /// Other keys with the same ids, by which forged tokens are signed.
    foreign_keys: KeyRing,
}

/// Writes everything into a folder.
pub fn prepare(folder: &Path) -> Result<(), Box<dyn Error>> {
    let now = u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let mint = Mint {
        keys: key_ring(2)?,
        foreign_keys: KeyRing::generate([99; 32]).rotate([98; 32])?,
    };
    let mut is_revoked = vec![false; ISSUED as usize];
    for serial in Random::new(1).choose(REVOKED, ISSUED) {
        if let Some(flag) = is_revoked.get_mut(serial as usize) {
            *flag = true;
        }
    }
    let serials = |revoked: bool, count: usize| {
        let mut random = Random::new(7);
        std::iter::repeat_with(move || random.below(ISSUED))
            .filter(|serial| is_revoked.get(*serial as usize) == Some(&revoked))
            .take(count)
            .collect::<Vec<u32>>()
    };
    let good = serials(false, SENT);
    for part in ["kv", "tokens"] {
        fs::create_dir_all(folder.join(part))?;
    }
    let revoked: Vec<u32> = Random::new(1).choose(REVOKED, ISSUED).collect();
    let list = RevocationList::new(0, 1, revoked.iter().copied(), now, now + 7 * DAY);
    fs::write(folder.join("kv/revocations_0"), list.seal(&mint.keys))?;
    let ids: Vec<String> = revoked.iter().map(|serial| format!("0-{serial}")).collect();
    fs::write(folder.join("kv/revoked"), serde_json::to_vec(&ids)?)?;
    for number in 0..SUBJECTS {
        let subject: Subject = subject(number).parse()?;
        let roles = br#"{"acme":"write"}"#;
        let record = MembershipRecord::new(subject, 1, (now, u32::MAX), Roles::parse(roles)?);
        fs::write(
            folder.join(format!("kv/members_{}", subject.as_str())),
            record.seal(&mint.keys),
        )?;
        fs::write(folder.join(format!("kv/roles_{}", subject.as_str())), roles)?;
    }
    let claims = |serial, role, expires_at, restrictions: &Restrictions| -> Result<Claims, Box<dyn Error>> {
        Ok(Claims {
            role,
            subject: subject(serial).parse()?,
            id: TokenId { shard: 0, serial },
            issued_at: now - 2 * DAY,
            expires_at: Some(expires_at),
            bearer: BearerKind::User,
            restrictions: restrictions.clone(),
        })
    };
    let many = serials(false, NEW);
    for (name, serials, role, expires_at, forged) in [
        ("read", &good, Role::Read, now + DAY, false),
        ("new", &many, Role::Read, now + DAY, false),
        ("write", &good, Role::Write, now + DAY, false),
        ("forged", &good, Role::Read, now + DAY, true),
        ("expired", &good, Role::Read, now - DAY, false),
        ("revoked", &serials(true, SENT), Role::Read, now + DAY, false),
    ] {
        let (mut gate, mut jwt) = (String::new(), String::new());
        for serial in serials {
            let claims = claims(*serial, role, expires_at, &Restrictions::default())?;
            gate.push_str(&mint.token(&claims, forged)?);
            gate.push('\n');
            jwt.push_str(&mint.jwt(&claims, forged)?);
            jwt.push('\n');
        }
        fs::write(folder.join("tokens").join(format!("gate-{name}")), gate)?;
        fs::write(folder.join("tokens").join(format!("jwt-{name}")), jwt)?;
    }
    let restrictions = Restrictions::from_json(RESTRICTIONS)?;
    for (name, serials) in [("gate-restricted-read", &good), ("gate-restricted-new", &many)] {
        let mut tokens = String::new();
        for serial in serials {
            let claims = claims(*serial, Role::Read, now + DAY, &restrictions)?;
            tokens.push_str(&mint.token(&claims, false)?);
            tokens.push('\n');
        }
        fs::write(folder.join("tokens").join(name), tokens)?;
    }
    fs::write(folder.join("keys"), mint.keys.to_text().as_bytes())?;
    fs::write(folder.join("jwt-secret"), JWT_SECRET)?;
    Ok(())
}

/// The subject of the token with this serial.
fn subject(serial: u32) -> String {
    format!("user-{}", serial % SUBJECTS)
}

impl Mint {
    /// A token of the gate.
    fn token(&self, claims: &Claims, forged: bool) -> Result<String, Box<dyn Error>> {
        let keys = if forged { &self.foreign_keys } else { &self.keys };
        Ok(mint(claims, &Prefix::default(), keys)?.to_string())
    }

    /// A JWT of the gate's peers.
    fn jwt(&self, claims: &Claims, forged: bool) -> Result<String, Box<dyn Error>> {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let payload = json!({
            "sub": claims.subject.as_str(),
            "role": claims.role.name(),
            "jti": claims.id.to_string(),
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        });
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload.to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(JWT_SECRET)?;
        mac.update(signed.as_bytes());
        if forged {
            mac.update(b"forged");
        }
        Ok(format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        ))
    }
}
