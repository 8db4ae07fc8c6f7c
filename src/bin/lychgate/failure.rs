//! Why a command ends without having done what was asked, and the exit code that says so.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use lychgate::ListError;

/// From this length on a run of base64url may be a key (32 bytes) or a token.
const SECRET_CHARACTERS: usize = 43;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The token or list was refused, or is not well-formed. Exit code 1.
    Refused {
        /// The refusal as one word.
        code: &'static str,
        /// Why, for people.
        reason: String,
    },
    /// The gate refused the call. Exit code 1.
    RefusedByGate {
        /// The refusal as the gate names it.
        code: String,
        /// Why, for people.
        reason: String,
    },
    /// The command was not used as it must be. Exit code 2.
    Usage(String),
    /// Something that is needed could not be read, written or run. Exit code 3.
    Unusable(String),
    /// Whoever read the output has gone; there is nobody left to tell.
    OutputClosed,
}

impl Failure {
    /// Says on standard error what is wrong, and gives the exit code.
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

/// Failing to write the output. What is read names itself when it fails.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Unusable(format!("standard output could not be written: {error}"))
        }
    }
}

/// A revocation list that does not open.
impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        Self::Refused {
            code: error.code(),
            reason: error.to_string(),
        }
    }
}

/// Prints what clap has to say, be it help or an error, and gives the exit code.
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

/// Says something to the person at the terminal, on standard error, so that standard output can be piped.
pub(crate) fn say(text: &str) {
    // There is no one to tell when standard error is closed.
    let _written = writeln!(io::stderr(), "{}", redact(text));
}

/// The text without anything that could be a token or key: people do paste them where a name is expected, and
/// errors end up in logs.
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
