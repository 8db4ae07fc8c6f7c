//! Git commands, run on one repository.
//!
//! Knows nothing of HTTP. Every command runs without the developer's configuration, so its result depends on the
//! repository alone.

use std::env;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::failure::Fault;

/// Git's exit status if `--quiet` asks it to report "not found" by status alone.
const NOT_FOUND: i32 = 1;

/// One git command, to be completed and run once.
#[derive(Debug)]
pub(crate) struct Plumbing(Command);

impl Plumbing {
    pub(crate) fn in_repository(directory: &Path, arguments: &[&str]) -> Plumbing {
        let mut command = Command::new("git");
        isolate(&mut command);
        command
            .env("GIT_DIR", directory)
            .args(arguments)
            .kill_on_drop(true);
        Plumbing(command)
    }

    pub(crate) fn environment(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Plumbing {
        self.0.env(name, value);
        self
    }

    pub(crate) fn into_command(self) -> Command {
        self.0
    }

    /// Runs the command; any status other than 0 is a fault.
    pub(crate) async fn output(self, input: &[u8]) -> Result<Vec<u8>, Fault> {
        self.run(input)
            .await?
            .ok_or_else(|| Fault::new("git found nothing where something was expected"))
    }

    /// Runs the command without input and returns the only line of its output.
    pub(crate) async fn line(self) -> Result<String, Fault> {
        self.line_from(&[]).await
    }

    /// Runs the command with input and returns the only line of its output.
    pub(crate) async fn line_from(self, input: &[u8]) -> Result<String, Fault> {
        Ok(trimmed(&self.output(input).await?))
    }

    /// Runs the command and returns the only line of its output; `None` if git finds nothing.
    pub(crate) async fn line_if_found(self) -> Result<Option<String>, Fault> {
        Ok(self.run(&[]).await?.map(|output| trimmed(&output)))
    }

    async fn run(mut self, input: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.0
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.0.spawn()?;
        let stdin = child.stdin.take();
        // The input is written while the output is read, because either pipe may fill up first.
        let writing = async move {
            if let Some(mut stdin) = stdin {
                // Git may exit without reading everything; its status shows whether it failed.
                let _outcome = stdin.write_all(input).await;
            }
        };
        let ((), output) = tokio::join!(writing, child.wait_with_output());
        let output = output?;
        if output.status.success() {
            return Ok(Some(output.stdout));
        }
        if output.status.code() == Some(NOT_FOUND) && output.stderr.is_empty() {
            return Ok(None);
        }
        let arguments: Vec<_> = self
            .0
            .as_std()
            .get_args()
            .map(|argument| argument.to_string_lossy())
            .collect();
        Err(Fault::new(format!(
            "git {}: {}",
            arguments.join(" "),
            trimmed(&output.stderr)
        )))
    }
}

/// Removes everything from our environment that a git process does not need.
pub(crate) fn isolate(command: &mut Command) {
    command.env_clear();
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("LC_ALL", "C");
}

fn trimmed(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim_end().to_owned()
}
