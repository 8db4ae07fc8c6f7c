//! Which of a client's request fields go on to the origin: an allow-list.
//!
//! A field goes on where its name consists of letters, digits and `-` alone, and
//!
//! - is a request field of the IANA HTTP field name registry (or of a published draft or de facto standard for
//!   browsers and tracing) that neither frames a message, nor identifies or routes a request (`request/fields`);
//! - or stands in a `header` line of the route table, which names what the table's clients send;
//! - or in the deployment's `FORWARD_HEADERS`.
//!
//! Names with other characters never go on: servers fold them (PHP makes `_` of `.`, CGI of `-`, lighttpd of nearly
//! everything), so that `X.Lychgate.Subject` is `X-Lychgate-Subject` there.
//!
//! Some names are reserved, and neither a table nor a deployment can add them: what frames a message, what only the gate
//! or a proxy before the origin may say, and what asks for another method or target than those that were judged.
//! A client's own `Forwarded`, `X-Forwarded-*` and `Remote-User` are among them. `X-Forwarded-For` is no exception:
//! Cloudflare appends the address to whatever the client sent, so that its first entry is the client's own word.
//!
//! `CF-*` does not go on either, unless a deployment names it. Cloudflare sets `CF-Connecting-IP` and its relatives anew on
//! every request that a Worker sends over the network, so an origin there loses nothing; in front of any other platform, a
//! client can write them itself. Behind a service binding nobody sets them anew: a deployment on Cloudflare that needs
//! one names it in `FORWARD_HEADERS`.
//!
//! Pure. Knows nothing of how fields are read or written, and of a field's value only what [`ForwardedFields::edit`] needs.

mod cookies;
mod dropped;
mod origin_url;

use std::borrow::Cow;

pub use dropped::{DroppedFields, DroppedReport};
pub use origin_url::{OriginUrl, OriginUrlError};

use crate::identity::SessionCookie;
use crate::request::fields::{is_plain, registry};
use crate::request::{FieldClass, FieldPatterns, Method};
use crate::routes::{Access, RouteTable};

/// The classes of fields that go on with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldClasses {
    bits: u32,
}

impl FieldClasses {
    /// Those of a request that does this; `is_identified` where the gate knows who comes.
    ///
    /// A public `OPTIONS` is a preflight (Fetch standard, section 4.8): it has no body and no credentials, and what else it
    /// carries decides nothing. `GET` and `HEAD` have no body here: what one means is undefined (RFC 9110 section 9.3.1),
    /// and some servers read parameters from it. Only a `GET` opens a WebSocket (RFC 6455 section 4.1): the platform makes a
    /// `GET` of whatever asks for one, and a `POST` that was judged would be another request.
    pub const fn of(method: Method, access: Access, is_identified: bool) -> Self {
        let preflight = Self::NONE.and(FieldClass::Preflight);
        let mut classes = preflight.and(FieldClass::Listed).and(FieldClass::Edited);
        match method {
            Method::Options if matches!(access, Access::Public) => return preflight,
            Method::Get => classes = classes.and(FieldClass::Upgrade),
            Method::Head => {}
            Method::Options | Method::Post | Method::Put | Method::Patch | Method::Delete => {
                classes = classes.and(FieldClass::Body);
            }
        }
        match access {
            Access::Public => classes = classes.and(FieldClass::Credentials),
            Access::Read | Access::Contribute | Access::Write => {}
        }
        if is_identified {
            classes
        } else {
            classes.and(FieldClass::Caching)
        }
    }

    const NONE: Self = Self { bits: 0 };

    const fn and(self, class: FieldClass) -> Self {
        Self {
            bits: self.bits | class.bit(),
        }
    }

    /// Whether fields of the class go on.
    pub const fn hold(self, class: FieldClass) -> bool {
        self.bits & class.bit() != 0
    }

    /// The bits of all classes.
    pub const fn bits(self) -> u32 {
        self.bits
    }
}

/// The fields that go on in one deployment.
pub struct ForwardedFields {
    added: FieldPatterns,
    /// The cookies that do not go on, by name.
    cookies_dropped: Vec<String>,
}

impl ForwardedFields {
    /// Those of the registry, those of the table's clients, and those that the deployment adds.
    pub fn new(table: &RouteTable, mut added: FieldPatterns) -> Self {
        added.extend(table.headers());
        let own = [SessionCookie::HostOnly, SessionCookie::Loopback].map(SessionCookie::name);
        let cookies_dropped = table.deciding_names().chain(own).map(str::to_owned).collect();
        Self {
            added,
            cookies_dropped,
        }
    }

    /// What becomes of a field of that name, in whatever case.
    pub fn class(&self, name: &str) -> FieldClass {
        let name = name.to_ascii_lowercase();
        if !is_plain(&name) {
            return FieldClass::Unlisted;
        }
        if let Some(class) = registry::class(&name) {
            return class;
        }
        if !registry::is_reserved(&name) && self.added.hold(&name) {
            return FieldClass::Listed;
        }
        if registry::is_withheld(&name) {
            FieldClass::Withheld
        } else {
            FieldClass::Unlisted
        }
    }

    /// What of the value of a [`FieldClass::Edited`] or [`FieldClass::Upgrade`] field goes on, where something does.
    ///
    /// - `Cookie`: the pairs in the grammar of RFC 6265 whose names mean nothing to the gate, one by one. Never the gate's own
    ///   session. Some servers put cookies among the parameters (PHP's `$_REQUEST`), so no cookie goes on that is read as a
    ///   parameter that decides what the request does.
    /// - `Upgrade`: to a WebSocket alone.
    pub fn edit<'a>(&self, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => {
                let dropped: Vec<&str> = self.cookies_dropped.iter().map(String::as_str).collect();
                cookies::forwarded(value, &dropped).map(Cow::Owned)
            }
            "upgrade" if value.trim().eq_ignore_ascii_case("websocket") => Some(Cow::Borrowed("websocket")),
            _ => None,
        }
    }
}
