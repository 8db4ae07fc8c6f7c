//! The content headers of a request: whether it has a body, of which type, and in which coding.
//!
//! A body may determine the class only if every server parses it alike. A type therefore counts as known only in the
//! spellings that clients send: servers differ in how they treat comments, quotes, repeated or unknown parameters, and some
//! decode a body by the charset that it claims. Knows nothing of the content of a body.

use super::decode_form;
use crate::text_search;

/// The fields of a request that describe its body (RFC 9110 sections 8.3 and 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// The request has no body.
    None,
    /// The request has a body.
    Body {
        /// `Content-Type`, as received.
        content_type: Option<&'a str>,
        /// `Content-Encoding`, as received.
        content_encoding: Option<&'a str>,
    },
}

impl Default for Content<'_> {
    /// A body of unknown type, which is treated most strictly.
    fn default() -> Self {
        Self::Body {
            content_type: None,
            content_encoding: None,
        }
    }
}

/// How servers parse a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// There is no body.
    None,
    /// As one JSON text in UTF-8.
    Json,
    /// As lines of JSON. A server that ignores the type parses it as one JSON text, or as the first of several.
    Lines,
    /// Unknown: servers may differ.
    Unknown,
}

/// The media types that every server parses as JSON.
const JSON: [&str; 2] = ["application/json", "application/vnd.git-lfs+json"];

/// The media type of lines of JSON.
const LINES: &str = "application/x-ndjson";

/// The only parameter that a media type may have. It states the default (RFC 8259 section 8.1).
const UTF_8: [&str; 2] = [";charset=utf-8", "; charset=utf-8"];

/// What a charset is called that is UTF-8.
const UTF_8_NAMES: [&str; 2] = ["utf-8", "utf8"];

/// What charsets are called in which ASCII is what it is in UTF-8.
const ASCII_NAMES: [&str; 3] = ["us-ascii", "iso-8859-1", "latin1"];

impl<'a> Content<'a> {
    /// A body of this type.
    pub fn of_type(content_type: &'a str) -> Self {
        Self::Body {
            content_type: Some(content_type),
            content_encoding: None,
        }
    }

    /// Whether the first line of the body determines the result as well as the whole body.
    #[cfg_attr(
        not(feature = "gate"),
        expect(dead_code, reason = "only the gate reads bodies piece by piece")
    )]
    pub(crate) fn is_of_lines(self) -> bool {
        self.format() == Format::Lines
    }

    /// Whether there is a body whose type is said.
    pub(crate) const fn has_a_type(self) -> bool {
        matches!(
            self,
            Self::Body {
                content_type: Some(_),
                ..
            }
        )
    }

    /// Whether a server that decodes a query by the charset of the body reads another text in this one than its bytes in UTF-8.
    pub(crate) fn redefines(self, query: &str) -> bool {
        let Self::Body {
            content_type: Some(content_type),
            ..
        } = self
        else {
            return false;
        };
        let content_type = content_type.to_ascii_lowercase();
        let is_ascii = decode_form(query).is_ascii();
        text_search::split(&content_type, "charset").skip(1).any(|said| {
            let named = said.trim_start().strip_prefix('=').unwrap_or("*");
            let named = named.trim_start().trim_start_matches(['"', '\'']);
            let named = named
                .split([';', ',', '"', '\'', ' ', '\t'])
                .next()
                .unwrap_or_default();
            !(UTF_8_NAMES.contains(&named) || (is_ascii && ASCII_NAMES.contains(&named)))
        })
    }

    /// How servers parse the body.
    pub(crate) fn format(self) -> Format {
        let Self::Body {
            content_type,
            content_encoding,
        } = self
        else {
            return Format::None;
        };
        if content_encoding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Format::Unknown;
        }
        let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
        let media_type = UTF_8
            .into_iter()
            .find_map(|parameter| content_type.strip_suffix(parameter))
            .unwrap_or(&content_type);
        if JSON.contains(&media_type) {
            Format::Json
        } else if media_type == LINES {
            Format::Lines
        } else {
            Format::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Format};

    #[test]
    fn a_type_is_known_in_the_spellings_that_clients_send() {
        for (content_type, format) in [
            ("application/json", Format::Json),
            ("application/json; charset=utf-8", Format::Json),
            ("application/json;charset=UTF-8", Format::Json),
            ("application/vnd.git-lfs+json", Format::Json),
            ("Application/Vnd.Git-LFS+JSON; charset=utf-8", Format::Json),
            ("application/x-ndjson", Format::Lines),
        ] {
            assert_eq!(Content::of_type(content_type).format(), format, "{content_type}");
        }
    }

    #[test]
    fn any_other_spelling_is_unknown() {
        for content_type in [
            "",
            "json",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-7",
            "application/json; charset=utf-16",
            "application/json; (x) charset=utf-7",
            "application/json; charset=\"utf-8\"",
            "application/json; charset = utf-8",
            "application/json; charset=utf-8; charset=utf-7",
            "application/json; charset=utf-8; x=y",
            "application/json; x=y",
            "application/json;",
            "application/json ",
            " application/json",
            "application/json, application/json",
            "application/json\t; charset=utf-8",
            "application/json;\tcharset=utf-8",
            "application/json;  charset=utf-8",
            "application/vnd.api+json",
            "application/octet-stream",
        ] {
            assert_eq!(
                Content::of_type(content_type).format(),
                Format::Unknown,
                "{content_type:?}"
            );
        }
        assert_eq!(Content::default().format(), Format::Unknown);
        for coding in ["gzip", "", "identity, gzip", "identity "] {
            let content = Content::Body {
                content_type: Some("application/json"),
                content_encoding: Some(coding),
            };
            assert_eq!(content.format(), Format::Unknown, "{coding:?}");
        }
        assert_eq!(Content::None.format(), Format::None);
    }
}
