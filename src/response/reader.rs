//! For whom an answer is written: the client, and what request and deployment say that the words depend on. Knows nothing
//! of what is answered.

use super::client::{Client, Initiator};
use crate::token::Prefix;

/// For whom an answer is written.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Which form it shows.
    pub client: Client,
    /// What made it ask.
    pub initiator: Initiator,
    /// What happens if it asks the same again.
    pub repetition: Repetition,
    /// What this deployment's tokens begin with. It names the realm too.
    pub prefix: &'a Prefix,
    /// Where people make their tokens, if the deployment has the page.
    pub token_page: Option<&'a str>,
}

/// What happens if a request is made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repetition {
    /// What it does is done twice.
    #[default]
    Twice,
    /// Nothing more than the first time (RFC 9110 section 9.2.2).
    Once,
}

impl Repetition {
    /// As the method has it.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" => Self::Once,
            _ => Self::Twice,
        }
    }
}

impl<'a> Reader<'a> {
    /// A program that reads this form, of which nothing else is known.
    pub fn new(client: Client, prefix: &'a Prefix) -> Self {
        Self {
            client,
            initiator: Initiator::Program,
            repetition: Repetition::Twice,
            prefix,
            token_page: None,
        }
    }

    /// Whether a browser may ask the person who sits there for a password: for a page that they go to, and for nothing that
    /// a page loads.
    pub(super) fn may_be_asked_for_a_password(&self) -> bool {
        match self.initiator {
            Initiator::Navigation | Initiator::Program => true,
            Initiator::Page => false,
        }
    }
}
