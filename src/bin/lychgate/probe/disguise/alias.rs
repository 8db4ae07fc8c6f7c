//! Other paths that lead to the same handler: a mount prefix, an extension, a marker before a view's name, or more segments
//! than the handler reads; also the query that determines the class at other paths. Pure.

use super::super::variant::Variant;
use super::{Scene, cuts, parameter, segments, with_query};

/// Paths under which applications are mounted, or scripts called.
const PREFIXES: [&str; 20] = [
    "/index.php",
    "/app.php",
    "/api.php",
    "/index.py",
    "/hub.php",
    "/app",
    "/api",
    "/proxy",
    "/hub",
    "/v1",
    "/web",
    "/public",
    "/cgi-bin/hub",
    "/cgi-bin/hub.cgi",
    "/cgi-bin/git-http-backend",
    "/git",
    "/servlet",
    "/~hub",
    "/-",
    "/en",
];

/// Query parameters that tell a script the path, if the script has no other way to learn it.
const ROUTE_PARAMETERS: [&str; 10] = [
    "/?",
    "/index.php?",
    "/?q=",
    "/?r=",
    "/?url=",
    "/?_url=",
    "/?path=",
    "/?route=",
    "/index.php?r=",
    "/?p=",
];

/// Extensions that a router removes to determine the format.
const EXTENSIONS: [&str; 14] = [
    ".json",
    ".git",
    ".html",
    ".xml",
    ".php",
    ".txt",
    ".cgi",
    ".do",
    ".action",
    ".jsp",
    ".aspx",
    ".json.json",
    ".JSON",
    ".x",
];

/// Segments after which a traversal expects the name of a view or of something else.
const MARKERS: [&str; 10] = [
    "@@",
    "+view+",
    "++view++",
    "++",
    "++api++",
    "++skin++x/",
    "@@/",
    "-/",
    "_/",
    "@",
];

/// What a router may ignore behind a path.
const MORE: [&str; 6] = ["/x", "/index", "/index.html", "/index.php", "/.json", "/x/y"];

/// The target behind each known prefix and each of this origin's own.
pub(crate) fn prefixed<'all>(own: &'all [String], target: &'all str) -> impl Iterator<Item = String> + 'all {
    PREFIXES
        .into_iter()
        .chain(own.iter().map(String::as_str))
        .map(move |prefix| format!("{prefix}{target}"))
}

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let itself = Variant::plain(plain);
    let path = plain.path();
    let mut variants = Vec::new();
    let mut add = |kind, target: String| variants.push(itself.clone().kind(kind).at(target));
    for target in prefixed(scene.prefixes, &plain.target) {
        add("mount prefix", target);
    }
    let between = plain.query().map(|query| format!("&{query}")).unwrap_or_default();
    for before in ROUTE_PARAMETERS {
        add("path in the query", format!("{before}{path}{between}"));
        add(
            "path in the query",
            format!("{before}{}{between}", path.trim_start_matches('/')),
        );
    }
    for (before, segment, rest) in segments(path) {
        for extension in EXTENSIONS {
            add(
                "extension",
                with_query(plain, &format!("{before}/{segment}{extension}{rest}")),
            );
        }
        for marker in MARKERS {
            add(
                "marker",
                with_query(plain, &format!("{before}/{marker}{segment}{rest}")),
            );
        }
        add(
            "segment between",
            with_query(plain, &format!("{before}/{segment}/x{rest}")),
        );
        add("segment missing", with_query(plain, &format!("{before}{rest}")));
    }
    for (before, after) in cuts(path).filter(|(before, _)| !before.is_empty()) {
        add("the path's end alone", with_query(plain, &format!("/{after}")));
        add(
            "the path's end under another",
            with_query(plain, &format!("/x/{after}")),
        );
        add(
            "the path's beginning twice",
            with_query(plain, &format!("{before}{path}")),
        );
    }
    for more in MORE {
        add("more path", with_query(plain, &format!("{path}{more}")));
    }
    for extension in EXTENSIONS {
        add(
            "extension after a slash",
            with_query(plain, &format!("{path}/{extension}")),
        );
    }
    let Some(query) = plain
        .query()
        .filter(|query| parameter::of(Some(query)).next().is_some())
    else {
        return variants;
    };
    let kind = "the query at another path";
    for (before, segment, _) in segments(path) {
        add(kind, format!("{before}/?{query}"));
        add(kind, format!("{before}/{segment}?{query}"));
        add(kind, format!("{before}/{segment}.git?{query}"));
        add(kind, format!("{path}{before}/{segment}?{query}"));
    }
    for weaker in scene.all.iter().filter(|other| other.path() != path) {
        add(kind, format!("{}?{query}", weaker.path()));
        if let Some(other) = weaker.query() {
            add(kind, format!("{}?{other}&{query}", weaker.path()));
        }
    }
    variants
}
