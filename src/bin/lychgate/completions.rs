//! `lychgate completions`: completion scripts for shells.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::Cli;
use crate::failure::Failure;

const EXAMPLE: &str = "\
Example:
  lychgate completions bash > ~/.local/share/bash-completion/completions/lychgate";

/// Prints the completions for a shell.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        // Written to memory first, because `generate` panics if it cannot write.
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "lychgate", &mut script);
        Ok(out.write_all(&script)?)
    }
}
