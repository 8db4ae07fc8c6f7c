//! The askers: nobody, or the bearer of a token that was made for the probe. Tokens come from the environment or a file,
//! never from an argument: every process on the machine can see arguments.

use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::Args;
use lychgate::routes::Access;
use zeroize::{Zeroize, Zeroizing};

use crate::failure::Failure;

/// The environment variables that hold the tokens.
const READ_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_READ_TOKEN";
const WRITE_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_WRITE_TOKEN";
const OUTSIDER_TOKEN_VARIABLE: &str = "LYCHGATE_PROBE_OUTSIDER_TOKEN";

/// The sources of the tokens.
#[derive(Args)]
pub(crate) struct TokenSources {
    /// File that holds a read token [default: the environment variable LYCHGATE_PROBE_READ_TOKEN]
    #[arg(long, value_name = "FILE")]
    read_token_file: Option<PathBuf>,
    /// File that holds a write token; without one, there is no writer [default: LYCHGATE_PROBE_WRITE_TOKEN]
    #[arg(long, value_name = "FILE")]
    write_token_file: Option<PathBuf>,
    /// File that holds a write token of a user who is not a member of the requests' namespaces, for a gate that checks
    /// memberships [default: LYCHGATE_PROBE_OUTSIDER_TOKEN]
    #[arg(long, value_name = "FILE")]
    outsider_token_file: Option<PathBuf>,
}

/// Somebody who sends requests to the gate, or the gate itself, which sends requests to the origin.
pub(crate) struct Asker {
    /// The asker's name in findings.
    pub(crate) name: &'static str,
    /// The headers of all requests of this asker.
    pub(crate) headers: Vec<(String, String)>,
    /// The most that the asker may do.
    pub(crate) allowed: Access,
    /// The environment variable that holds the token, for people who repeat a request by hand.
    pub(crate) variable: Option<&'static str>,
    /// The subject that the gate tells the origin for this asker, if the origin reveals it.
    pub(crate) subject: Option<String>,
}

impl TokenSources {
    /// The askers at the gate: nobody in particular, a reader, and a writer and an outsider if there are tokens for them.
    pub(crate) fn askers(&self, nobody_may: Access) -> Result<Vec<Asker>, Failure> {
        let reader = read(self.read_token_file.as_deref(), READ_TOKEN_VARIABLE)?.ok_or_else(|| {
            Failure::Usage(format!(
                "no read token: set {READ_TOKEN_VARIABLE} to a token that the gate accepts, or pass the name of a file \
                 with --read-token-file"
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
    /// The subject in the headers of requests that the probe sends to the origin itself.
    pub(crate) const GATES_SUBJECT: &str = "probe";

    /// The gate, as it would send a request of this access to the origin.
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

    /// Whether a plain request of this access must get through. An outsider may contribute, but not everywhere, and some
    /// gates refuse even public requests without a token.
    pub(crate) fn must_get(&self, access: Access) -> bool {
        let most = match self.allowed {
            Access::Public => return false,
            Access::Read | Access::Write => self.allowed,
            Access::Contribute => Access::Read,
        };
        access <= most
    }

    /// Whether a fuzz includes this asker. A writer may do everything. Without anonymous reads, the gate refuses all requests
    /// of nobody alike.
    pub(crate) fn takes_part_in_fuzz(&self) -> bool {
        match self.allowed {
            Access::Public | Access::Write => false,
            Access::Read | Access::Contribute => true,
        }
    }

    /// The highest access that the gate may tell the origin for this asker.
    pub(crate) fn highest_reported_access(&self) -> Access {
        // An outsider's token can write elsewhere, and the gate tells the origin the request's class.
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
            // The error does not repeat the path: it may be the token itself.
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
            "this is not a token: expected one line of letters, digits and punctuation, without spaces"
                .to_owned(),
        ));
    }
    Ok(Some(Zeroizing::new(token.to_owned())))
}
