//! A token from standard input. It is never an argument: every process on the machine can see arguments.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::Args;
use lychgate::request::MAXIMUM_HEADER_BYTES;
use zeroize::Zeroizing;

use crate::failure::{Failure, say};
use crate::secret_file::{read_from, without_line_ends};

/// The source of the token.
#[derive(Args)]
pub(crate) struct TokenInput {
    /// The token is read from standard input; the only allowed value is -
    #[arg(value_name = "-", default_value = "-", hide_default_value = true)]
    source: OsString,
}

impl TokenInput {
    /// The token's text: all of standard input without trailing line ends.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        if self.source != "-" {
            return Err(Failure::Usage(
                "a token is read from standard input, never from an argument, where every process could see it: \
                 `lychgate … - < token.txt`"
                    .to_owned(),
            ));
        }
        let mut stdin = io::stdin().lock();
        if stdin.is_terminal() {
            say("Paste the token, then press Enter and Ctrl-D.");
        }
        // The gate's own limit for credentials.
        let bytes = read_from(&mut stdin, MAXIMUM_HEADER_BYTES)
            .map_err(|error| Failure::Unusable(format!("standard input could not be read: {error}")))?
            .ok_or_else(|| refused("standard input is longer than any token"))?;
        let text = without_line_ends(&bytes);
        if text.is_empty() {
            return Err(refused("standard input is empty; pipe a token into it"));
        }
        match str::from_utf8(text) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(refused("it is not text")),
        }
    }
}

fn refused(reason: &str) -> Failure {
    Failure::Refused {
        code: "token_invalid",
        reason: reason.to_owned(),
    }
}
