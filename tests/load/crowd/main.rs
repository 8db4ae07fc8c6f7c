//! A crowd at the gate, for the tests of floods, of load and of endurance.
//!
//! `crowd ask` is many clients at once, who know what every single request of theirs must be answered;
//! `crowd origin` is who stands behind the gate, and counts what reached it.

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

use crate::ask::Crowd;
use crate::plan::Plan;

#[derive(Parser)]
#[command(about = "A crowd at the gate")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Asks as a plan says, and prints what came of it as JSON.
    Ask {
        /// Host and port of the gate.
        #[arg(long)]
        gate: String,
        /// How many clients ask at once, each over a connection that it keeps.
        #[arg(long, default_value_t = 32)]
        connections: usize,
        /// How many requests in all.
        #[arg(long, default_value_t = u64::MAX)]
        requests: u64,
        /// For how long at most.
        #[arg(long, default_value_t = 600.0)]
        seconds: f64,
        /// The number of the first request: what is forged for a number is the same each time.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// The plan: a JSON list of classes, as `plan.rs` reads it.
        plan: PathBuf,
    },
    /// Answers everything, and `GET /counts` with how many requests came from whom; prints its port.
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
            from,
            plan,
        } => {
            let plan = Plan::parse(&fs::read_to_string(plan)?)?;
            let crowd = Crowd::new(gate, plan, from, requests, Duration::from_secs_f64(seconds))?;
            println!("{}", crowd.ask(connections).await?);
            Ok(())
        }
        Command::Origin => origin::serve().await,
    }
}
