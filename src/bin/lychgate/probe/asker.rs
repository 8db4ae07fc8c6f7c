//! Who asks: nobody, or the bearer of a token that is made for this. Tokens come from the environment or a file, never
//! from an argument, where every process on the machine could see them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::Args;
use lychgate::Access;
use zeroize::{Zeroize, Zeroizing};

use crate::failure::Failure;

/// The environment variables that hold the tokens.
const READ_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_READ_TOKEN";
const WRITE_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_WRITE_TOKEN";

/// The tokens' sources.
#[derive(Args)]
pub(crate) struct TokenSources {
    /// File that holds a read token [default: the environment variable LYCHGATE_PROBE_READ_TOKEN]
    #[arg(long, value_name = "FILE")]
    read_token_file: Option<PathBuf>,
    /// File that holds a write token; without one, nothing is asked with it [default: LYCHGATE_PROBE_WRITE_TOKEN]
    #[arg(long, value_name = "FILE")]
    write_token_file: Option<PathBuf>,
}

/// Somebody who asks the gate, or the gate itself as it asks the origin.
pub(crate) struct Asker {
    /// As findings name them.
    pub(crate) name: &'static str,
    /// What every request of theirs has.
    pub(crate) headers: Vec<(String, String)>,
    /// The most that they may have done.
    pub(crate) allowed: Access,
}

impl TokenSources {
    /// Those who ask the gate: nobody in particular, a reader, and a writer where there is a token for one.
    pub(crate) fn askers(&self) -> Result<Vec<Asker>, Failure> {
        let reader = read(self.read_token_file.as_deref(), READ_TOKEN_VARIABLE)?.ok_or_else(|| {
            Failure::Usage(format!(
                "this needs a read token that the gate takes. Set {READ_TOKEN_VARIABLE}, or name a file with \
                 --read-token-file"
            ))
        })?;
        let mut askers = vec![
            Asker {
                name: "nobody",
                headers: Vec::new(),
                allowed: Access::Public,
            },
            Asker::bearer("reader", &reader, Access::Read),
        ];
        if let Some(writer) = read(self.write_token_file.as_deref(), WRITE_TOKEN_VARIABLE)? {
            askers.push(Asker::bearer("writer", &writer, Access::Write));
        }
        Ok(askers)
    }
}

impl Asker {
    /// The gate, as it would ask the origin for somebody who may do this.
    pub(crate) fn gate(access: Access) -> Self {
        let headers = [
            ("X-Lychgate-Access", access.name()),
            ("X-Lychgate-Subject", "probe"),
            ("X-Lychgate-Role", "write"),
            ("X-Lychgate-Token", "0-0"),
        ];
        Self {
            name: "gate",
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            allowed: access,
        }
    }

    fn bearer(name: &'static str, token: &str, allowed: Access) -> Self {
        Self {
            name,
            headers: vec![("Authorization".to_owned(), format!("Bearer {token}"))],
            allowed,
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        for (_, value) in &mut self.headers {
            value.zeroize();
        }
    }
}

fn read(file: Option<&Path>, variable: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    let text = match file {
        Some(file) => fs::read_to_string(file).map_err(|error| {
            // The path is not repeated: what stands there may be the token itself.
            Failure::Unusable(format!(
                "a file that holds a token could not be read: {error}. The options take the names of files, not tokens"
            ))
        })?,
        None => match env::var(variable) {
            Ok(text) if !text.is_empty() => text,
            Ok(_) | Err(_) => return Ok(None),
        },
    };
    let text = Zeroizing::new(text);
    let token = text.trim_end_matches(['\r', '\n']);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Unusable(
            "what should be a token is none: expected one line of letters, digits and signs, without spaces"
                .to_owned(),
        ));
    }
    Ok(Some(Zeroizing::new(token.to_owned())))
}
