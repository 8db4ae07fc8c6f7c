//! The disguises of a plain request: every variation of its target's spelling, method, headers, body and framing that some
//! server is known to see through. Pure.

mod alias;
mod charset;
mod content_type;
mod detour;
mod elsewhere;
mod encoding;
mod field_name;
mod framing;
mod header;
mod json_body;
mod line;
mod method;
mod parameter;
mod path;
mod place;
mod query;
mod verb_name;

use std::collections::HashSet;

use super::plain::Plain;
use super::variant::Variant;

pub(crate) use self::alias::prefixed;
pub(crate) use self::field_name::with_signs;
pub(crate) use self::method::METHOD_HEADERS;

/// The most variants of one plain request. The limit ensures that a long file cannot keep a probe from ending.
const MAXIMUM_VARIANTS: usize = 20_000;

/// A plain request, and the material for its disguises.
pub(crate) struct Scene<'plains> {
    /// The request.
    pub(crate) plain: &'plains Plain,
    /// The requests that need less access.
    pub(crate) weaker: Vec<&'plains Plain>,
    /// All requests.
    pub(crate) all: &'plains [Plain],
    /// The host in absolute targets.
    pub(crate) host: &'plains str,
    /// The mount prefixes of this origin, in addition to the known ones.
    pub(crate) prefixes: &'plains [String],
}

impl<'plains> Scene<'plains> {
    /// The scene of one of these requests.
    pub(crate) fn of(
        plain: &'plains Plain,
        all: &'plains [Plain],
        host: &'plains str,
        prefixes: &'plains [String],
    ) -> Self {
        Self {
            plain,
            weaker: all.iter().filter(|other| other.access < plain.access).collect(),
            all,
            host,
            prefixes,
        }
    }

    /// Weaker requests to hide this one in: for each access one without a body, and one that may have one. Servers treat
    /// requests differently by these two properties only.
    fn carriers(&self) -> Vec<&'plains Plain> {
        let mut carriers: Vec<&Plain> = Vec::new();
        for weaker in &self.weaker {
            let is_alike = |held: &&Plain| {
                held.access == weaker.access && (held.method == "GET") == (weaker.method == "GET")
            };
            if !carriers.iter().any(is_alike) {
                carriers.push(weaker);
            }
        }
        carriers
    }

    /// The weaker requests to the same path.
    fn weaker_on_same_path(&self) -> impl Iterator<Item = &'plains Plain> {
        let path = self.plain.path();
        self.weaker
            .iter()
            .copied()
            .filter(move |weaker| weaker.path() == path)
    }
}

/// All variants of a plain request without duplicates, beginning with the request itself.
pub(crate) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let itself = Variant::plain(scene.plain);
    let mut variants = vec![itself.clone()];
    for (kind, target) in path::spellings(scene).into_iter().chain(query::spellings(scene)) {
        variants.push(itself.clone().kind(kind).at(target));
    }
    for make in [
        line::variants,
        method::variants,
        header::variants,
        field_name::variants,
        detour::variants,
        elsewhere::variants,
        framing::variants,
        alias::variants,
        verb_name::variants,
        charset::variants,
        place::variants,
        json_body::variants,
    ] {
        variants.extend(make(scene));
    }
    let mut held = HashSet::new();
    variants.retain(|variant| held.insert(variant.wire("", &[])));
    variants.truncate(MAXIMUM_VARIANTS);
    variants
}

/// A kind of disguise, and a target in it.
type Spelling = (&'static str, Vec<u8>);

/// The path, split at each of its slashes.
fn cuts(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.match_indices('/')
        .filter_map(|(at, slash)| Some((path.get(..at)?, path.get(at.saturating_add(slash.len())..)?)))
}

/// The path, split around each of its segments: what is before it with its slash, the segment, and what is after it.
fn segments(path: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    cuts(path).map(|(before, after)| {
        let length = after.find('/').unwrap_or(after.len());
        let (segment, rest) = after.split_at_checked(length).unwrap_or((after, ""));
        (before, segment, rest)
    })
}

/// The path with the plain request's query.
fn with_query(plain: &Plain, path: &str) -> String {
    match plain.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests;
