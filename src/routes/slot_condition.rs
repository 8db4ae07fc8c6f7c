//! A condition on what a slot of a path says. Knows nothing of tables.

/// The longest number that a template's `{number}` stands for.
const MAXIMUM_DIGITS: usize = 10;

/// `{slot}=template`: the slot's text, decoded, is that of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotCondition {
    /// The slot's name.
    pub(super) slot: String,
    /// How many segments of the path come after it.
    pub(super) segments_after: usize,
    pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `{number}`: digits.
    Number,
    /// Any other `{name}`: letters, digits and `-._~`, up to the next slash.
    Name,
    /// `{namespace}`: the same, and membership looks at it.
    Namespace,
}

impl SlotCondition {
    /// Reads a condition on one of the path's slots, after which no segment may be optional.
    pub(super) fn parse(text: &str, path: &str) -> Option<Self> {
        let (slot, template) = text.strip_prefix('{')?.split_once("}=")?;
        let is_it = |segment: &str| segment.trim_start_matches(['{', '*']).strip_suffix('}') == Some(slot);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments_after = path.rsplit('/').position(is_it)?;
        let is_there_once = path
            .rsplit('/')
            .skip(segments_after + 1)
            .all(|segment| !is_it(segment));
        let mut after = path.rsplit('/').take(segments_after);
        if !is_there_once || after.any(|segment| segment.ends_with('?')) {
            return None;
        }
        Some(Self {
            slot: slot.to_owned(),
            segments_after,
            pieces: parse_template(template)?,
        })
    }

    /// What the template names as namespace in a slot's text; `None` where the text is not the template's.
    pub(super) fn matched<'text>(&self, text: &'text str) -> Option<Option<&'text str>> {
        let mut rest = text;
        let mut namespace = None;
        for piece in &self.pieces {
            rest = match piece {
                Piece::Text(literal) => rest.strip_prefix(literal.as_str())?,
                Piece::Number => {
                    let after = rest.trim_start_matches(|character: char| character.is_ascii_digit());
                    let digits = rest.len() - after.len();
                    (1..=MAXIMUM_DIGITS).contains(&digits).then_some(after)?
                }
                Piece::Name | Piece::Namespace => {
                    let (name, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                    if !is_plain(name) {
                        return None;
                    }
                    if *piece == Piece::Namespace {
                        namespace = Some(name);
                    }
                    after
                }
            };
        }
        rest.is_empty().then_some(namespace)
    }

    /// Whether the template names a namespace.
    pub(super) fn names_namespace(&self) -> bool {
        self.pieces.contains(&Piece::Namespace)
    }
}

fn parse_template(template: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        if let Some(slot) = rest.strip_prefix('{') {
            let (name, after) = slot.split_once('}')?;
            let is_name =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            // A name goes up to a slash.
            if !is_name || !(after.is_empty() || after.starts_with('/')) {
                return None;
            }
            pieces.push(match name {
                "number" => Piece::Number,
                "namespace" if pieces.contains(&Piece::Namespace) => return None,
                "namespace" => Piece::Namespace,
                _ => Piece::Name,
            });
            rest = after;
        } else {
            let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@/".contains(&byte);
            if !literal.bytes().all(plain) {
                return None;
            }
            pieces.push(Piece::Text(literal.to_owned()));
            rest = after;
        }
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// A name that every server reads alike.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(name, "" | "." | "..") && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::SlotCondition;

    fn parsed(text: &str) -> Option<SlotCondition> {
        SlotCondition::parse(text, "/npm/{path}/-rev/{rev}")
    }

    #[test]
    fn holds_for_exactly_the_template() {
        let request = parsed("{rev}=refs/pr/{number}").unwrap();
        assert_eq!(request.segments_after, 0);
        assert_eq!(request.matched("refs/pr/17"), Some(None));
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
        let scope = parsed("{path}=@{namespace}/{name}").unwrap();
        assert_eq!(scope.segments_after, 2);
        assert_eq!(scope.matched("@acme/widget"), Some(Some("acme")));
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
