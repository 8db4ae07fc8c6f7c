//! The kind of client that must understand an answer, and the one place that recognizes it. Knows nothing of the answer.
//!
//! The name of a known program decides first. Then the path decides: clients of inference APIs, of registries and of the Hub API
//! expect the answers of such servers. Otherwise it matters whether a person looks at the answer. The caller could lie about all
//! of this, so it determines the form of an answer only, and never what is allowed.

use crate::text_search;

/// The kind of client that must understand an answer. It determines the form.
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
    /// MLflow's clients, and its own pages, show `error_code` and `message`.
    Mlflow,
    /// A browser, for people.
    Browser,
    /// Programs that show the reason phrase and nothing else.
    ReasonOnly,
    /// Any other client: RFC 9457.
    Other,
}

/// The parts of a request by which its client is recognized.
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
    /// Whether it has `Anthropic-Version`, which the Messages API requires.
    pub has_anthropic_version: bool,
}

/// What caused the request, according to Fetch Metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiator {
    /// A page, by a script, an image or a style sheet. Node's `fetch` sends the same headers.
    #[default]
    Page,
    /// A person who follows a link or types an address.
    Navigation,
    /// A program that is not a browser, or a browser without Fetch Metadata.
    Program,
}

/// Programs by the start of their `User-Agent`.
const BY_NAME: [(Client, &[&str]); 5] = [
    (Client::GitLfs, &["git-lfs/"]),
    (Client::Git, &["git/", "JGit/", "go-git/"]),
    (Client::Npm, &["npm/", "pnpm/", "yarn/"]),
    (Client::Mlflow, &["mlflow-"]),
    (Client::ReasonOnly, &["Wget/", "pip/", "twine/"]),
];

/// Parts of the `User-Agent` of the Hub's clients. The name of the program that uses the library comes first.
const HUB_LIBRARIES: [&str; 3] = ["hf_hub/", "huggingface_hub/", "hf_xet/"];

/// Parts of the `User-Agent` of clients of inference APIs.
const OPENAI_NAMES: [&str; 3] = ["OpenAI/", "ai-sdk/openai", "ai-sdk/provider"];
const ANTHROPIC_NAMES: [&str; 2] = ["Anthropic/", "ai-sdk/anthropic"];

const LFS_MEDIA_TYPE: &str = "application/vnd.git-lfs";

impl Client {
    /// Every client.
    pub const ALL: [Self; 11] = [
        Self::Git,
        Self::GitLfs,
        Self::Hub,
        Self::OpenAi,
        Self::Messages,
        Self::Registry,
        Self::Npm,
        Self::Mlflow,
        Self::Browser,
        Self::ReasonOnly,
        Self::Other,
    ];

    /// The client's name in a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::GitLfs => "git-lfs",
            Self::Hub => "hub client",
            Self::OpenAi => "openai client",
            Self::Messages => "messages client",
            Self::Registry => "registry client",
            Self::Npm => "npm",
            Self::Mlflow => "mlflow",
            Self::Browser => "browser",
            Self::ReasonOnly => "wget, pip, twine",
            Self::Other => "other",
        }
    }

    /// The client that sent a request.
    pub fn recognise(signs: &ClientSigns<'_>) -> Self {
        let user_agent = signs.user_agent.unwrap_or_default();
        let holds = |names: &[&str]| names.iter().any(|name| text_search::holds(user_agent, name));
        if holds(&HUB_LIBRARIES) {
            return Self::Hub;
        }
        let accept = signs.accept.unwrap_or_default();
        let initiator = signs.initiator();
        if text_search::holds(accept, LFS_MEDIA_TYPE) {
            // huggingface.js accepts this too, and always expects the Hub's form.
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
            Initiator::Program => text_search::holds(accept, "text/html"),
            Initiator::Page => false,
        };
        match PathKind::of(signs.target) {
            PathKind::Messages => Self::Messages,
            PathKind::Inference => Self::OpenAi,
            PathKind::Registry => Self::Registry,
            PathKind::HubApi => Self::Hub,
            PathKind::Mlflow => Self::Mlflow,
            PathKind::File | PathKind::Other if is_for_people => Self::Browser,
            PathKind::File => Self::Hub,
            PathKind::Other => Self::Other,
        }
    }
}

impl ClientSigns<'_> {
    /// What caused the request.
    pub fn initiator(&self) -> Initiator {
        match (self.sec_fetch_mode, self.sec_fetch_dest) {
            (None, None) => Initiator::Program,
            (Some("navigate"), _) | (None, Some("document")) => Initiator::Navigation,
            (Some(_), _) | (None, Some(_)) => Initiator::Page,
        }
    }
}

/// The kind of a path, as far as it determines the client.
#[derive(Clone, Copy)]
enum PathKind {
    /// The Messages API.
    Messages,
    /// OpenAI's API and compatible ones.
    Inference,
    /// The OCI distribution API.
    Registry,
    /// The Hub API.
    HubApi,
    /// The API of MLflow's pages.
    Mlflow,
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
            (Some("ajax-api"), Some(_), _) => Self::Mlflow,
            (Some("v1"), Some("messages"), _) => Self::Messages,
            (Some("v1"), Some(_), _) | (Some("hf-inference"), Some("v1"), _) => Self::Inference,
            // Version 2 of Cohere's API. The paths of a registry are longer.
            (Some("v2"), Some(word), None) if !word.is_empty() && !word.starts_with('_') => Self::Inference,
            (Some("v2"), _, _) => Self::Registry,
            // `/models/{namespace}/{repo}/v1/chat/completions`
            (Some("models" | "hf-inference"), Some(_), _) if text_search::holds(path, "/v1/") => {
                Self::Inference
            }
            _ if ["/resolve/", "/raw/"]
                .iter()
                .any(|word| text_search::holds(path, word)) =>
            {
                Self::File
            }
            _ => Self::Other,
        }
    }
}
