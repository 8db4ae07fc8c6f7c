//! The errors of a table's text, each with its line.

use std::error::Error;
use std::fmt;

use crate::request::FieldPatternFault;

/// Why a text is not a route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTableError {
    /// The line, from 1.
    pub line: usize,
    fault: LineFault,
}

impl RouteTableError {
    pub(super) fn at(line: usize, fault: LineFault) -> Self {
        Self { line, fault }
    }
}

/// Why one line is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFault {
    Name,
    Words,
    Class,
    Method,
    Head,
    Path,
    Condition,
    OtherSlots,
    Twice,
    TwoParameters,
    TooMany,
    Namespace,
    Namespaces,
    HeaderWords,
    Header(FieldPatternFault),
    Areas,
    Kind,
    Kinds,
}

impl fmt::Display for RouteTableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            LineFault::Name => {
                "expected the lines of a table, or names of hub, mlflow, oci, pypi and npm with + between them, each followed \
                 by @/prefix where its paths begin with one"
            }
            LineFault::Words => {
                "expected `class methods path [condition] [no-namespace|contributors] [other-repositories]`"
            }
            LineFault::Class => "the class must be public, read, contribute, write, refused or lfs-batch",
            LineFault::Method => {
                "the methods must be of GET OPTIONS POST PUT PATCH DELETE, separated by commas"
            }
            LineFault::Head => "HEAD is judged as GET; write GET",
            LineFault::Path => {
                "the path must be / and segments: a literal, a|b, {slot}, each with ? where it may be absent, \
                 {slot}{1,8} for up to so many, or {*slot} at the end; it may stand for up to 4096 paths"
            }
            LineFault::Condition => {
                "the condition must be ?name=value, ?name=* or {slot}=text, where the text may hold {number}, {namespace} and \
                 {name}, each up to a slash, and no optional or repeated segment comes after the slot"
            }
            LineFault::OtherSlots => {
                "an earlier line has this path with slots that hold other things, or another slash at the end"
            }
            LineFault::Twice => "an earlier line says already what this method, path and condition are",
            LineFault::TwoParameters => {
                "an earlier line lets another parameter decide for this path; only one may"
            }
            LineFault::Namespace => "a line with `no-namespace` must name no {namespace}",
            LineFault::Namespaces => {
                "a line may have one {namespace}, and one {repo} or several side by side: no other is looked at"
            }
            LineFault::TooMany => "too many paths in all",
            LineFault::HeaderWords => "expected `header Name,Name-*`",
            LineFault::Areas => "expected `area name,name` or `area -`; a table has at most 64 areas",
            LineFault::Kind => "expected `kind name`, once in a table",
            LineFault::Kinds => "expected `kinds name,name`",
            LineFault::Header(fault) => return write!(formatter, "route table, line {}: {fault}", self.line),
        };
        write!(formatter, "route table, line {}: {what}", self.line)
    }
}

impl Error for RouteTableError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            LineFault::Header(fault) => Some(fault),
            LineFault::Name
            | LineFault::Words
            | LineFault::Class
            | LineFault::Method
            | LineFault::Head
            | LineFault::Path
            | LineFault::Condition
            | LineFault::OtherSlots
            | LineFault::Twice
            | LineFault::TwoParameters
            | LineFault::TooMany
            | LineFault::Namespace
            | LineFault::Namespaces
            | LineFault::HeaderWords
            | LineFault::Areas
            | LineFault::Kind
            | LineFault::Kinds => None,
        }
    }
}
