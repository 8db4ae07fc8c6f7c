//! `lychgate verify`: the gate's own checks of a token.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use lychgate::keys::{KeyId, KeyRing};
use lychgate::request::is_organization_token;
use lychgate::response::{Fault, Refusal};
use lychgate::state::RevocationList;
use lychgate::token::{Prefix, Timestamp, TokenError, Unverified, Verified};
use serde::Serialize;

use crate::Options;
use crate::clock;
use crate::facts::Facts;
use crate::failure::Failure;
use crate::print;
use crate::token_input::TokenInput;

const EXAMPLE: &str = "\
If the token is refused, the exit code is 1, and standard error has the code (token_invalid, token_expired, \
token_revoked, org_token_deprecated), a colon and the reason. With --revocations, the code can also be \
revocations_unavailable, for an expired list, or one of list_…, for a list that cannot be opened.

Example:
  lychgate verify - --keys ring.json --revocations list-0.bin < token.txt";

/// Checks a token as the gate does and prints its claims.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Verify {
    #[command(flatten)]
    input: TokenInput,
    /// Also look the token up in this sealed list of its shard
    #[arg(long, value_name = "FILE")]
    revocations: Option<PathBuf>,
    /// The deployment's token prefix
    #[arg(long, default_value = "hub")]
    prefix: Prefix,
}

impl Verify {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let keys = options.keys.read()?;
        let text = self.input.read()?;
        let now = clock::now()?;
        let token = self.check(&text, &keys, now)?;
        if let Some(file) = &self.revocations {
            look_up(&token, file, &keys, now)?;
        }
        let facts = Facts::from(token.claims());
        let revocation = match self.revocations {
            Some(_) => "not_revoked",
            None => "not_checked",
        };
        if options.json {
            #[derive(Serialize)]
            struct Genuine<'a> {
                #[serde(flatten)]
                facts: Facts<'a>,
                key_id: KeyId,
                revocation: &'static str,
            }
            return print::json(
                out,
                &Genuine {
                    facts,
                    key_id: token.key_id(),
                    revocation,
                },
            );
        }
        facts.print(out)?;
        print::fact(out, "key id", token.key_id())?;
        print::fact(out, "revocation", revocation.replace('_', " "))
    }

    fn check(&self, text: &str, keys: &KeyRing, now: Timestamp) -> Result<Verified, Failure> {
        if is_organization_token(text) {
            return Err(Failure::Refused {
                code: Refusal::OrganizationTokenDeprecated.code(),
                reason: "organization API tokens are no longer accepted; use a user's access token"
                    .to_owned(),
            });
        }
        Unverified::parse(text, &self.prefix)
            .and_then(|token| token.verify(keys, now))
            .map_err(|error| self.refuse(error))
    }

    fn refuse(&self, error: TokenError) -> Failure {
        if let TokenError::Expired { id, expired_at, .. } = error {
            return Failure::Refused {
                code: Refusal::TokenExpired { id, expired_at }.code(),
                reason: format!("token {id} expired on {}", clock::date(expired_at)),
            };
        }
        let remedy = if error == TokenError::Prefix {
            format!("; {} was expected (--prefix)", self.prefix.as_str())
        } else {
            String::new()
        };
        Failure::Refused {
            code: Refusal::TokenInvalid(error).code(),
            reason: format!("{error}{remedy}"),
        }
    }
}

/// Looks the token up in a list. As in the gate, an expired list still proves that a token is revoked, but never that it
/// is not.
fn look_up(token: &Verified, file: &Path, keys: &KeyRing, now: Timestamp) -> Result<(), Failure> {
    let sealed = fs::read(file).map_err(|error| {
        Failure::Unusable(format!(
            "the revocation list {} could not be read: {error}",
            file.display()
        ))
    })?;
    let list = RevocationList::open(&sealed, token.claims().id.shard, keys)?;
    let _not_revoked = list.check(token).map_err(|revoked| Failure::Refused {
        code: Refusal::TokenRevoked { id: revoked.id }.code(),
        reason: format!(
            "token {} is in version {} of shard {}'s list",
            revoked.id,
            list.version(),
            list.shard()
        ),
    })?;
    if now >= list.valid_until() {
        return Err(Failure::Refused {
            code: Fault::RevocationsUnavailable.code(),
            reason: format!(
                "the list was valid until {}; fetch or publish a newer one",
                clock::date(list.valid_until())
            ),
        });
    }
    Ok(())
}
