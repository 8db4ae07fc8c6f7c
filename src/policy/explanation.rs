//! What the route table says of one request, owned and ready to be shown. Knows nothing of tokens: whether a
//! token may do it is another question.

use serde::Serialize;

use crate::request::Content;
use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
use crate::request::{Method, MethodError};
use crate::request::{Target, TargetError};
use crate::response::Refusal;
use crate::routes::{Access, Class, Known, RouteError, RouteTable, Rule};

/// What a request does, or why it is refused.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Explanation {
    /// The request has a class.
    Known {
        /// `public`, `read`, `contribute` or `write`.
        access: &'static str,
        /// The rule that says so, as the table has it.
        rule: String,
        /// The rule's line in the table, from 1; none where no line decided.
        line: Option<usize>,
        /// The namespace that the path names.
        namespace: Option<String>,
        /// The canonical target, which goes on to the origin.
        target: String,
        /// Whether the body was asked.
        #[serde(skip)]
        body_decides: bool,
    },
    /// The request has none.
    Refused {
        /// `refused`.
        access: &'static str,
        /// The refusal's code.
        code: &'static str,
        /// Why, for people.
        reason: String,
    },
}

impl Explanation {
    /// Explains a request. No part needs to be UTF-8, and what is not is refused as the gate refuses it.
    pub fn of(table: &RouteTable, method: &[u8], target: &[u8], body: &[u8]) -> Self {
        let Some(method) = str::from_utf8(method)
            .ok()
            .and_then(|method| method.parse::<Method>().ok())
        else {
            return Self::refused(&Refusal::MethodUnsupported, MethodError.to_string());
        };
        let target = match str::from_utf8(target)
            .map_err(|_| TargetError::Utf8)
            .and_then(Target::parse)
        {
            Ok(target) => target,
            Err(error) => return Self::from(RouteError::from(error)),
        };
        let route = match table.classify(method, &target) {
            Ok(route) => route,
            Err(error) => return Self::from(error),
        };
        let content = usual_content(route.class, body);
        let body_decides = route.class.without_body(&target, content) == Known::NeedsBody;
        if body_decides && body.len() > MAXIMUM_DECIDING_BODY_BYTES {
            return Self::refused(
                &Refusal::BodyTooLarge,
                format!(
                    "the body has {} bytes; at most {MAXIMUM_DECIDING_BODY_BYTES} are read",
                    body.len()
                ),
            );
        }
        let access: Access = route.class.with_body(&target, content, body);
        Self::Known {
            access: access.name(),
            rule: route.rule.to_string(),
            line: match route.rule {
                Rule::Line { number, .. } => Some(number),
                Rule::Unlisted | Rule::MethodParameter | Rule::NoPreflight => None,
            },
            namespace: route.namespace.map(str::to_owned),
            target: target.canonical().to_owned(),
            body_decides,
        }
    }

    fn refused(refusal: &Refusal, reason: String) -> Self {
        Self::Refused {
            access: "refused",
            code: refusal.code(),
            reason,
        }
    }
}

/// What the clients that send requests of this class say of their bodies.
pub(crate) fn usual_content(class: Class<'_>, body: &[u8]) -> Content<'static> {
    match class {
        Class::LfsBatch => Content::of_type("application/vnd.git-lfs+json"),
        Class::UnlessNamed { .. } if body.is_empty() => Content::None,
        Class::UnlessNamed { .. } if body.contains(&b'\n') => Content::of_type("application/x-ndjson"),
        Class::Known(_) | Class::UnlessNamed { .. } => Content::of_type("application/json"),
    }
}

impl From<RouteError> for Explanation {
    fn from(error: RouteError) -> Self {
        Self::refused(&Refusal::from(error), error.to_string())
    }
}
