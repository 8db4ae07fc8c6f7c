//! The source of the admin key. It is never an argument: every process on the machine can see arguments.

use std::env;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::secret_file;

/// The environment variable that holds the admin key.
pub(crate) const ADMIN_KEY_VARIABLE: &str = "LYCHGATE_ADMIN_KEY";

/// The admin key's source.
#[derive(Args)]
pub(crate) struct AdminKeySource {
    /// File that holds the gate's admin key [default: the environment variable LYCHGATE_ADMIN_KEY]
    #[arg(long, value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
}

impl AdminKeySource {
    /// Reads the admin key: the whole text without trailing line ends.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        let (bytes, place) = match &self.admin_key_file {
            Some(file) => {
                let bytes = secret_file::read(file).map_err(|error| {
                    // The error does not repeat the path: it may be the key itself.
                    Failure::Unusable(format!(
                        "the file of --admin-key-file could not be read: {error}. --admin-key-file takes the \
                         name of a file, not the key"
                    ))
                })?;
                (bytes, "the file of --admin-key-file")
            }
            None => {
                let key = env::var_os(ADMIN_KEY_VARIABLE)
                    .filter(|key| !key.is_empty())
                    .ok_or_else(|| {
                        Failure::Unusable(format!(
                            "no admin key: set {ADMIN_KEY_VARIABLE} to the gate's secret of the same name, \
                             or pass the name of a file with --admin-key-file"
                        ))
                    })?;
                (
                    Zeroizing::new(key.into_encoded_bytes()),
                    "the environment variable LYCHGATE_ADMIN_KEY",
                )
            }
        };
        let key = secret_file::without_line_ends(&bytes);
        str::from_utf8(key)
            .ok()
            .filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()))
            .map(|key| Zeroizing::new(key.to_owned()))
            .ok_or_else(|| {
                Failure::Unusable(format!(
                    "{place} does not hold an admin key: expected one line of letters, digits and signs, without spaces"
                ))
            })
    }
}
