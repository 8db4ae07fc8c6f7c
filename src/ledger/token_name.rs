//! The name that a subject gives to a token.

use std::str::FromStr;

/// A token's name: 1 to 96 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    /// The longest name, in characters (Unicode scalar values).
    pub const MAXIMUM_CHARACTERS: usize = 96;

    /// The expected form of a name, for people.
    pub const EXPECTED: &str = "a name is 1 to 96 characters, none of them a control character";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let characters = text.chars().take(Self::MAXIMUM_CHARACTERS + 1).count();
        if (1..=Self::MAXIMUM_CHARACTERS).contains(&characters) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Self::EXPECTED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenName;

    #[test]
    fn counts_characters_and_refuses_controls() {
        for name in ["a", "training notebook", &"ü".repeat(96), " ", "🔑"] {
            assert_eq!(name.parse::<TokenName>().unwrap().as_str(), name);
        }
        for name in ["", &"u".repeat(97), "a\nb", "\u{7f}", "\u{85}", "\0"] {
            assert!(name.parse::<TokenName>().is_err(), "{name:?}");
        }
    }
}
