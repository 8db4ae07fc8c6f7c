//! The command line: works with keys, tokens, routes and revocation lists, and manages a running gate.
//!
//! It is an interface of the core: it reads input, calls the core, and prints. It makes no decisions itself.

mod address;
mod admin_key;
mod audit;
mod clock;
mod completions;
mod deployment;
mod explain;
mod facts;
mod failure;
mod gate;
mod inspect;
mod key_source;
mod keys;
mod ledger;
mod lifetime;
mod members;
mod mint;
mod narrow;
mod output;
mod print;
mod probe;
mod restriction_options;
mod revocations;
mod route_table;
mod routes;
mod secret_file;
mod store;
mod subject_options;
mod subjects;
mod table;
mod token_input;
mod tokens;
mod unanswered;
mod verify;
mod wrangler;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;
use crate::key_source::KeySource;
use crate::output::Output;

/// Where the help lists the options of all commands: after the command's own.
const LAST: usize = 900;

const AFTER_HELP: &str = "\
Key ring: the secret LYCHGATE_KEYS in the environment, or a file named by --keys; never an argument. \
`keys new`, `narrow`, `inspect`, `explain`, `routes`, `probe`, `tokens`, `members`, `subjects`, `ledger`, `audit`, \
`check-deployment` and `completions` need none.

Running gate: `tokens`, `members`, `subjects`, `ledger` and `audit` ask the gate at LYCHGATE_URL, or --url, with the admin key from \
LYCHGATE_ADMIN_KEY or a file named by --admin-key-file; never an argument.

Exit codes:
  0  done
  1  refused: by a check of a token, list, table or deployment, or by a running gate; or a probe found cases.
     Standard error has `code: reason`
  2  wrong usage
  3  something that the command needs could not be read, written, run or reached

Example:
  export LYCHGATE_KEYS=\"$(lychgate keys new)\"
  lychgate mint --subject alice --role read --serial 7 | lychgate verify -";

/// Keys, tokens, routes and revocation lists of a Lychgate deployment.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// The options of every command.
#[derive(Args)]
struct Options {
    #[command(flatten)]
    keys: KeySource,
    /// Print JSON, one object per line; times are seconds since 1970
    #[arg(long, global = true, display_order = LAST)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make, rotate and derive keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Make a token by hand, without a running gate
    Mint(mint::Mint),
    /// Restrict a token that you have, without any key
    Narrow(narrow::Narrow),
    /// Show the fields of a token without verifying it
    Inspect(inspect::Inspect),
    /// Check a token as the gate does
    Verify(verify::Verify),
    /// Show the class of a request, and how the gate decides it
    Explain(explain::Explain),
    /// List, show and check route tables
    #[command(subcommand)]
    Routes(routes::Routes),
    /// Search for requests that do more at an origin than the gate allows
    Probe(probe::Probe),
    /// Show and publish revocation lists
    #[command(subcommand)]
    Revocations(revocations::Revocations),
    /// Manage the tokens of a running gate
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// Manage the roles of users in a running gate's organizations
    #[command(subcommand)]
    Members(members::Members),
    /// Manage who may sign in at a running gate and have tokens
    #[command(subcommand)]
    Subjects(subjects::Subjects),
    /// Back up a running gate's ledgers, and show what is sealed with which key
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Show what changed in a running gate's tokens, newest first
    Audit(audit::Audit),
    /// Find unsafe settings in a deployment's configuration
    CheckDeployment(deployment::CheckDeployment),
    /// Print the completions for a shell
    Completions(completions::Completions),
}

impl Command {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Keys(keys) => keys.run(options, out),
            Self::Mint(mint) => mint.run(options, out),
            Self::Narrow(narrow) => narrow.run(options, out),
            Self::Inspect(inspect) => inspect.run(options, out),
            Self::Verify(verify) => verify.run(options, out),
            Self::Explain(explain) => explain.run(options, out),
            Self::Routes(routes) => routes.run(options, out),
            Self::Probe(probe) => probe.run(options, out),
            Self::Revocations(revocations) => revocations.run(options, out),
            Self::Tokens(tokens) => tokens.run(options, out),
            Self::Members(members) => members.run(options, out),
            Self::Subjects(subjects) => subjects.run(options, out),
            Self::Ledger(ledger) => ledger.run(options, out),
            Self::Audit(audit) => audit.run(options, out),
            Self::CheckDeployment(check) => check.run(options, out),
            Self::Completions(completions) => completions.run(out),
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::report_usage(&error),
    };
    let mut out = Output::to(io::stdout().lock());
    let outcome = cli.command.run(&cli.options, &mut out);
    // Results are printed before the refusal, and even if there is one.
    let flushed = out.flush().map_err(Failure::from);
    match outcome.and(flushed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
