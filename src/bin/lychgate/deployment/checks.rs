//! The checks of a deployment's configuration. Knows nothing of where it is read from, or of how findings are printed.

mod bindings;
mod decisions;
mod reach;
mod variables;

use super::finding::{Finding, Severity};
use super::manifest::Manifest;

/// Runs all checks. The most severe findings come first.
pub(crate) fn check(manifest: &Manifest) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    found.check_names(manifest);
    found.check_secrets(manifest);
    found.check_bindings(manifest);
    found.check_origin(manifest);
    found.check_hosts(manifest);
    found.check_variables(manifest);
    found.check_routes(manifest);
    found.check_decisions(manifest);
    found.0.sort_by_key(|finding| finding.severity);
    found.0
}

/// What the checks have found so far.
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        setting: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Finding {
            severity,
            setting: setting.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }
}
