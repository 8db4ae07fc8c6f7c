//! `lychgate keys`: makes, rotates, removes and derives keys.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use lychgate::keys::{KeyId, KeyRing, Purpose};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::Options;
use crate::failure::{Failure, say};
use crate::key_source::KEYS_VARIABLE;
use crate::print;

const NEW_EXAMPLE: &str = "\
Cloudflare never shows a secret again, and the commands mint, rotate and revocations need the ring: keep a copy where you \
keep your secrets.

Example:
  (umask 077; lychgate keys new > ring.json)
  npx wrangler secret put LYCHGATE_KEYS < ring.json";

const ROTATE_EXAMPLE: &str = "\
Tokens of the older keys stay valid for as long as those keys stay in the ring; `lychgate keys remove` makes them invalid.

Example:
  (umask 077; lychgate keys rotate --keys ring.json > ring-new.json)
  npx wrangler secret put LYCHGATE_KEYS < ring-new.json";

const REMOVE_EXAMPLE: &str = "\
Every token that was made with the key becomes invalid as soon as the gate has the new ring, and so does every forged one. \
If a key has leaked, docs/operations.md says what to do in which order.

Example:
  (umask 077; lychgate keys remove 1 --keys ring-new.json > ring-last.json)
  npx wrangler secret put LYCHGATE_KEYS < ring-last.json";

const DERIVE_EXAMPLE: &str = "\
To verify X-Lychgate-Assertion (a JWS, HS256), an origin needs the assertion key and no other. To sign people in at the \
page (docs/sign-in.md), a hub needs the sign-in key.

With --json, the output is a JWK Set of all assertion keys of the ring. Give the new ring's set to the origin before the \
gate has the new ring: then a rotation breaks nothing.

Examples:
  (umask 077; lychgate keys derive assertion --json --keys ring.json > assertion-keys.json)
  lychgate keys derive sign-in --keys ring.json --json";

/// Make, rotate, remove and derive keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Print a new key ring of one key
    #[command(after_help = NEW_EXAMPLE)]
    New,
    /// Print the key ring with one more key, which becomes the active one
    #[command(after_help = ROTATE_EXAMPLE)]
    Rotate,
    /// Print the key ring without one of its keys
    #[command(after_help = REMOVE_EXAMPLE)]
    Remove(Remove),
    /// Print one derived key as unpadded base64url
    #[command(after_help = DERIVE_EXAMPLE)]
    Derive(Derive),
}

/// The key to remove.
#[derive(Args)]
pub(crate) struct Remove {
    /// The key's id in the ring; not the active one
    #[arg(value_name = "N")]
    key_id: KeyId,
}

/// The key to derive.
#[derive(Args)]
pub(crate) struct Derive {
    /// What the key is for
    #[arg(value_parser = PossibleValuesParser::new(Purpose::ALL.map(Purpose::name)).try_map(parse_purpose))]
    purpose: Purpose,
    /// The root key to derive it from [default: the active one]
    #[arg(long, value_name = "N")]
    key_id: Option<KeyId>,
}

impl Keys {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::New => {
                let ring = KeyRing::generate(*entropy()?);
                print_secret(&ring.to_text(), out)?;
                say(&format!(
                    "A new key ring: store it as the secret {KEYS_VARIABLE}, and keep a copy."
                ));
                Ok(())
            }
            Self::Rotate => {
                let ring = options.keys.read()?;
                let rotated = ring
                    .rotate(*entropy()?)
                    .map_err(|error| Failure::Unusable(error.to_string()))?;
                print_secret(&rotated.to_text(), out)?;
                say(&format!(
                    "Key {} is now the active one, and all {} keys stay valid. Replace the old ring with this one. \
                     Origins that verify assertions need the new `lychgate keys derive assertion`.",
                    rotated.active(),
                    rotated.key_ids().count()
                ));
                Ok(())
            }
            Self::Remove(remove) => {
                let rest = options
                    .keys
                    .read()?
                    .without(remove.key_id)
                    .map_err(|error| Failure::Usage(error.to_string()))?;
                print_secret(&rest.to_text(), out)?;
                say(&format!(
                    "The ring without key {}: everything made with that key becomes invalid once the gate has this ring.",
                    remove.key_id
                ));
                Ok(())
            }
            Self::Derive(derive) => derive.run(options, out),
        }
    }
}

impl Derive {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let ring = options.keys.read()?;
        let key_id = self.key_id.unwrap_or(ring.active());
        let key = ring.derived_key(key_id, self.purpose).ok_or_else(|| {
            let known: Vec<String> = ring.key_ids().map(|id| id.to_string()).collect();
            Failure::Usage(format!(
                "the key ring has no key {key_id}; --key-id must be one of {}",
                known.join(", ")
            ))
        })?;
        let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(key.expose()));
        if options.json && self.purpose == Purpose::Assertion {
            self.print_key_set(&ring, out)?;
        } else if options.json {
            #[derive(Serialize)]
            struct DerivedKey<'a> {
                key_id: KeyId,
                purpose: &'static str,
                key: &'a str,
            }
            print::json(
                out,
                &DerivedKey {
                    key_id,
                    purpose: self.purpose.name(),
                    key: &key,
                },
            )?;
        } else {
            print_secret(&key, out)?;
        }
        say(match self.purpose {
            Purpose::Token => "Whoever holds this key can make tokens that the gate accepts.",
            Purpose::List => "Whoever holds this key can make revocation lists that the gate accepts.",
            Purpose::Membership => {
                "Whoever holds this key can make membership records that the gate accepts."
            }
            Purpose::Assertion => "Whoever holds this key can make assertions that the origin accepts.",
            Purpose::Session => "Whoever holds this key can be signed in as anybody.",
            Purpose::SignIn => "Whoever holds this key can sign in as anybody: give it to the hub only.",
        });
        Ok(())
    }
}

impl Derive {
    /// The keys for an origin: the JWK Set (RFC 7517) of all keys of the ring, or of the one that --key-id names.
    fn print_key_set(&self, ring: &KeyRing, out: &mut dyn Write) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Jwk {
            kty: &'static str,
            kid: String,
            alg: &'static str,
            k: String,
        }
        #[derive(Serialize)]
        struct KeySet {
            keys: Vec<Jwk>,
        }
        let keys = ring
            .key_ids()
            .filter(|id| self.key_id.is_none_or(|wanted| wanted == *id))
            .filter_map(|id| {
                let key = ring.derived_key(id, self.purpose)?;
                Some(Jwk {
                    kty: "oct",
                    kid: id.to_string(),
                    alg: "HS256",
                    k: URL_SAFE_NO_PAD.encode(key.expose()),
                })
            });
        print::json(out, &KeySet { keys: keys.collect() })
    }
}

/// Prints a secret on one line and flushes it before any message follows.
fn print_secret(secret: &str, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{secret}")?;
    Ok(out.flush()?)
}

fn parse_purpose(name: String) -> Result<Purpose, String> {
    Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.name() == name)
        .ok_or_else(|| "no such purpose".to_owned())
}

fn entropy() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut())
        .map_err(|error| Failure::Unusable(format!("the system provides no random bytes: {error}")))?;
    Ok(bytes)
}
