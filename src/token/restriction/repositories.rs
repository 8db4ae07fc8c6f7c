//! The repositories to which a token is limited.

use super::is_list;
use crate::routes::{RepositoryName, is_word};

/// What covers anything, as a part of an entry.
const ANY: &str = "*";

/// Entries `namespace/name` or `kind/namespace/name` with commas between them, where each part may be `*`. A name may have
/// several parts where there is a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repositories(Box<str>);

impl Repositories {
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_list(text, ',', is_entry).then(|| Self(text.into()))
    }

    /// The entries as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an entry covers this repository.
    pub(crate) fn cover(&self, repository: &RepositoryName<'_>) -> bool {
        self.0.split(',').any(|entry| {
            let (kind, namespace, name) = parts(entry);
            let is_of_kind = match kind {
                Some(kind) => kind == ANY || kind == repository.kind,
                None => repository.is_usual_kind,
            };
            is_of_kind
                && (namespace == ANY || Some(namespace) == repository.namespace)
                && (name == ANY || name == repository.name)
        })
    }
}

/// Kind, namespace and name: the first part of three or more is the kind, and all that follow the namespace are the name.
fn parts(entry: &str) -> (Option<&str>, &str, &str) {
    let (first, rest) = entry.split_once('/').unwrap_or((entry, ""));
    match rest.split_once('/') {
        Some((namespace, name)) => (Some(first), namespace, name),
        None => (None, first, rest),
    }
}

fn is_entry(entry: &str) -> bool {
    let (kind, namespace, name) = parts(entry);
    let is_name = name == ANY || name.split('/').all(|part| is_part(part) && part != ANY);
    kind.is_none_or(|kind| kind == ANY || is_word(kind))
        && is_part(namespace)
        && is_name
        && !name.ends_with(".git")
}

fn is_part(text: &str) -> bool {
    const MAXIMUM_BYTES: usize = 96;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text == ANY
        || (1..=MAXIMUM_BYTES).contains(&text.len()) && !matches!(text, "." | "..") && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::Repositories;
    use crate::routes::RepositoryName;

    #[test]
    fn an_entry_covers_what_it_names_and_nothing_alike() {
        let covers = |entries: &str, kind, namespace, name| {
            let repository = RepositoryName {
                kind,
                is_usual_kind: kind == "models",
                namespace,
                name,
            };
            Repositories::parse(entries).unwrap().cover(&repository)
        };
        let acme = Some("acme");
        for (entries, kind, namespace, name, expected) in [
            ("acme/widget", "models", acme, "widget", true),
            ("models/acme/widget", "models", acme, "widget", true),
            ("acme/widget", "datasets", acme, "widget", false),
            ("datasets/acme/widget", "models", acme, "widget", false),
            ("acme/widget", "models", acme, "Widget", false),
            ("acme/widget", "models", Some("ACME"), "widget", false),
            ("acme/widget", "models", acme, "widget2", false),
            ("acme/widget", "models", acme, "widge", false),
            ("acme/widget", "models", None, "widget", false),
            ("acme/*", "models", acme, "anything", true),
            ("acme/*", "models", Some("acme2"), "anything", false),
            ("acme/*", "models", None, "acme", false),
            ("*/widget", "models", None, "widget", true),
            ("*/*", "models", None, "gpt2", true),
            ("*/*", "datasets", acme, "corpus", false),
            ("*/acme/*", "spaces", acme, "demo", true),
            ("*/*/*", "spaces", None, "demo", true),
            ("acme/*", "models", acme, "team/app", true),
            ("models/acme/team/app", "models", acme, "team/app", true),
            ("models/acme/team/app", "models", acme, "team/app2", false),
            ("models/acme/team/app", "models", acme, "app", false),
            ("acme/team/app", "models", acme, "team/app", false),
            ("acme/app", "models", acme, "team/app", false),
            ("*/team/app", "models", acme, "team/app", false),
            ("other/x,acme/widget", "models", acme, "widget", true),
        ] {
            assert_eq!(
                covers(entries, kind, namespace, name),
                expected,
                "{entries} {kind} {namespace:?} {name}"
            );
        }
    }
}
