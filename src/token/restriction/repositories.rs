//! The repositories to which a token is limited.

use super::is_list;
use crate::routes::{RepositoryName, is_word};

/// What covers anything, as a part of an entry.
const ANY: &str = "*";

/// Entries `namespace/name` or `kind/namespace/name` with commas between them, where each part may be `*`.
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
            let [kind, namespace, name] = parts(entry);
            (kind == ANY || kind == repository.kind)
                && (namespace == ANY || Some(namespace) == repository.namespace)
                && (name == ANY || name == repository.name)
        })
    }
}

/// Kind, namespace and name; the parts that an entry does not have are empty.
fn parts(entry: &str) -> [&str; 3] {
    let mut from_the_end = entry.rsplitn(3, '/');
    let mut next = || from_the_end.next().unwrap_or_default();
    let (name, namespace) = (next(), next());
    match from_the_end.next() {
        Some(kind) => [kind, namespace, name],
        None => [RepositoryName::DEFAULT_KIND, namespace, name],
    }
}

fn is_entry(entry: &str) -> bool {
    let [kind, namespace, name] = parts(entry);
    (kind == ANY || is_word(kind)) && is_part(namespace) && is_part(name) && !name.ends_with(".git")
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
