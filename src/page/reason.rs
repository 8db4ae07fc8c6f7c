//! How the gate would decide about a request, for the page.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::policy::{Anonymous, Bearer, Explanation, Mode, Supposed};
use crate::routes::RouteTable;
use crate::state::{
    MembershipRecord, MembershipRecords, MembershipRole, Memberships, NameRules, OwnNamespace, Roles,
};
use crate::token::{FieldError, Subject, Timestamp};

/// The supposed token's subject, unless the membership is `owner`: then the subject is the namespace.
const SUBJECT: &str = "alice";

/// The gate's reasoning about a request: `{steps: [{name, holds, finding}], verdict, code, forwarded, answers}`, or
/// `{error}`. `role` is the token's role, empty for no token; `restrictions` are lines such as `areas=git,api`, and
/// `address` is the client's, empty if it is not known. `membership` is the subject's membership in the namespace, empty if
/// memberships are off.
#[wasm_bindgen]
pub fn reason(
    method: &str,
    target: &str,
    body: &[u8],
    role: &str,
    restrictions: &str,
    address: &str,
    membership: &str,
) -> String {
    let routes = RouteTable::shipped();
    let namespace = match Explanation::of(&routes, method.as_bytes(), target.as_bytes(), body) {
        Explanation::Known { namespace, .. } => namespace,
        Explanation::Refused { .. } => None,
    };
    let namespace = namespace.as_deref();
    let reasoning = subject_for(membership, namespace).and_then(|subject| {
        let bearer = match role {
            "" => None,
            role => Some(Bearer {
                restrictions: super::read_restrictions(restrictions)?,
                address: (!address.is_empty()).then(|| address.to_owned()),
                ..Bearer::new(role.parse().map_err(in_words)?, subject)
            }),
        };
        let memberships = match membership {
            "" => Memberships::Off,
            given => Memberships::On(records(subject, given, namespace)?),
        };
        let supposed = Supposed::new(routes, memberships, Mode::Enforce, Anonymous::Deny);
        Ok(supposed.reason(method, target, body, bearer.as_ref()))
    });
    super::json_or_error(reasoning)
}

fn subject_for(membership: &str, namespace: Option<&str>) -> Result<Subject, String> {
    match (membership, namespace) {
        ("owner", Some(namespace)) => namespace,
        _ => SUBJECT,
    }
    .parse()
    .map_err(in_words)
}

fn in_words(error: FieldError) -> String {
    error.to_string()
}

fn records(subject: Subject, membership: &str, namespace: Option<&str>) -> Result<MembershipRecords, String> {
    let mut roles = Roles::default();
    if let Some(namespace) = namespace
        && !matches!(membership, "none" | "owner")
    {
        let namespace = namespace
            .parse()
            .map_err(|_| "this is not a valid namespace".to_owned())?;
        let role: MembershipRole = membership.parse().map_err(|_| {
            "a membership is no_access, none, read, contributor, write, admin or owner".to_owned()
        })?;
        roles.insert(namespace, role).map_err(|error| error.to_string())?;
    }
    // Whoever is to be an owner has the namespace's name.
    let mut records = MembershipRecords::with_names(NameRules {
        own_namespace: OwnNamespace::ByName,
        ..NameRules::default()
    });
    records
        .accept(
            MembershipRecord::new(subject, 1, (0, Timestamp::MAX), roles),
            Supposed::NOW,
        )
        .map_err(|error| error.to_string())?;
    Ok(records)
}
