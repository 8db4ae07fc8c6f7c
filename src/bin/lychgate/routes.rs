//! `lychgate routes`: the route tables that ship, and what in a table is probably not meant.

use std::io::Write;

use clap::Subcommand;
use lychgate::request::GatePrefix;
use lychgate::routes::{RouteTable, ShippedTable, TableFinding};
use serde::Serialize;

use crate::Options;
use crate::failure::Failure;
use crate::print;
use crate::route_table::{self, GatePrefixOption};
use crate::table::Table;

const CHECK_HELP: &str = "\
Each finding has its line, and says what was expected and what to do. A fault is a line that cannot be intended: it never \
applies, covers everything, or has a slot where memberships and restrictions do not look. Notes are for you to judge. If there \
is a fault, or the text is no route table, the exit code is 1.

Examples:
  lychgate routes check own.routes
  lychgate routes show mlflow > own.routes";

/// The tables whose texts are shown with their comments.
const TEXTS: [&str; 5] = [
    include_str!("../../routes/hub.routes"),
    include_str!("../../routes/mlflow.routes"),
    include_str!("../../routes/oci.routes"),
    include_str!("../../routes/pypi.routes"),
    include_str!("../../routes/npm.routes"),
];

#[derive(Subcommand)]
pub(crate) enum Routes {
    /// Find lines of a route table that are probably not meant as they are
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The table, or the name of a shipped one
        #[arg(value_name = "FILE")]
        file: String,
        #[command(flatten)]
        gate_prefix: GatePrefixOption,
    },
    /// List the route tables that ship
    List,
    /// Print a route table that ships, to start your own from
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// One finding as JSON.
#[derive(Serialize)]
struct Found {
    line: usize,
    severity: &'static str,
    code: &'static str,
    text: String,
}

impl Routes {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Check { file, gate_prefix } => check(file, &gate_prefix.read(), options, out),
            Self::List => list(options, out),
            Self::Show { name } => {
                let text = text_of(name).ok_or_else(|| {
                    let names = ShippedTable::ALL.map(|table| table.name).join(", ");
                    Failure::Usage(format!("no table is called {name}: expected one of {names}"))
                })?;
                Ok(out.write_all(text.as_bytes())?)
            }
        }
    }
}

/// A shipped table's text, with its comments.
fn text_of(name: &str) -> Option<&'static str> {
    let mut tables = ShippedTable::ALL.into_iter().zip(TEXTS);
    tables.find_map(|(table, text)| (table.name == name).then_some(text))
}

fn check(
    file: &str,
    gate_prefix: &GatePrefix,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let found: Vec<Found> = match text_of(file) {
        Some(text) => findings(text, gate_prefix),
        None => findings(&route_table::read_file(file)?, gate_prefix),
    };
    for finding in &found {
        if options.json {
            print::json(out, finding)?;
        } else {
            writeln!(
                out,
                "{file}:{}: {}: {}",
                finding.line, finding.severity, finding.text
            )?;
        }
    }
    let faults = found.iter().filter(|finding| finding.severity == FAULT).count();
    if !options.json {
        writeln!(
            out,
            "faults: {faults}, notes: {}",
            found.len().saturating_sub(faults)
        )?;
    }
    if faults > 0 {
        return Err(Failure::Refused {
            code: "routes_faulty",
            reason: format!("{file} has faulty lines: {faults}"),
        });
    }
    Ok(())
}

const FAULT: &str = "fault";

/// What is found in a text: that it is no table, or what of it is probably not meant.
fn findings(text: &str, gate_prefix: &GatePrefix) -> Vec<Found> {
    match RouteTable::parse(text) {
        Ok(table) => {
            let findings = table.with_gate_prefix(gate_prefix.clone()).findings();
            findings.into_iter().map(Found::from).collect()
        }
        Err(error) => vec![Found {
            line: error.line,
            severity: FAULT,
            code: "malformed",
            text: error.to_string(),
        }],
    }
}

impl From<TableFinding> for Found {
    fn from(finding: TableFinding) -> Self {
        Self {
            line: finding.line,
            severity: if finding.kind.is_fault() { FAULT } else { "note" },
            code: finding.kind.code(),
            text: finding.kind.to_string(),
        }
    }
}

/// A table of the list as JSON.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    lines: usize,
    about: String,
}

fn list(options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let listed: Vec<Listed> = ShippedTable::ALL
        .into_iter()
        .zip(TEXTS)
        .map(|(table, text)| {
            let comment = text.lines().next().unwrap_or_default().trim_start_matches("# ");
            Listed {
                name: table.name,
                lines: table.text.lines().filter(|line| !line.trim().is_empty()).count(),
                about: comment
                    .trim_start_matches("The route table for ")
                    .split([':', '.', '('])
                    .next()
                    .unwrap_or_default()
                    .trim_end()
                    .to_owned(),
            }
        })
        .collect();
    if options.json {
        return listed.iter().try_for_each(|table| print::json(out, table));
    }
    let rows: Vec<[String; 3]> = listed
        .into_iter()
        .map(|table| [table.name.to_owned(), table.lines.to_string(), table.about])
        .collect();
    Table::new(["NAME", "LINES", "FOR"]).print(out, &rows)
}
