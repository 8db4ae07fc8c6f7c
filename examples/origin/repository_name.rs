//! The checked name of a repository, which is safe as a path on disk and in a URL.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::failure::Refusal;

/// Longer than the Hub allows, and much shorter than the limit of file systems.
const LONGEST_PART: usize = 96;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Model,
    Dataset,
    Space,
}

impl Kind {
    /// The kind that a path segment such as `datasets` names.
    pub(crate) fn from_plural(text: &str) -> Option<Kind> {
        match text {
            "models" => Some(Kind::Model),
            "datasets" => Some(Kind::Dataset),
            "spaces" => Some(Kind::Space),
            _other => None,
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Kind::Model => "models",
            Kind::Dataset => "datasets",
            Kind::Space => "spaces",
        }
    }
}

/// Kind, namespace and name: letters, digits, `.`, `_` and `-` only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RepositoryName {
    kind: Kind,
    namespace: String,
    name: String,
}

impl RepositoryName {
    /// Parses a name with or without `.git`, because git's clients use both.
    pub(crate) fn parse(kind: Kind, namespace: &str, name: &str) -> Result<RepositoryName, Refusal> {
        let name = name.strip_suffix(".git").unwrap_or(name);
        if !is_plain(namespace) || !is_plain(name) {
            return Err(Refusal::malformed(
                "a repository is named with letters, digits, '.', '_' and '-'",
            ));
        }
        Ok(RepositoryName {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// `namespace/name`, the id in the Hub API.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Its path below the data directory.
    pub(crate) fn directory(&self) -> PathBuf {
        [self.kind.plural(), &self.namespace, &format!("{}.git", self.name)]
            .iter()
            .collect()
    }
}

/// The path in a URL, without the leading slash. The path of a model has no prefix.
impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Model => {}
            Kind::Dataset | Kind::Space => write!(formatter, "{}/", self.kind.plural())?,
        }
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !part.is_empty()
        && part.len() <= LONGEST_PART
        && part.bytes().all(plain)
        && !part.starts_with(['.', '-'])
        && !part.contains("..")
        && !part.ends_with(".lock")
}
