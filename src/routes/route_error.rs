//! The reasons why a request has no class.

use std::error::Error;
use std::fmt;

use crate::request::TargetError;

/// Why a request has no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteError {
    /// The target is ambiguous.
    Ambiguous(TargetError),
    /// A line of the table refuses the request, such as one with an unknown git service.
    Refused {
        /// The line's number in the table's text, from 1.
        line: usize,
    },
    /// The path belongs to the gate and is never forwarded to the origin.
    Reserved,
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(error) => error.fmt(formatter),
            Self::Refused { line } => write!(formatter, "line {line} of the route table refuses it"),
            Self::Reserved => formatter.write_str("the path is one of the gate's own"),
        }
    }
}

impl Error for RouteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Ambiguous(error) => Some(error),
            Self::Refused { .. } | Self::Reserved => None,
        }
    }
}

impl From<TargetError> for RouteError {
    fn from(error: TargetError) -> Self {
        Self::Ambiguous(error)
    }
}
