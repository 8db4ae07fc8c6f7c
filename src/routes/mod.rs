//! The route table: from a method and a target to what the request does.
//!
//! A table is lines of `class methods path [?name=value] [no-namespace]`, and of `header names`, which say what fields its
//! clients send beside those that go on everywhere (`forwarding`); the shipped one is `routes/hub.routes`, which says
//! what each word means. These rules stand above the lines. A class less than a write needs a reason that no server can
//! read otherwise:
//!
//! - A line outranks another for the same target only when the other matches everything that it matches, and names no
//!   namespace where the first has a slot. Where two lines merely overlap, the stricter class applies: a repository
//!   named like a verb does not soften what is done to it. Where one of them names a namespace, that namespace counts.
//! - Literals match in any case and with or without a trailing slash; a spelling that is not the line's own
//!   gets the stricter of the line's class and the class of an unlisted target.
//! - An unlisted path that ends in a stricter line's path takes that line's class, whatever prefix stands before it. So
//!   does a path with an extension or a marker beside one of the line's words (`refs.json`, `@@refs`).
//! - A parameter that decides counts only when it stands once and is spelled exactly, in a query of percent-encoded
//!   UTF-8 and plain names. Where a stricter line needs a parameter, its words make any request as strict.
//! - A query softens nothing where the body may name the same parameter.
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

pub use table::{RouteTable, RouteTableError};

use crate::request::deciding_body::{Operation, may_name};
use crate::request::{Content, Format};
use crate::request::{Target, TargetError};

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
pub enum Class<'table> {
    /// Known from method and target alone.
    Known(Access),
    /// A git-lfs batch: read where the body is beyond doubt a download, else write.
    LfsBatch,
    /// This access, unless the body may name the parameter by which the query has a say in it: then it is a write.
    UnlessNamed {
        /// What it is otherwise.
        access: Access,
        /// The parameter.
        parameter: &'table str,
    },
}

/// The access of a request, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// This.
    Access(Access),
    /// Not without the body.
    NeedsBody,
}

impl Class<'_> {
    /// The access, as far as it can be told without the body.
    pub fn without_body(self, target: &Target<'_>, content: Content<'_>) -> Known {
        match (self, content.format()) {
            (Self::Known(access), _) | (Self::UnlessNamed { access, .. }, Format::None) => {
                Known::Access(access)
            }
            // Frameworks merge what a query names with what the body names.
            (Self::LfsBatch, Format::Json) if target.query().is_none() => Known::NeedsBody,
            // Many handlers parse a body as JSON, whatever type it claims.
            (Self::UnlessNamed { .. }, Format::Json | Format::Lines) => Known::NeedsBody,
            (Self::LfsBatch, Format::None | Format::Json | Format::Lines | Format::Unknown)
            | (Self::UnlessNamed { .. }, Format::Unknown) => Known::Access(Access::Write),
        }
    }

    /// The access once the body is known: all of it, or the first of its lines where it is of lines. A class that needs no body ignores it.
    pub fn with_body(self, target: &Target<'_>, content: Content<'_>, body: &[u8]) -> Access {
        match (self.without_body(target, content), self) {
            (Known::Access(access), _) | (Known::NeedsBody, Self::Known(access)) => access,
            (Known::NeedsBody, Self::LfsBatch) => match Operation::of(body) {
                Operation::Download => Access::Read,
                Operation::Upload => Access::Write,
            },
            (Known::NeedsBody, Self::UnlessNamed { access, parameter }) => {
                let text = match content.format() {
                    // Of several lines, only the first can be taken for a JSON text of its own.
                    Format::Lines => body.split(|byte| *byte == b'\n').next().unwrap_or_default(),
                    Format::None | Format::Json | Format::Unknown => body,
                };
                if !body.is_empty() && may_name(text, parameter) {
                    Access::Write
                } else {
                    access
                }
            }
        }
    }

    /// The weakest access that can come out.
    pub const fn at_least(self) -> Access {
        match self {
            Self::Known(access) | Self::UnlessNamed { access, .. } => access,
            Self::LfsBatch => Access::Read,
        }
    }
}

/// What a table says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'table, 'target> {
    /// What the request does.
    pub class: Class<'table>,
    /// Which line said so.
    pub rule: Rule<'table>,
    /// The `{namespace}` that the path names, where it names one.
    pub namespace: Option<&'target str>,
    /// Whether the line says that what is done belongs to no namespace.
    pub belongs_to_nobody: bool,
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
    /// An `OPTIONS` request that is no CORS preflight counts as a write.
    NoPreflight,
}

impl fmt::Display for Rule<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { text, .. } => formatter.write_str(text),
            Self::Unlisted => formatter.write_str("unlisted"),
            Self::MethodParameter => formatter.write_str("method parameter in the query"),
            Self::NoPreflight => formatter.write_str("OPTIONS without a preflight's fields"),
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
