//! The route table that a command works with: tables that ship, by their names, or a file.

use std::fs;

use clap::Args;
use lychgate::request::{GatePrefix, GatePrefixError};
use lychgate::routes::{RouteTable, RouteTableError, ShippedTable};

use crate::failure::Failure;
use crate::print;

/// The table of the commands that need one.
#[derive(Args)]
pub(crate) struct RouteTableOption {
    /// The route table as ROUTES has it: names of shipped tables (hub, mlflow, oci, pypi, npm) with + between them, each followed
    /// by @/prefix where its paths begin with one; or a file [default: hub]
    #[arg(long, value_name = "NAMES|FILE")]
    routes: Option<String>,
    #[command(flatten)]
    gate_prefix: GatePrefixOption,
}

/// The gate's own paths, for the commands that look at a table.
#[derive(Args)]
pub(crate) struct GatePrefixOption {
    /// The path of the gate's own, as GATE_PREFIX has it [default: /-/]
    #[arg(long, value_name = "PATH", value_parser = gate_prefix)]
    gate_prefix: Option<GatePrefix>,
}

impl GatePrefixOption {
    /// The path, or the default.
    pub(crate) fn read(&self) -> GatePrefix {
        self.gate_prefix.clone().unwrap_or_default()
    }
}

fn gate_prefix(text: &str) -> Result<GatePrefix, String> {
    text.parse().map_err(|error: GatePrefixError| error.to_string())
}

impl RouteTableOption {
    /// Reads and parses the table.
    pub(crate) fn read(&self) -> Result<RouteTable, Failure> {
        Ok(self.table()?.with_gate_prefix(self.gate_prefix.read()))
    }

    fn table(&self) -> Result<RouteTable, Failure> {
        match &self.routes {
            None => Ok(RouteTable::shipped()),
            Some(names) if begins_with_a_name(names) => RouteTable::configured(names)
                .map_err(|error| Failure::Usage(format!("--routes {names}: {error}"))),
            Some(file) => {
                let text = read_file(file)?;
                RouteTable::configured(&text).map_err(|error| unusable(file, &text, &error))
            }
        }
    }

    /// The file that holds the table, if it is in one.
    pub(crate) fn file(&self) -> Option<&str> {
        let routes = self.routes.as_deref();
        routes.filter(|routes| !begins_with_a_name(routes))
    }
}

/// A table's text, from a file.
pub(crate) fn read_file(file: &str) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::Unusable(format!("the route table {file} could not be read: {error}")))
}

/// An error of a file's table, with the line that it is about.
fn unusable(file: &str, text: &str, error: &RouteTableError) -> Failure {
    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
    Failure::Unusable(format!("{file}: {error}\n  {}", print::visible(line.trim())))
}

/// Whether a text names a shipped table first. A file of such a name can be written `./hub`.
fn begins_with_a_name(text: &str) -> bool {
    let first = text.split(['+', '@']).next().unwrap_or_default();
    ShippedTable::named(first).is_some()
}
