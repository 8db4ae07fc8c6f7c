//! The reader of an answer: the client, and the facts of the request and of the deployment that the answer depends on. Knows nothing
//! of the answer.

use super::client::{Client, Initiator};
use crate::token::Prefix;

/// The reader of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The client, which determines the form.
    pub client: Client,
    /// What caused the request.
    pub initiator: Initiator,
    /// What a repetition of the request does.
    pub repetition: Repetition,
    /// The prefix of this deployment's tokens, which is also the realm.
    pub prefix: &'a Prefix,
    /// The address of the page for tokens, if the deployment has it.
    pub token_page: Option<&'a str>,
}

/// What the repetition of a request does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repetition {
    /// It has its effect twice.
    #[default]
    Twice,
    /// It has no further effect (RFC 9110 section 9.2.2).
    Once,
}

impl Repetition {
    /// What the method says.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" => Self::Once,
            _ => Self::Twice,
        }
    }
}

impl<'a> Reader<'a> {
    /// A program with this form, of which nothing else is known.
    pub fn new(client: Client, prefix: &'a Prefix) -> Self {
        Self {
            client,
            initiator: Initiator::Program,
            repetition: Repetition::Twice,
            prefix,
            token_page: None,
        }
    }

    /// Whether a browser may ask its user for a password: for a page that they open, and for nothing that a page loads.
    pub(super) fn may_be_asked_for_a_password(&self) -> bool {
        match self.initiator {
            Initiator::Navigation | Initiator::Program => true,
            Initiator::Page => false,
        }
    }
}
