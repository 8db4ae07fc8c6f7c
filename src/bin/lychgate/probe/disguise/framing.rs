//! The end of the body, stated differently, or twice with a difference, so that another request begins in the body. Pure.

use super::super::variant::{Framing, Variant};
use super::Scene;

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let itself = Variant::plain(plain);
    let mut variants = Vec::new();
    if !plain.body.is_empty() {
        variants.push(itself.clone().kind("chunked body").framed(Framing::Chunked));
    }
    if plain.method != "GET" {
        variants.push(
            itself
                .clone()
                .kind("body and Expect")
                .with("Expect", "100-continue"),
        );
    }
    let own = [
        ("X-Lychgate-Access", plain.access.name()),
        ("X-Lychgate-Subject", "probe"),
        ("X-Lychgate-Role", "write"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let smuggled = itself.wire(scene.host, &own);
    // One that usually has a body and one that has none: servers treat requests differently by this property only.
    let with_body = scene.weaker.iter().find(|carrier| carrier.method != "GET");
    let without = scene.weaker.iter().find(|carrier| carrier.method == "GET");
    for carrier in with_body.into_iter().chain(without) {
        let mut carrier = Variant::plain(carrier).kind("request in a body");
        carrier.body = smuggled.clone();
        let carrier = carrier.with("Connection", "keep-alive");
        variants.push(carrier.clone());
        for transfer in [
            "chunked",
            "Chunked",
            "xchunked",
            "identity",
            "chunked, identity",
            "\tchunked",
        ] {
            variants.push(carrier.clone().framed(Framing::LengthAndChunked(transfer)));
        }
        variants.push(carrier.framed(Framing::ShortLength));
    }
    variants
}
