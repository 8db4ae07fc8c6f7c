//! Who is to understand an answer: the one place that says how a client is recognised. Knows nothing of what is answered.
//!
//! A program that names itself, and whose words are known, comes first. Then the path: whoever asks for an inference API, a
//! registry or the Hub API reads what such servers answer with. What is left is told apart by whether a person looks on.
//! All of this is the caller's own word and is believed for the form of an answer alone, never for leave.

/// Which form an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// git shows the lines of a `text/plain` body.
    Git,
    /// git-lfs shows the `message` of its own JSON.
    GitLfs,
    /// Hub clients show `X-Error-Message`, `X-HF-Warning` and the `error` of a JSON body.
    Hub,
    /// The clients of OpenAI's API, and of the many that speak as it does, show `error.message`.
    OpenAi,
    /// The clients of the Messages API show the same, in an object that says that it is an error.
    Messages,
    /// docker, skopeo and oras show the first of the `errors` (OCI distribution specification).
    Registry,
    /// npm shows `npm-notice`, and the `error` of a JSON body.
    Npm,
    /// People.
    Browser,
    /// Programs that show the reason phrase and nothing else.
    ReasonOnly,
    /// Everyone else: RFC 9457.
    Other,
}

/// What of a request tells who is to understand the answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientSigns<'a> {
    /// The target, or its path alone.
    pub target: &'a str,
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `Accept`.
    pub accept: Option<&'a str>,
    /// `Sec-Fetch-Mode`.
    pub sec_fetch_mode: Option<&'a str>,
    /// `Sec-Fetch-Dest`.
    pub sec_fetch_dest: Option<&'a str>,
    /// Whether it has `Anthropic-Version`, which the Messages API demands.
    pub has_anthropic_version: bool,
}

/// What made the client ask, as far as Fetch Metadata say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiator {
    /// A page: a script, an image, a style sheet. Programs that fetch as browsers do say the same of themselves.
    #[default]
    Page,
    /// A person who follows a link or types an address.
    Navigation,
    /// A program that is no browser, or a browser that does not say.
    Program,
}

/// Programs by how their names begin.
const BY_NAME: [(Client, &[&str]); 4] = [
    (Client::GitLfs, &["git-lfs/"]),
    (Client::Git, &["git/", "JGit/", "go-git/"]),
    (Client::Npm, &["npm/", "pnpm/", "yarn/"]),
    (Client::ReasonOnly, &["Wget/", "pip/", "twine/"]),
];

/// What the names of the Hub's clients hold: the program that uses the library comes first.
const HUB_LIBRARIES: [&str; 3] = ["hf_hub/", "huggingface_hub/", "hf_xet/"];

/// What stands in the names of programs that people ask inference APIs with, whatever the path.
const OPENAI_NAMES: [&str; 3] = ["OpenAI/", "ai-sdk/openai", "ai-sdk/provider"];
const ANTHROPIC_NAMES: [&str; 2] = ["Anthropic/", "ai-sdk/anthropic"];

const LFS_MEDIA_TYPE: &str = "application/vnd.git-lfs";

impl Client {
    /// Every client.
    pub const ALL: [Self; 10] = [
        Self::Git,
        Self::GitLfs,
        Self::Hub,
        Self::OpenAi,
        Self::Messages,
        Self::Registry,
        Self::Npm,
        Self::Browser,
        Self::ReasonOnly,
        Self::Other,
    ];

    /// The client in a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::GitLfs => "git-lfs",
            Self::Hub => "hub client",
            Self::OpenAi => "openai client",
            Self::Messages => "messages client",
            Self::Registry => "registry client",
            Self::Npm => "npm",
            Self::Browser => "browser",
            Self::ReasonOnly => "wget, pip, twine",
            Self::Other => "other",
        }
    }

    /// Tells the client.
    pub fn recognise(signs: &ClientSigns<'_>) -> Self {
        let user_agent = signs.user_agent.unwrap_or_default();
        let holds = |names: &[&str]| names.iter().any(|name| user_agent.contains(name));
        if holds(&HUB_LIBRARIES) {
            return Self::Hub;
        }
        let accept = signs.accept.unwrap_or_default();
        let initiator = signs.initiator();
        if accept.contains(LFS_MEDIA_TYPE) {
            // huggingface.js asks so too, and reads what it reads everywhere.
            return match initiator {
                Initiator::Program => Self::GitLfs,
                Initiator::Page | Initiator::Navigation => Self::Hub,
            };
        }
        let named = BY_NAME
            .iter()
            .find(|(_, names)| names.iter().any(|name| user_agent.starts_with(name)));
        if let Some((client, _)) = named {
            return *client;
        }
        if signs.has_anthropic_version || holds(&ANTHROPIC_NAMES) {
            return Self::Messages;
        }
        if holds(&OPENAI_NAMES) {
            return Self::OpenAi;
        }
        let is_for_people = match initiator {
            Initiator::Navigation => true,
            Initiator::Program => accept.contains("text/html"),
            Initiator::Page => false,
        };
        match PathKind::of(signs.target) {
            PathKind::Messages => Self::Messages,
            PathKind::Inference => Self::OpenAi,
            PathKind::Registry => Self::Registry,
            PathKind::HubApi => Self::Hub,
            PathKind::File | PathKind::Other if is_for_people => Self::Browser,
            PathKind::File => Self::Hub,
            PathKind::Other => Self::Other,
        }
    }
}

impl ClientSigns<'_> {
    /// What made the client ask.
    pub fn initiator(&self) -> Initiator {
        match (self.sec_fetch_mode, self.sec_fetch_dest) {
            (None, None) => Initiator::Program,
            (Some("navigate"), _) | (None, Some("document")) => Initiator::Navigation,
            (Some(_), _) | (None, Some(_)) => Initiator::Page,
        }
    }
}

/// What is asked for, as far as it says who reads the answer.
#[derive(Clone, Copy)]
enum PathKind {
    /// The Messages API.
    Messages,
    /// OpenAI's API, and what speaks as it does.
    Inference,
    /// The OCI distribution API.
    Registry,
    /// The Hub API.
    HubApi,
    /// A file of a repository.
    File,
    /// Anything else.
    Other,
}

impl PathKind {
    fn of(target: &str) -> Self {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        match (segments.next(), segments.next(), segments.next()) {
            (Some("api"), Some(_), _) => Self::HubApi,
            (Some("v1"), Some("messages"), _) => Self::Messages,
            (Some("v1"), Some(_), _) | (Some("hf-inference"), Some("v1"), _) => Self::Inference,
            // Cohere's API has its version 2 there; all paths of a registry are longer.
            (Some("v2"), Some(word), None) if !word.is_empty() && !word.starts_with('_') => Self::Inference,
            (Some("v2"), _, _) => Self::Registry,
            // `/models/{namespace}/{repo}/v1/chat/completions`
            (Some("models" | "hf-inference"), Some(_), _) if path.contains("/v1/") => Self::Inference,
            _ if ["/resolve/", "/raw/"].iter().any(|word| path.contains(word)) => Self::File,
            _ => Self::Other,
        }
    }
}
