//! Repositories with the name of a route's literal. `DELETE /api/models/acme/like` is the repository `like` of `acme`, but a
//! table may read it as “like the repository acme”. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::super::plain::Plain;
use super::super::variant::Variant;
use super::{Scene, segments, with_query};

/// Literals of hubs' routes, in addition to those in the plain requests.
const LITERALS: [&str; 48] = [
    "like",
    "paths-info",
    "settings",
    "commit",
    "commits",
    "tag",
    "branch",
    "tree",
    "resolve",
    "raw",
    "blob",
    "refs",
    "revision",
    "compare",
    "discussions",
    "duplicate",
    "ask-access",
    "preupload",
    "info",
    "HEAD",
    "objects",
    "lfs-files",
    "xet-read-token",
    "xet-write-token",
    "super-squash",
    "user-access-request",
    "notebook",
    "parquet",
    "treesize",
    "croissant",
    "likers",
    "auth-check",
    "leaderboard",
    "create",
    "delete",
    "move",
    "search",
    "generate",
    "models",
    "datasets",
    "spaces",
    "kernels",
    "buckets",
    "api",
    "git-upload-pack",
    "git-receive-pack",
    "overview",
    "scan",
];

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let Some((namespace, repository)) = repository_of(plain, scene.all) else {
        return Vec::new();
    };
    let own = format!("/{namespace}/{repository}");
    let literals: BTreeSet<&str> = scene
        .all
        .iter()
        .flat_map(|other| segments(other.path()).map(|(_, segment, _)| segment))
        .filter(|segment| !segment.is_empty() && *segment != namespace && *segment != repository)
        .chain(LITERALS)
        .collect();
    let Some((before, after)) = plain.path().split_once(&own) else {
        return Vec::new();
    };
    let mut variants = Vec::new();
    for literal in literals {
        let mut add = |kind, middle: String| {
            let target = with_query(plain, &format!("{before}{middle}{after}"));
            variants.push(Variant::plain(plain).kind(kind).at(target));
        };
        add("repository named like a verb", format!("/{namespace}/{literal}"));
        add(
            "repository in a repository",
            format!("/{namespace}/{literal}/{repository}"),
        );
        add("repository without a namespace", format!("/{literal}"));
        if after.is_empty() {
            add(
                "verb after the namespace",
                format!("/{namespace}/{literal}/anything"),
            );
        }
    }
    variants
}

/// Namespace and repository of a request. The most frequent pair of neighbouring segments in all requests begins with the
/// namespace. In this request, the segment after the namespace is the repository.
fn repository_of<'plains>(plain: &'plains Plain, all: &[Plain]) -> Option<(&'plains str, &'plains str)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (first, second) in all.iter().flat_map(neighbours) {
        let count = counts.entry((first, second)).or_default();
        *count = count.saturating_add(1);
    }
    let most = counts.values().copied().max().filter(|count| *count > 1)?;
    // If there are several, the last one in the path wins: `/api/models` comes before the namespace.
    let (namespace, _) = all
        .iter()
        .filter_map(|other| {
            neighbours(other)
                .filter(|pair| counts.get(pair) == Some(&most))
                .last()
        })
        .next()?;
    neighbours(plain).find(|(first, second)| *first == namespace && !second.is_empty())
}

fn neighbours(plain: &Plain) -> impl Iterator<Item = (&str, &str)> {
    let names = || segments(plain.path()).map(|(_, segment, _)| segment);
    names().zip(names().skip(1))
}

#[cfg(test)]
mod tests {
    use super::{Plain, repository_of};

    #[test]
    fn finds_the_repository_that_the_requests_share() {
        let lines = [
            "/acme/widget/info/refs",
            "/acme/widget/HEAD",
            "/api/models/acme/widget",
            "/api/models/acme/widget/settings",
        ]
        .map(|target| format!("{{\"access\":\"read\",\"method\":\"GET\",\"target\":\"{target}\"}}\n"))
        .concat();
        let all = Plain::read_all(&lines).unwrap();
        for plain in &all {
            assert_eq!(
                repository_of(plain, &all),
                Some(("acme", "widget")),
                "{}",
                plain.target
            );
        }
        let other =
            &Plain::read_all("{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/a/b\"}").unwrap()[0];
        assert_eq!(repository_of(other, &all), None);
    }
}
