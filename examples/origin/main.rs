//! A small real hub, to run behind the gate.
//!
//! It serves git, git-lfs, the Hub API of huggingface_hub, and echoes for inference calls and WebSockets, from bare
//! repositories in one directory. It handles no tokens: the gate says who sent a request, and with which access
//! (`identity`).

mod answer;
mod attributes;
mod body;
mod commit;
mod content;
mod echo;
mod failure;
mod git;
mod hub;
mod hub_api;
mod hub_commit;
mod hub_description;
mod hub_files;
mod identity;
mod lfs;
mod locks;
mod object_store;
mod plumbing;
mod pointer;
mod process_output;
mod repositories;
mod repository;
mod repository_name;
mod request_context;
mod sample;
mod scratch;
mod sign_in;
mod target;
mod tickets;
mod timestamp;
mod trust;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Parser;
use lychgate::identity::{AssertionKeys, Audience};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::hub::Hub;
use crate::sign_in::{GateUrl, SignIn, SignInKey};
use crate::trust::Trust;

/// How long open exchanges may continue after a signal: enough for a response in progress, and short enough for a test.
const GRACE: Duration = Duration::from_secs(2);

/// A small hub that trusts the gate in front of it.
#[derive(Parser)]
#[command(name = "origin")]
struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Directory that holds the repositories; created if missing.
    #[arg(long)]
    data: PathBuf,

    /// Create the sample repositories that do not exist yet.
    #[arg(long)]
    sample: bool,

    /// File with the output of `lychgate keys derive assertion --json`: requests without a genuine
    /// X-Lychgate-Assertion are refused. Without it, plain headers are accepted, and only the gate may reach this port.
    #[arg(long, value_name = "FILE")]
    assertion_keys: Option<PathBuf>,

    /// The gate's ASSERTION_AUDIENCE.
    #[arg(long, default_value = "origin")]
    audience: Audience,

    /// Scheme and host of the gate in browsers' URLs. This server then has a page, /sign-in, at which anybody signs in there
    /// as one of the sample users.
    #[arg(long, value_name = "URL", requires = "sign_in_key")]
    gate: Option<GateUrl>,

    /// File with the output of `lychgate keys derive sign-in --json`.
    #[arg(long, value_name = "FILE", requires = "gate")]
    sign_in_key: Option<PathBuf>,
}

impl Options {
    fn trust(&self) -> Result<Option<Trust>, Box<dyn Error>> {
        let Some(file) = &self.assertion_keys else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let keys = AssertionKeys::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let audience = self.audience.clone();
        Ok(Some(Trust { keys, audience }))
    }

    fn sign_in(&self) -> Result<Option<SignIn>, Box<dyn Error>> {
        let (Some(gate), Some(file)) = (self.gate.clone(), &self.sign_in_key) else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let key = SignInKey::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Some(SignIn { gate, key }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let (trust, sign_in) = (options.trust()?, options.sign_in()?);
    let hub = Arc::new(Hub::open(&options.data, address, trust, sign_in).await?);
    if options.sample {
        sample::fill(hub.repositories()).await?;
    }

    let router = Router::new().fallback(hub::receive).with_state(hub);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        // A dropped sender stops the server too, so the result does not matter.
        let _outcome = stopped.await;
    });
    let mut serving = tokio::spawn(async move { serving.await });
    println!("origin listening on http://{address}");

    tokio::select! {
        outcome = &mut serving => return Ok(outcome??),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    drop(stop);
    match tokio::time::timeout(GRACE, serving).await {
        Ok(outcome) => Ok(outcome??),
        Err(_elapsed) => Ok(()),
    }
}
