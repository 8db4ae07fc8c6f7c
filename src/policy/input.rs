//! The input of a decision: the request, and what the gate knows when it arrives. Knows nothing of how they are evaluated.

use crate::request::{Content, Sender};
use crate::routes::RouteTable;
use crate::state::{Memberships, OnStale, Revocations};
use crate::token::Verifier;

/// What the gate knows when a request arrives.
pub struct State {
    /// Verifies tokens.
    pub tokens: Verifier,
    /// Classifies requests.
    pub routes: RouteTable,
    /// The cached revocation lists.
    pub revocations: Revocations,
    /// The roles of subjects in namespaces.
    pub memberships: Memberships,
    /// What a request without credentials may do.
    pub anonymous: Anonymous,
    /// What the gate does while no valid list is cached.
    pub on_stale: OnStale,
    /// Whether the gate refuses what a token does not allow.
    pub mode: Mode,
}

/// Whether the gate refuses what a token does not allow, or only reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The gate refuses the request.
    #[default]
    Enforce,
    /// If only role, restrictions or membership forbid the request, the gate forwards and marks it: for a hub that introduces the
    /// gate.
    Observe,
}

/// What a request without credentials may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Only public requests.
    #[default]
    Deny,
    /// Reads too: for hubs with public repositories, whose origin decides what anyone may see.
    Reads,
}

/// The parts of a request that affect the decision.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method as received.
    pub method: &'a str,
    /// The raw target, `/path?query`.
    pub target: &'a str,
    /// The value of the `Authorization` header, if there is one.
    pub authorization: Option<&'a str>,
    /// The value of the `X-Api-Key` header, if there is one.
    pub api_key: Option<&'a str>,
    /// Its content headers.
    pub content: Content<'a>,
    /// The headers that describe its sender.
    pub sender: Sender<'a>,
    /// The body, if it has been read.
    pub body: Body<'a>,
}

/// What is known of a request's body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Not read. Hardly any request needs it.
    Unread,
    /// The complete body.
    Whole(&'a [u8]),
    /// Longer than the limit for a body that determines the class.
    TooLong,
}
