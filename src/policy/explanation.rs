//! What the route table says of one request, as an owned value for people. Knows nothing of tokens: it does not say whether
//! a token allows the request.

use serde::Serialize;

use super::input::Request;
use super::steps::{
    content_that_counts, find_access, find_route, parse_method, parse_target, require_preflight,
};
use super::supposed_request::{supposed_request, usual_content};
use super::trace::{Finding, Trace};
use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
use crate::request::{Target, TargetError};
use crate::response::Refusal;
use crate::routes::{RouteTable, Rule};

/// A request's class, or why it is refused.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Explanation {
    /// The request has a class.
    Known {
        /// `public`, `read`, `contribute` or `write`.
        access: &'static str,
        /// The rule that determines the class, as the table has it.
        rule: String,
        /// The name of the rule's table, if that is one that was named.
        #[serde(skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        /// The rule's line in its table, from 1; none if no line matched.
        line: Option<usize>,
        /// The namespace that the path names.
        namespace: Option<String>,
        /// The canonical target that is forwarded to the origin.
        target: String,
        /// Whether the body determines the class.
        #[serde(skip)]
        body_decides: bool,
    },
    /// The request has no class.
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
    /// Explains a request. It takes the same steps as [`decide`](super::decide) up to the token, and then the step that
    /// reads the body. No part needs to be UTF-8; what is not is refused as the gate refuses it.
    pub fn of(table: &RouteTable, method: &[u8], target: &[u8], body: &[u8]) -> Self {
        let mut trace = RouteTrace {
            body_bytes: body.len(),
            body_decides: false,
            reason: String::new(),
        };
        Self::known(table, method, target, body, &mut trace).unwrap_or_else(|refusal| Self::Refused {
            access: "refused",
            code: refusal.code(),
            reason: trace.reason,
        })
    }

    fn known(
        table: &RouteTable,
        method: &[u8],
        target: &[u8],
        body: &[u8],
        trace: &mut RouteTrace,
    ) -> Result<Self, Refusal> {
        // No method is empty.
        let method = str::from_utf8(method).unwrap_or_default();
        let raw_target = str::from_utf8(target).map_err(|_| TargetError::Utf8);
        let request = supposed_request(method, raw_target.unwrap_or_default(), body);
        let method = parse_method(request.method, trace)?;
        let target = parse_target(raw_target.and_then(Target::parse), trace)?;
        let route = find_route(method, &target, table, trace)?;
        let request = Request {
            content: content_that_counts(method, usual_content(method, route.class, body)),
            ..request
        };
        let route = require_preflight(method, route, &request, trace);
        // The body is either complete or longer than the limit.
        let access = find_access(route.class, &target, &request, trace).map_err(|_| Refusal::BodyTooLarge)?;
        Ok(Self::Known {
            access: access.name(),
            rule: route.rule.to_string(),
            table: match route.rule {
                Rule::Line { table, .. } => table.map(str::to_owned),
                Rule::Unlisted | Rule::MethodParameter | Rule::NoPreflight => None,
            },
            line: match route.rule {
                Rule::Line { number, .. } => Some(number),
                Rule::Unlisted | Rule::MethodParameter | Rule::NoPreflight => None,
            },
            namespace: route.namespace.map(str::to_owned),
            target: target.canonical().to_owned(),
            body_decides: trace.body_decides,
        })
    }
}

/// A trace that keeps what an explanation says beside the class.
struct RouteTrace {
    body_bytes: usize,
    body_decides: bool,
    /// Why the last step failed.
    reason: String,
}

impl<'a> Trace<'a> for RouteTrace {
    fn record(&mut self, finding: Finding<'_, 'a>) {
        match finding {
            Finding::Method(error) => self.reason = error.to_string(),
            Finding::Target(Err(error)) => self.reason = error.to_string(),
            Finding::Route(Err(error)) => self.reason = error.to_string(),
            Finding::Access {
                access: Ok(_),
                body_decides,
            } => self.body_decides = body_decides,
            Finding::Access { access: Err(_), .. } => {
                self.reason = format!(
                    "the body has {} bytes; the limit is {MAXIMUM_DECIDING_BODY_BYTES}",
                    self.body_bytes
                );
            }
            Finding::Target(Ok(_))
            | Finding::Route(Ok(_))
            | Finding::NoPreflight
            | Finding::Credentials(_)
            | Finding::NoToken { .. }
            | Finding::Token(_)
            | Finding::Revocation(_)
            | Finding::Role { .. }
            | Finding::Restrictions { .. }
            | Finding::StrayBody
            | Finding::CrossSite
            | Finding::Membership { .. } => {}
        }
    }
}
