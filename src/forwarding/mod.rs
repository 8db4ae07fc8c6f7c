//! The allow-list of request fields that are forwarded to the origin.
//!
//! A field is forwarded if its name consists of letters, digits and `-` only, and is one of these:
//!
//! - a request field of the IANA HTTP field name registry (or of a published draft or de facto standard for browsers and
//!   tracing) that neither frames a message, nor identifies or routes a request (`request/fields`);
//! - a field in a `header` line of the route table, which names the fields that the table's clients send;
//! - a field in the deployment's `FORWARD_HEADERS`.
//!
//! Names with other characters are never forwarded, because servers fold them: PHP turns `.` into `_`, CGI does so with
//! `-`, and lighttpd with nearly everything. There, `X.Lychgate.Subject` is the same as `X-Lychgate-Subject`.
//!
//! Some names are reserved, and neither a table nor a deployment can add them: fields that frame a message, fields that
//! only the gate or a proxy before the origin may set, and fields that ask for another method or target than the gate
//! decided about. A client's own `Forwarded`, `X-Forwarded-*` and `Remote-User` are among them, and so is
//! `X-Forwarded-For`: Cloudflare appends the address to whatever the client sent, so the client chooses its first entry.
//!
//! `CF-*` is not forwarded either, unless a deployment names it. Cloudflare sets `CF-Connecting-IP` and similar fields anew
//! on every request that a Worker sends over the network, so an origin there loses nothing. In front of any other platform,
//! a client can write these fields itself. Behind a service binding, nobody sets them anew: a deployment on Cloudflare that
//! needs one names it in `FORWARD_HEADERS`.
//!
//! Pure. Knows nothing of how fields are read or written, and of a field's value only what [`ForwardedFields::edit`] needs.

mod authorization;
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
use crate::token::Prefix;

/// The classes of fields that are forwarded with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldClasses {
    bits: u32,
}

impl FieldClasses {
    /// The classes for a request with this method and access. `is_identified` says whether the gate knows the user.
    ///
    /// A public `OPTIONS` is a preflight (Fetch standard, section 4.8): it has no body and no credentials, and nothing else
    /// in it affects the decision. `GET` and `HEAD` are forwarded without a body: its meaning is undefined (RFC 9110 section
    /// 9.3.1), and some servers read parameters from it. Only a `GET` opens a WebSocket (RFC 6455 section 4.1): the platform
    /// turns any request that asks for one into a `GET`, so a `POST` would become a request that the gate did not decide about.
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

    /// Whether fields of the class are forwarded.
    pub const fn hold(self, class: FieldClass) -> bool {
        self.bits & class.bit() != 0
    }

    /// The bits of all classes.
    pub const fn bits(self) -> u32 {
        self.bits
    }
}

/// The fields that are forwarded in one deployment.
pub struct ForwardedFields {
    added: FieldPatterns,
    /// The names of cookies that are not forwarded.
    cookies_dropped: Vec<String>,
    /// The prefix of the tokens that are for the gate alone.
    prefix: Prefix,
}

impl ForwardedFields {
    /// The bits of the classes whose values [`ForwardedFields::edit`] edits.
    pub const EDITED: u32 =
        FieldClass::Credentials.bit() | FieldClass::Edited.bit() | FieldClass::Upgrade.bit();

    /// The fields of the registry, of the table's clients and of the deployment.
    pub fn new(table: &RouteTable, mut added: FieldPatterns, prefix: Prefix) -> Self {
        added.extend(table.headers());
        let own = [SessionCookie::HostOnly, SessionCookie::Loopback].map(SessionCookie::name);
        let cookies_dropped = table.deciding_names().chain(own).map(str::to_owned).collect();
        Self {
            added,
            cookies_dropped,
            prefix,
        }
    }

    /// The class of a field by its name, in any case.
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

    /// The part of the value that is forwarded, if any, of a field of one of the classes [`EDITED`](Self::EDITED).
    ///
    /// - `Authorization`: unless it claims to be the gate's own or holds a token of this deployment.
    /// - `Cookie`: each pair that fits the grammar of RFC 6265 and whose name means nothing to the gate. The gate's own
    ///   session is never forwarded. Some servers treat cookies as parameters (PHP's `$_REQUEST`), so a cookie is not
    ///   forwarded if it could be read as a parameter that determines the request's class.
    /// - `Upgrade`: to a WebSocket only.
    pub fn edit<'a>(&self, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => {
                let dropped: Vec<&str> = self.cookies_dropped.iter().map(String::as_str).collect();
                cookies::forwarded(value, &dropped).map(Cow::Owned)
            }
            "authorization" if authorization::is_forwarded(value, &self.prefix) => Some(Cow::Borrowed(value)),
            "upgrade" if value.trim().eq_ignore_ascii_case("websocket") => Some(Cow::Borrowed("websocket")),
            _ => None,
        }
    }
}
