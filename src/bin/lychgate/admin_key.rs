//! Where the admin key comes from. Never an argument: arguments are seen by every process on the machine.

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
    /// Reads the admin key: all of the text but the line ends after it.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        let (bytes, place) = match &self.admin_key_file {
            Some(file) => {
                let bytes = secret_file::read(file).map_err(|error| {
                    // The path is not repeated: what stands there may be the key itself.
                    Failure::Unusable(format!(
                        "the file that --admin-key-file names could not be read: {error}. --admin-key-file takes the \
                         name of a file, not the key"
                    ))
                })?;
                (bytes, "the file that --admin-key-file names")
            }
            None => {
                let key = env::var_os(ADMIN_KEY_VARIABLE)
                    .filter(|key| !key.is_empty())
                    .ok_or_else(|| {
                        Failure::Unusable(format!(
                            "this needs the gate's admin key, and there is none. Set {ADMIN_KEY_VARIABLE} to what \
                             the gate's secret of that name holds, or name a file with --admin-key-file"
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
