//! A restriction of a token that does not hold for a request. Knows nothing of how that was found.

use crate::token::Restriction;

/// A restriction of a token, and what the request is that it does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetRestriction {
    /// What the token says, which its holder may know.
    pub restriction: Restriction,
    /// What the request is instead: a repository, areas, an address or a role. `None` where it is none at all.
    pub asked: Option<String>,
}

impl UnmetRestriction {
    /// What is allowed, and what was asked, in one sentence.
    pub(crate) fn text(&self) -> String {
        let (what, one, none) = match &self.restriction {
            Restriction::Role(_) => ("role", "the request needs ", ""),
            Restriction::Expires(_) => ("time before", "", "it is later"),
            Restriction::Repositories(_) => (
                "repositories",
                "the request is for ",
                "the request names no repository beyond doubt",
            ),
            Restriction::Areas(_) => (
                "areas",
                "the request is in ",
                "the request is in no area that the gate knows",
            ),
            Restriction::Networks(_) => (
                "networks",
                "the request comes from ",
                "where the request comes from is not known",
            ),
            Restriction::Requests(_) => ("requests", "", "this request is none of them"),
        };
        let allowed = self.restriction.allowed();
        let (asked, name) = match &self.asked {
            Some(name) => (one, name.as_str()),
            None => (none, ""),
        };
        format!("This token is limited to the {what} {allowed}; {asked}{name}.")
    }
}
