//! Other request lines and versions. Pure.

use super::super::variant::{RequestLine, Variant};
use super::Scene;

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    [
        ("tabs in the request line", RequestLine::Tabs),
        ("two spaces in the request line", RequestLine::TwoSpaces),
        ("bare line feeds", RequestLine::BareLineFeeds),
        ("empty line before", RequestLine::EmptyLineBefore),
        ("HTTP/1.0", RequestLine::Version10),
    ]
    .into_iter()
    .map(|(kind, line)| Variant::plain(scene.plain).kind(kind).on_line(line))
    .collect()
}
