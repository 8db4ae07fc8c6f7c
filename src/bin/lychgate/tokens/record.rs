//! Tokens as the gate's ledger tells of them. What a newer gate tells beside that is kept for `--json`.

use std::io::Write;

use lychgate::token::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::revocation::List;
use crate::clock;
use crate::failure::{Failure, say};
use crate::gate::Page;
use crate::print;

/// The columns of a table of tokens.
pub(super) const HEADINGS: [&str; 8] = [
    "id",
    "name",
    "role",
    "limited to",
    "created",
    "last used",
    "expires",
    "state",
];

/// How many entries of a restriction a table shows.
const ENTRIES_SHOWN: usize = 2;

/// What the ledger holds of a token.
#[derive(Deserialize, Serialize)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) role: String,
    /// One object with one member each. A newer gate may have kinds that are unknown here.
    pub(super) restrictions: Vec<Map<String, Value>>,
    pub(super) state: String,
    pub(super) issued_at: Timestamp,
    /// `None` is never.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) revocation_reason: Option<String>,
    pub(super) replaced_by: Option<String>,
    /// A day.
    pub(super) last_used_on: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// One page of a subject's tokens.
#[derive(Deserialize)]
pub(super) struct TokenPage {
    tokens: Vec<Token>,
    next: Option<String>,
    unanswered_shards: Vec<u16>,
}

impl Page for TokenPage {
    type Item = Token;

    fn open(self) -> (Vec<Token>, Option<String>, Vec<u16>) {
        (self.tokens, self.next, self.unanswered_shards)
    }
}

/// A token with its text.
#[derive(Deserialize, Serialize)]
pub(super) struct CreatedToken {
    #[serde(deserialize_with = "wiped_on_drop", serialize_with = "as_text")]
    token: Zeroizing<String>,
    #[serde(flatten)]
    record: Token,
    /// The token before, after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<Replaced>,
}

/// What becomes of a token that was refreshed.
#[derive(Deserialize, Serialize)]
struct Replaced {
    id: String,
    revoked_at: Timestamp,
    list: Option<List>,
}

impl Token {
    /// The token as a row of a table.
    pub(super) fn row(&self) -> [String; 8] {
        [
            self.id.clone(),
            self.name.clone(),
            self.role.clone(),
            self.limits(ENTRIES_SHOWN),
            clock::stamp(self.issued_at),
            self.last_used_on.clone().unwrap_or_else(|| "-".to_owned()),
            self.expires_at.map_or("never".to_owned(), clock::stamp),
            self.state_for_people(),
        ]
    }

    /// What limits the token, in a few words: so many entries of each restriction, or - if none does.
    fn limits(&self, entries_shown: usize) -> String {
        let limits = self
            .restrictions
            .iter()
            .flatten()
            .map(|(name, value)| match value {
                Value::Array(entries) => {
                    let mut words: Vec<String> = entries.iter().take(entries_shown).map(plain).collect();
                    let left = entries.len().saturating_sub(entries_shown);
                    if left > 0 {
                        words.push(format!("{left} more"));
                    }
                    words.join(", ")
                }
                Value::Number(at) if name == "expires" => {
                    let at = at.as_u64().and_then(|at| Timestamp::try_from(at).ok());
                    at.map_or_else(|| plain(value), |at| format!("before {}", clock::stamp(at)))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                    plain(value)
                }
            });
        let limits: Vec<String> = limits.collect();
        if limits.is_empty() {
            "-".to_owned()
        } else {
            limits.join("; ")
        }
    }

    fn state_for_people(&self) -> String {
        let mut state = self.state.clone();
        let mut facts = Vec::new();
        facts.extend(self.revocation_reason.clone());
        facts.extend(self.revoked_at.map(clock::stamp));
        facts.extend(self.replaced_by.as_ref().map(|id| format!("now {id}")));
        if !facts.is_empty() {
            state.push_str(&format!(" ({})", facts.join(", ")));
        }
        state
    }
}

impl CreatedToken {
    /// Prints the token alone, and what there is to know of it on standard error.
    pub(super) fn print(&self, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
        self.print_token(json, out)
            .map_err(|failure| self.token_not_printed(&failure))?;
        if !json {
            let mut facts = Vec::new();
            self.print_facts(&mut facts)?;
            say(String::from_utf8_lossy(&facts).trim_end());
        }
        Ok(())
    }

    fn print_token(&self, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
        if json {
            print::json(out, self)?;
        } else {
            writeln!(out, "{}", *self.token)?;
        }
        Ok(out.flush()?)
    }

    fn print_facts(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let record = &self.record;
        print::fact(out, "id", print::visible(&record.id))?;
        print::fact(out, "subject", print::visible(&record.subject))?;
        print::fact(out, "name", print::visible(&record.name))?;
        print::fact(out, "role", print::visible(&record.role))?;
        if !record.restrictions.is_empty() {
            print::fact(out, "limited to", print::visible(&record.limits(usize::MAX)))?;
        }
        print::fact(out, "issued at", clock::date(record.issued_at))?;
        print::fact(
            out,
            "expires at",
            record.expires_at.map_or("never".to_owned(), clock::date),
        )?;
        if let Some(replaced) = &self.replaces {
            let id = print::visible(&replaced.id);
            let end = if replaced.revoked_at > clock::now()? {
                format!(
                    "works until {}, or until this one is first used",
                    clock::date(replaced.revoked_at)
                )
            } else {
                "is revoked".to_owned()
            };
            print::fact(out, "replaces", format!("{id}, which {end}"))?;
            if let Some(list) = &replaced.list {
                list.print(out)?;
            }
        }
        Ok(())
    }

    /// What to say where the token's text could not be printed: it is nowhere else.
    fn token_not_printed(&self, failure: &Failure) -> Failure {
        let why = match failure {
            Failure::Unusable(why) => why.as_str(),
            Failure::OutputClosed
            | Failure::Usage(_)
            | Failure::Refused { .. }
            | Failure::RefusedByGate { .. } => "nobody read standard output",
        };
        let (id, subject) = (
            print::visible(&self.record.id),
            print::visible(&self.record.subject),
        );
        Failure::Unusable(format!(
            "token {id} was created, and its text is lost: {why}. \
             `lychgate tokens revoke {id} --subject {subject}` revokes it"
        ))
    }
}

/// A value without the quotes of a string.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn wiped_on_drop<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

fn as_text<S: Serializer>(token: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token)
}
