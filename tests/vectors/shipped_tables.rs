//! The shipped tables, each with the API of its servers: every request with the class that it is meant to have, and what it is for.

use lychgate::request::{Content, Method, Target};
use lychgate::routes::{Access, RouteError, RouteTable};

use crate::cases::{Cases, equal};

/// The tables with their requests, and how many there are at least.
const LISTS: [(&str, &str, usize); 5] = [
    ("mlflow", include_str!("mlflow_api.tsv"), 590),
    ("oci", include_str!("oci_api.tsv"), 240),
    ("pypi", include_str!("pypi_api.tsv"), 70),
    ("npm", include_str!("npm_api.tsv"), 140),
    ("hub", include_str!("other_hubs.tsv"), 16),
];

const NAMED: &str = include_str!("named.tsv");

/// The classes in words, from the weakest.
const CLASSES: [&str; 5] = ["public", "read", "contribute", "write", "refused"];

/// The class of a request, with a body where it may have one.
fn class(table: &RouteTable, method: &str, target: &str) -> &'static str {
    let method: Method = method.parse().unwrap();
    let Ok(target) = Target::parse(target) else {
        return "refused";
    };
    match table.classify(method, &target) {
        Ok(route) => {
            let content = match method {
                Method::Get | Method::Head => Content::None,
                Method::Options | Method::Post | Method::Put | Method::Patch | Method::Delete => {
                    Content::of_type("application/json")
                }
            };
            let access: Access = route.class.with_body(&target, content, b"{}");
            access.name()
        }
        Err(RouteError::Reserved) => "reserved",
        Err(_) => "refused",
    }
}

fn rank(class: &str) -> Option<usize> {
    CLASSES.iter().position(|known| *known == class)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn every_request_of_a_server_has_the_class_that_it_is_meant_to_have() {
    for (name, list, least) in LISTS {
        let table = RouteTable::configured(name).unwrap();
        let moved = RouteTable::configured(name)
            .unwrap()
            .with_gate_prefix("/_gate/".parse().unwrap());
        let mounted = RouteTable::configured(&format!("{name}@/a/b")).unwrap();
        let joined = RouteTable::configured(&format!("hub+{name}")).unwrap();
        let mut cases = Cases::of(name);
        for row in list.lines().skip(1) {
            let [expected, method, target, _source] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let case = format!("{name}: {method} {target}");
            // What is under /-/ is the gate's, unless its prefix is another.
            let is_reserved = target.starts_with("/-/");
            let at_the_root = if is_reserved { "reserved" } else { expected };
            cases.note(&case, equal("class", class(&table, method, target), at_the_root));
            cases.note(
                &format!("{case}, with the gate's own paths elsewhere"),
                equal("class", class(&moved, method, target), expected),
            );
            let below = format!("/a/b{target}");
            cases.note(
                &format!("{case}, mounted"),
                equal("class", class(&mounted, method, &below), expected),
            );
            // Without its table it is what a stranger's request is, and joined with another it is never less than alone.
            let in_both = class(&joined, method, target);
            let is_no_less = is_reserved || rank(in_both) >= rank(expected);
            cases.note(
                &format!("{case}, joined with hub"),
                is_no_less.then_some(()).ok_or_else(|| format!("only {in_both}")),
            );
        }
        cases.finish(4 * least);
    }
}

/// A registry reads `from` and `mount` from a form in the body as well, and mounts what another repository holds.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn an_upload_with_a_body_may_be_a_mount_from_any_repository() {
    let table = RouteTable::configured("oci").unwrap();
    for path in ["/v2/app/blobs/uploads/", "/v2/acme/app/blobs/uploads/"] {
        let target = Target::parse(path).unwrap();
        let named = |content| table.resource(Method::Post, &target, content).repository;
        assert!(named(Content::None).is_some(), "{path}");
        for content_type in ["application/x-www-form-urlencoded", "application/octet-stream"] {
            let form = Content::Body {
                content_type: Some(content_type),
                content_encoding: None,
            };
            assert_eq!(named(form), None, "{path} {content_type}");
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_request_names_its_namespace_its_repository_and_its_areas() {
    let mut cases = Cases::of("what requests are for");
    for row in NAMED.lines().skip(1) {
        let [routes, method, raw, namespace, repository, areas] =
            row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let table = RouteTable::configured(routes).unwrap();
        let parsed: Method = method.parse().unwrap();
        let target = Target::parse(raw).unwrap();
        let route = table.classify(parsed, &target).unwrap();
        let resource = table.resource(parsed, &target, Content::None);
        let named = resource.repository.map_or("-".to_owned(), |repository| {
            let kind = if repository.is_usual_kind {
                ""
            } else {
                repository.kind
            };
            let parts = [kind, repository.namespace.unwrap_or("*"), repository.name];
            parts.join("/").trim_start_matches('/').to_owned()
        });
        let of_areas = resource.areas().collect::<Vec<_>>().join(",");
        cases.note(
            &format!("{routes}: {method} {raw}"),
            equal("namespace", route.namespace.unwrap_or("-"), namespace)
                .and_then(|()| equal("repository", named.as_str(), repository))
                .and_then(|()| equal("areas", if of_areas.is_empty() { "-" } else { &of_areas }, areas)),
        );
    }
    cases.finish(60);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn no_spelling_of_the_gates_prefix_reaches_the_origin() {
    let mut cases = Cases::of("the gate's own paths");
    for routes in [
        "hub",
        "mlflow",
        "oci",
        "pypi",
        "npm",
        "public GET /{*path}\npublic POST /task/{*path}",
    ] {
        let table = RouteTable::configured(routes).unwrap();
        let moved = table.with_gate_prefix("/Task/".parse().unwrap());
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] {
            for target in [
                "/Task",
                "/Task/",
                "/Task/api/health",
                "/task/api/health",
                "/TASK/sign-in",
                "/%54ask/api",
                "/T%61SK/",
                "/tas%E2%84%AA/api",
                "/ta%C5%BFk/api",
                "/%EF%BC%B4ask/api",
                "/Task/x?path=/a",
                "/Task/%2e%2e/x",
                "/Task/..%2fx",
                "/./Task/api",
                "//Task/api",
                "/Task//api",
                "/Task%2fapi",
                "/x/../Task/api",
                "/Task;x/api",
                "/Task%00/api",
            ] {
                let found = class(&moved, method, target);
                let is_kept = matches!(found, "reserved" | "refused");
                let outcome = is_kept.then_some(()).ok_or_else(|| found.to_owned());
                cases.note(&format!("{routes}: {method} {target}"), outcome);
            }
            for target in ["/-/api/health", "/-", "/tasks/api", "/x/Task"] {
                let found = class(&moved, method, target);
                let outcome = (found != "reserved")
                    .then_some(())
                    .ok_or_else(|| found.to_owned());
                cases.note(&format!("{routes}: {method} {target} is the origin's"), outcome);
            }
        }
    }
    cases.finish(800);
}
