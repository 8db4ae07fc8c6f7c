//! The route that a table gives for one request, and the reason for it.

use std::fmt;

use super::class::Class;
use super::required_membership::RequiredMembership;

/// The route that a table gives for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'table, 'target> {
    /// The class of the request.
    pub class: Class<'table>,
    /// The line that determines the class.
    pub rule: Rule<'table>,
    /// The `{namespace}` in the path, if there is one.
    pub namespace: Option<&'target str>,
    /// The membership that a write needs.
    pub membership: RequiredMembership,
}

/// The reason for a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule<'table> {
    /// A line of the table.
    Line {
        /// The name of its table, if that is one of several or named by the deployment.
        table: Option<&'table str>,
        /// Its number in the table's text, from 1.
        number: usize,
        /// The line itself.
        text: &'table str,
    },
    /// No line matches: GET and HEAD read, OPTIONS is public, everything else writes.
    Unlisted,
    /// A query parameter asks for another method, so the request counts as a write.
    MethodParameter,
    /// The request is an `OPTIONS` but not a CORS preflight, so it counts as a write.
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
