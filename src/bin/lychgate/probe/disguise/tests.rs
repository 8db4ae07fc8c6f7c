use std::collections::{BTreeSet, HashSet};

use super::{Plain, Scene, Variant, variants};

/// A hub's requests. Their variants are what a user of the probe gets.
const REQUESTS: [&str; 9] = [
    "{'access':'public','method':'GET','target':'/health'}",
    "{'access':'read','method':'GET','target':'/acme/widget/info/refs?service=git-upload-pack'}",
    "{'access':'read','method':'POST','target':'/acme/widget/info/lfs/objects/batch','headers':{'Content-Type':\
     'application/vnd.git-lfs+json'},'body':'{~operation~:~download~}'}",
    "{'access':'contribute','method':'POST','target':'/api/models/acme/widget/commit/main?create_pr=1','body':'x'}",
    "{'access':'write','method':'POST','target':'/api/models/acme/widget/commit/main','body':'x'}",
    "{'access':'write','method':'GET','target':'/acme/widget/info/refs?service=git-receive-pack'}",
    "{'access':'write','method':'POST','target':'/acme/widget/info/lfs/objects/batch','headers':{'Content-Type':\
     'application/vnd.git-lfs+json'},'body':'{~operation~:~upload~}'}",
    "{'access':'write','method':'DELETE','target':'/api/models/acme/widget'}",
    "{'access':'write','method':'POST','target':'/acme/widget/git-receive-pack','body':'0000'}",
];

fn plains() -> Vec<Plain> {
    let text = REQUESTS.join("\n").replace('\'', "\"").replace('~', "\\\"");
    Plain::read_all(&text).unwrap()
}

fn made(plains: &[Plain], index: usize) -> Vec<Variant> {
    variants(&Scene::of(&plains[index], plains, "h", &["/mine".to_owned()]))
}

/// Whether a variant of this request has that method and target.
fn has(made: &[Variant], method: &str, target: &str) -> bool {
    made.iter()
        .any(|variant| variant.method == method.as_bytes() && variant.target == target.as_bytes())
}

fn has_header(made: &[Variant], name: &str, value: &str) -> bool {
    made.iter().any(|variant| {
        variant
            .headers
            .iter()
            .any(|(held, said)| held == name && said == value)
    })
}

#[test]
fn begins_with_itself_and_has_none_twice() {
    let plains = plains();
    for index in 1..plains.len() {
        let made = made(&plains, index);
        let plain = &plains[index];
        assert_eq!(
            (made[0].kind, made[0].target.as_slice()),
            ("plain", plain.target.as_bytes())
        );
        let wires: HashSet<_> = made.iter().map(|variant| variant.wire("h", &[])).collect();
        assert_eq!(wires.len(), made.len());
        assert!(
            (800..8000).contains(&made.len()),
            "{}: {}",
            plain.name(),
            made.len()
        );
        let again: Vec<_> = self::made(&plains, index)
            .iter()
            .map(|variant| variant.wire("h", &[]))
            .collect();
        assert!(made.iter().map(|variant| variant.wire("h", &[])).eq(again));
    }
}

#[test]
fn a_hub_has_variants_of_every_kind() {
    let plains = plains();
    let kinds: BTreeSet<_> = (1..plains.len())
        .flat_map(|index| made(&plains, index).into_iter().map(|variant| variant.kind))
        .collect();
    for kind in [
        "the gate's own header, other signs",
        "the gate's own header, an odd line",
        "the gate's own header, by OPTIONS",
        "method in a header, other signs",
        "target in a header, other signs",
        "target in a header",
        "root in a header",
        "prefix in a header",
        "another proxy's identity",
        "another proxy's forwarding",
        "query in UTF-7",
        "query in UTF-16",
        "query in UTF-32",
        "query in escapes",
        "query in EBCDIC",
        "query with shifts",
        "body in UTF-7",
        "body in UTF-16",
        "body in UTF-32",
        "value hidden in UTF-7",
        "value hidden in escapes",
        "parameter in a form",
        "parameter in a multipart body",
        "parameter in a JSON body",
        "parameter in JSON of another type",
        "form in a JSON body",
        "parameter in three places",
        "parameter in a cookie",
        "parameter in a weaker request's query",
        "mount prefix",
        "path in the query",
        "extension",
        "marker",
        "segment between",
        "segment missing",
        "more path",
        "format parameter",
        "the query at another path",
        "parameter after a question mark",
        "parameter with a dot",
        "parameter with another underscore",
        "softening parameter, respelled",
        "softening parameter, repeated",
        "preflight with a body",
        "preflight with an override",
        "another method, no body",
        "method in a JSON body",
        "method in a multipart body",
        "method in a cookie",
        "repository named like a verb",
        "repository without a namespace",
        "dot-dot from a weaker path",
        "request in a body",
        "tabs in the request line",
        "trailing slash",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn knows_what_was_seen_to_get_through() {
    let plains = plains();
    let (commit, refs, batch, delete) = (
        made(&plains, 4),
        made(&plains, 5),
        made(&plains, 6),
        made(&plains, 7),
    );
    let receive = made(&plains, 8);
    for name in [
        "X.Lychgate.Subject",
        "X!Lychgate!Subject",
        "X`Lychgate`Subject",
        "X_Lychgate_Subject",
    ] {
        assert!(has_header(&made(&plains, 1), name, "root"), "{name}");
    }
    assert!(has_header(&delete, "X.HTTP.Method.Override", "DELETE"));
    assert!(has_header(
        &receive,
        "X-Vhm-Root",
        "/acme/widget/git-receive-pack"
    ));
    for target in [
        "/acme/widget/info/refs?+AHM-ervice=git-receive-pack",
        "/acme/widget/info/refs.json?service=git-receive-pack",
        "/acme/widget/info/refs??service=git-receive-pack",
        "/index.php/acme/widget/info/refs?service=git-receive-pack",
        "/mine/acme/widget/info/refs?service=git-receive-pack",
        "/acme/widget/info/@@refs?service=git-receive-pack",
        "/acme/widget/?service=git-receive-pack",
        "/acme/widget/info/refs?service[=git-receive-pack",
        "/acme/widget/info/refs?service=git-upload-pack;service=git-receive-pack",
    ] {
        assert!(has(&refs, "GET", target), "{target}");
    }
    assert!(has_header(&refs, "Cookie", "service=git-receive-pack"));
    assert!(has_header(&commit, "Cookie", "create_pr=0"));
    for target in [
        "/api/models/acme/widget/commit/main?create.pr=1",
        "/api/models/acme/widget/commit/main?create_pr=1&create_pr=0",
        "/api/models/acme/like/commit/main",
    ] {
        assert!(has(&commit, "POST", target), "{target}");
    }
    let in_form = |variant: &Variant| {
        variant.target.ends_with(b"?create_pr=1")
            && variant.body == b"create_pr=0"
            && variant.method == b"POST"
    };
    assert!(commit.iter().any(in_form));
    assert!(has(
        &batch,
        "POST",
        "/acme/widget/info/lfs/objects/batch?operation=upload"
    ));
    assert!(
        batch
            .iter()
            .any(|variant| variant.body == b"{\"operation\":\"download\",\"x\":\"&operation=upload&\"}")
    );
    assert!(
        batch
            .iter()
            .any(|variant| variant.body == b"{\"operation\":\"download\",\"operation\":\"upload\"}")
    );
    assert!(has_header(
        &batch,
        "Content-Type",
        "application/json; (x) charset=utf-7"
    ));
    assert!(has(&delete, "DELETE", "/api/models/acme/paths-info"));
    let preflight = |variant: &Variant| variant.method == b"OPTIONS" && variant.body == b"0000";
    assert!(receive.iter().any(preflight));
    assert!(
        has(&receive, "POST", "/acme/x/widget/git-receive-pack")
            || has(&receive, "POST", "/acme/like/widget/git-receive-pack")
    );
}
