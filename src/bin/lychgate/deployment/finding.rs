//! A finding about a deployment's configuration.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;
use crate::print;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The deployment is unsafe, or the gate will not work.
    Error,
    /// A decision that should be deliberate.
    Warning,
    /// Something that the check cannot see in the file, or that is good to know.
    Note,
}

/// A problem and its remedy.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The setting's name in the file.
    pub(crate) setting: String,
    /// The consequence of its current value.
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
    /// Prints the finding for people: the problem, and below it the remedy.
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
