//! Detours: paths that lead from a weaker request's path back to this one's. Pure.

use super::super::variant::Variant;
use super::Scene;

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let mut variants = Vec::new();
    let plain = scene.plain;
    let inner = plain.target.trim_start_matches('/');
    for carrier in scene.carriers() {
        let depth = carrier.path().matches('/').count();
        for (kind, up) in [
            ("dot-dot from a weaker path", "/.."),
            ("encoded dot-dot from a weaker path", "/%2e%2e"),
            ("encoded dot-dot from a weaker path", "%2f%2e%2e"),
            ("dot-dot with a parameter from a weaker path", "/..;"),
            ("backslashes from a weaker path", "\\.."),
            ("double-encoded dot-dot from a weaker path", "/%252e%252e"),
        ] {
            let target = format!("{}{}/{inner}", carrier.path(), up.repeat(depth));
            variants.push(Variant::plain(plain).kind(kind).at(target.as_str()));
            variants.push(
                Variant::plain(plain)
                    .kind(kind)
                    .at(target)
                    .by(carrier.method.as_str()),
            );
        }
    }
    variants
}
