//! The kind of client that must understand an answer, recognized by its headers. Knows nothing of the answer.

/// The kind of client that must understand an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// git shows the lines of a `text/plain` body.
    Git,
    /// git-lfs shows the `message` of its own JSON.
    GitLfs,
    /// Hub clients show `X-Error-Message` and the `error` of a JSON body.
    Hub,
    /// A browser, for people.
    Browser,
    /// Any other client: RFC 9457.
    Other,
}

impl Client {
    /// Every client.
    pub const ALL: [Self; 5] = [Self::Git, Self::GitLfs, Self::Hub, Self::Browser, Self::Other];

    /// The client's name in a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::GitLfs => "git-lfs",
            Self::Hub => "hub client",
            Self::Browser => "browser",
            Self::Other => "other",
        }
    }

    /// Recognizes the client by its headers.
    pub fn recognise(user_agent: Option<&str>, accept: Option<&str>) -> Self {
        let user_agent = user_agent.unwrap_or_default();
        let accept = accept.unwrap_or_default();
        if user_agent.starts_with("git-lfs/") || accept.contains("application/vnd.git-lfs") {
            Self::GitLfs
        } else if ["git/", "JGit/", "go-git/"]
            .iter()
            .any(|git| user_agent.starts_with(git))
        {
            Self::Git
        } else if ["hf_hub/", "huggingface_hub/", "hf_xet/"]
            .iter()
            .any(|hub| user_agent.contains(hub))
        {
            Self::Hub
        } else if accept.contains("text/html") {
            Self::Browser
        } else {
            Self::Other
        }
    }
}
