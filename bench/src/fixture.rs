//! A gate's state of a given size, and requests for it to decide.

use std::error::Error;
use std::hint::black_box;

use lychgate::keys::KeyRing;
use lychgate::policy::{Anonymous, Body, Mode, Request, Verdict, decide};
use lychgate::request::{Content, Method, Sender, Target};
use lychgate::routes::RouteTable;
use lychgate::state::{Memberships, OnStale, RevocationList, Revocations};
use lychgate::token::{
    Claims, Prefix, Restrictions, Role, Subject, TokenId, Unverified, Verified, Verifier, mint_with,
};

use crate::random::Random;

/// The current time in the bench. It is fixed, so nothing expires.
const NOW: u32 = 1_800_000_000;

/// The number of tokens that take turns in steps where the gate remembers them.
const TOKENS: usize = 1_000;

/// The number of tokens in steps where the gate must not know any: three times as many as it remembers.
const NEW_TOKENS: usize = 50_000;

/// The requests, sent in turn: mostly for files, as at a hub.
const REQUESTS: [(&str, &str); 8] = [
    ("GET", "/acme/widget/resolve/main/config.json"),
    (
        "GET",
        "/datasets/acme/words/resolve/main/data/train-00000-of-00008.parquet",
    ),
    ("GET", "/api/models/acme/widget"),
    ("GET", "/acme/widget.git/info/refs?service=git-upload-pack"),
    ("HEAD", "/acme/widget/resolve/refs%2Fpr%2F1/model.safetensors"),
    ("GET", "/api/models/acme/widget/tree/main?recursive=true"),
    ("POST", "/api/models/acme/widget/paths-info/main"),
    ("POST", "/models/acme/widget/v1/chat/completions"),
];

/// The two restrictions of a restricted token, as JSON. All requests are within them.
pub const RESTRICTIONS: &str =
    r#"[{"repositories":["acme/widget","datasets/acme/words"]},{"areas":["git","files","api","inference"]}]"#;

/// The size of the gate's state.
#[derive(Clone, Copy)]
pub struct Size<'a> {
    /// The number of issued tokens.
    pub issued: u32,
    /// The number of revoked tokens.
    pub revoked: u32,
    /// The number of keys in the ring.
    pub keys: u8,
    /// The number of lines in the route table; `None` for the table that ships for hubs.
    pub routes: Option<usize>,
    /// The list, if it is already sealed.
    pub sealed: Option<&'a [u8]>,
}

impl Default for Size<'_> {
    fn default() -> Self {
        Self {
            issued: 10_000_000,
            revoked: 1_000_000,
            keys: 2,
            routes: None,
            sealed: None,
        }
    }
}

/// One step of a decision, or all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// From a token's text to an unverified token.
    Parse,
    /// The HMAC, and then the claims.
    Hmac,
    /// Whether the token is revoked.
    Lookup,
    /// From method and target to a class.
    Classify,
    /// Everything, for tokens that the gate remembers.
    Decide,
    /// Everything, for tokens that the gate does not remember.
    DecideNew,
    /// Everything, for tokens with two restrictions that the gate remembers.
    DecideRestricted,
    /// Everything, for tokens with two restrictions that the gate does not remember.
    DecideNewRestricted,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Parse,
        Self::Hmac,
        Self::Lookup,
        Self::Classify,
        Self::Decide,
        Self::DecideNew,
        Self::DecideRestricted,
        Self::DecideNewRestricted,
    ];

    /// The step's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Hmac => "hmac",
            Self::Lookup => "lookup",
            Self::Classify => "classify",
            Self::Decide => "decide",
            Self::DecideNew => "decide-new",
            Self::DecideRestricted => "decide-restricted",
            Self::DecideNewRestricted => "decide-new-restricted",
        }
    }

    /// The step with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// A state, and the requests and tokens for it.
pub struct Fixture {
    state: lychgate::policy::State,
    list: RevocationList,
    texts: Vec<String>,
    headers: Vec<String>,
    /// The same tokens, each with [`RESTRICTIONS`].
    restricted_headers: Vec<String>,
    verified: Vec<Verified>,
}

impl Fixture {
    /// A state of this size, with tokens that are not revoked.
    ///
    /// # Errors
    /// If the bench itself has a bug.
    pub fn new(size: Size) -> Result<Self, Box<dyn Error>> {
        let keys = key_ring(size.keys)?;
        let list = match size.sealed {
            Some(sealed) => RevocationList::open(sealed, 0, &keys)?,
            None => revocation_list(size.issued, size.revoked),
        };
        let prefix = Prefix::default();
        let mut random = Random::new(2);
        let (mut texts, mut headers, mut verified) = (Vec::new(), Vec::new(), Vec::new());
        let mut restricted_headers = Vec::new();
        let restrictions = Restrictions::from_json(RESTRICTIONS)?;
        while headers.len() < NEW_TOKENS {
            let serial = random.below(size.issued);
            let key_id = 1 + u8::try_from(random.below(u32::from(size.keys)))?;
            let claims = Claims {
                role: Role::Write,
                subject: format!("user-{}", serial % 1_000).parse::<Subject>()?,
                id: TokenId { shard: 0, serial },
                issued_at: NOW - 1_000,
                expires_at: Some(NOW + 1_000_000),
                bearer: lychgate::token::BearerKind::User,
                restrictions: Restrictions::default(),
            };
            let text = mint_with(&claims, &prefix, &keys, key_id)?.to_string();
            let token = Unverified::parse(&text, &prefix)?.verify(&keys, NOW)?;
            if list.check(&token).is_ok() {
                headers.push(format!("Bearer {text}"));
                let limited = Claims {
                    restrictions: restrictions.clone(),
                    ..claims
                };
                let limited_text = mint_with(&limited, &prefix, &keys, key_id)?;
                restricted_headers.push(format!("Bearer {}", *limited_text));
                if texts.len() < TOKENS {
                    texts.push(text);
                    verified.push(token);
                }
            }
        }
        let mut revocations = Revocations::default();
        revocations.accept(list.clone())?;
        let routes = match size.routes {
            None => RouteTable::shipped(),
            Some(lines) => RouteTable::parse(&table(lines))?,
        };
        Ok(Self {
            state: lychgate::policy::State {
                tokens: Verifier::new(prefix, keys),
                routes,
                revocations,
                memberships: Memberships::Off,
                anonymous: Anonymous::Deny,
                on_stale: OnStale::Deny,
                mode: Mode::Enforce,
            },
            list,
            texts,
            headers,
            restricted_headers,
            verified,
        })
    }

    /// Runs a step for the `turn`th token or request; returns whether the outcome was the expected one.
    pub fn run(&self, step: Step, turn: usize) -> bool {
        match step {
            Step::Parse => self
                .text(turn)
                .is_some_and(|text| Unverified::parse(black_box(text), self.state.tokens.prefix()).is_ok()),
            Step::Hmac => self.text(turn).is_some_and(|text| {
                Unverified::parse(black_box(text), self.state.tokens.prefix())
                    .is_ok_and(|token| token.verify(self.state.tokens.keys(), NOW).is_ok())
            }),
            Step::Lookup => self
                .verified
                .get(turn % TOKENS)
                .is_some_and(|token| self.list.check(black_box(token)).is_ok()),
            Step::Classify => REQUESTS
                .get(turn % REQUESTS.len())
                .is_some_and(|(method, target)| {
                    black_box(*method).parse::<Method>().is_ok_and(|method| {
                        Target::parse(black_box(target))
                            .is_ok_and(|target| self.state.routes.classify(method, &target).is_ok())
                    })
                }),
            Step::Decide => self.decide(turn, self.headers.get(turn % TOKENS)),
            Step::DecideNew => self.decide(turn, self.headers.get(turn % NEW_TOKENS)),
            Step::DecideRestricted => self.decide(turn, self.restricted_headers.get(turn % TOKENS)),
            Step::DecideNewRestricted => self.decide(turn, self.restricted_headers.get(turn % NEW_TOKENS)),
        }
    }

    /// Makes the gate remember the tokens of [`Step::Decide`] and [`Step::DecideRestricted`]; returns whether it accepted all of them.
    pub fn meet(&self) -> bool {
        (0..TOKENS).all(|turn| self.run(Step::Decide, turn) && self.run(Step::DecideRestricted, turn))
    }

    fn decide(&self, turn: usize, authorization: Option<&String>) -> bool {
        let (Some((method, target)), Some(authorization)) =
            (REQUESTS.get(turn % REQUESTS.len()), authorization)
        else {
            return false;
        };
        let request = Request {
            method: black_box(method),
            target: black_box(target),
            authorization: Some(black_box(authorization)),
            api_key: None,
            content: Content::None,
            sender: Sender::default(),
            body: Body::Unread,
        };
        matches!(decide(&request, &self.state, NOW).verdict, Verdict::Forward(_))
    }

    fn text(&self, turn: usize) -> Option<&String> {
        self.texts.get(turn % TOKENS)
    }
}

/// A ring of this many keys, 1 to 255, which is the same in every run.
///
/// # Errors
/// If the number is outside these limits.
pub fn key_ring(keys: u8) -> Result<KeyRing, Box<dyn Error>> {
    let mut ring = KeyRing::generate([1; 32]);
    for key in 1..keys {
        ring = ring.rotate([key; 32])?;
    }
    Ok(ring)
}

/// A list of tokens revoked at random, sealed.
///
/// # Errors
/// If the bench itself has a bug.
pub fn sealed_list(issued: u32, revoked: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(revocation_list(issued, revoked).seal(&key_ring(2)?))
}

fn revocation_list(issued: u32, revoked: u32) -> RevocationList {
    RevocationList::new(0, 1, Random::new(1).choose(revoked, issued), NOW, NOW + 1_000_000)
}

/// A table of this many lines, in which the requests have the same class as in the one that ships for hubs.
pub(crate) fn table(lines: usize) -> String {
    let mut table = String::from(
        "read  GET   /{namespace}/{repo}/info/refs ?service=git-upload-pack\n\
         read  POST  /api/models/{namespace}/{repo}/paths-info/{rev}\n\
         read  POST  /models/{namespace}/{repo}/v1/chat/completions\n\
         read  GET   /{namespace}/{repo}/resolve/{rev}/{*path}\n",
    );
    for line in 4..lines {
        let (class, method) = if line % 2 == 0 {
            ("read", "GET")
        } else {
            ("write", "POST")
        };
        table.push_str(&format!(
            "{class}  {method}  /api/area-{}/{{namespace}}/{{repo}}/action-{line}\n",
            line / 50
        ));
    }
    table
}
