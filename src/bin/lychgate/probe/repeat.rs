//! A request as a line for a shell, so a person can send it again. It never contains a token: the line takes the token from
//! the environment, as the probe did. Pure.

use std::fmt::Write;

use super::asker::Asker;
use super::server::Server;
use super::variant::{Framing, RequestLine, Variant};

/// A marker that replaces the token's header in the wire form and occurs nowhere else.
const MARK: &str = "lychgate-probe-own-header";

/// A command line for POSIX shells: with curl if curl can send these bytes, otherwise with the bytes in hexadecimal.
pub(crate) fn line(server: &Server, variant: &Variant, asker: &Asker) -> String {
    with_curl(server, variant, asker).unwrap_or_else(|| with_bytes(server, variant, asker))
}

fn with_curl(server: &Server, variant: &Variant, asker: &Asker) -> Option<String> {
    let text = |bytes: &[u8]| {
        let is_printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
        is_printable.then(|| String::from_utf8_lossy(bytes).into_owned())
    };
    let is_usual = variant.framing == Framing::Length && variant.line == RequestLine::Exact;
    let (method, target, body) = (
        text(&variant.method)?,
        text(&variant.target)?,
        text(&variant.body)?,
    );
    // The headers that curl changes or sets itself.
    let is_plain = |(name, value): &(String, String)| {
        !name.is_empty()
            && text(name.as_bytes()).is_some_and(|name| !name.contains([' ', ':', ';']))
            && text(value.as_bytes()).is_some_and(|value| value.trim() == value && !value.is_empty())
            && !name.eq_ignore_ascii_case("Connection")
    };
    if !is_usual || target.contains(' ') || !variant.headers.iter().all(is_plain) || body.starts_with('@') {
        return None;
    }
    let mut line = "curl -sSi".to_owned();
    let method = if method == "HEAD" {
        "-I".to_owned()
    } else {
        format!("-X {}", quoted(&method))
    };
    for part in [method, "--request-target".to_owned(), quoted(&target)] {
        line.push(' ');
        line.push_str(&part);
    }
    if let Some(variable) = asker.variable {
        let _ = write!(line, " -H \"Authorization: Bearer ${variable}\"");
    }
    for (name, value) in &variant.headers {
        let _ = write!(line, " -H {}", quoted(&format!("{name}: {value}")));
    }
    if !body.is_empty() {
        let has_type = variant
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
        if !has_type {
            line.push_str(" -H 'Content-Type:'");
        }
        let _ = write!(line, " --data-binary {}", quoted(&body));
    }
    let _ = write!(line, " {}", quoted(&format!("{server}/")));
    Some(line)
}

fn with_bytes(server: &Server, variant: &Variant, asker: &Asker) -> String {
    let own = asker
        .variable
        .map(|_| (MARK.to_owned(), String::new()))
        .into_iter()
        .collect::<Vec<_>>();
    let wire = variant.wire(server.authority(), &own);
    let mark = MARK.as_bytes();
    let (before, after) = wire
        .windows(mark.len())
        .position(|window| window == mark)
        .and_then(|at| wire.split_at_checked(at))
        .unwrap_or((&wire, &[]));
    // The marker's whole line is removed: its name, `: ` and its end.
    let end = after
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |at| at.saturating_add(1));
    let after = after.get(end..).unwrap_or_default();
    let bytes = |bytes: &[u8]| format!("echo {} | xxd -r -p", hexadecimal(bytes));
    let sent = match asker.variable {
        Some(variable) => format!(
            "{{ {}; printf 'Authorization: Bearer %s\\r\\n' \"${variable}\"; {}; }}",
            bytes(before),
            bytes(after)
        ),
        None => bytes(before),
    };
    let (host, port, is_tls) = server.place();
    if is_tls {
        format!("{sent} | openssl s_client -quiet -servername {host} -connect {host}:{port}")
    } else {
        format!("{sent} | nc {host} {port}")
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::plain::Plain;
    use super::{Asker, Server, Variant, line};
    use lychgate::routes::Access;

    fn nobody() -> Asker {
        let mut nobody = Asker::gate(Access::Read);
        nobody.headers.clear();
        nobody
    }

    fn reader() -> Asker {
        let mut reader = nobody();
        reader.headers = vec![("Authorization".to_owned(), "Bearer secret".to_owned())];
        reader.variable = Some("TOKEN");
        reader
    }

    #[test]
    fn writes_a_line_that_holds_no_token() {
        let text = "{\"access\":\"write\",\"method\":\"PUT\",\"target\":\"/a'b?c\",\"headers\":{\"X!Y\":\"z\"},\"body\":\"{}\"}";
        let variant = Variant::plain(&Plain::read_all(text).unwrap()[0]);
        let server = Server::parse("http://h:1").unwrap();
        assert_eq!(
            line(&server, &variant, &reader()),
            "curl -sSi -X 'PUT' --request-target '/a'\\''b?c' -H \"Authorization: Bearer $TOKEN\" -H 'X!Y: z' -H \
             'Content-Type:' --data-binary '{}' 'http://h:1/'"
        );
    }

    #[test]
    fn writes_other_bytes_in_hexadecimal() {
        let text = "{\"access\":\"write\",\"method\":\"GET\",\"target\":\"/a\"}";
        let variant = Variant::plain(&Plain::read_all(text).unwrap()[0]).at(b"/\xff".as_slice());
        let server = Server::parse("http://h:1").unwrap();
        let made = line(&server, &variant, &reader());
        assert!(
            made.starts_with("{ echo 474554202fff20485454502f312e310d0a"),
            "{made}"
        );
        assert!(
            made.contains("printf 'Authorization: Bearer %s\\r\\n' \"$TOKEN\"; echo 436f6e6e"),
            "{made}"
        );
        assert!(
            made.ends_with("; } | nc h 1") && !made.contains("secret"),
            "{made}"
        );
        let made = line(&server, &variant, &nobody());
        assert!(
            made.starts_with("echo 4745") && made.ends_with(" | nc h 1"),
            "{made}"
        );
    }
}
