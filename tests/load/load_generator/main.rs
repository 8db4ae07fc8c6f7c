//! The load generator: many clients of the gate, for the tests of floods, load and endurance.
//!
//! `load_generator ask` runs many clients at once. Each knows the correct response to every request that it sends.
//! `load_generator origin` is the origin behind the gate. It counts the requests that reach it.

mod ask;
mod forger;
mod message;
mod origin;
mod plan;
mod tally;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::ask::{Limits, LoadGenerator};
use crate::plan::Plan;

#[derive(Parser)]
#[command(about = "Generates load on a gate")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sends the requests of a plan and prints the results as JSON.
    Ask {
        /// Host and port of the gate.
        #[arg(long)]
        gate: String,
        /// The number of clients. Each keeps one connection.
        #[arg(long, default_value_t = 32)]
        connections: usize,
        /// The number of requests in total.
        #[arg(long, default_value_t = u64::MAX)]
        requests: u64,
        /// The time to run, in seconds.
        #[arg(long, default_value_t = 600.0)]
        seconds: f64,
        /// How many forged tokens must have been refused before it ends, even if its time is up.
        #[arg(long, default_value_t = 0)]
        forged: u64,
        /// The time after which it ends even if they have not, in seconds.
        #[arg(long, default_value_t = 0.0)]
        most_seconds: f64,
        /// The number of the first request. The same number always gives the same forged token.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// The plan: a JSON list of classes, in the format of `plan.rs`.
        plan: PathBuf,
    },
    /// Responds to everything, and to `GET /counts` with the number of requests by sender; prints its port.
    Origin,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().command {
        Command::Ask {
            gate,
            connections,
            requests,
            seconds,
            forged,
            most_seconds,
            from,
            plan,
        } => {
            let plan = Plan::parse(&fs::read_to_string(plan)?)?;
            let limits = Limits {
                from,
                requests,
                time: Duration::from_secs_f64(seconds),
                forged,
                most_time: Duration::from_secs_f64(most_seconds),
            };
            let generator = LoadGenerator::new(gate, plan, &limits)?;
            println!("{}", generator.ask(connections).await?);
            Ok(())
        }
        Command::Origin => origin::serve().await,
    }
}
