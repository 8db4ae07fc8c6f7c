//! Whether a token's restrictions allow a request. Knows nothing of the order of steps.

use core::net::IpAddr;

use super::trace::{Finding, Trace};
use super::verdict::{Halt, Need};
use crate::request::{ClientAddress, Content, Method, Sender, Target};
use crate::response::{Refusal, UnmetRestriction};
use crate::routes::{Access, RepositoryName, Resource, RouteTable};
use crate::token::{Claims, Networks, Restriction, Role};

/// What of a request restrictions look at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) target: &'a Target<'a>,
    pub(super) sender: Sender<'a>,
    pub(super) content: Content<'a>,
}

/// Whether all restrictions of the token hold for a request of this access.
pub(super) fn check_restrictions<'a>(
    claims: &Claims,
    asked: Asked<'_>,
    access: Access,
    routes: &RouteTable,
    trace: &mut impl Trace<'a>,
) -> Result<(), Halt> {
    if claims.restrictions.is_empty() {
        return Ok(());
    }
    let resource = if claims.restrictions.iter().any(looks_at_resource) {
        routes.resource(asked.method, asked.target, asked.content)
    } else {
        Resource::default()
    };
    for restriction in claims.restrictions.iter() {
        if !asked.is_allowed(restriction, access, &resource, routes)? {
            let unmet = UnmetRestriction {
                restriction: restriction.clone(),
                asked: asked.in_words(restriction, access, &resource),
            };
            trace.record(Finding::Restrictions {
                claims,
                unmet: Some(&unmet),
            });
            return Err(Refusal::RestrictionInsufficient(Box::new(unmet)).into());
        }
    }
    trace.record(Finding::Restrictions { claims, unmet: None });
    Ok(())
}

/// Whether what the request is for matters to a restriction.
const fn looks_at_resource(restriction: &Restriction) -> bool {
    match restriction {
        Restriction::Repositories(_) | Restriction::Areas(_) | Restriction::Requests(_) => true,
        Restriction::Role(_) | Restriction::Expires(_) | Restriction::Networks(_) => false,
    }
}

/// Whether the token may be used from this address, whatever for.
///
/// # Errors
/// If it is limited to other networks.
pub(super) fn check_networks(claims: &Claims, address: ClientAddress<'_>) -> Result<(), Refusal> {
    for restriction in claims.restrictions.iter() {
        if let Restriction::Networks(networks) = restriction
            && !is_in(networks, address)
        {
            return Err(Refusal::RestrictionInsufficient(Box::new(UnmetRestriction {
                restriction: restriction.clone(),
                asked: address_in_words(address),
            })));
        }
    }
    Ok(())
}

fn is_in(networks: &Networks, address: ClientAddress<'_>) -> bool {
    match address {
        ClientAddress::At(address) => networks.hold(address),
        ClientAddress::Unread | ClientAddress::Unknown => false,
    }
}

/// An address, if it is one: the platform's word goes into an answer.
fn address_in_words(address: ClientAddress<'_>) -> Option<String> {
    match address {
        ClientAddress::At(address) if address.parse::<IpAddr>().is_ok() => Some(address.to_owned()),
        ClientAddress::At(_) | ClientAddress::Unread | ClientAddress::Unknown => None,
    }
}

impl Asked<'_> {
    fn is_allowed(
        &self,
        restriction: &Restriction,
        access: Access,
        resource: &Resource<'_>,
        routes: &RouteTable,
    ) -> Result<bool, Halt> {
        Ok(match restriction {
            Restriction::Role(role) => needed(access) <= *role,
            // Verified with the token.
            Restriction::Expires(_) => true,
            Restriction::Networks(_) if matches!(self.sender.address, ClientAddress::Unread) => {
                return Err(Halt::Wait(Need::ClientAddress));
            }
            Restriction::Networks(networks) => is_in(networks, self.sender.address),
            Restriction::Repositories(_) | Restriction::Areas(_) | Restriction::Requests(_)
                // Nobody who asks this sends a query, in which some servers would find another path.
                if resource.is_whoami() && self.target.query().is_none() =>
            {
                true
            }
            Restriction::Repositories(repositories) => resource
                .repository
                .is_some_and(|repository| repositories.cover(&repository)),
            Restriction::Areas(areas) => areas.hold_one_of(resource.areas()),
            Restriction::Requests(requests) => {
                requests.hold(self.method, self.target)
                    && !routes.may_be_another_request(self.method, self.target)
            }
        })
    }

    /// What the request is, where that can be said in words that are not the caller's own.
    fn in_words(&self, restriction: &Restriction, access: Access, resource: &Resource<'_>) -> Option<String> {
        match restriction {
            Restriction::Role(_) => Some(needed(access).name().to_owned()),
            Restriction::Repositories(_) => resource.repository.map(|repository| name_of(&repository)),
            Restriction::Areas(_) => {
                let areas: Vec<&str> = resource.areas().collect();
                (!areas.is_empty()).then(|| areas.join(","))
            }
            Restriction::Networks(_) => address_in_words(self.sender.address),
            Restriction::Expires(_) | Restriction::Requests(_) => None,
        }
    }
}

/// The role that a request needs.
const fn needed(access: Access) -> Role {
    match access {
        Access::Public | Access::Read => Role::Read,
        Access::Contribute | Access::Write => Role::Write,
    }
}

/// The repository as entries name it; `another` where its name is none that an entry could have.
fn name_of(repository: &RepositoryName<'_>) -> String {
    let mut parts = Vec::with_capacity(3);
    if !repository.is_usual_kind || repository.name.contains('/') {
        parts.push(repository.kind);
    }
    parts.extend(repository.namespace);
    parts.push(repository.name);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    if parts.iter().all(|part| part.bytes().all(plain)) {
        parts.join("/")
    } else {
        "another".to_owned()
    }
}
