//! A process's standard output as a stream.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::failure::Fault;

/// How long a process may run after the end of its output.
const GRACE: Duration = Duration::from_secs(10);

/// Standard output of a process that lives no longer than this value: dropping it before the end kills the process.
#[derive(Debug)]
pub(crate) struct ProcessOutput {
    stdout: ChildStdout,
    child: Option<Child>,
    feeder: Option<AbortOnDropHandle<()>>,
}

impl ProcessOutput {
    /// Starts a process without input.
    pub(crate) fn start(command: &mut Command) -> Result<ProcessOutput, Fault> {
        command.stdin(Stdio::null());
        ProcessOutput::spawn(command)
    }

    /// Starts a process and returns its standard input.
    pub(crate) fn start_with_input(command: &mut Command) -> Result<(ProcessOutput, ChildStdin), Fault> {
        command.stdin(Stdio::piped());
        let mut output = ProcessOutput::spawn(command)?;
        let stdin = output.child.as_mut().and_then(|child| child.stdin.take());
        let stdin = stdin.ok_or_else(|| Fault::new("the process has no standard input"))?;
        Ok((output, stdin))
    }

    /// Ties the task that writes the input to this value: the task ends with it.
    pub(crate) fn attach_feeder(&mut self, feeder: JoinHandle<()>) {
        self.feeder = Some(AbortOnDropHandle::new(feeder));
    }

    fn spawn(command: &mut Command) -> Result<ProcessOutput, Fault> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| Fault::new("the process has no standard output"))?;
        Ok(ProcessOutput {
            stdout,
            child: Some(child),
            feeder: None,
        })
    }
}

impl AsyncRead for ProcessOutput {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stdout).poll_read(context, buffer);
        let ended = matches!(outcome, Poll::Ready(Ok(())))
            && buffer.filled().len() == before
            && buffer.remaining() > 0;
        if ended && let Some(mut child) = self.child.take() {
            // The output is complete: the process may finish before it is killed.
            tokio::spawn(async move { tokio::time::timeout(GRACE, child.wait()).await });
        }
        outcome
    }
}
