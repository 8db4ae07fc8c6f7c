//! The part of the Hub API that huggingface_hub needs: who am I, repositories, trees and references.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Dialect, json_answer, json_ok};
use crate::body::{SMALL_BODY, read_form, read_json};
use crate::failure::{Failure, Refusal};
use crate::hub::Hub;
use crate::hub_commit;
use crate::hub_description::{describe, describe_entries};
use crate::identity::{Access, Role};
use crate::repository::{DEFAULT_REFERENCE, Reference, Repository};
use crate::repository_name::{Kind, RepositoryName};
use crate::request_context::RequestContext;

/// The limit for a form: enough for thousands of paths.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// `repos/create` and `repos/delete`. Without `organization`, the namespace is the subject's own.
#[derive(Deserialize)]
struct NamedRepository {
    name: String,
    organization: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
}

impl NamedRepository {
    fn name(&self, subject: &str) -> Result<RepositoryName, Refusal> {
        let namespace = self.organization.as_deref().unwrap_or(subject);
        RepositoryName::parse(self.kind.unwrap_or_default(), namespace, &self.name)
    }
}

/// Handles what follows `api` in the path.
pub(crate) async fn serve(
    hub: &Hub,
    context: &RequestContext,
    path: &[&str],
    body: Body,
) -> Result<Answer, Failure> {
    match (context.method(), path) {
        (&Method::GET, ["whoami-v2"]) => who_am_i(hub, context).await,
        (&Method::POST, ["validate-yaml"]) => Ok(json_ok(&json!({"errors": [], "warnings": []}))),
        (&Method::POST, ["repos", "create"]) => create(hub, context, body).await,
        (&Method::DELETE, ["repos", "delete"]) => delete(hub, context, body).await,
        (_, [plural, namespace, name, rest @ ..]) => {
            let kind = Kind::from_plural(plural).ok_or(Refusal::PageMissing)?;
            context.identity.require(Access::Read)?;
            let repository = hub
                .repositories()
                .find(&RepositoryName::parse(kind, namespace, name)?)?;
            serve_repository(context, &repository, rest, body).await
        }
        (_, _) => Err(Refusal::PageMissing.into()),
    }
}

/// Handles what follows a repository's name in the path, for a request with read access.
async fn serve_repository(
    context: &RequestContext,
    repository: &Repository,
    path: &[&str],
    body: Body,
) -> Result<Answer, Failure> {
    match (context.method(), path) {
        (&Method::GET, []) => information(context, repository, DEFAULT_REFERENCE).await,
        (&Method::GET, ["revision", revision]) => information(context, repository, revision).await,
        (&Method::GET, ["tree", revision, folder @ ..]) => {
            tree(context, repository, revision, &folder.join("/")).await
        }
        (&Method::GET, ["refs"]) => references(context, repository).await,
        (&Method::GET, ["auth-check"]) => Ok(json_ok(&json!({}))),
        (&Method::POST, ["paths-info", revision]) => paths_information(repository, revision, body).await,
        (&Method::POST, ["preupload", revision]) => hub_commit::preupload(repository, revision, body).await,
        (&Method::POST, ["commit", revision]) => {
            hub_commit::commit(context, repository, revision, body).await
        }
        (_, ["xet-read-token" | "xet-write-token", ..]) => Err(Refusal::XetUnsupported.into()),
        (_, _) => Err(Refusal::PageMissing.into()),
    }
}

async fn who_am_i(hub: &Hub, context: &RequestContext) -> Result<Answer, Failure> {
    let subject = context.identity.require_subject(Access::Read)?;
    let organizations = hub.repositories().organizations_of(subject).await?;
    let organizations: Vec<Value> = organizations
        .iter()
        .map(|name| json!({"type": "org", "name": name, "fullname": name}))
        .collect();
    Ok(json_ok(&json!({
        "type": "user",
        "id": subject,
        "name": subject,
        "fullname": subject,
        "orgs": organizations,
        "auth": {
            "type": "access_token",
            "accessToken": {
                "displayName": context.identity.token(),
                "role": context.identity.role().unwrap_or(Role::Read).to_string(),
            },
        },
    })))
}

async fn create(hub: &Hub, context: &RequestContext, body: Body) -> Result<Answer, Failure> {
    let subject = context.identity.require_subject(Access::Contribute)?;
    let request: NamedRepository = read_json(body, SMALL_BODY).await?;
    let name = request.name(subject)?;
    let created = hub.repositories().create(&name, subject).await?;
    let mut document = json!({
        "url": format!("{}/{name}", context.public_base()),
        "name": name.id(),
        "id": name.id(),
    });
    if created.is_some() {
        return Ok(json_ok(&document));
    }
    // With `exist_ok`, the client takes the address from this refusal.
    if let Some(document) = document.as_object_mut() {
        document.insert("error".to_owned(), json!("You already created this repository"));
    }
    Ok(json_answer(Dialect::Json, StatusCode::CONFLICT, &document))
}

async fn delete(hub: &Hub, context: &RequestContext, body: Body) -> Result<Answer, Failure> {
    let subject = context.identity.require_subject(Access::Contribute)?;
    let request: NamedRepository = read_json(body, SMALL_BODY).await?;
    let name = request.name(subject)?;
    let repository = hub.repositories().find(&name)?;
    // The body names the target, and the gate does not read this body: the origin must decide.
    if name.namespace() != subject && repository.creator().await?.as_deref() != Some(subject) {
        return Err(Refusal::NotOwner {
            namespace: name.namespace().to_owned(),
        }
        .into());
    }
    hub.repositories().delete(repository).await?;
    Ok(json_ok(&json!({})))
}

async fn information(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
) -> Result<Answer, Failure> {
    let commit = repository.commit_of(revision).await?;
    Ok(json_ok(
        &describe(repository, &commit, context.target.is_set("blobs")).await?,
    ))
}

async fn tree(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
    folder: &str,
) -> Result<Answer, Failure> {
    let commit = repository.commit_of(revision).await?;
    let entries = repository
        .entries(&commit, folder, context.target.is_set("recursive"))
        .await?;
    Ok(json_ok(&describe_entries(repository, &entries).await?))
}

async fn paths_information(repository: &Repository, revision: &str, body: Body) -> Result<Answer, Failure> {
    let commit = repository.commit_of(revision).await?;
    let fields = read_form(body, LARGEST_FORM).await?;
    let paths: Vec<&str> = fields
        .iter()
        .filter(|(name, path)| name == "paths" && !path.is_empty())
        .map(|(_, path)| path.trim_end_matches('/'))
        .collect();
    let entries = repository.entries_at(&commit, &paths).await?;
    Ok(json_ok(&describe_entries(repository, &entries).await?))
}

async fn references(context: &RequestContext, repository: &Repository) -> Result<Answer, Failure> {
    let all = repository.references().await?;
    let below = |prefix: &str| -> Vec<Value> {
        let describe = |reference: &Reference| {
            let name = reference.name.strip_prefix(prefix)?;
            Some(json!({"name": name, "ref": reference.name, "targetCommit": reference.commit}))
        };
        all.iter().filter_map(describe).collect()
    };
    let mut document = json!({"branches": below("refs/heads/"), "tags": below("refs/tags/"), "converts": []});
    if context.target.is_set("include_prs")
        && let Some(document) = document.as_object_mut()
    {
        document.insert("pullRequests".to_owned(), Value::Array(below("refs/pr/")));
    }
    Ok(json_ok(&document))
}
