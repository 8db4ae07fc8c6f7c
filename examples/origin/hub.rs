//! The whole hub: its parts, and the dispatch of each request to one of them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;

use crate::answer::{Answer, Dialect, failure_answer};
use crate::echo;
use crate::failure::{Failure, Refusal};
use crate::git::Backend;
use crate::hub_api;
use crate::hub_files;
use crate::identity::Identity;
use crate::lfs;
use crate::locks::Locks;
use crate::repositories::Repositories;
use crate::repository_name::{Kind, RepositoryName};
use crate::request_context::RequestContext;
use crate::sign_in::SignIn;
use crate::target::Target;
use crate::tickets::Tickets;
use crate::trust::Trust;

#[derive(Debug)]
pub(crate) struct Hub {
    repositories: Repositories,
    locks: Locks,
    tickets: Tickets,
    backend: Backend,
    address: SocketAddr,
    /// If missing, the hub accepts plain headers.
    trust: Option<Trust>,
    /// If missing, nobody can sign in at the gate from here.
    sign_in: Option<SignIn>,
}

impl Hub {
    pub(crate) async fn open(
        data: &Path,
        address: SocketAddr,
        trust: Option<Trust>,
        sign_in: Option<SignIn>,
    ) -> Result<Hub, Failure> {
        Ok(Hub {
            repositories: Repositories::open(data).await?,
            locks: Locks::default(),
            tickets: Tickets::default(),
            backend: Backend::find().await?,
            address,
            trust,
            sign_in,
        })
    }

    pub(crate) fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    pub(crate) fn locks(&self) -> &Locks {
        &self.locks
    }

    pub(crate) fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    /// Scheme and host of the origin itself, without the gate.
    pub(crate) fn own_base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn identify(&self, parts: &Parts) -> Result<Identity, Failure> {
        match &self.trust {
            Some(trust) => Ok(Identity::from_claims(&trust.verify(parts)?)),
            None => Ok(Identity::from_headers(&parts.headers)?),
        }
    }

    async fn serve(
        &self,
        identity: Result<Identity, Failure>,
        parts: Parts,
        body: Body,
    ) -> Result<Answer, Failure> {
        let target = Target::parse(&parts.uri)?;
        if let ["uploads", ticket] = target.segments().as_slice() {
            return lfs::upload_by_ticket(self, &parts.method, ticket, body).await;
        }
        // A request directly to the origin and not through the gate. Through the gate, the path is a repository's or unknown.
        if let Some(sign_in) = &self.sign_in
            && !parts.headers.contains_key("x-lychgate-access")
            && let ["sign-in", rest @ ..] = target.segments().as_slice()
        {
            return sign_in.serve(&parts, rest, &self.own_base());
        }
        let context = RequestContext {
            identity: identity?,
            target,
            parts,
        };
        let segments = context.target.segments();
        match (context.method(), segments.as_slice()) {
            (&Method::OPTIONS, _) => Ok(echo::preflight()),
            (&Method::POST, ["oauth", "token"]) => echo::token(&context),
            (&Method::GET, ["live"]) => echo::live(&context).await,
            (&Method::GET, ["slow"]) => echo::slow(&context).await,
            (&Method::GET, ["stream", count]) => echo::stream(&context, count),
            (&Method::POST, ["sink"]) => echo::sink(&context, body).await,
            (&Method::POST, ["models", repository @ ..]) if (1..=2).contains(&repository.len()) => {
                echo::inference(&context, Some(repository.join("/")), body).await
            }
            (&Method::POST, ["v1", "chat", "completions"] | ["v1", "completions" | "embeddings"]) => {
                echo::inference(&context, None, body).await
            }
            (_, ["api", rest @ ..]) => hub_api::serve(self, &context, rest, body).await,
            (_, [plural @ ("datasets" | "spaces"), namespace, name, rest @ ..]) => {
                let kind = Kind::from_plural(plural).ok_or(Refusal::PageMissing)?;
                self.serve_repository(
                    &context,
                    RepositoryName::parse(kind, namespace, name)?,
                    rest,
                    body,
                )
                .await
            }
            (_, [namespace, name, rest @ ..]) if !rest.is_empty() => {
                self.serve_repository(
                    &context,
                    RepositoryName::parse(Kind::Model, namespace, name)?,
                    rest,
                    body,
                )
                .await
            }
            (_, _) => Err(Refusal::PageMissing.into()),
        }
    }

    /// Handles what follows a repository's name in the path: git, git-lfs and files.
    async fn serve_repository(
        &self,
        context: &RequestContext,
        name: RepositoryName,
        rest: &[&str],
        body: Body,
    ) -> Result<Answer, Failure> {
        match rest {
            ["info", "lfs", rest @ ..] => {
                let repository = self.repositories.find(&name)?;
                lfs::serve(self, context, &repository, rest, body).await
            }
            ["info", "refs"]
            | ["git-upload-pack" | "git-upload-archive" | "git-receive-pack"]
            | ["HEAD"]
            | ["objects", ..] => {
                let repository = self.repositories.find(&name)?;
                self.backend.serve(context, &repository, rest, body).await
            }
            ["resolve", revision, path @ ..] => {
                let repository = self.repositories.find(&name)?;
                hub_files::resolve(context, &repository, revision, &path.join("/")).await
            }
            ["raw", revision, path @ ..] => {
                let repository = self.repositories.find(&name)?;
                hub_files::raw(context, &repository, revision, &path.join("/")).await
            }
            _unlisted => Err(Refusal::PageMissing.into()),
        }
    }
}

/// Responds to every request, and logs it on one line: method, path, status, subject.
pub(crate) async fn receive(State(hub): State<Arc<Hub>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let identity = hub.identify(&parts);
    let subject = identity
        .as_ref()
        .ok()
        .and_then(Identity::subject)
        .unwrap_or("-")
        .to_owned();
    let dialect = if path.contains("/info/lfs/") {
        Dialect::GitLfs
    } else {
        Dialect::Json
    };
    let answer = match hub.serve(identity, parts, body).await {
        Ok(answer) => answer,
        Err(failure) => {
            match &failure {
                Failure::Faulted(fault) => eprintln!("fault: {fault}"),
                Failure::Refused(_in_the_answer) => {}
            }
            failure_answer(dialect, &failure)
        }
    };
    eprintln!(
        "{method} {} {} {subject}",
        loggable(&path),
        answer.status().as_u16()
    );
    answer
}

/// The path without an upload ticket, which is secret while it is valid.
fn loggable(path: &str) -> &str {
    if path.starts_with("/uploads/") {
        "/uploads/…"
    } else {
        path
    }
}
