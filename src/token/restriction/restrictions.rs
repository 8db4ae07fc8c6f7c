//! The restrictions of one token, in their order.

use std::fmt;
use std::sync::Arc;

use super::{Restriction, RestrictionError};
use crate::token::{Role, Timestamp};

/// The restrictions of one token, in order. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Restrictions(Option<Arc<[Restriction]>>);

impl Restrictions {
    /// The most that a token may have: each is looked at in every request.
    pub const MAXIMUM: usize = 8;

    /// These.
    ///
    /// # Errors
    /// [`RestrictionError::TooMany`] where there are more than [`Restrictions::MAXIMUM`].
    pub fn new(restrictions: Vec<Restriction>) -> Result<Self, RestrictionError> {
        match restrictions.len() {
            0 => Ok(Self(None)),
            1..=Self::MAXIMUM => Ok(Self(Some(restrictions.into()))),
            _ => Err(RestrictionError::TooMany),
        }
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Restriction> {
        self.0.iter().flat_map(|all| all.iter())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Those that both begin with. Whoever adds restrictions to a token adds them behind those that it was minted with, so
    /// that all tokens of one id begin with these.
    pub fn common_start(&self, other: &Self) -> Self {
        let common: Arc<[Restriction]> = self
            .iter()
            .zip(other.iter())
            .take_while(|(own, others)| own == others)
            .map(|(own, _)| own.clone())
            .collect();
        Self((!common.is_empty()).then_some(common))
    }

    /// These but for those that say when the token expires.
    pub(crate) fn without_expiry(&self) -> Self {
        let others: Arc<[Restriction]> = self
            .iter()
            .filter(|restriction| !matches!(restriction, Restriction::Expires(_)))
            .cloned()
            .collect();
        Self((!others.is_empty()).then_some(others))
    }

    /// The earlier of this expiry and those of the restrictions.
    pub fn cap_expiry(&self, expires_at: Option<Timestamp>) -> Option<Timestamp> {
        let own = self.iter().filter_map(|restriction| match restriction {
            Restriction::Expires(at) => Some(*at),
            Restriction::Role(_)
            | Restriction::Repositories(_)
            | Restriction::Areas(_)
            | Restriction::Networks(_)
            | Restriction::Requests(_) => None,
        });
        own.chain(expires_at).min()
    }

    /// The lesser of this role and those of the restrictions.
    pub fn cap_role(&self, role: Role) -> Role {
        self.iter().fold(role, |role, restriction| match restriction {
            Restriction::Role(at_most) => role.min(*at_most),
            Restriction::Expires(_)
            | Restriction::Repositories(_)
            | Restriction::Areas(_)
            | Restriction::Networks(_)
            | Restriction::Requests(_) => role,
        })
    }
}

impl fmt::Debug for Restrictions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// The bytes of a token's restrictions, one after the other: each kind, length and value. Stops at the first that is not
/// whole.
#[derive(Clone, Copy)]
pub(crate) struct WireRestrictions<'a>(&'a [u8]);

impl<'a> WireRestrictions<'a> {
    /// Of bytes that hold nothing but whole restrictions, and not too many.
    pub(crate) fn whole(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Self(bytes);
        let count = rest.by_ref().count();
        (rest.0.is_empty() && count <= Restrictions::MAXIMUM).then_some(Self(bytes))
    }
}

impl<'a> Iterator for WireRestrictions<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let [_, length, ..] = self.0 else { return None };
        let (first, rest) = self.0.split_at_checked(usize::from(*length).saturating_add(2))?;
        self.0 = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::Restrictions;

    #[test]
    fn what_two_have_in_common_is_what_both_begin_with() {
        let of = |json| Restrictions::from_json(json).unwrap();
        for (one, other, common) in [
            ("[]", "[]", "[]"),
            (r#"[{"areas":["git"]}]"#, "[]", "[]"),
            (
                r#"[{"areas":["git"]}]"#,
                r#"[{"areas":["git"]}]"#,
                r#"[{"areas":["git"]}]"#,
            ),
            (
                r#"[{"areas":["git"]},{"role":"read"}]"#,
                r#"[{"areas":["git"]},{"expires":7},{"role":"read"}]"#,
                r#"[{"areas":["git"]}]"#,
            ),
            (
                r#"[{"areas":["git"]},{"role":"read"}]"#,
                r#"[{"role":"read"},{"areas":["git"]}]"#,
                "[]",
            ),
        ] {
            let (one, other, common) = (of(one), of(other), of(common));
            assert_eq!(one.common_start(&other), common);
            assert_eq!(other.common_start(&one), common);
            assert_eq!(common.is_empty(), common == Restrictions::default());
        }
    }
}
