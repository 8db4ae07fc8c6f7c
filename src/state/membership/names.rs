//! How the names of namespaces are compared, and whether a subject owns the namespace of its own name. Both must be as the
//! origin has them. Knows nothing of records.

use std::fmt;
use std::str::FromStr;

use super::role::MembershipRole;

/// What a deployment says of names. The default assumes as little as can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameRules {
    /// Which spellings are one namespace.
    pub case: NamespaceCase,
    /// Whose the namespace of a subject's own name is.
    pub own_namespace: OwnNamespace,
}

/// Which spellings of a name are one namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamespaceCase {
    /// It is not known: a role counts for its own spelling, and being shut out counts for every spelling.
    #[default]
    Strict,
    /// Names that differ in case are different namespaces.
    Sensitive,
    /// Names that differ in case are one. If a record has several spellings, the weakest role counts.
    Insensitive,
}

/// Whose the namespace of a subject's own name is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnNamespace {
    /// Whose the record says: a subject may be called like an organization.
    #[default]
    ByRecord,
    /// The subject's, unless its record says something else of it.
    ByName,
}

impl NameRules {
    /// A subject's role in a namespace, by the roles of its record, if it has one.
    pub(crate) fn role<'a>(
        self,
        subject: &str,
        roles: impl Iterator<Item = (&'a str, MembershipRole)>,
        namespace: &str,
    ) -> MembershipRole {
        let own = match self.own_namespace {
            OwnNamespace::ByName if self.case.is_same(subject, namespace) => MembershipRole::Owner,
            OwnNamespace::ByName | OwnNamespace::ByRecord => MembershipRole::None,
        };
        self.case.role(roles, namespace).unwrap_or(own)
    }
}

impl NamespaceCase {
    /// What roles say of a namespace; `None` if nothing.
    pub(super) fn role<'a>(
        self,
        roles: impl Iterator<Item = (&'a str, MembershipRole)>,
        namespace: &str,
    ) -> Option<MembershipRole> {
        roles
            .filter(|(name, role)| {
                self.is_same(name, namespace)
                    || self == Self::Strict
                        && *role == MembershipRole::NoAccess
                        && name.eq_ignore_ascii_case(namespace)
            })
            .map(|(_, role)| role)
            .min()
    }

    fn is_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Strict | Self::Sensitive => one == other,
            Self::Insensitive => one.eq_ignore_ascii_case(other),
        }
    }
}

/// Why a text is none of the words that a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRulesError(&'static str);

impl fmt::Display for NameRulesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for NameRulesError {}

impl FromStr for NamespaceCase {
    type Err = NameRulesError;

    fn from_str(text: &str) -> Result<Self, NameRulesError> {
        match text {
            "strict" => Ok(Self::Strict),
            "sensitive" => Ok(Self::Sensitive),
            "insensitive" => Ok(Self::Insensitive),
            _ => Err(NameRulesError("expected strict, sensitive or insensitive")),
        }
    }
}

impl FromStr for OwnNamespace {
    type Err = NameRulesError;

    fn from_str(text: &str) -> Result<Self, NameRulesError> {
        match text {
            "by-record" => Ok(Self::ByRecord),
            "by-name" => Ok(Self::ByName),
            _ => Err(NameRulesError("expected by-record or by-name")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NameRules, NamespaceCase, OwnNamespace};
    use crate::state::{MembershipRole, Roles};

    fn role(
        case: NamespaceCase,
        own_namespace: OwnNamespace,
        record: &str,
        namespace: &str,
    ) -> MembershipRole {
        let roles = Roles::parse(record.as_bytes()).unwrap();
        NameRules { case, own_namespace }.role("alice", roles.iter(), namespace)
    }

    #[test]
    fn the_record_says_first_what_a_subject_is_in_the_namespace_of_its_name() {
        use MembershipRole as M;
        use NamespaceCase::{Insensitive, Sensitive, Strict};
        use OwnNamespace::{ByName, ByRecord};
        for (case, own, record, namespace, expected) in [
            (Strict, ByRecord, "{}", "alice", M::None),
            (Strict, ByRecord, r#"{"alice":"admin"}"#, "alice", M::Admin),
            (Strict, ByName, "{}", "alice", M::Owner),
            (Strict, ByName, r#"{"acme":"write"}"#, "alice", M::Owner),
            (Strict, ByName, r#"{"alice":"read"}"#, "alice", M::Read),
            (Strict, ByName, r#"{"alice":"no_access"}"#, "alice", M::NoAccess),
            (Strict, ByName, r#"{"Alice":"no_access"}"#, "alice", M::NoAccess),
            (Strict, ByName, r#"{"alice":"no_access"}"#, "Alice", M::NoAccess),
            (Strict, ByName, "{}", "Alice", M::None),
            (Sensitive, ByName, "{}", "Alice", M::None),
            (Sensitive, ByName, r#"{"Alice":"no_access"}"#, "alice", M::Owner),
            (Insensitive, ByName, "{}", "Alice", M::Owner),
            (Insensitive, ByName, r#"{"ALICE":"read"}"#, "Alice", M::Read),
            (Insensitive, ByRecord, "{}", "Alice", M::None),
        ] {
            assert_eq!(
                role(case, own, record, namespace),
                expected,
                "{case:?} {own:?} {record} {namespace}"
            );
        }
    }

    #[test]
    fn compares_names_as_the_origin_does() {
        use MembershipRole as M;
        use NamespaceCase::{Insensitive, Sensitive, Strict};
        let two = r#"{"ACME":"read","acme":"admin"}"#;
        let shut = r#"{"ACME":"no_access","acme":"admin"}"#;
        for (case, record, expected) in [
            (Strict, two, [M::Admin, M::Read, M::None]),
            (Sensitive, two, [M::Admin, M::Read, M::None]),
            (Insensitive, two, [M::Read, M::Read, M::Read]),
            (Strict, shut, [M::NoAccess, M::NoAccess, M::NoAccess]),
            (Sensitive, shut, [M::Admin, M::NoAccess, M::None]),
            (Insensitive, shut, [M::NoAccess, M::NoAccess, M::NoAccess]),
        ] {
            for (namespace, expected) in ["acme", "ACME", "Acme"].into_iter().zip(expected) {
                let found = role(case, OwnNamespace::ByRecord, record, namespace);
                assert_eq!(found, expected, "{case:?} {record} {namespace}");
            }
        }
    }

    #[test]
    fn assumes_as_little_as_can_be_and_knows_its_words() {
        let rules = NameRules::default();
        assert_eq!(
            (rules.case, rules.own_namespace),
            (NamespaceCase::Strict, OwnNamespace::ByRecord)
        );
        assert_eq!("by-name".parse(), Ok(OwnNamespace::ByName));
        assert_eq!("insensitive".parse(), Ok(NamespaceCase::Insensitive));
        for wrong in ["", "By-Name", "name", "on"] {
            assert!(wrong.parse::<OwnNamespace>().is_err());
            assert!(wrong.parse::<NamespaceCase>().is_err());
        }
    }
}
