//! Headers by which a request asks for another target or prefix, or claims a sender. Pure.

use super::super::variant::Variant;
use super::{Scene, cuts, with_query};

/// Headers by which servers and frameworks let a request ask for another target.
const TARGET_HEADERS: [&str; 19] = [
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-URI",
    "X-Forwarded-Uri",
    "X-Forwarded-Url",
    "X-Forwarded-Path",
    "X-Envoy-Original-Path",
    "X-Request-Uri",
    "X-Override-Url",
    "X-Waws-Unencoded-Url",
    "X-MS-Original-URL",
    "X-Original-Path",
    "X-Path-Info",
    "X-Proxy-Url",
    "X-Http-Destinationurl",
    "Path-Info",
    "Request-Uri",
    "Destination",
    "X-Real-Url",
];

/// Headers by which servers and frameworks let a request say which prefix of its path to remove.
const PREFIX_HEADERS: [&str; 8] = [
    "X-Script-Name",
    "X-Forwarded-Prefix",
    "X_SCRIPT_NAME",
    "Script-Name",
    "X-Forwarded-Script-Name",
    "X-Root-Path",
    "X-Ingress-Path",
    "X-Replaced-Path",
];

/// Headers by which servers and frameworks let a request say what to put before its path.
const ROOT_HEADERS: [&str; 5] = [
    "X-Vhm-Root",
    "X-Vhm-Host",
    "X-VirtualHost-Root",
    "X-Base-Path",
    "X-Forwarded-Context",
];

/// Headers in which proxies and sign-in gateways tell an origin who the user is.
const IDENTITY_HEADERS: [&str; 26] = [
    "Remote-User",
    "X-Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Login",
    "X-Auth-Request-User",
    "X-Auth-Request-Preferred-Username",
    "X-Authenticated-User",
    "X-Authenticated-Userid",
    "X-Auth-User",
    "X-Auth-Username",
    "X-User",
    "X-User-Name",
    "X-Username",
    "X-Proxy-User",
    "X-Webauth-User",
    "X-Ssl-Client-Dn",
    "Ssl-Client-S-Dn",
    "X-Client-Dn",
    "X-Ms-Client-Principal-Name",
    "X-Goog-Authenticated-User-Email",
    "X-Amzn-Oidc-Identity",
    "Cf-Access-Authenticated-User-Email",
    "Tailscale-User-Login",
    "From",
];

/// Headers in which proxies tell an origin where a request came from and for which host.
const FORWARDING_HEADERS: [(&str, &str); 12] = [
    ("Forwarded", "for=127.0.0.1;host=other.invalid;proto=gopher"),
    ("X-Forwarded-Host", "other.invalid"),
    ("X-Forwarded-Proto", "gopher"),
    ("X-Forwarded-Scheme", "gopher"),
    ("X-Forwarded-Port", "1"),
    ("X-Forwarded-Server", "other.invalid"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Client-IP", "127.0.0.1"),
    ("True-Client-IP", "127.0.0.1"),
    ("X-Host", "other.invalid"),
    ("X-Original-Host", "other.invalid"),
];

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let itself = Variant::plain(plain);
    let mut variants = Vec::new();
    for header in TARGET_HEADERS {
        for carrier in scene.carriers() {
            let carrier = Variant::plain(carrier).kind("target in a header");
            variants.push(carrier.clone().with(header, &plain.target));
            variants.push(
                carrier
                    .with(header, &plain.target)
                    .with("X-HTTP-Method-Override", &plain.method),
            );
        }
        variants.push(
            itself
                .clone()
                .kind("target in a header")
                .at("/")
                .with(header, &plain.target),
        );
    }
    for header in PREFIX_HEADERS {
        let target = format!("/prefix{}", plain.target);
        variants.push(
            itself
                .clone()
                .kind("prefix in a header")
                .at(target)
                .with(header, "/prefix"),
        );
    }
    for header in ROOT_HEADERS {
        for carrier in scene.carriers() {
            variants.push(
                Variant::plain(carrier)
                    .kind("root in a header")
                    .with(header, plain.path()),
            );
        }
        for (before, after) in cuts(plain.path()).filter(|(before, _)| !before.is_empty()) {
            let target = with_query(plain, &format!("/{after}"));
            variants.push(
                itself
                    .clone()
                    .kind("root in a header")
                    .at(target)
                    .with(header, before),
            );
        }
    }
    for header in IDENTITY_HEADERS {
        variants.push(
            itself
                .clone()
                .kind("another proxy's identity")
                .with(header, "root"),
        );
    }
    for (header, value) in FORWARDING_HEADERS {
        variants.push(
            itself
                .clone()
                .kind("another proxy's forwarding")
                .with(header, value),
        );
    }
    for names in [
        "X-Lychgate-Access",
        "X-Lychgate-Role, X-Lychgate-Subject",
        "Authorization",
    ] {
        variants.push(
            itself
                .clone()
                .kind("header named in Connection")
                .with("Connection", &format!("close, {names}")),
        );
    }
    variants
}
