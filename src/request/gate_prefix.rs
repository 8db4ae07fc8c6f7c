//! The path under which a gate has its own: the page, sign-in and the management API. Everything else is the origin's.
//!
//! A deployment moves it where the origin has paths of its own there. Knows nothing of what the gate has under it.

use std::fmt;
use std::str::FromStr;

use super::lenient_name::case_folded;
use super::skeleton::is_plain;
use super::target::{Target, decodings, without_sessions};

/// The longest segment. It bounds the comparison that every request costs.
const MAXIMUM_SEGMENT_BYTES: usize = 64;

/// One segment between slashes: `/-/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatePrefix(String);

impl GatePrefix {
    /// The path, with both of its slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segment without the slashes.
    pub fn segment(&self) -> &str {
        self.0.trim_matches('/')
    }

    /// Whether a target is for the gate and never for the origin: its first segment is this one, in any case and width, because
    /// routers and file systems ignore them, with whatever some server cuts off it: what is behind a slash, a semicolon, `?`, `#` or a
    /// space, spaces around it, dots at its end, and sessions of ASP.NET, also where it is encoded several times.
    pub fn holds(&self, target: &Target<'_>) -> bool {
        let is_own = |segment: &str| {
            let mut names = segment.trim().split(['/', ';', '?', '#', ' ']);
            let name = names.next().unwrap_or_default();
            case_folded(name.trim_end_matches('.')).eq_ignore_ascii_case(self.segment())
        };
        target.segment(0).is_some_and(|segment| {
            // Nothing is cut off most segments, or decoded.
            if is_plain(segment) {
                return segment.eq_ignore_ascii_case(self.segment());
            }
            is_own(segment)
                || (target.is_free_text(0)
                    && decodings(segment)
                        .any(|segment| is_own(&segment) || is_own(&without_sessions(&segment))))
        })
    }
}

impl Default for GatePrefix {
    fn default() -> Self {
        Self("/-/".to_owned())
    }
}

impl fmt::Display for GatePrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for GatePrefix {
    type Err = GatePrefixError;

    /// Parses a path of one segment, whose slash at the end may be missing.
    fn from_str(text: &str) -> Result<Self, GatePrefixError> {
        let segment = text.strip_prefix('/').ok_or(GatePrefixError)?;
        let segment = segment.strip_suffix('/').unwrap_or(segment);
        // No dot, percent sign or anything else that a server may resolve, decode or cut off.
        if is_plain(segment) && (1..=MAXIMUM_SEGMENT_BYTES).contains(&segment.len()) {
            Ok(Self(["/", segment, "/"].concat()))
        } else {
            Err(GatePrefixError)
        }
    }
}

/// A text is no prefix of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatePrefixError;

impl fmt::Display for GatePrefixError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "expected one segment of letters, digits, - and _ between slashes, such as /-/ or /_gate/",
        )
    }
}

impl std::error::Error for GatePrefixError {}

#[cfg(test)]
mod tests {
    use super::GatePrefix;
    use crate::request::Target;

    #[test]
    fn is_one_plain_segment() {
        for (text, path, segment) in [
            ("/-/", "/-/", "-"),
            ("/-", "/-/", "-"),
            ("/_gate/", "/_gate/", "_gate"),
            ("/Gate-2", "/Gate-2/", "Gate-2"),
            ("/--", "/--/", "--"),
        ] {
            let prefix: GatePrefix = text.parse().unwrap();
            assert_eq!((prefix.as_str(), prefix.segment()), (path, segment));
        }
        assert_eq!("/-/".parse(), Ok(GatePrefix::default()));
        let long = format!("/{}/", "a".repeat(65));
        for none in [
            "",
            "/",
            "//",
            "///",
            "-",
            "gate",
            "gate/",
            "/a/b",
            "/a/b/",
            "/a//",
            "//a",
            "/./",
            "/../",
            "/a.b/",
            "/.well-known/",
            "/a.",
            "/%2d/",
            "/a%2fb/",
            "/a;b/",
            "/a?b/",
            "/a#b",
            "/a b/",
            " /a/",
            "/a/\n",
            "/a\\b/",
            "/~a/",
            "/a*/",
            "/{a}/",
            "/é/",
            "/a+b/",
            "/a|b/",
            "/a:b/",
            "/@a/",
            "/a\0/",
            "https://hub.example/a/",
            &long,
        ] {
            assert!(none.parse::<GatePrefix>().is_err(), "{none}");
        }
    }

    #[test]
    fn holds_every_spelling_of_its_segment_and_no_other() {
        let held = |prefix: &str, raw: &str| {
            let prefix: GatePrefix = prefix.parse().unwrap();
            Target::parse(raw).ok().map(|target| prefix.holds(&target))
        };
        for raw in [
            "/gate",
            "/gate/",
            "/gate/api/health",
            "/GATE/api",
            "/gAtE",
            "/%67ate/x",
            "/%47ATE",
            "/gate?x",
            "/gate/sign-in",
            "/gate%2Fapi",
            "/gate%2fapi/x",
            "/gate;x/api",
            "/%EF%BD%87ate/",
            "/gate/x%2Fy",
            "/gate.",
            "/gate%20",
            "/%20gate",
            "/gate%20HTTP/1.1",
            "/gate%3Fx",
            "/gate%23x/api",
            "/gate%252Fapi",
            "/gate%25252Fapi",
            "/g%2561te%253Bx",
            "/(S(x))gate/api",
            "/gate(S(x))",
        ] {
            assert_ne!(held("/gate/", raw), Some(false), "{raw}");
        }
        for raw in ["/task", "/tas%E2%84%AA/", "/ta%C5%BFk/x", "/TASK"] {
            assert_ne!(held("/task/", raw), Some(false), "{raw}");
        }
        for raw in ["/-", "/%2d/api", "/%2D"] {
            assert_ne!(held("/-/", raw), Some(false), "{raw}");
        }
        for raw in [
            "/",
            "/gates",
            "/gat",
            "/x/gate",
            "/-/api",
            "/ga-te/",
            "/gate.git",
            "/?/gate/",
        ] {
            assert_ne!(held("/gate/", raw), Some(true), "{raw}");
        }
    }
}
