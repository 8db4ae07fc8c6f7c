//! Upload tickets: addresses that let their holder upload one object, for a limited time, and nothing else.
//!
//! huggingface_hub sends an upload without credentials, because hubs give it a signed address of an object store that is
//! not behind the gate. A ticket is such an address at this origin.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Refusal;
use crate::pointer::Pointer;
use crate::repository_name::RepositoryName;

/// How long a ticket is valid: an upload may have to wait for others.
pub(crate) const LIFETIME: Duration = Duration::from_secs(3600);

/// The object that the holder of a ticket may upload, and its place.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub repository: RepositoryName,
    pub pointer: Pointer,
}

#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<HashMap<String, (Instant, Upload)>>);

impl Tickets {
    /// A new ticket: 32 hex digits that cannot be guessed.
    pub(crate) fn issue(&self, upload: Upload) -> io::Result<String> {
        let mut random = [0_u8; 16];
        File::open("/dev/urandom")?.read_exact(&mut random)?;
        let ticket: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (issued, _)| issued.elapsed() < LIFETIME);
        held.insert(ticket.clone(), (Instant::now(), upload));
        Ok(ticket)
    }

    /// The upload that the ticket allows. It stays valid, because a client repeats an upload that was interrupted.
    pub(crate) fn redeem(&self, ticket: &str) -> Result<Upload, Refusal> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(ticket) {
            Some((issued, upload)) if issued.elapsed() < LIFETIME => Ok(upload.clone()),
            Some(_) | None => Err(Refusal::TicketMissing),
        }
    }
}
