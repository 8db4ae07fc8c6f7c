//! Why a command failed, and its exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use lychgate::state::ListError;

/// A run of base64url that is at least this long may be a key (32 bytes) or a token.
const SECRET_CHARACTERS: usize = 43;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The token or list was refused, or is malformed. Exit code 1.
    Refused {
        /// The refusal's code.
        code: &'static str,
        /// Why, for people.
        reason: String,
    },
    /// The gate refused the call. Exit code 1.
    RefusedByGate {
        /// The code that the gate gave.
        code: String,
        /// Why, for people.
        reason: String,
    },
    /// The command was used incorrectly. Exit code 2.
    Usage(String),
    /// Something that the command needs could not be read, written or run. Exit code 3.
    Unusable(String),
    /// The reader of the output has closed it, so nobody receives a message.
    OutputClosed,
}

impl Failure {
    /// Reports the failure on standard error and returns the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Refused { code, reason } => {
                say(&format!("{code}: {reason}"));
                ExitCode::from(1)
            }
            Self::RefusedByGate { code, reason } => {
                say(&format!("{code}: {reason}"));
                ExitCode::from(1)
            }
            Self::Usage(text) => {
                say(&format!("error: {text}"));
                ExitCode::from(2)
            }
            Self::Unusable(text) => {
                say(&format!("error: {text}"));
                ExitCode::from(3)
            }
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

/// A failure to write the output. A failure to read is reported where it occurs, with the name of the source.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Unusable(format!("standard output could not be written: {error}"))
        }
    }
}

/// A revocation list that cannot be opened.
impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        Self::Refused {
            code: error.code(),
            reason: error.to_string(),
        }
    }
}

/// Prints clap's help or error and returns the exit code.
pub(crate) fn report_usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let printed = if error.use_stderr() && redact(&text) != text {
        say(text.trim_end());
        Ok(())
    } else {
        error.print()
    };
    match printed {
        Ok(()) if error.use_stderr() => ExitCode::from(2),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => Failure::from(error).report(),
    }
}

/// Prints a message for the person at the terminal. It goes to standard error, so standard output can be piped.
pub(crate) fn say(text: &str) {
    // If standard error is closed, nobody can read the message.
    let _written = writeln!(io::stderr(), "{}", redact(text));
}

/// The text without anything that could be a token or key: people paste them where a name is expected, and errors end up
/// in logs.
fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.bytes().take_while(|byte| is_base64url(*byte)).count();
        let (word, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
        let mixes_cases = word.bytes().any(|byte| byte.is_ascii_lowercase())
            && word.bytes().any(|byte| byte.is_ascii_uppercase());
        redacted.push_str(if run >= SECRET_CHARACTERS && mixes_cases {
            "(redacted)"
        } else {
            word
        });
        let mut characters = after.chars();
        redacted.extend(characters.next());
        rest = characters.as_str();
    }
    redacted
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn leaves_out_what_could_be_a_secret() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assert_eq!(
            redact(&format!("no file {{{key}}}, é")),
            "no file {(redacted)}, é"
        );
        assert_eq!(redact(&format!("'hub_{key}{key}'")), "'(redacted)'");
        let path = "/tmp/publish_refuses_a_missing_list_unless_told_that_it_is_new0/list";
        assert_eq!(redact(path), path);
    }
}
