//! What a table says of one request, and on which ground.

use std::fmt;

use super::class::Class;
use super::required_membership::RequiredMembership;

/// What a table says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'table, 'target> {
    /// What the request does.
    pub class: Class<'table>,
    /// Which line said so.
    pub rule: Rule<'table>,
    /// The `{namespace}` that the path names, where it names one.
    pub namespace: Option<&'target str>,
    /// What a write asks of memberships.
    pub membership: RequiredMembership,
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
