//! A small JSON reader and writer for the gate module, which reads and writes only an object or two.
//!
//! serde_json can read anything, but it would be an eighth of the gate module. The service reads serde's types by [`from_slice`], on
//! the same reader, and writes them by serde_json. Knows nothing of the content that is read or written.

mod read;
mod typed;
mod write;

pub(crate) use read::{
    Reader, Unread, array, number, object, skip, string, walk, walk_text, whole_array, whole_number,
    whole_object,
};
pub(crate) use typed::from_slice;
pub(crate) use write::{Object, push_escaped, push_number};
