//! The route table: from a method and a target to what the request does.
//!
//! A table consists of lines `class methods path [condition] [no-namespace|contributors]`; of lines `header names`, which name the
//! fields that its clients send in addition to the known ones (`request/fields`); and of lines `kinds names` and `area names`,
//! which say what the requests of the lines below are for ([`Resource`]). [`ShippedTable`]s are part of the build; the head of
//! `routes/hub.routes` explains each word. A deployment can join several, and mount each behind a prefix. Some rules apply to all lines. Every class less than a write needs a reason that no server can
//! interpret differently:
//!
//! - A line outranks another for the same target only if the other matches everything that it matches, and names no
//!   namespace where the first has a slot. If two lines merely overlap, the stricter class applies: a repository named
//!   like a verb does not soften what is done to it. If one of them names a namespace, that namespace applies, unless both may
//!   write.
//! - A line never outranks one of another table: where joined tables cover one path, the stricter applies.
//! - Literals match in any case and with or without a trailing slash. A spelling that differs from the line's own gets the
//!   stricter of the line's class and the class of an unlisted target.
//! - A path that ends in a stricter line's path gets that line's class, whatever the prefix, unless a line covers it and holds
//!   the line's words as free text. So does a path with another spelling of the line's words (`xet_write_token`), or an extension
//!   or a marker beside one of them (`refs.json`, `@@refs`), and a path whose query contains such a path.
//! - A write that may be meant for two namespaces, or for one and for none, names none.
//! - A parameter determines the class only if it occurs once, in its exact spelling, in a query of percent-encoded UTF-8 and
//!   plain names. If a stricter line has a condition, the words of that condition make any request as strict.
//! - A query lowers no class if the body may name the same parameter. A revision lowers a class only if neither query nor body
//!   may name another revision.
//! - An encoded slash or a `;` in free text is refused if, as a separator, it would make the target match another line that is
//!   stricter.
//! - A path names a repository and areas only if it is spelled as its line is, and every line that may be meant, also where
//!   an encoded slash separates or a `;` ends a segment, names the same. Where the query asks for another method, it names
//!   none.
//!
//! Knows nothing of tokens, headers or membership.

mod access;
mod check;
mod class;
mod entry;
mod header_line;
mod interpretation;
mod marked_target;
mod method_table;
mod number_set;
mod outcome;
mod path_template;
mod path_tree;
mod pattern;
mod query;
mod required_membership;
mod resource;
mod route;
mod route_error;
mod setting;
mod shipped;
mod slot_condition;
mod snapshot;
mod table;
mod table_error;
mod table_rule;
mod table_text;

pub use access::Access;
pub use check::{FindingKind, LinePlace, TableFinding};
pub use class::{Class, Known};
pub(crate) use path_template::PathTemplate;
pub(crate) use query::asks_for_method;
pub use required_membership::RequiredMembership;
pub(crate) use resource::is_word;
pub use resource::{RepositoryName, Resource};
pub use route::{Route, Rule};
pub use route_error::RouteError;
pub use shipped::ShippedTable;
pub use snapshot::{ShippedSnapshots, SnapshotError};
pub use table::RouteTable;
pub use table_error::RouteTableError;
