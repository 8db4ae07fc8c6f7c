//! The source of the key ring. It is never an argument: every process on the machine can see arguments.

use std::env;
use std::path::PathBuf;

use clap::Args;
use lychgate::keys::KeyRing;
use zeroize::Zeroizing;

use crate::LAST;
use crate::failure::Failure;
use crate::secret_file;

/// The environment variable that holds the key ring.
pub(crate) const KEYS_VARIABLE: &str = "LYCHGATE_KEYS";

/// The key ring's source.
#[derive(Args)]
pub(crate) struct KeySource {
    /// File that holds the key ring [default: the environment variable LYCHGATE_KEYS]
    #[arg(long, value_name = "FILE", global = true, display_order = LAST)]
    keys: Option<PathBuf>,
}

impl KeySource {
    /// Reads the key ring.
    pub(crate) fn read(&self) -> Result<KeyRing, Failure> {
        let (text, place) = match &self.keys {
            Some(file) => {
                let text = secret_file::read(file).map_err(|error| {
                    // The error does not repeat the path: it may be the ring itself.
                    Failure::Unusable(format!(
                        "the file that --keys names could not be read: {error}. --keys takes the name of a file; \
                         `lychgate keys new > ring.json` makes one"
                    ))
                })?;
                (text, "the file that --keys names")
            }
            None => {
                let text = env::var_os(KEYS_VARIABLE)
                    .filter(|text| !text.is_empty())
                    .ok_or_else(|| {
                        Failure::Unusable(format!(
                            "no key ring: set {KEYS_VARIABLE}, or pass the name of a file with --keys; \
                             `lychgate keys new` makes a new ring"
                        ))
                    })?;
                (
                    Zeroizing::new(text.into_encoded_bytes()),
                    "the environment variable LYCHGATE_KEYS",
                )
            }
        };
        let unusable = |why: String| Failure::Unusable(format!("{place} does not hold a key ring: {why}"));
        let text = str::from_utf8(&text).map_err(|_| unusable("it is not text".to_owned()))?;
        KeyRing::parse(text).map_err(|error| unusable(error.to_string()))
    }
}
