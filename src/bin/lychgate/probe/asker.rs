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
const OUTSIDER_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_OUTSIDER_TOKEN";

/// The tokens' sources.
#[derive(Args)]
pub(crate) struct TokenSources {
    /// File that holds a read token [default: the environment variable LYCHGATE_PROBE_READ_TOKEN]
    #[arg(long, value_name = "FILE")]
    read_token_file: Option<PathBuf>,
    /// File that holds a write token; without one, nothing is asked with it [default: LYCHGATE_PROBE_WRITE_TOKEN]
    #[arg(long, value_name = "FILE")]
    write_token_file: Option<PathBuf>,
    /// File that holds a write token of somebody who is no member of the requests' namespaces, where the gate looks at
    /// memberships [default: LYCHGATE_PROBE_OUTSIDER_TOKEN]
    #[arg(long, value_name = "FILE")]
    outsider_token_file: Option<PathBuf>,
}

/// Somebody who asks the gate, or the gate itself as it asks the origin.
pub(crate) struct Asker {
    /// As findings name them.
    pub(crate) name: &'static str,
    /// What every request of theirs has.
    pub(crate) headers: Vec<(String, String)>,
    /// The most that they may have done.
    pub(crate) allowed: Access,
    /// The environment variable that holds their token, for those who repeat a request by hand.
    pub(crate) variable: Option<&'static str>,
    /// The subject that the gate tells the origin of them, as far as the origin says it.
    pub(crate) subject: Option<String>,
}

impl TokenSources {
    /// Those who ask the gate: nobody in particular, a reader, and a writer and an outsider where there are tokens for
    /// them.
    pub(crate) fn askers(&self, nobody_may: Access) -> Result<Vec<Asker>, Failure> {
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
                allowed: nobody_may,
                variable: None,
                subject: None,
            },
            Asker::bearer("reader", READ_TOKEN_VARIABLE, &reader, Access::Read),
        ];
        if let Some(writer) = read(self.write_token_file.as_deref(), WRITE_TOKEN_VARIABLE)? {
            askers.push(Asker::bearer(
                "writer",
                WRITE_TOKEN_VARIABLE,
                &writer,
                Access::Write,
            ));
        }
        if let Some(outsider) = read(self.outsider_token_file.as_deref(), OUTSIDER_TOKEN_VARIABLE)? {
            askers.push(Asker::bearer(
                "outsider",
                OUTSIDER_TOKEN_VARIABLE,
                &outsider,
                Access::Contribute,
            ));
        }
        Ok(askers)
    }
}

impl Asker {
    /// The subject that the origin is told when it is asked itself.
    pub(crate) const GATES_SUBJECT: &str = "probe";

    /// The gate, as it would ask the origin for somebody who may do this.
    pub(crate) fn gate(access: Access) -> Self {
        let headers = [
            ("X-Lychgate-Access", access.name()),
            ("X-Lychgate-Subject", Self::GATES_SUBJECT),
            ("X-Lychgate-Role", "write"),
            ("X-Lychgate-Token", "0-0"),
        ];
        Self {
            name: "gate",
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            allowed: access,
            variable: None,
            subject: None,
        }
    }

    /// Whether a plain request of this access must get through. An outsider may contribute, but not everywhere; and some
    /// gates let nobody have even what is public.
    pub(crate) fn must_get(&self, access: Access) -> bool {
        let most = match self.allowed {
            Access::Public => return false,
            Access::Read | Access::Write => self.allowed,
            Access::Contribute => Access::Read,
        };
        access <= most
    }

    /// Whether a fuzz asks in their name: a writer may do everything, and of nobody's requests all are refused alike where
    /// nobody may read.
    pub(crate) fn is_fuzzed(&self) -> bool {
        match self.allowed {
            Access::Public | Access::Write => false,
            Access::Read | Access::Contribute => true,
        }
    }

    /// The most that the gate may tell the origin of a request of theirs.
    pub(crate) fn may_be_told(&self) -> Access {
        // An outsider's token writes elsewhere, and the gate tells the class that the request has.
        if self.allowed == Access::Contribute {
            Access::Write
        } else {
            self.allowed
        }
    }

    fn bearer(name: &'static str, variable: &'static str, token: &str, allowed: Access) -> Self {
        Self {
            name,
            headers: vec![("Authorization".to_owned(), format!("Bearer {token}"))],
            allowed,
            variable: Some(variable),
            subject: None,
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
