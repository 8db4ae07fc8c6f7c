//! `lychgate inspect`: the fields of a token, without verification.

use std::io::Write;

use clap::Args;
use lychgate::request::is_organization_token;
use lychgate::response::Refusal;
use lychgate::token::{Field, Inspection};
use serde::Serialize;

use crate::Options;
use crate::failure::Failure;
use crate::print;
use crate::token_input::TokenInput;

const EXAMPLE: &str = "\
This command needs no key, so it verifies nothing: anyone can make a text that looks right here. The bytes that it shows \
are the token; treat the output as a secret.

Example:
  lychgate inspect - < token.txt";

/// Shows the fields of a token. It verifies none of them.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Inspect {
    #[command(flatten)]
    input: TokenInput,
}

#[derive(Serialize)]
struct PrintedInspection<'a> {
    verified: bool,
    well_formed: bool,
    prefix: Option<&'a str>,
    fields: &'a [Field],
    faults: Vec<InspectedFault>,
}

#[derive(Serialize)]
struct InspectedFault {
    code: &'static str,
    reason: String,
}

impl Inspect {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let text = self.input.read()?;
        if is_organization_token(&text) {
            return Err(Failure::Refused {
                code: Refusal::OrganizationTokenDeprecated.code(),
                reason: "this is an organization API token, which has another form and is no longer accepted"
                    .to_owned(),
            });
        }
        let inspection = Inspection::of(&text);
        if options.json {
            print::json(out, &PrintedInspection::of(&inspection))?;
        } else {
            print_for_people(&inspection, out)?;
        }
        if inspection.is_well_formed() {
            return Ok(());
        }
        let faults: Vec<String> = inspection.faults.iter().map(ToString::to_string).collect();
        Err(Failure::Refused {
            code: "token_invalid",
            reason: format!("not well-formed: {}", faults.join("; ")),
        })
    }
}

impl<'a> PrintedInspection<'a> {
    fn of(inspection: &'a Inspection) -> Self {
        Self {
            verified: false,
            well_formed: inspection.is_well_formed(),
            prefix: inspection.prefix.as_ref().map(|prefix| prefix.as_str()),
            fields: &inspection.fields,
            faults: inspection
                .faults
                .iter()
                .map(|fault| InspectedFault {
                    code: fault.code(),
                    reason: fault.to_string(),
                })
                .collect(),
        }
    }
}

fn print_for_people(inspection: &Inspection, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "Nothing here is verified: this is what the text says, and anyone could have written it."
    )?;
    if let Some(prefix) = &inspection.prefix {
        writeln!(out, "\n{:<14} {:<8} {}", "prefix", "", prefix.as_str())?;
    }
    for field in &inspection.fields {
        let bytes = format!("{}..{}", field.span.start, field.span.end);
        writeln!(out, "{:<14} {bytes:<8} {}", field.name, field.meaning)?;
        writeln!(out, "{:<14} {:<8} {}", "", "", *field.hex)?;
    }
    Ok(())
}
