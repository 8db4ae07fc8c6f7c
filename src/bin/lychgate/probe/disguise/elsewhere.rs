//! The request's path and parameters within another request: in the query of one that needs less, as a front controller takes its
//! path from there, behind its path, or as names and values in the path. Pure.

use super::super::plain::Plain;
use super::super::variant::Variant;
use super::{Scene, parameter, with_query};

/// The parameters from which front controllers take a path; the first is the whole query.
const ROUTE_PARAMETERS: [&str; 8] = ["", "_url=", "url=", "q=", "s=", "rest_route=", "route=", "r="];

/// How many weaker requests the path is hidden in: one is as good as another, except where a route has free text.
const MAXIMUM_CARRIERS: usize = 4;

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let mut variants = Vec::new();
    let mut add = |kind, target: String| variants.push(Variant::plain(plain).kind(kind).at(target));
    let more = plain.query().map(|query| format!("&{query}")).unwrap_or_default();
    for carrier in carriers(scene) {
        let before = carrier.path();
        for name in ROUTE_PARAMETERS {
            for path in [plain.path().to_owned(), plain.path().replace('/', "%2F")] {
                add(
                    "path in the query of another",
                    format!("{before}?{name}{path}{more}"),
                );
            }
        }
        add(
            "path behind another",
            with_query(plain, &format!("{before}{}", plain.path())),
        );
    }
    let mut path = plain.path().to_owned();
    for (name, value) in parameter::of(plain.query()) {
        path.push_str(&format!("/{name}/{value}"));
    }
    if path != plain.path() {
        add("names and values in the path", path.clone());
        add("names and values in the path", format!("/index.php{path}"));
    }
    variants
}

/// Weaker requests with the same method.
fn carriers<'plains>(scene: &Scene<'plains>) -> impl Iterator<Item = &'plains Plain> {
    let method = &scene.plain.method;
    let alike = scene.weaker.iter().copied();
    alike
        .filter(move |weaker| weaker.method == *method)
        .take(MAXIMUM_CARRIERS)
}

#[cfg(test)]
mod tests {
    use super::super::super::plain::Plain;
    use super::{Scene, variants};

    #[test]
    fn hides_a_request_in_weaker_ones_of_its_method() {
        let all = Plain::read_all(concat!(
            r#"{"access":"write","method":"GET","target":"/refs?service=push"}"#,
            "\n",
            r#"{"access":"read","method":"GET","target":"/files/a?b=c"}"#,
            "\n",
            r#"{"access":"read","method":"POST","target":"/ask"}"#,
        ))
        .unwrap();
        let made: Vec<String> = variants(&Scene::of(&all[0], &all, "host:1", &[]))
            .iter()
            .map(|variant| String::from_utf8_lossy(&variant.target).into_owned())
            .collect();
        for target in [
            "/files/a?/refs&service=push",
            "/files/a?_url=/refs&service=push",
            "/files/a?q=%2Frefs&service=push",
            "/files/a/refs?service=push",
            "/refs/service/push",
        ] {
            assert!(made.iter().any(|made| made == target), "{target}");
        }
        assert!(!made.iter().any(|made| made.starts_with("/ask")));
        assert!(variants(&Scene::of(&all[2], &all, "host:1", &[])).is_empty());
    }
}
