//! The options by which a token is limited, of every command that makes one.

use clap::Args;
use lychgate::token::{Restriction, Restrictions};

use crate::failure::Failure;

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
        for (name, values, separator) in [
            ("repositories", &self.repo, ','),
            ("areas", &self.area, ','),
            ("networks", &self.network, ','),
            ("requests", &self.request, ';'),
        ] {
            for value in values {
                // One option is one entry, so that no name that it is made of adds another.
                if value.contains([separator, '\n']) {
                    return Err(Failure::Usage(format!(
                        "{value:?} is more than one of the {name}: give the option once for each"
                    )));
                }
            }
            if !values.is_empty() {
                restrictions.push(parse(&format!("{name}={}", values.join(&separator.to_string())))?);
            }
        }
        Restrictions::new(restrictions).map_err(|error| Failure::Usage(error.to_string()))
    }
}

fn parse(text: &str) -> Result<Restriction, Failure> {
    text.parse()
        .map_err(|error: lychgate::token::RestrictionError| Failure::Usage(error.to_string()))
}
