//! One thing that was found in a deployment's configuration.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;
use crate::print;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// A door is open, or the gate will not work.
    Error,
    /// A decision that should be meant.
    Warning,
    /// What cannot be seen in the file, or is good to know.
    Note,
}

/// What was found, and what to do about it.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The setting's name as the file has it.
    pub(crate) setting: String,
    /// What follows from it as it is.
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Finding {
    /// Prints it for people: what is wrong, and below it what to do.
    pub(crate) fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        writeln!(
            out,
            "{:<7}  {}: {}",
            self.severity.name(),
            print::visible(&self.setting),
            print::visible(&self.problem)
        )?;
        Ok(writeln!(out, "         {}\n", self.remedy)?)
    }
}
