//! Why a request failed: a `Refusal` is the caller's fault, a `Fault` is ours.

use std::fmt;
use std::io;

use axum::http::StatusCode;
use lychgate::identity::AssertionError;

use crate::identity::Access;

/// A refusal: the error in the request.
#[derive(Debug)]
pub(crate) enum Refusal {
    NotThroughGate,
    AssertionMissing,
    AssertionRefused(AssertionError),
    AnotherSite,
    AccessTooLow { held: Access, needed: Access },
    SubjectMissing,
    NotOwner { namespace: String },
    LockNotOwned { owner: String },
    Malformed { what: String },
    TooLarge { limit: usize },
    PageMissing,
    MethodUnsupported,
    RepositoryMissing,
    RevisionMissing,
    EntryMissing { commit: String },
    DeletedEntryMissing,
    ObjectMissing,
    LockMissing,
    TicketMissing,
    XetUnsupported,
    BranchMoved,
    ObjectMismatch { what: String },
    RangeUnsatisfiable { length: u64 },
}

impl Refusal {
    pub(crate) fn malformed(what: impl Into<String>) -> Refusal {
        Refusal::Malformed { what: what.into() }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::NotThroughGate
            | Refusal::AssertionMissing
            | Refusal::AssertionRefused(_)
            | Refusal::AnotherSite
            | Refusal::AccessTooLow { .. }
            | Refusal::NotOwner { .. }
            | Refusal::LockNotOwned { .. } => StatusCode::FORBIDDEN,
            Refusal::SubjectMissing => StatusCode::UNAUTHORIZED,
            Refusal::Malformed { .. } => StatusCode::BAD_REQUEST,
            Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::PageMissing
            | Refusal::RepositoryMissing
            | Refusal::RevisionMissing
            | Refusal::EntryMissing { .. }
            | Refusal::DeletedEntryMissing
            | Refusal::ObjectMissing
            | Refusal::LockMissing
            | Refusal::TicketMissing
            | Refusal::XetUnsupported => StatusCode::NOT_FOUND,
            Refusal::MethodUnsupported => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::BranchMoved => StatusCode::PRECONDITION_FAILED,
            Refusal::ObjectMismatch { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::RangeUnsatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
        }
    }

    /// `X-Error-Code`, for the cases that huggingface_hub distinguishes.
    pub(crate) fn hub_code(&self) -> Option<&'static str> {
        match self {
            Refusal::RepositoryMissing => Some("RepoNotFound"),
            Refusal::RevisionMissing => Some("RevisionNotFound"),
            Refusal::EntryMissing { .. } | Refusal::DeletedEntryMissing | Refusal::ObjectMissing => {
                Some("EntryNotFound")
            }
            Refusal::NotThroughGate
            | Refusal::AssertionMissing
            | Refusal::AssertionRefused(_)
            | Refusal::AnotherSite
            | Refusal::AccessTooLow { .. }
            | Refusal::SubjectMissing
            | Refusal::NotOwner { .. }
            | Refusal::LockNotOwned { .. }
            | Refusal::Malformed { .. }
            | Refusal::TooLarge { .. }
            | Refusal::PageMissing
            | Refusal::MethodUnsupported
            | Refusal::LockMissing
            | Refusal::TicketMissing
            | Refusal::XetUnsupported
            | Refusal::BranchMoved
            | Refusal::ObjectMismatch { .. }
            | Refusal::RangeUnsatisfiable { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotThroughGate => formatter.write_str(
                "This request did not come through the gate: X-Lychgate-Access is missing, repeated or unknown. \
                 Send it to the gate's address, not to the origin's.",
            ),
            Refusal::AssertionMissing => formatter.write_str(
                "This request did not come through the gate: X-Lychgate-Assertion is missing or repeated. \
                 Send it to the gate's address, not to the origin's.",
            ),
            Refusal::AnotherSite => formatter.write_str(
                "This form came from another site. Open /sign-in on the origin's own address, and choose there.",
            ),
            Refusal::AssertionRefused(error) => {
                write!(formatter, "X-Lychgate-Assertion is not believed: {error}.")
            }
            Refusal::AccessTooLow { held, needed } => write!(
                formatter,
                "This request needs {needed} access and the gate let it in for {held}. \
                 Use a token whose role covers it, and check the gate's route table."
            ),
            Refusal::SubjectMissing => formatter.write_str("This request needs a user. Send a token."),
            Refusal::NotOwner { namespace } => {
                write!(formatter, "Only its creator or the owner of {namespace} may do this.")
            }
            Refusal::LockNotOwned { owner } => {
                write!(formatter, "The lock belongs to {owner}. Ask them to unlock, or unlock with --force.")
            }
            Refusal::Malformed { what } => write!(formatter, "The request cannot be read: {what}."),
            Refusal::TooLarge { limit } => write!(formatter, "The body is over the limit of {limit} bytes."),
            Refusal::PageMissing => formatter.write_str("There is nothing here."),
            Refusal::MethodUnsupported => formatter.write_str("This page does not take this method."),
            Refusal::RepositoryMissing => formatter.write_str("Repository not found"),
            Refusal::RevisionMissing => formatter.write_str("Invalid rev id"),
            Refusal::EntryMissing { .. } => formatter.write_str("Entry not found"),
            // huggingface_hub looks for these words to explain how to delete a folder.
            Refusal::DeletedEntryMissing => formatter.write_str("A file with this name doesn't exist"),
            Refusal::ObjectMissing => formatter.write_str("The LFS object is not in storage. Upload it first."),
            Refusal::LockMissing => formatter.write_str("There is no such lock."),
            Refusal::TicketMissing => {
                formatter.write_str("The upload address is unknown or has expired. Ask the batch API for a new one.")
            }
            Refusal::XetUnsupported => {
                formatter.write_str("This hub has no Xet storage. Set HF_HUB_DISABLE_XET=1 and upload again.")
            }
            Refusal::BranchMoved => formatter.write_str("A commit has happened since. Please refresh and try again."),
            Refusal::ObjectMismatch { what } => write!(formatter, "The LFS object is not what was announced: {what}."),
            Refusal::RangeUnsatisfiable { length } => {
                write!(formatter, "The range lies outside the content, which has {length} bytes.")
            }
        }
    }
}

/// A fault: an error of this server. It goes to the log, never to the caller.
#[derive(Debug)]
pub(crate) struct Fault(String);

impl Fault {
    pub(crate) fn new(what: impl Into<String>) -> Fault {
        Fault(what.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault(error.to_string())
    }
}

/// Either of the two: the error type of every handler.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Refusal),
    Faulted(Fault),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(refusal) => refusal.fmt(formatter),
            Failure::Faulted(fault) => fault.fmt(formatter),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Faulted(fault)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Faulted(Fault::from(error))
    }
}
