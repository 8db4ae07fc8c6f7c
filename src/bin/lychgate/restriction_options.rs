//! The options by which a token is limited, of every command that makes one.

use std::collections::BTreeSet;

use clap::Args;
use lychgate::routes::ShippedTable;
use lychgate::token::{Restriction, RestrictionError, Restrictions};

use crate::failure::{Failure, say};
use crate::print;

/// What limits a token beyond its role and lifetime.
#[derive(Args)]
pub(crate) struct RestrictionOptions {
    /// Only this repository: namespace/name, or kind/namespace/name; each part may be *. May be given several times
    #[arg(long, value_name = "REPOSITORY")]
    repo: Vec<String>,
    /// Only this area of the route table, such as git or inference. May be given several times
    #[arg(long, value_name = "AREA")]
    area: Vec<String>,
    /// Only clients in this network, such as 203.0.113.0/24. May be given several times
    #[arg(long, value_name = "NETWORK")]
    network: Vec<String>,
    /// Only this request, such as 'POST /v1/chat/completions'. May be given several times
    #[arg(long, value_name = "REQUEST")]
    request: Vec<String>,
}

impl RestrictionOptions {
    /// The restrictions: those given, and after them one for each option that was used.
    pub(crate) fn after(&self, mut restrictions: Vec<Restriction>) -> Result<Restrictions, Failure> {
        for (option, name, values, separator) in [
            ("--repo", "repositories", &self.repo, ","),
            ("--area", "areas", &self.area, ","),
            ("--network", "networks", &self.network, ","),
            ("--request", "requests", &self.request, ";"),
        ] {
            for value in values {
                // One option is one entry, so that no name that it is made of adds another.
                if value.contains(separator) || value.contains('\n') {
                    return Err(Failure::Usage(format!(
                        "{option} {} is more than one of the {name}: give the option once for each",
                        print::visible(value)
                    )));
                }
            }
            if !values.is_empty() {
                let joined = values.join(separator);
                let restriction: Restriction =
                    format!("{name}={joined}")
                        .parse()
                        .map_err(|error: RestrictionError| {
                            Failure::Usage(format!("{option} {}: {error}", print::visible(&joined)))
                        })?;
                restrictions.push(restriction);
            }
        }
        self.warn_of_unknown_areas();
        Restrictions::new(restrictions).map_err(|error| Failure::Usage(error.to_string()))
    }

    /// Warns of areas that no table that ships has: a spelling mistake makes a token that is good for nothing. The
    /// gate's own table may have them.
    fn warn_of_unknown_areas(&self) {
        let known = shipped_areas();
        for area in &self.area {
            if !known.contains(area.as_str()) {
                let known: Vec<&str> = known.iter().copied().collect();
                say(&format!(
                    "warning: no route table that ships has the area {}, only {}; the token needs a gate whose own table has it",
                    print::visible(area),
                    known.join(", ")
                ));
            }
        }
    }
}

/// The names in the lines `area` of the tables that ship.
fn shipped_areas() -> BTreeSet<&'static str> {
    ShippedTable::ALL
        .into_iter()
        .flat_map(|table| table.text.lines())
        .filter_map(|line| line.strip_prefix("area "))
        .flat_map(|names| names.trim().split(','))
        .filter(|name| *name != "-")
        .collect()
}
