//! Roles by namespace, as in records, responses and the command line. Knows nothing of whose they are.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::names::NamespaceCase;
use super::role::MembershipRole;
use crate::sorted_map::SortedMap;

/// The most namespaces in which one subject has a role. With more, reading a record for one request would be slow.
pub const MAXIMUM_NAMESPACES: usize = 1_000;

/// A user's or an organization's name in a path: 1 to 96 bytes of `A-Z a-z 0-9 . _ -`, of which the last is not a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Namespace(String);

impl Namespace {
    /// The longest namespace.
    pub const MAXIMUM_BYTES: usize = 96;

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is a namespace, so that a record can say something of it.
    pub fn fits(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=Self::MAXIMUM_BYTES).contains(&text.len()) && text.bytes().all(plain) && !text.ends_with('.')
    }
}

impl FromStr for Namespace {
    type Err = RolesError;

    fn from_str(text: &str) -> Result<Self, RolesError> {
        if Self::fits(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RolesError::Namespace)
        }
    }
}

/// A subject's roles, by namespace. JSON: `{"acme":"write","lab":"read"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(SortedMap<Namespace, MembershipRole>);

impl Roles {
    /// Parses the JSON.
    ///
    /// # Errors
    /// A text that says what is wrong, and contains nothing of the input.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }

    /// Adds a role.
    ///
    /// # Errors
    /// [`RolesError`] if the namespace already has a role, if there are too many, or if records cannot contain the role.
    pub fn insert(&mut self, namespace: Namespace, role: MembershipRole) -> Result<(), RolesError> {
        if !role.is_given() {
            return Err(RolesError::Role);
        }
        if self.0.get(&namespace).is_some() {
            return Err(RolesError::Duplicate);
        }
        if self.0.len() >= MAXIMUM_NAMESPACES {
            return Err(RolesError::Many);
        }
        self.0.insert(namespace, role);
        Ok(())
    }

    /// The role in a namespace, if nothing is known of how the origin compares names: see
    /// [`NamespaceCase::Strict`](super::NamespaceCase::Strict).
    pub fn role(&self, namespace: &str) -> MembershipRole {
        let role = NamespaceCase::Strict.role(self.iter(), namespace);
        role.unwrap_or(MembershipRole::None)
    }

    /// These, each at most what the others have of its namespace. Whom the others exclude stays excluded.
    pub fn capped_by(&self, others: &Self) -> Self {
        let capped = self.0.iter().map(|(namespace, role)| {
            (
                namespace,
                *role.min(others.0.get(namespace).unwrap_or(&MembershipRole::None)),
            )
        });
        let excluded = others
            .0
            .iter()
            .filter(|(_, role)| **role == MembershipRole::NoAccess);
        let mut all = Self::default();
        for (namespace, role) in capped.chain(excluded.map(|(namespace, role)| (namespace, *role))) {
            // What is there already says the same or less, and "none" is not said.
            let _refused = all.insert(namespace.clone(), role);
        }
        all
    }

    /// All roles, ascending by namespace.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, MembershipRole)> {
        self.0.iter().map(|(namespace, role)| (namespace.as_str(), *role))
    }

    /// The number of namespaces.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the subject is in no organization.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (namespace, role) in self.iter() {
            map.serialize_entry(namespace, role.name())?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Roles;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of roles by namespace")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Roles, M::Error> {
                let mut roles = Roles::default();
                while let Some((namespace, role)) = map.next_entry::<String, String>()? {
                    let namespace = namespace.parse().map_err(de::Error::custom)?;
                    let role = role.parse().map_err(de::Error::custom)?;
                    roles.insert(namespace, role).map_err(de::Error::custom)?;
                }
                Ok(roles)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// Why roles are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RolesError {
    /// Not a [`Namespace`].
    Namespace,
    /// Not a role that records contain.
    Role,
    /// The same namespace twice.
    Duplicate,
    /// More than [`MAXIMUM_NAMESPACES`].
    Many,
}

impl fmt::Display for RolesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace => write!(
                formatter,
                "a namespace is 1 to {} bytes of A-Z a-z 0-9 . _ - and does not end with a dot",
                Namespace::MAXIMUM_BYTES
            ),
            Self::Role => formatter.write_str("a role is no_access, read, contributor, write or admin"),
            Self::Duplicate => formatter.write_str("a namespace is named twice; name each once"),
            Self::Many => write!(
                formatter,
                "there are more than {MAXIMUM_NAMESPACES} namespaces, the most that a subject has a role in"
            ),
        }
    }
}

impl std::error::Error for RolesError {}

impl FromStr for MembershipRole {
    type Err = RolesError;

    /// Parses a role that records can contain.
    fn from_str(text: &str) -> Result<Self, RolesError> {
        match text {
            "no_access" => Ok(Self::NoAccess),
            "read" => Ok(Self::Read),
            "contributor" => Ok(Self::Contributor),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(RolesError::Role),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn roles_are_capped_by_others() {
        let roles = |json: &str| Roles::parse(json.as_bytes()).unwrap();
        for (own, others, expected) in [
            (
                r#"{"acme":"admin"}"#,
                r#"{"acme":"no_access"}"#,
                r#"{"acme":"no_access"}"#,
            ),
            (r#"{"acme":"admin"}"#, r#"{"acme":"read"}"#, r#"{"acme":"read"}"#),
            (r#"{"acme":"read"}"#, r#"{"acme":"admin"}"#, r#"{"acme":"read"}"#),
            (
                r#"{"acme":"admin","lab":"write"}"#,
                r#"{"lab":"write"}"#,
                r#"{"lab":"write"}"#,
            ),
            (
                r#"{"lab":"write"}"#,
                r#"{"acme":"no_access","lab":"write","x":"read"}"#,
                r#"{"acme":"no_access","lab":"write"}"#,
            ),
            (r#"{"acme":"admin"}"#, "{}", "{}"),
        ] {
            assert_eq!(
                roles(own).capped_by(&roles(others)),
                roles(expected),
                "{own} {others}"
            );
        }
    }

    use super::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};
    use crate::state::MembershipRole;

    #[test]
    fn reads_what_it_writes() {
        let json = r#"{"acme":"write","lab":"no_access"}"#;
        let roles = Roles::parse(json.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&roles).unwrap(), json);
        assert_eq!(Roles::parse(b"{}").unwrap(), Roles::default());
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        for (json, expected) in [
            (r#"{"acme":"read","acme":"write"}"#, "twice"),
            (r#"{"acme":"owner"}"#, "a role is"),
            (r#"{"acme":"none"}"#, "a role is"),
            (r#"{"acme":"Write"}"#, "a role is"),
            (r#"{"acme":null}"#, "string"),
            (r#"{"":"read"}"#, "a namespace is"),
            (r#"{"a/b":"read"}"#, "a namespace is"),
            (r#"{"..":"read"}"#, "a namespace is"),
            (r#"{"acme":"read"} x"#, "trailing"),
            (r#"["acme"]"#, "an object"),
        ] {
            let error = Roles::parse(json.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
        assert!("a".repeat(96).parse::<Namespace>().is_ok());
        assert_eq!("a".repeat(97).parse::<Namespace>(), Err(RolesError::Namespace));
    }

    #[test]
    fn holds_so_many_and_no_more() {
        let mut roles = Roles::default();
        for number in 0..MAXIMUM_NAMESPACES {
            let namespace = format!("org-{number}").parse().unwrap();
            roles.insert(namespace, MembershipRole::Read).unwrap();
        }
        assert_eq!(
            roles.insert("one-more".parse().unwrap(), MembershipRole::Read),
            Err(RolesError::Many)
        );
        assert_eq!(
            roles.insert("org-1".parse().unwrap(), MembershipRole::Read),
            Err(RolesError::Duplicate)
        );
    }

    #[test]
    fn another_spelling_gives_nothing_and_still_shuts_out() {
        let roles = Roles::parse(br#"{"acme":"admin","Shut":"no_access"}"#).unwrap();
        assert_eq!(roles.role("acme"), MembershipRole::Admin);
        assert_eq!(roles.role("ACME"), MembershipRole::None);
        assert_eq!(roles.role("shut"), MembershipRole::NoAccess);
        assert_eq!(roles.role("other"), MembershipRole::None);
    }
}
