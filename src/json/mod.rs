//! JSON as far as the gate's module needs it: what it reads and writes is an object or two.
//!
//! serde_json, which reads everything for everybody, would be an eighth of the module; the service, the page and the command
//! line have it. Knows nothing of what is read or written.

mod read;
mod write;

pub(crate) use read::{Reader, Unread, number, object, skip, string, whole_object};
pub(crate) use write::{Object, push_escaped, push_number};
