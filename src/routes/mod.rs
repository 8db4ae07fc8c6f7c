//! The route table: from a method and a target to what the request does.
//!
//! A table is lines of `class methods path [?name=value] [no-namespace]`; of `header names`, which say what fields its
//! clients send beside those that go on everywhere (`request/fields`); and of `kinds names` and `area names`, which say what
//! the requests of the lines below are for ([`Resource`]); the shipped one is `routes/hub.routes`, which says
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
//! - A path names a repository and areas only if it is spelled as its line is, and every line that may be meant, also where
//!   an encoded slash separates or a `;` ends a segment, names the same. Where the query asks for another method, it names
//!   none.
//!
//! Knows nothing of tokens, headers or membership.

mod access;
mod class;
mod entry;
mod header_line;
mod interpretation;
mod method_table;
mod outcome;
mod path_template;
mod pattern;
mod query;
mod resource;
mod route;
mod route_error;
mod shipped;
mod table;
mod table_error;
mod table_rule;

pub use access::Access;
pub use class::{Class, Known};
pub(crate) use path_template::PathTemplate;
pub(crate) use query::asks_for_another_method;
pub(crate) use resource::is_word;
pub use resource::{RepositoryName, Resource};
pub use route::{Route, Rule};
pub use route_error::RouteError;
pub use table::RouteTable;
pub use table_error::RouteTableError;
