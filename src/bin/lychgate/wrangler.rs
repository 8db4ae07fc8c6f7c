//! Workers KV through `wrangler kv key`. Whoever can deploy the gate can reach its lists, without other credentials.
//!
//! `get` without `--text` writes the value's bytes and nothing else to standard output (wrangler 4.164), but only at the
//! usual log level. This module therefore sets the level. For a missing key, `get` exits with 0 and prints a sentence
//! (local) or fails (remote). A key therefore counts as missing only if `list` does not name it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, process};

use clap::Args;
use serde::Deserialize;

use crate::admin_key::ADMIN_KEY_VARIABLE;
use crate::failure::Failure;
use crate::key_source::KEYS_VARIABLE;

/// The output of `wrangler kv key get --local`, with exit code 0, for a missing key.
const NOT_FOUND: &[u8] = b"Value not found\n";

/// Options that choose the KV namespace and how wrangler is run.
#[derive(Args)]
pub(crate) struct WranglerOptions {
    /// The list in the local KV of `wrangler dev`
    #[arg(long, conflicts_with = "remote")]
    local: bool,
    /// The list in the deployed KV
    #[arg(long)]
    remote: bool,
    /// The configuration that binds the KV namespace [default: the one that wrangler finds, wrangler.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The binding of the KV namespace
    #[arg(long, value_name = "NAME", default_value = "LYCHGATE_KV")]
    binding: String,
    /// The folder of the local KV [default: wrangler's own, .wrangler/state]
    #[arg(long, value_name = "DIR", conflicts_with = "remote")]
    persist_to: Option<PathBuf>,
    /// The wrangler to run
    #[arg(
        long,
        value_name = "PATH",
        env = "LYCHGATE_WRANGLER",
        default_value = "wrangler"
    )]
    wrangler: PathBuf,
}

/// The KV namespace of a gate.
pub(crate) struct Wrangler<'a> {
    options: &'a WranglerOptions,
}

impl WranglerOptions {
    pub(crate) fn wrangler(&self) -> Wrangler<'_> {
        Wrangler { options: self }
    }
}

#[derive(Deserialize)]
struct KeyName {
    name: String,
}

impl Wrangler<'_> {
    /// A key's value, or `None` if it is certain that the key is missing.
    pub(crate) fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        let got = self.run(&["get".as_ref(), key.as_ref()]);
        match got {
            Ok(value) if value != NOT_FOUND => Ok(Some(value)),
            Ok(_) if !self.holds(key)? => Ok(None),
            Ok(_) => Err(Failure::Unusable(format!(
                "KV lists the key {key} but does not return its value; try again in a minute"
            ))),
            Err(failure) => match self.holds(key) {
                Ok(false) => Ok(None),
                Ok(true) | Err(_) => Err(failure),
            },
        }
    }

    /// Writes a key's value.
    pub(crate) fn write(&self, key: &str, value: &[u8]) -> Result<(), Failure> {
        let file = TemporaryFile::new(value)?;
        self.run(&[
            "put".as_ref(),
            key.as_ref(),
            "--path".as_ref(),
            file.path.as_ref(),
        ])?;
        Ok(())
    }

    /// The key and its namespace, for people.
    pub(crate) fn describe(&self, key: &str) -> String {
        let place = if self.options.remote { "deployed" } else { "local" };
        format!("{key} in the {place} KV {}", self.options.binding)
    }

    fn holds(&self, key: &str) -> Result<bool, Failure> {
        let names = self.run(&["list".as_ref(), "--prefix".as_ref(), key.as_ref()])?;
        let names: Vec<KeyName> = serde_json::from_slice(&names).map_err(|error| {
            Failure::Unusable(format!(
                "the output of `wrangler kv key list` is not the expected JSON: {error}; wrangler 4 is needed"
            ))
        })?;
        Ok(names.iter().any(|found| found.name == key))
    }

    /// Runs `wrangler kv key …` and returns its standard output.
    fn run(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new(&self.options.wrangler);
        command.args(["kv", "key"]).args(arguments);
        command.arg("--binding").arg(&self.options.binding);
        command.arg(if self.options.remote {
            "--remote"
        } else {
            "--local"
        });
        if let Some(config) = &self.options.config {
            command.arg("--config").arg(config);
        }
        if let Some(directory) = &self.options.persist_to {
            command.arg("--persist-to").arg(directory);
        }
        command
            .env("WRANGLER_LOG", "log")
            .env_remove(KEYS_VARIABLE)
            .env_remove(ADMIN_KEY_VARIABLE)
            .stdin(Stdio::null());
        let tried = describe_command(&command);
        let output = command.output().map_err(|error| {
            let remedy = if error.kind() == ErrorKind::NotFound {
                "; install it (npm install wrangler), or name it with --wrangler or LYCHGATE_WRANGLER"
            } else {
                ""
            };
            Failure::Unusable(format!("`{tried}` could not be run: {error}{remedy}"))
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = without_colours(&String::from_utf8_lossy(&output.stderr));
        Err(Failure::Unusable(format!(
            "`{tried}` failed ({}). Its output:\n{}",
            output.status,
            said.trim()
        )))
    }
}

fn describe_command(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}

/// The text without terminal colours (ECMA-48 section 5.4), which wrangler adds to all output.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(|piece| piece.split_once('m').map_or(piece, |(_, after)| after));
    std::iter::once(first).chain(rest).collect()
}

/// A file for wrangler to read. It is removed when dropped.
struct TemporaryFile {
    path: PathBuf,
}

impl TemporaryFile {
    fn new(content: &[u8]) -> Result<Self, Failure> {
        let path = unused_path();
        let unwritten = |path: &Path, error| {
            Failure::Unusable(format!(
                "the temporary file {} could not be written: {error}",
                path.display()
            ))
        };
        // `create_new` does not follow a link that somebody else left there.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| unwritten(&path, error))?;
        let temporary = Self { path };
        file.write_all(content)
            .map_err(|error| unwritten(&temporary.path, error))?;
        Ok(temporary)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // The file holds a sealed list, which is not secret. If removal fails, the system cleans it up.
        let _removed = fs::remove_file(&self.path);
    }
}

fn unused_path() -> PathBuf {
    let mut name = OsString::from("lychgate-");
    let random = getrandom::u64().unwrap_or_default();
    name.push(format!("{}-{random:016x}", process::id()));
    env::temp_dir().join(name)
}

#[cfg(test)]
mod tests {
    use super::without_colours;

    #[test]
    fn takes_colours_out_of_what_wrangler_says() {
        assert_eq!(without_colours("\x1b[31mX \x1b[1mno\x1b[0m\n"), "X no\n");
    }
}
