//! A request target in its one canonical spelling, or refused.
//!
//! The gate forwards the bytes that it decided about: the origin receives [`Target::canonical`]. Every segment is decoded once
//! (RFC 3986 section 2.1). Text that two servers could interpret differently is refused here, so no rule has to consider it.
//! Knows nothing of routes, methods or tokens.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use crate::request::AsciiSet;

/// The longest target that is parsed: RFC 9110 section 4.1 requires support for at least 8000 octets.
pub const MAXIMUM_TARGET_BYTES: usize = 8192;

/// How often a text is decoded in search of what it hides. Some servers decode twice, no honest client encodes four times, and
/// each decoding costs a pass over the text.
const MAXIMUM_DECODINGS: usize = 3;

/// RFC 3986 section 2.3.
static UNRESERVED: AsciiSet =
    AsciiSet::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

/// RFC 3986 section 3.3 `pchar` without `%`, and without `;`, which is refused.
static PLAIN_IN_PATH: AsciiSet = UNRESERVED.and(b"!$&'()*+,=:@");

/// The characters that the URL standard's query percent-encode set does not contain.
static PLAIN_IN_QUERY: AsciiSet = UNRESERVED.and(b"!$%&()*+,/:;=?@[\\]^`{|}");

/// An origin-form request target (RFC 9112 section 3.2.1), canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    canonical: Cow<'a, str>,
    segments: Vec<Segment>,
    /// The position of the query in `canonical`, behind its `?`.
    query_at: Option<usize>,
    /// Whether some segment contains text that only a slot for free text may have.
    free_text: bool,
}

/// One path segment: its position in the canonical path, and its decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    span: Range<usize>,
    /// The decoded text, if it differs from the canonical one.
    decoded: Option<String>,
    /// Whether it contains text that only a slot for free text may have ([`is_out_of_place_in_names`]).
    free_text: bool,
}

impl<'a> Target<'a> {
    /// Parses a raw target, `/path?query`.
    ///
    /// # Errors
    /// [`TargetError`] says what is ambiguous.
    pub fn parse(raw: &'a str) -> Result<Self, TargetError> {
        if raw.len() > MAXIMUM_TARGET_BYTES {
            return Err(TargetError::Long { bytes: raw.len() });
        }
        if !raw.starts_with('/') {
            return Err(TargetError::NotAPath);
        }
        let mut rest = raw;
        let mut canonical = Canonical::of(raw);
        let mut segments = Vec::with_capacity(8);
        let mut has_free_text = false;
        while rest.starts_with('/') {
            let (piece, after, kind) = cut_segment(rest);
            let start = canonical.len() + 1;
            let (decoded, free_text) = match kind {
                Piece::Name => {
                    canonical.push_as_it_is(piece);
                    (None, false)
                }
                Piece::Plain => (None, read_plain_segment(piece, &mut canonical)?),
                Piece::Other => {
                    let (decoded, free_text) = read_segment(piece, &mut canonical)?;
                    (Some(decoded), free_text)
                }
            };
            if canonical.len() == start && after.starts_with('/') {
                return Err(TargetError::EmptySegment);
            }
            has_free_text |= free_text;
            segments.push(Segment {
                span: start..canonical.len(),
                decoded,
                free_text,
            });
            rest = after;
        }
        let query_at = match rest.strip_prefix('?') {
            Some(query) => {
                let at = canonical.push_str("?");
                read_query(query, &mut canonical)?;
                Some(at)
            }
            None => None,
        };
        Ok(Self {
            canonical: canonical.finish(),
            segments,
            query_at,
            free_text: has_free_text,
        })
    }

    /// The target that is forwarded to the origin.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The number of segments of the path; a trailing slash adds none.
    pub fn segment_count(&self) -> usize {
        self.segments
            .len()
            .saturating_sub(usize::from(self.has_trailing_slash()))
    }

    /// The segments in order, decoded once; a trailing slash adds none.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.segments
            .iter()
            .take(self.segment_count())
            .map(|segment| self.text(segment))
    }

    /// Segment `index`, decoded once.
    pub fn segment(&self, index: usize) -> Option<&str> {
        self.segments.get(index).map(|segment| self.text(segment))
    }

    /// Several segments with the slashes between them, or one, decoded once; `None` if one of several needs decoding.
    pub(crate) fn segments_between(&self, range: RangeInclusive<usize>) -> Option<&str> {
        if range.start() == range.end() {
            return self.segment(*range.start());
        }
        let segments = self.segments.get(range)?;
        let is_plain = segments.iter().all(|segment| segment.decoded.is_none());
        let (first, last) = (segments.first()?, segments.last()?);
        let text = self.canonical.get(first.span.start..last.span.end);
        text.filter(|_| is_plain)
    }

    /// Whether segment `index` contains text that only a slot for free text may have.
    pub fn is_free_text(&self, index: usize) -> bool {
        self.segments.get(index).is_some_and(|segment| segment.free_text)
    }

    /// Whether some segment contains text that only a slot for free text may have.
    pub fn has_free_text(&self) -> bool {
        self.free_text
    }

    /// Whether the path ends in a slash, as `/` does.
    pub fn has_trailing_slash(&self) -> bool {
        self.segments.last().is_some_and(|last| last.span.is_empty())
    }

    /// The query without its `?`, or `None` if there is none.
    pub fn query(&self) -> Option<&str> {
        self.query_at.and_then(|at| self.canonical.get(at..))
    }

    /// The parameters of the query in order, separated by `&` (the URL standard's form encoding).
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.query()
            .unwrap_or_default()
            .split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                Parameter { name, value }
            })
    }

    /// Every text that some server may take for a query: the query, and the path behind an encoded `?`, which a proxy may send on
    /// decoded.
    pub(crate) fn queries(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let query = self.query().map(Cow::Borrowed);
        query.into_iter().chain(self.query_in_path().map(Cow::Owned))
    }

    fn query_in_path(&self) -> Option<String> {
        if !self.has_free_text() {
            return None;
        }
        let mut segments = self.segments().skip_while(|segment| !segment.contains('?'));
        let (_, behind) = segments.next()?.split_once('?')?;
        let mut query = behind.to_owned();
        for segment in segments {
            query.push('/');
            query.push_str(segment);
        }
        Some(query)
    }

    #[inline]
    fn text<'t>(&'t self, segment: &'t Segment) -> &'t str {
        match &segment.decoded {
            Some(decoded) => decoded,
            None => self.canonical.get(segment.span.clone()).unwrap_or_default(),
        }
    }
}

/// One `name=value` of a query, still encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> Parameter<'a> {
    /// The name, decoded once; `+` means a space.
    pub fn name(&self) -> Cow<'a, str> {
        decode_form(self.name)
    }

    /// Whether the name, decoded once, is this one, in any case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        // No text is longer when it is decoded.
        self.name.len() >= name.len() && self.name().eq_ignore_ascii_case(name)
    }

    /// The value, decoded once; `+` means a space.
    pub fn value(&self) -> Cow<'a, str> {
        decode_form(self.value)
    }

    /// Name and value, decoded once; `+` means a space.
    ///
    /// # Errors
    /// If they are not percent-encoded UTF-8, which servers would decode differently.
    pub(crate) fn decoded(&self) -> Result<(Cow<'a, str>, Cow<'a, str>), TargetError> {
        check_encoding(self.name)?;
        check_encoding(self.value)?;
        Ok((self.name(), self.value()))
    }
}

/// Why a target is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetError {
    /// Longer than [`MAXIMUM_TARGET_BYTES`].
    Long {
        /// Its length.
        bytes: usize,
    },
    /// The host in the request is not `host` or `host:port`, or not the gate's own.
    Host,
    /// Not `/path`: empty, `*`, or with a scheme and host.
    NotAPath,
    /// An empty segment: two slashes in a row, or nothing before a semicolon.
    EmptySegment,
    /// `.` or `..`, plain or encoded.
    DotSegment,
    /// `\`, plain or encoded.
    Backslash,
    /// A control character, plain or encoded.
    Control,
    /// A `#`: clients never send fragments.
    Fragment,
    /// `%` without two hexadecimal digits.
    PercentEncoding,
    /// Bytes that are not UTF-8.
    Utf8,
    /// An encoded slash, `%`, `?` or `#`, a `;`, a space or dot at the end, a version of HTTP, or a session of ASP.NET, where the
    /// route does not declare free text.
    OutOfPlace,
    /// Text that has another meaning when it is decoded twice.
    DoubleEncoding,
    /// A parameter that determines the class appears twice.
    RepeatedParameter,
    /// A parameter has almost the same spelling as one that determines the class.
    AlikeParameter,
    /// A parameter's name has characters other than letters, digits and `-._~`, in a query with a parameter that may determine
    /// the class.
    OddParameter,
    /// More parameters than every server parses, in a query with a parameter that may determine the class.
    ManyParameters,
}

impl fmt::Display for TargetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Long { bytes } => {
                return write!(
                    formatter,
                    "the target has {bytes} bytes; at most {MAXIMUM_TARGET_BYTES} are read"
                );
            }
            Self::Host => "the host is not this gate's, or has a port that is not",
            Self::NotAPath => "the target must be a path that begins with /",
            Self::EmptySegment => {
                "the path has two slashes in a row, or a segment that begins with a semicolon"
            }
            Self::DotSegment => "a path segment is `.` or `..`",
            Self::Backslash => "the path holds a backslash",
            Self::Control => "the target holds a control character",
            Self::Fragment => "the target holds a #",
            Self::PercentEncoding => "a % is not followed by two hexadecimal digits",
            Self::Utf8 => "the target is not UTF-8",
            Self::OutOfPlace => {
                "a segment that is not a revision, branch, tag or file path has an encoded slash, percent, question or \
                 number sign, a semicolon, a space or dot at its end, a space before HTTP, or parentheses in parentheses"
            }
            Self::DoubleEncoding => "the path is encoded twice",
            Self::RepeatedParameter => "a query parameter that determines the class occurs twice",
            Self::AlikeParameter => "a query parameter is spelled almost like one that determines the class",
            Self::OddParameter => {
                "a query parameter has a name of other characters than letters, digits and -._~, beside one that \
                 determines the class"
            }
            Self::ManyParameters => "the query holds more parameters than every server reads",
        };
        formatter.write_str(what)
    }
}

impl std::error::Error for TargetError {}

/// The canonical text under construction. It borrows the raw text as long as the two are equal.
struct Canonical<'a> {
    raw: &'a str,
    /// The length of the prefix of `raw` that is canonical.
    agreed: usize,
    written: Option<String>,
}

impl<'a> Canonical<'a> {
    fn of(raw: &'a str) -> Self {
        Self {
            raw,
            agreed: 0,
            written: None,
        }
    }

    fn len(&self) -> usize {
        self.written.as_ref().map_or(self.agreed, String::len)
    }

    /// Appends the next piece of the raw text unchanged.
    fn push_as_it_is(&mut self, piece: &str) {
        match &mut self.written {
            Some(written) => written.push_str(piece),
            None => self.agreed += piece.len(),
        }
    }

    /// Appends text and returns the new length.
    fn push_str(&mut self, text: &str) -> usize {
        match &mut self.written {
            Some(written) => written.push_str(text),
            None => {
                let rest = self.raw.get(self.agreed..).unwrap_or_default();
                if rest.starts_with(text) {
                    self.agreed += text.len();
                } else {
                    let mut written = String::with_capacity(self.raw.len() + 16);
                    written.push_str(self.raw.get(..self.agreed).unwrap_or_default());
                    written.push_str(text);
                    self.written = Some(written);
                }
            }
        }
        self.len()
    }

    fn push_encoded(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
        let encoded = [b'%', digit(byte >> 4), digit(byte & 0x0f)];
        self.push_str(std::str::from_utf8(&encoded).unwrap_or_default());
    }

    fn finish(self) -> Cow<'a, str> {
        match self.written {
            Some(written) => Cow::Owned(written),
            None => Cow::Borrowed(self.raw),
        }
    }
}

/// What the bytes of a segment are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Plain ones, without a parenthesis, and with neither a dot at the beginning nor one at the end.
    Name,
    /// Plain ones.
    Plain,
    /// Some that are not plain.
    Other,
}

/// Splits the first segment, with its slash, off a target that begins with one. Returns the segment, the rest of the target, and
/// what the segment's bytes are.
fn cut_segment(target: &str) -> (&str, &str, Piece) {
    let bytes = target.as_bytes();
    let mut end = 1;
    let mut has_parenthesis = false;
    while let Some(byte) = bytes.get(end)
        && PLAIN_IN_PATH.contains(*byte)
    {
        has_parenthesis |= *byte == b'(';
        end += 1;
    }
    let beyond = bytes.get(end..).unwrap_or_default();
    let more = beyond
        .iter()
        .take_while(|byte| !matches!(byte, b'/' | b'?'))
        .count();
    let (piece, after) = target.split_at_checked(end + more).unwrap_or((target, ""));
    let is_dotted = piece.starts_with("/.") || piece.ends_with('.');
    let kind = if more > 0 {
        Piece::Other
    } else if has_parenthesis || is_dotted {
        Piece::Plain
    } else {
        Piece::Name
    };
    (piece, after, kind)
}

/// Reads one plain segment with its slash, which is already canonical. Returns whether it contains text that only free text may
/// have.
fn read_plain_segment(piece: &str, canonical: &mut Canonical<'_>) -> Result<bool, TargetError> {
    let segment = piece.strip_prefix('/').unwrap_or(piece);
    if is_dot_segment(segment) {
        return Err(TargetError::DotSegment);
    }
    canonical.push_as_it_is(piece);
    // Of everything that is out of place in names, plain bytes can only contain a dot at the end and a session.
    Ok(segment.ends_with('.') || session(segment).is_some())
}

/// Reads one raw segment with its slash and appends its canonical spelling. Returns its decoded text, and whether that contains
/// text that only free text may have.
fn read_segment(piece: &str, canonical: &mut Canonical<'_>) -> Result<(String, bool), TargetError> {
    let segment = piece.strip_prefix('/').unwrap_or(piece);
    canonical.push_str("/");
    let mut decoded = Vec::with_capacity(segment.len());
    let bytes = segment.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let is_plain = |byte: &&u8| PLAIN_IN_PATH.contains(**byte);
        let plain = bytes.iter().skip(at).take_while(is_plain).count();
        let run = segment.get(at..at + plain).unwrap_or_default();
        canonical.push_as_it_is(run);
        decoded.extend_from_slice(run.as_bytes());
        at += plain;
        match bytes.get(at).copied() {
            None => break,
            Some(b'%') => {
                let value = hex_pair(bytes.get(at + 1).copied(), bytes.get(at + 2).copied())?;
                decoded.push(value);
                // RFC 3986 section 6.2.2.2: an encoded unreserved character is equivalent to that character.
                if UNRESERVED.contains(value) {
                    canonical.push_str(char::from(value).encode_utf8(&mut [0; 4]));
                } else {
                    canonical.push_encoded(value);
                }
                at += 3;
            }
            Some(b'\\') => return Err(TargetError::Backslash),
            Some(b'#') => return Err(TargetError::Fragment),
            Some(byte) if byte.is_ascii_control() => return Err(TargetError::Control),
            Some(byte) => {
                decoded.push(byte);
                canonical.push_encoded(byte);
                at += 1;
            }
        }
    }
    let decoded = String::from_utf8(decoded).map_err(|_| TargetError::Utf8)?;
    check_decoded(&decoded)?;
    let free_text = is_out_of_place_in_names(&decoded);
    Ok((decoded, free_text))
}

/// Whether some server takes part of the text for a separator, cuts it off, or folds it to another letter. A name in this
/// spelling may be another name there. Free text (a file's path) may contain it nevertheless.
fn is_out_of_place_in_names(text: &str) -> bool {
    text.contains(['/', '%', ';', '?', '#'])
        || text.ends_with('.')
        || text.trim() != text
        || has_http_version(text)
        || session(text).is_some()
        // The letters outside ASCII that equal one in it when case is ignored (Unicode CaseFolding.txt).
        || text.contains(['\u{17f}', '\u{212a}', '\u{130}', '\u{131}'])
}

/// Whether a request line may end within the text, at a server behind a proxy that sends the path on decoded: ` HTTP/1.1`. The
/// slash may be that of the next segment.
fn has_http_version(text: &str) -> bool {
    let mut words = text.split(' ').skip(1);
    words.any(|word| {
        word.get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("http"))
    })
}

/// The position of the first text that ASP.NET takes out of a path because it may be a session or a ticket of its own, such as
/// `(S(x))` or `(S(x)F(y))`.
fn session(text: &str) -> Option<Range<usize>> {
    text.match_indices('(').find_map(|(start, _)| {
        let mut rest = text.get(start + 1..)?;
        loop {
            let ticket = rest.strip_prefix(|letter: char| letter.is_ascii_alphabetic())?;
            let (_, after) = ticket.strip_prefix('(')?.split_once(')')?;
            if let Some(after) = after.strip_prefix(')') {
                return Some(start..text.len() - after.len());
            }
            rest = after;
        }
    })
}

/// A text without the sessions that ASP.NET takes out.
pub(crate) fn without_sessions(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    while let Some(session) = session(&text) {
        text.to_mut().drain(session);
    }
    text
}

/// Refuses text that no slot may contain, not even for free text.
fn check_decoded(decoded: &str) -> Result<(), TargetError> {
    if decoded.contains('\\') {
        return Err(TargetError::Backslash);
    }
    if decoded.chars().any(char::is_control) {
        return Err(TargetError::Control);
    }
    if is_dot_segment(decoded) {
        return Err(TargetError::DotSegment);
    }
    for part in decoded.split('/') {
        // Tomcat and others cut a segment at its semicolon, and then merge the slashes around what is left of it: nothing.
        if part.is_empty() || part.starts_with(';') {
            return Err(TargetError::EmptySegment);
        }
        if is_dot_segment(part) {
            return Err(TargetError::DotSegment);
        }
    }
    if decoded.contains('%') && is_trap_when_decoded_again(decoded) {
        return Err(TargetError::DoubleEncoding);
    }
    Ok(())
}

/// Whether text changes its meaning when a server decodes it again. A file may be named `100%.txt`, but `%2e%2e` leads out of
/// its folder.
fn is_trap_when_decoded_again(text: &str) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAXIMUM_DECODINGS {
        let again = decode_percent(&text).into_owned();
        if again == text {
            return false;
        }
        if again
            .chars()
            .any(|character| character.is_control() || character == '\\')
            || again.split('/').any(is_dot_segment)
        {
            return true;
        }
        text = Cow::Owned(again);
    }
    true
}

/// Whether the text is a dot segment. A server that knows path parameters reads `..;x` as `..`, and so does one that reads a path
/// which a proxy before it has decoded: `..?x`. ASP.NET reads `.(S(x)).` as `..`.
fn is_dot_segment(text: &str) -> bool {
    let is_one = |text: &str| matches!(text.split([';', '?', '#', '&', ' ']).next(), Some("." | ".."));
    text.starts_with(['.', '(']) && (is_one(text) || is_one(&without_sessions(text)))
}

/// Reads the query and appends its canonical spelling: unchanged, except that the characters of the URL standard's query
/// percent-encode set are encoded.
fn read_query(query: &str, canonical: &mut Canonical<'_>) -> Result<(), TargetError> {
    let mut at = 0;
    while at < query.len() {
        let plain = query
            .bytes()
            .skip(at)
            .take_while(|byte| PLAIN_IN_QUERY.contains(*byte))
            .count();
        canonical.push_as_it_is(query.get(at..at + plain).unwrap_or_default());
        at += plain;
        match query.as_bytes().get(at) {
            None => break,
            Some(b'#') => return Err(TargetError::Fragment),
            Some(byte) if byte.is_ascii_control() => return Err(TargetError::Control),
            Some(byte) => canonical.push_encoded(*byte),
        }
        at += 1;
    }
    Ok(())
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Result<u8, TargetError> {
    let digit = |byte: Option<u8>| {
        byte.and_then(|byte| char::from(byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(TargetError::PercentEncoding)
    };
    Ok(digit(high)? << 4 | digit(low)?)
}

/// Refuses text that is not percent-encoded UTF-8 (RFC 3986 section 2.1, RFC 3629).
fn check_encoding(text: &str) -> Result<(), TargetError> {
    // Plain text is what it says.
    if text.bytes().all(|byte| UNRESERVED.contains(byte)) {
        return Ok(());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_pair(bytes.next(), bytes.next())?,
            byte => byte,
        });
    }
    match String::from_utf8(decoded) {
        Ok(text) if text.chars().any(char::is_control) => Err(TargetError::Control),
        Ok(_) => Ok(()),
        Err(_) => Err(TargetError::Utf8),
    }
}

/// Form decoding as in servers: `+` becomes a space, and then as [`decode_percent`].
pub(crate) fn decode_form(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte == b'+') {
        return Cow::Owned(decode_percent(&text.replace('+', " ")).into_owned());
    }
    decode_percent(text)
}

/// Whether no decoding of a text has an underscore: it has none itself, and nothing in it that is percent-encoded is one or is
/// encoded again.
pub(crate) fn has_no_underscore_in_any_decoding(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'_' => return false,
            b'%' => match hex_pair(bytes.next(), bytes.next()) {
                Ok(b'_' | b'%') | Err(_) => return false,
                Ok(_) => {}
            },
            _ => {}
        }
    }
    true
}

/// A text as it is, and form-decoded as often as some server does.
pub(crate) fn decodings(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let decoded = |text: &Cow<'_, str>| {
        if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            return None;
        }
        let again = decode_form(text).into_owned();
        (again != *text).then_some(Cow::Owned(again))
    };
    std::iter::successors(Some(Cow::Borrowed(text)), decoded).take(MAXIMUM_DECODINGS + 1)
}

/// Percent-decoding that accepts everything: a `%` that encodes nothing stays, and invalid UTF-8 is replaced.
fn decode_percent(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, hex_pair(ahead.next(), ahead.next())) {
            (b'%', Ok(value)) => {
                decoded.push(value);
                bytes = ahead;
            }
            (byte, _) => decoded.push(byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{
        PLAIN_IN_PATH, PLAIN_IN_QUERY, Target, decodings, has_no_underscore_in_any_decoding,
        is_out_of_place_in_names, without_sessions,
    };

    #[test]
    fn a_text_without_an_underscore_in_any_decoding_has_none_in_any() {
        let pieces = ["_", "%", "5F", "5f", "25", "2F", "+", "a", "%35", "%FF"];
        for text in pieces
            .iter()
            .flat_map(|one| pieces.iter().map(move |two| [*one, *two].concat()))
            .flat_map(|start| pieces.iter().map(move |end| [&start, *end].concat()))
            .flat_map(|start| pieces.iter().map(move |end| [&start, *end].concat()))
        {
            if has_no_underscore_in_any_decoding(&text) {
                assert!(decodings(&text).all(|text| !text.contains('_')), "{text}");
            }
        }
        assert!(has_no_underscore_in_any_decoding("/a/refs%2Fpr%2F1/b?c=%20d"));
    }

    #[test]
    fn plain_bytes_are_out_of_place_in_names_only_as_a_dot_at_the_end() {
        for byte in (0..=u8::MAX).filter(|byte| PLAIN_IN_PATH.contains(*byte)) {
            let byte = char::from(byte);
            assert!(!is_out_of_place_in_names(&format!("{byte}a")), "{byte}");
            assert_eq!(
                is_out_of_place_in_names(&format!("a{byte}")),
                byte == '.',
                "{byte}"
            );
        }
    }

    #[test]
    fn sessions_are_taken_out_as_asp_net_does() {
        for (text, without) in [
            ("(S(x))", ""),
            ("a(S(x)F(y))b", "ab"),
            ("(A(x))(F(y))", ""),
            ("(S())", ""),
            ("(s(x)", "(s(x)"),
            ("(S(x)y)", "(S(x)y)"),
            ("(1(x))", "(1(x))"),
            ("f(g(x))", "f"),
            ("f(x)", "f(x)"),
            ("((S(x)))", "()"),
        ] {
            assert_eq!(without_sessions(text), without);
            assert_eq!(is_out_of_place_in_names(text), text != without, "{text}");
            let raw = format!("/a/{text}");
            assert_eq!(
                Target::parse(&raw).unwrap().has_free_text(),
                text != without,
                "{raw}"
            );
        }
        for raw in ["/a/.(S(x)).", "/a/(S(x))..", "/a/.(S(x))/b", "/a/%2e%28S(x))."] {
            assert!(Target::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_version_of_http_is_out_of_place_in_names() {
        for text in ["a HTTP", "a http/1.1", "a  Http2", " HTTP"] {
            assert!(is_out_of_place_in_names(text), "{text}");
        }
        for text in ["a htt p", "HTTP a", "aHTTP", "a b", "a \u{e9}\u{e9}\u{e9}"] {
            assert!(!is_out_of_place_in_names(text), "{text}");
        }
    }

    #[test]
    fn a_query_is_encoded_where_the_url_standard_says() {
        for byte in 0..=u8::MAX {
            let plain = byte.is_ascii_graphic() && !b"\"#<>'".contains(&byte);
            assert_eq!(PLAIN_IN_QUERY.contains(byte), plain, "{byte}");
        }
    }

    #[test]
    fn a_plain_target_is_borrowed_as_it_is() {
        let raw = "/acme/widget/resolve/main/a.txt?x=1";
        let target = Target::parse(raw).unwrap();
        assert!(matches!(target.canonical, std::borrow::Cow::Borrowed(_)));
        assert_eq!(target.canonical(), raw);
        assert_eq!(target.query(), Some("x=1"));
    }

    #[test]
    fn canonical_is_a_fixed_point() {
        for raw in [
            "/",
            "/a/",
            "/a%2Db/%e4%b8%ad?q=%zz&r=a b",
            "/a b/<c>?d=\"'é",
            "/x?",
            "/resolve/refs%2fpr%2f1/100%25.txt",
        ] {
            let once = Target::parse(raw).unwrap().canonical().to_owned();
            let twice = Target::parse(&once).unwrap();
            assert_eq!(twice.canonical(), once);
        }
    }

    #[test]
    fn a_parameter_does_not_hide_a_dot_segment() {
        for raw in [
            "/a/..;/b",
            "/a/.;x=1",
            "/a/%2e%2e%3Bx",
            "/a/b%2F..;/c",
            "/a/%252e%252e;/b",
        ] {
            assert!(Target::parse(raw).is_err(), "{raw}");
        }
        assert!(Target::parse("/a/b..;c/..d;").is_ok());
    }

    #[test]
    fn parameters_are_decoded_as_servers_do() {
        let target = Target::parse("/?a%62=c+d&&e&f=%4").unwrap();
        let read: Vec<_> = target
            .parameters()
            .map(|parameter| (parameter.name().into_owned(), parameter.value().into_owned()))
            .collect();
        let expected =
            [("ab", "c d"), ("e", ""), ("f", "%4")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, expected);
    }
}
