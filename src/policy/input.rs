//! What a decision is made from: the request, and what the gate knows when it comes. Knows nothing of how the two are
//! judged.

use crate::request::Content;
use crate::request::Sender;
use crate::routes::RouteTable;
use crate::state::Memberships;
use crate::state::{OnStale, Revocations};
use crate::token::Verifier;

/// What the gate knows when a request comes.
pub struct State {
    /// What tokens are checked with.
    pub tokens: Verifier,
    /// What requests do.
    pub routes: RouteTable,
    /// The cached revocation lists.
    pub revocations: Revocations,
    /// Who is what in which namespace.
    pub memberships: Memberships,
    /// What a request without credentials may do.
    pub anonymous: Anonymous,
    /// What happens while no valid list is cached.
    pub on_stale: OnStale,
    /// Whether what a token may not do is refused.
    pub mode: Mode,
}

/// Whether the gate refuses what a token may not do, or only reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Refused.
    #[default]
    Enforce,
    /// Forwarded and marked if only role, restrictions or membership speak against it: for a hub that introduces the gate.
    Observe,
}

/// What a request without credentials may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Only what is public.
    #[default]
    Deny,
    /// Read: for hubs with public repositories, whose origin decides what anyone may see.
    Reads,
}

/// The parts of a request that decide.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method as it came.
    pub method: &'a str,
    /// The raw target, `/path?query`.
    pub target: &'a str,
    /// The value of the `Authorization` header, if there is one.
    pub authorization: Option<&'a str>,
    /// What it says of its body.
    pub content: Content<'a>,
    /// What it says of who sends it.
    pub sender: Sender<'a>,
    /// The body, as far as it was read.
    pub body: Body<'a>,
}

/// What is known of a request's body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Not read; hardly any request needs it.
    Unread,
    /// All of it.
    Whole(&'a [u8]),
    /// Longer than a body that decides may be.
    TooLong,
}
