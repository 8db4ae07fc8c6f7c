//! The route table: from a method and a target to what the request does.
//!
//! A table is lines of `class methods path [?name=value]`, and of `header names`, which say what fields its clients send
//! beside those that go on everywhere (`forwarding`); the shipped one is `routes/hub.routes`, which says
//! what each word means. Four rules stand above the lines, all of them for the strictest reading:
//!
//! - A line outranks another for the same target only when everything that it matches the other matches too.
//!   Where two lines overlap and neither lies within the other, the stricter class counts: a repository named
//!   like a verb does not soften what is done to it.
//! - Literals match in any case and with or without a trailing slash; a spelling that is not the line's own
//!   gets the stricter of the line's class and the class of an unlisted target.
//! - A parameter that decides counts only when it stands once and is spelled exactly.
//! - An encoded slash or a `;` where free text may stand is refused where, as a separator, it would make the
//!   target another line's, and stricter.
//!
//! Knows nothing of tokens, headers or membership.

mod entry;
mod header_line;
mod method_table;
mod pattern;
mod query;
mod table;

use std::fmt;

pub(crate) use query::is_read_as_any;
pub use table::{RouteTable, RouteTableError};

use crate::lfs_batch::Operation;
use crate::target::TargetError;

/// What a request does, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Goes on untouched; no token is looked at.
    Public,
    /// Needs any valid token.
    Read,
    /// Needs a write token and nothing more at the edge: the origin decides the rest.
    Contribute,
    /// Needs a write token and, where membership is on, a role in the namespace that allows writing.
    Write,
}

impl Access {
    /// Every access, from the weakest to the strictest.
    pub const ALL: [Self; 4] = [Self::Public, Self::Read, Self::Contribute, Self::Write];

    /// The class as route tables and headers spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Contribute => "contribute",
            Self::Write => "write",
        }
    }
}

/// What a table says of a request: its access, or that the body must be seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Known from method and target alone.
    Known(Access),
    /// A git-lfs batch: read or write by the body's operation.
    LfsBatch,
}

impl Class {
    /// The access once the body is known. A class that needs no body ignores it.
    pub fn with_body(self, body: &[u8]) -> Access {
        match self {
            Self::Known(access) => access,
            Self::LfsBatch => match Operation::of(body) {
                Operation::Download => Access::Read,
                Operation::Upload => Access::Write,
            },
        }
    }

    /// The weakest access that can come out.
    pub const fn at_least(self) -> Access {
        match self {
            Self::Known(access) => access,
            Self::LfsBatch => Access::Read,
        }
    }
}

/// What a table says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'table, 'target> {
    /// What the request does.
    pub class: Class,
    /// Which line said so.
    pub rule: Rule<'table>,
    /// The `{namespace}` that the path names, where it names one.
    pub namespace: Option<&'target str>,
}

/// The ground of a classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule<'table> {
    /// A line of the table.
    Line {
        /// Its number in the table's text, from 1.
        number: usize,
        /// The line itself.
        text: &'table str,
    },
    /// No line matches: GET and HEAD read, OPTIONS is public, everything else writes.
    Unlisted,
    /// A query parameter asks for another method, so that the request counts as a write.
    MethodParameter,
}

impl fmt::Display for Rule<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { text, .. } => formatter.write_str(text),
            Self::Unlisted => formatter.write_str("unlisted"),
            Self::MethodParameter => formatter.write_str("method parameter in the query"),
        }
    }
}

/// Why a request has no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteError {
    /// The target can be read in two ways.
    Ambiguous(TargetError),
    /// A line of the table refuses it, such as an unknown git service.
    Refused {
        /// The line's number in the table's text, from 1.
        line: usize,
    },
    /// The path is the gate's own (`/-/`) and never goes to the origin.
    Reserved,
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(error) => error.fmt(formatter),
            Self::Refused { line } => write!(formatter, "line {line} of the route table refuses it"),
            Self::Reserved => write!(formatter, "paths under /-/ are the gate's own"),
        }
    }
}

impl std::error::Error for RouteError {}

impl From<TargetError> for RouteError {
    fn from(error: TargetError) -> Self {
        Self::Ambiguous(error)
    }
}
