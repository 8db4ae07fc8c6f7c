//! `lychgate check-deployment`: finds settings of a deployment's wrangler.toml that make it unsafe.

mod checks;
mod finding;
mod manifest;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::finding::Severity;
use self::manifest::Manifest;
use crate::Options;
use crate::failure::Failure;
use crate::print;

const AFTER_HELP: &str = "\
Errors make the deployment unsafe or keep the gate from working: fix them before you deploy. Warnings are decisions that \
should be deliberate. Notes name what this check cannot see. If there is an error, the exit code is 1.

Example:
  lychgate check-deployment && npx wrangler deploy";

/// The command's arguments.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CheckDeployment {
    /// The deployment's configuration: TOML, or JSON without comments
    #[arg(value_name = "FILE", default_value = "wrangler.toml")]
    file: PathBuf,
    /// The environment in it, as for `wrangler deploy --env`
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
}

impl CheckDeployment {
    /// Checks the configuration and prints the findings.
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let name = print::visible(&self.file.display().to_string());
        let text = fs::read_to_string(&self.file).map_err(|error| {
            Failure::Unusable(format!(
                "{name} could not be read: {error}; run this in the folder of wrangler.toml, or name the file"
            ))
        })?;
        let is_json = self.file.extension().is_some_and(|extension| extension == "json");
        let manifest = Manifest::parse(&text, is_json, self.env.as_deref())
            .map_err(|error| Failure::Unusable(format!("{name} {error}")))?;
        let findings = checks::check(&manifest);
        for finding in &findings {
            if options.json {
                print::json(out, finding)?;
            } else {
                finding.print(out)?;
            }
        }
        let count = |severity| {
            findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let (errors, warnings, notes) = (
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Note),
        );
        if !options.json {
            writeln!(
                out,
                "{}, {}, {}",
                counted(errors, "error"),
                counted(warnings, "warning"),
                counted(notes, "note")
            )?;
        }
        if errors > 0 {
            return Err(Failure::Refused {
                code: "deployment_unsafe",
                reason: format!("{name} has {}", counted(errors, "error")),
            });
        }
        Ok(())
    }
}

fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
