//! The pure part of the management API: its calls and why they are refused. Knows nothing of ledgers, or of how a
//! request arrives.

mod answer;
mod api_error;
mod api_error_text;
mod backup_body;
mod bodies;
mod membership_body;
mod operation;
mod parameters;
mod report_limit;
pub mod secret_scanning;

pub use api_error::ApiError;
pub use backup_body::read_backup;
pub use membership_body::read_roles;
pub use operation::{Operation, Place, Right, SIGN_IN, SIGN_OUT, is_management};
pub use parameters::Parameters;
pub use report_limit::{REPORT_WINDOW_SECONDS, ReportLimit};

pub use bodies::{CreateRequest, RefreshRequest, form_assertion, form_token, reported_tokens};

/// The longest body except for reports of leaks: 16 KiB.
pub const MAXIMUM_BODY_BYTES: usize = 16 * 1024;

/// The longest report of leaks, 256 KiB: room for a thousand of the longest tokens in JSON.
pub const MAXIMUM_REPORT_BYTES: usize = 256 * 1024;

/// The longest page of a backup, 1 MiB: some records of the most namespaces, or a hundred of anything else.
pub const MAXIMUM_IMPORT_BYTES: usize = 1024 * 1024;

/// The longest membership, 128 KiB: room for the most namespaces with the longest names in JSON.
pub const MAXIMUM_MEMBERSHIP_BYTES: usize = 128 * 1024;
