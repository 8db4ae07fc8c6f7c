//! The inspection of a token's text, for people: the meaning of its bytes, and what is wrong with them.
//!
//! It verifies nothing, and nothing here can become a [`Verified`](crate::token::Verified). Unlike
//! [`Unverified`](crate::token::Unverified), it continues after an error as far as there is something to read. Knows no keys.

use std::fmt;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use zeroize::Zeroizing;

use super::layout::{
    CHECKSUM, CHECKSUM_BYTES, FIXED_BYTES, Layout, MAXIMUM_BODY_BYTES, MINIMUM_BODY_BYTES, VERSION,
};
use crate::calendar::http_date;
use crate::token::{BearerKind, Prefix, Restriction, Role, Subject};

/// The longest text that is inspected. Three times the longest token suffices to show what was pasted.
const MAXIMUM_TEXT_BYTES: usize = 1500;

/// The fields of fixed width at the front of a body, in order.
const FRONT: [(&str, usize); 9] = [
    ("version", 1),
    ("role", 1),
    ("bearer", 1),
    ("key_id", 1),
    ("issued_at", 4),
    ("expires_at", 4),
    ("shard", 2),
    ("serial", 4),
    ("subject_length", 1),
];

/// Base64url that accepts stray trailing bits. They are an error, but the bytes before them can be shown.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// A token's text field by field, and every reason why it is not well-formed.
pub struct Inspection {
    /// The text before the underscore, if it is a valid prefix.
    pub prefix: Option<Prefix>,
    /// The fields of the body in order, as many as can be read.
    pub fields: Vec<Field>,
    /// The well-formed restrictions.
    pub restrictions: Vec<Restriction>,
    /// The errors of the text; empty if it is well-formed.
    pub faults: Vec<InspectionError>,
}

/// One field of a token's body. Its bytes are part of a secret.
pub struct Field {
    /// `version`, `role`, `bearer`, `key_id`, `issued_at`, `expires_at`, `shard`, `serial`, `subject_length`, `subject`,
    /// `restriction` for each of them, `tag`, `checksum`, or `rest` for bytes of a truncated body that could belong to any of them.
    pub name: &'static str,
    /// Its position in the decoded body.
    pub span: Range<usize>,
    /// Its bytes, two lower-case digits each.
    pub hex: Zeroizing<String>,
    /// Its meaning, for people.
    pub meaning: String,
}

/// As `{name, start, end, hex, meaning}`, its position as two numbers.
impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut field = serializer.serialize_struct("Field", 5)?;
        field.serialize_field("name", self.name)?;
        field.serialize_field("start", &self.span.start)?;
        field.serialize_field("end", &self.span.end)?;
        field.serialize_field("hex", self.hex.as_str())?;
        field.serialize_field("meaning", &self.meaning)?;
        field.end()
    }
}

impl Inspection {
    /// Inspects a text. Any text is allowed.
    pub fn of(text: &str) -> Self {
        let mut inspection = Self {
            prefix: None,
            fields: Vec::new(),
            restrictions: Vec::new(),
            faults: Vec::new(),
        };
        if text.len() > MAXIMUM_TEXT_BYTES {
            inspection
                .faults
                .push(InspectionError::Long { bytes: text.len() });
            return inspection;
        }
        let Some((prefix, encoded)) = text.split_once('_') else {
            inspection.faults.push(InspectionError::Underscore);
            return inspection;
        };
        inspection.prefix = prefix.parse().ok();
        if inspection.prefix.is_none() {
            inspection.faults.push(InspectionError::Prefix);
        }
        let (body, is_whole) = inspection.decode(encoded);
        inspection.read_front(&body);
        let rest = body.get(FIXED_BYTES..).unwrap_or_default();
        let summed = body.split_last_chunk::<CHECKSUM_BYTES>();
        match summed.and_then(|(summed, checksum)| Some((Layout::of(summed)?, summed, checksum))) {
            Some((layout, summed, checksum)) if is_whole => inspection.read_back(layout, summed, *checksum),
            Some(_) | None => {
                if is_whole && inspection.faults.is_empty() {
                    inspection.faults.push(InspectionError::Structure);
                }
                inspection.push("rest", rest, "what this was cannot be told");
            }
        }
        inspection
    }

    /// Whether the text has the form of a token with a correct checksum. Anyone can make such a text.
    pub fn is_well_formed(&self) -> bool {
        self.faults.is_empty()
    }

    /// The body as far as it decodes, and whether that is all of it.
    fn decode(&mut self, encoded: &str) -> (Zeroizing<Vec<u8>>, bool) {
        let (body, is_whole) = match URL_SAFE_NO_PAD.decode(encoded) {
            Ok(body) => (Zeroizing::new(body), true),
            Err(_) => {
                let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
                let good = encoded.bytes().take_while(in_alphabet).count();
                self.faults.push(InspectionError::Alphabet {
                    at: (good < encoded.len()).then_some(good),
                });
                // A lone character after a group of four holds no whole byte.
                let decodable = if good % 4 == 1 { good - 1 } else { good };
                let body = LENIENT
                    .decode(encoded.get(..decodable).unwrap_or_default())
                    .unwrap_or_default();
                (Zeroizing::new(body), good == encoded.len())
            }
        };
        if is_whole && !(MINIMUM_BODY_BYTES..=MAXIMUM_BODY_BYTES).contains(&body.len()) {
            self.faults.push(InspectionError::Length { bytes: body.len() });
        }
        (body, is_whole)
    }

    fn read_front(&mut self, body: &[u8]) {
        let mut rest = body;
        for (name, width) in FRONT {
            let Some((bytes, after)) = rest.split_at_checked(width) else {
                self.push("rest", rest, "cut short");
                return;
            };
            rest = after;
            let number = bytes
                .iter()
                .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
            let meaning = match (name, bytes) {
                ("version", [version]) if *version != VERSION => {
                    self.faults.push(InspectionError::Version { found: *version });
                    format!("{version}, which is not known")
                }
                ("role", [role]) => match Role::from_byte(*role) {
                    Some(role) => role.name().to_owned(),
                    None => {
                        self.faults.push(InspectionError::Role { found: *role });
                        format!("{role}, which is not known")
                    }
                },
                ("bearer", [bearer]) => match BearerKind::from_byte(*bearer) {
                    Some(bearer) => bearer.name().to_owned(),
                    None => {
                        self.faults.push(InspectionError::Bearer { found: *bearer });
                        format!("{bearer}, which is not known")
                    }
                },
                ("issued_at", _) => http_date(number),
                ("expires_at", _) if number == 0 => "never".to_owned(),
                ("expires_at", _) => http_date(number),
                _ => number.to_string(),
            };
            self.push(name, bytes, meaning);
        }
    }

    /// The fields of a complete body whose position depends on the length of the subject.
    fn read_back(&mut self, layout: Layout<'_>, summed: &[u8], checksum: [u8; CHECKSUM_BYTES]) {
        let subject = layout.signed.get(FIXED_BYTES..).unwrap_or_default();
        if Subject::from_bytes(subject).is_none() {
            self.faults.push(InspectionError::Subject);
        }
        self.push("subject", subject, subject.escape_ascii().to_string());
        for wire in layout.restrictions {
            let meaning = match Restriction::from_wire(wire) {
                Ok(restriction) => {
                    let date = match restriction {
                        Restriction::Expires(at) => format!(", {}", http_date(at)),
                        Restriction::Role(_)
                        | Restriction::Repositories(_)
                        | Restriction::Areas(_)
                        | Restriction::Networks(_)
                        | Restriction::Requests(_) => String::new(),
                    };
                    let meaning = format!("{restriction}{date}");
                    self.restrictions.push(restriction);
                    meaning
                }
                Err(_) => {
                    self.faults.push(InspectionError::Restriction);
                    "holds never: not known, or malformed".to_owned()
                }
            };
            self.push("restriction", wire, meaning);
        }
        self.push("tag", layout.tag, "not checked: that takes the key ring");
        let expected = CHECKSUM.checksum(summed).to_be_bytes();
        if checksum == expected {
            self.push("checksum", &checksum, "right");
        } else {
            self.faults.push(InspectionError::Checksum);
            let meaning = format!("wrong: the bytes before it give {}", *hex(&expected));
            self.push("checksum", &checksum, meaning);
        }
    }

    /// Adds the next field.
    fn push(&mut self, name: &'static str, bytes: &[u8], meaning: impl Into<String>) {
        if bytes.is_empty() {
            return;
        }
        let start = self.fields.last().map_or(0, |last| last.span.end);
        self.fields.push(Field {
            name,
            span: start..start + bytes.len(),
            hex: hex(bytes),
            meaning: meaning.into(),
        });
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inspection")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Field({}, redacted)", self.name)
    }
}

/// Why a text is not a well-formed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InspectionError {
    /// Much longer than any token; not inspected.
    Long {
        /// Its length.
        bytes: usize,
    },
    /// No underscore: no prefix and body.
    Underscore,
    /// The text before the underscore is not a prefix.
    Prefix,
    /// Not unpadded base64url after the prefix.
    Alphabet {
        /// The first character of the body that is not allowed, from 0; `None` if only the last one has stray bits.
        at: Option<usize>,
    },
    /// The decoded body is too short or too long.
    Length {
        /// Its length.
        bytes: usize,
    },
    /// An unknown format version.
    Version {
        /// The version.
        found: u8,
    },
    /// An unknown role.
    Role {
        /// The role's byte.
        found: u8,
    },
    /// An unknown bearer.
    Bearer {
        /// The bearer's byte.
        found: u8,
    },
    /// The lengths within do not add up.
    Structure,
    /// The subject is too long or has characters that are not allowed.
    Subject,
    /// A restriction is not known, or malformed.
    Restriction,
    /// The CRC-32 does not match.
    Checksum,
}

impl InspectionError {
    /// The error as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Long { .. } | Self::Length { .. } => "length",
            Self::Underscore | Self::Prefix => "prefix",
            Self::Alphabet { .. } => "alphabet",
            Self::Version { .. } => "version",
            Self::Role { .. } => "role",
            Self::Bearer { .. } => "bearer",
            Self::Structure => "structure",
            Self::Subject => "subject",
            Self::Restriction => "restriction",
            Self::Checksum => "checksum",
        }
    }
}

impl fmt::Display for InspectionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { bytes } => write!(formatter, "the text has {bytes} bytes, far more than any token"),
            Self::Underscore => write!(formatter, "no underscore parts a prefix from a body"),
            Self::Prefix => write!(
                formatter,
                "what stands before the underscore is no prefix: a lower-case letter and 1 to 9 more lower-case \
                 letters or digits"
            ),
            Self::Alphabet { at: Some(at) } => write!(
                formatter,
                "character {} after the underscore is none of base64url's",
                at + 1
            ),
            Self::Alphabet { at: None } => write!(
                formatter,
                "the last character does not match: one was changed, added or lost"
            ),
            Self::Length { bytes } => write!(
                formatter,
                "the body has {bytes} bytes; a token's has {MINIMUM_BODY_BYTES} to {MAXIMUM_BODY_BYTES}"
            ),
            Self::Version { found } => write!(formatter, "the format version is {found}, not {VERSION}"),
            Self::Role { found } => write!(formatter, "the role is {found}; 1 is read and 2 is write"),
            Self::Bearer { found } => {
                write!(
                    formatter,
                    "the bearer is {found}; 1 is a user and 2 is a service account"
                )
            }
            Self::Structure => write!(formatter, "the lengths within it do not add up"),
            Self::Restriction => write!(
                formatter,
                "a restriction is not known, or malformed: it holds never"
            ),
            Self::Subject => write!(
                formatter,
                "the subject is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit and not ending with a dot"
            ),
            Self::Checksum => write!(
                formatter,
                "the checksum does not match: a character was changed, added or lost"
            ),
        }
    }
}

impl std::error::Error for InspectionError {}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{Inspection, InspectionError};
    use crate::keys::KeyRing;
    use crate::token::{BearerKind, Claims, Prefix, Restrictions, Role, TokenId, mint};

    fn token() -> String {
        let claims = Claims {
            role: Role::Write,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 3, serial: 7 },
            issued_at: 1_000,
            expires_at: None,
            bearer: BearerKind::ServiceAccount,
            restrictions: Restrictions::new(vec![
                "areas=git,api".parse().unwrap(),
                "expires=2000".parse().unwrap(),
            ])
            .unwrap(),
        };
        mint(&claims, &Prefix::default(), &KeyRing::generate([1; 32]))
            .unwrap()
            .to_string()
    }

    fn names(inspection: &Inspection) -> Vec<&'static str> {
        inspection.fields.iter().map(|field| field.name).collect()
    }

    #[test]
    fn shows_every_field_of_a_token_in_its_place() {
        let inspection = Inspection::of(&token());
        assert_eq!(inspection.faults, []);
        let shown: Vec<_> = inspection
            .fields
            .iter()
            .map(|field| (field.name, field.span.clone(), field.meaning.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("version", 0..1, "2"),
                ("role", 1..2, "write"),
                ("bearer", 2..3, "service_account"),
                ("key_id", 3..4, "1"),
                ("issued_at", 4..8, "Thu, 01 Jan 1970 00:16:40 GMT"),
                ("expires_at", 8..12, "never"),
                ("shard", 12..14, "3"),
                ("serial", 14..18, "7"),
                ("subject_length", 18..19, "5"),
                ("subject", 19..24, "alice"),
                ("restriction", 24..33, "areas=git,api"),
                (
                    "restriction",
                    33..39,
                    "expires=2000, Thu, 01 Jan 1970 00:33:20 GMT"
                ),
                ("tag", 39..55, "not checked: that takes the key ring"),
                ("checksum", 55..59, "right"),
            ]
        );
        assert_eq!(*inspection.fields[9].hex, "616c696365");
        assert_eq!(*inspection.fields[11].hex, "0204000007d0");
    }

    #[test]
    fn reads_on_after_a_fault() {
        let token = token();
        let wrong = Inspection::of(&token.replacen("hub_Ag", "Hub_AQ", 1));
        assert_eq!(
            wrong.faults,
            [
                InspectionError::Prefix,
                InspectionError::Version { found: 1 },
                InspectionError::Checksum
            ]
        );
        assert_eq!(wrong.fields.len(), 14);
        let mut cut = token.clone();
        cut.truncate(30);
        let cut = Inspection::of(&cut);
        assert!(cut.faults.contains(&InspectionError::Length { bytes: 19 }));
        assert_eq!(names(&cut)[7..], ["serial", "subject_length"]);
        let mut broken = token.clone();
        broken.replace_range(14..15, "!");
        let broken = Inspection::of(&broken);
        assert_eq!(broken.faults, [InspectionError::Alphabet { at: Some(10) }]);
        assert_eq!(names(&broken), ["version", "role", "bearer", "key_id", "rest"]);
        assert_eq!(
            Inspection::of(&format!("{token}=")).faults,
            [InspectionError::Alphabet { at: Some(79) }]
        );
    }

    #[test]
    fn takes_any_text() {
        for text in [
            "",
            "_",
            "hub_",
            "hub_A",
            "hub_AQ",
            "hub_é",
            "🙂",
            &"a_".repeat(900),
        ] {
            assert!(!Inspection::of(text).is_well_formed(), "{text}");
        }
    }
}
