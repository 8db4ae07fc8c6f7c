//! A condition on the text of a slot. Knows nothing of tables.

use crate::stored::stored_struct;
use crate::text_search;

/// The longest number that a template's `{number}` stands for.
const MAXIMUM_DIGITS: usize = 10;

/// What membership looks at in a template. Other names stand for letters, digits and `-._~` up to the next slash, and `{number}`
/// for digits.
const NAMESPACE: &str = "{namespace}";

/// What is the repository's name in a template.
const REPOSITORY: &str = "{repo}";

/// What the text of a slot names by its template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotNames<'text> {
    pub(super) namespace: Option<&'text str>,
    pub(super) repository: Option<&'text str>,
}

/// `{slot}=template`: the slot's text, decoded, is that of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotCondition {
    /// The slot's name.
    pub(super) slot: String,
    /// How many segments of the path come after it.
    pub(super) segments_after: usize,
    /// Pieces with a slash between them, each a text with or without a `{name}` behind it.
    template: String,
}

stored_struct!(SlotCondition {
    slot,
    segments_after,
    template
});

impl SlotCondition {
    /// Reads a condition on one of the path's slots, after which no segment may be optional or repeated.
    pub(super) fn parse(text: &str, path: &str) -> Option<Self> {
        let (slot, template) = text.strip_prefix('{')?.split_once("}=")?;
        let is_it = |segment: &str| segment.trim_start_matches(['{', '*']).strip_suffix('}') == Some(slot);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments_after = path.rsplit('/').position(is_it)?;
        let is_there_once = path
            .rsplit('/')
            .skip(segments_after + 1)
            .all(|segment| segment.trim_start_matches(['{', '*']).split('}').next() != Some(slot));
        let mut after = path.rsplit('/').take(segments_after);
        let is_well_formed = is_there_once
            && !after.any(|segment| segment.ends_with('?') || segment.contains("}{"))
            && template.split('/').all(is_piece)
            && [NAMESPACE, REPOSITORY]
                .into_iter()
                .all(|name| template.matches(name).count() <= 1);
        is_well_formed.then(|| Self {
            slot: slot.to_owned(),
            segments_after,
            template: template.to_owned(),
        })
    }

    /// What the template names in a slot's text; `None` where the text is not the template's.
    pub(super) fn matched<'text>(&self, text: &'text str) -> Option<SlotNames<'text>> {
        let mut names = SlotNames::default();
        let mut texts = text.split('/');
        for piece in self.template.split('/') {
            let text = texts.next()?;
            let (literal, name) = piece.split_at(piece.find('{').unwrap_or(piece.len()));
            let said = text.strip_prefix(literal)?;
            let fits = match name {
                "" => said.is_empty(),
                "{number}" => said.len() <= MAXIMUM_DIGITS && said.bytes().all(|byte| byte.is_ascii_digit()),
                _ => true,
            };
            if !fits || (!name.is_empty() && !is_plain(said)) {
                return None;
            }
            match name {
                NAMESPACE => names.namespace = Some(said),
                REPOSITORY => names.repository = Some(said),
                _ => {}
            }
        }
        texts.next().is_none().then_some(names)
    }

    /// Whether only a text with a slash can match.
    pub(super) fn needs_a_slash(&self) -> bool {
        self.template.contains('/')
    }

    /// Whether the template names a namespace or a repository.
    pub(super) fn names_some(&self) -> bool {
        self.names_namespace() || text_search::holds(&self.template, REPOSITORY)
    }

    /// Whether the template names a namespace.
    pub(super) fn names_namespace(&self) -> bool {
        text_search::holds(&self.template, NAMESPACE)
    }
}

/// Whether a template may have this between two slashes.
fn is_piece(piece: &str) -> bool {
    let (literal, name) = piece.split_at(piece.find('{').unwrap_or(piece.len()));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    let letters = name.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
    let is_name = letters.is_some_and(|letters| {
        !letters.is_empty()
            && letters
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    !piece.is_empty() && literal.bytes().all(plain) && (name.is_empty() || is_name)
}

/// A name that every server reads alike.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(name, "" | "." | "..") && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{SlotCondition, SlotNames};

    fn parsed(text: &str) -> Option<SlotCondition> {
        SlotCondition::parse(text, "/npm/{path}/-rev/{rev}")
    }

    #[test]
    fn holds_for_exactly_the_template() {
        let request = parsed("{rev}=refs/pr/{number}").unwrap();
        assert_eq!(request.segments_after, 0);
        assert_eq!(request.matched("refs/pr/17"), Some(SlotNames::default()));
        for text in [
            "main",
            "refs/pr/",
            "refs/pr/x",
            "refs/pr/1x",
            "refs/pr/1/",
            "refs/pr/1/2",
            "refs/pr/-1",
            "refs/pr/ 1",
            "refs/pr/\u{661}",
            "refs/pr/12345678901",
            "REFS/pr/1",
            "refs/pr/1\n",
            "heads/refs/pr/1",
            "/refs/pr/1",
        ] {
            assert_eq!(request.matched(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_a_namespace() {
        let scope = parsed("{path}=@{namespace}/{repo}").unwrap();
        assert_eq!(scope.segments_after, 2);
        let names = SlotNames {
            namespace: Some("acme"),
            repository: Some("widget"),
        };
        assert_eq!(scope.matched("@acme/widget"), Some(names));
        for text in [
            "widget",
            "@acme",
            "@acme/",
            "@/widget",
            "acme/widget",
            "@acme/a/b",
            "@../a",
            "@a/..",
            "@a b/c",
            "@a;/c",
            "@a%2fb/c",
            "@@a/c",
        ] {
            assert_eq!(scope.matched(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_condition_on_a_slot() {
        for text in [
            "rev=x",
            "{rev}",
            "{rev}=",
            "{other}=x",
            "{rev}={number}x",
            "{rev}={namespace}{name}",
            "{rev}={namespace}/{namespace}",
            "{rev}={repo}/{repo}",
            "{rev}={}",
            "{rev}={Number}",
            "{rev}=a%2Fb",
            "{rev}=a*",
            "{rev}={number",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(SlotCondition::parse("{rev}=x", "/a/{rev}/b?"), None);
        assert_eq!(SlotCondition::parse("{rev}=x", "/{rev}/{rev}"), None);
        assert!(SlotCondition::parse("{rev}=x", "/a/{*rev}").is_some());
        assert!(SlotCondition::parse("{rev}=x", "/a/b?/{rev}/").is_some());
    }
}
