//! The git-lfs batch API and basic transfers. Source: git-lfs, docs/api/batch.md and docs/api/basic-transfers.md.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Dialect, empty_answer, json_answer};
use crate::body::read_json;
use crate::content::{Content, Source};
use crate::failure::{Failure, Refusal};
use crate::hub::Hub;
use crate::identity::Access;
use crate::object_store::ObjectId;
use crate::pointer::Pointer;
use crate::repository::Repository;
use crate::request_context::RequestContext;
use crate::tickets::{self, Upload};

/// The limit for a batch, which is the gate's own limit.
const LARGEST_REQUEST: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Download,
    Upload,
}

#[derive(Deserialize)]
struct Batch {
    operation: Operation,
    #[serde(default)]
    transfers: Vec<String>,
    #[serde(default)]
    hash_algo: Option<String>,
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    size: u64,
}

/// Handles what follows `info/lfs` in the path.
pub(crate) async fn serve(
    hub: &Hub,
    context: &RequestContext,
    repository: &Repository,
    path: &[&str],
    body: Body,
) -> Result<Answer, Failure> {
    match (context.method(), path) {
        (&Method::POST, ["objects", "batch"]) => batch(hub, context, repository, body).await,
        (&Method::POST, ["objects", "verify"]) => verify(context, repository, body).await,
        (&Method::GET | &Method::HEAD, ["objects", oid]) => download(context, repository, oid).await,
        (&Method::PUT, ["objects", oid]) => upload(context, repository, oid, body).await,
        (_, ["locks", rest @ ..]) => hub.locks().serve(context, repository, rest, body).await,
        (_, ["objects", _]) => Err(Refusal::MethodUnsupported.into()),
        (_, _) => Err(Refusal::PageMissing.into()),
    }
}

async fn batch(
    hub: &Hub,
    context: &RequestContext,
    repository: &Repository,
    body: Body,
) -> Result<Answer, Failure> {
    // The body determines which access is needed, so the request needs read access before its body is read.
    context.identity.require(Access::Read)?;
    let batch: Batch = read_json(body, LARGEST_REQUEST).await?;
    match batch.operation {
        Operation::Download => {}
        Operation::Upload => context.identity.require(Access::Write)?,
    }
    if batch
        .hash_algo
        .as_deref()
        .is_some_and(|algorithm| algorithm != "sha256")
    {
        return Err(Refusal::malformed("objects are named by SHA-256 only").into());
    }
    let mut objects = Vec::new();
    for object in &batch.objects {
        objects.push(match ObjectId::parse(&object.oid) {
            Ok(oid) => {
                let pointer = Pointer {
                    object: oid,
                    size: object.size,
                };
                batch_entry(hub, context, repository, &batch, pointer).await?
            }
            Err(refusal) => error_entry(object, &refusal),
        });
    }
    let document = json!({"transfer": "basic", "hash_algo": "sha256", "objects": objects});
    Ok(json_answer(Dialect::GitLfs, StatusCode::OK, &document))
}

async fn batch_entry(
    hub: &Hub,
    context: &RequestContext,
    repository: &Repository,
    batch: &Batch,
    pointer: Pointer,
) -> Result<Value, Failure> {
    let object = Object {
        oid: pointer.object.to_string(),
        size: pointer.size,
    };
    let held = repository.objects().size(&pointer.object).await?;
    if let Some(size) = held.filter(|size| *size != pointer.size) {
        let what = format!("{} bytes were announced and it has {size}", pointer.size);
        return Ok(error_entry(&object, &Refusal::ObjectMismatch { what }));
    }
    let base = format!(
        "{}/{}.git/info/lfs/objects",
        context.public_base(),
        repository.name()
    );
    let actions = match (batch.operation, held) {
        (Operation::Download, Some(_)) => json!({"download": action(format!("{base}/{}", object.oid))}),
        (Operation::Download, None) => return Ok(error_entry(&object, &Refusal::ObjectMissing)),
        // No actions: there is nothing left to do.
        (Operation::Upload, Some(_)) => return Ok(json!({"oid": object.oid, "size": object.size})),
        (Operation::Upload, None) => {
            let address = if takes_tickets(&batch.transfers) {
                let ticket = hub.tickets().issue(Upload {
                    repository: repository.name().clone(),
                    pointer,
                })?;
                format!("{}/uploads/{ticket}", hub.own_base())
            } else {
                format!("{base}/{}?size={}", object.oid, object.size)
            };
            json!({"upload": action(address), "verify": action(format!("{base}/verify"))})
        }
    };
    Ok(json!({"oid": object.oid, "size": object.size, "actions": actions}))
}

/// True for huggingface_hub, which sends credentials to the batch API but not to the addresses in its response. It is the
/// only client that offers the transfer `multipart`.
fn takes_tickets(transfers: &[String]) -> bool {
    transfers.iter().any(|transfer| transfer == "multipart")
}

fn action(address: String) -> Value {
    json!({"href": address, "expires_in": tickets::LIFETIME.as_secs()})
}

fn error_entry(object: &Object, refusal: &Refusal) -> Value {
    let error = json!({"code": refusal.status().as_u16(), "message": refusal.to_string()});
    json!({"oid": object.oid, "size": object.size, "error": error})
}

async fn verify(context: &RequestContext, repository: &Repository, body: Body) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let object: Object = read_json(body, LARGEST_REQUEST).await?;
    let held = repository
        .objects()
        .size(&ObjectId::parse(&object.oid)?)
        .await?
        .ok_or(Refusal::ObjectMissing)?;
    if held != object.size {
        let what = format!("{} bytes were announced and {held} came", object.size);
        return Err(Refusal::ObjectMismatch { what }.into());
    }
    Ok(json_answer(Dialect::GitLfs, StatusCode::OK, &json!({})))
}

async fn download(context: &RequestContext, repository: &Repository, oid: &str) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let object = ObjectId::parse(oid)?;
    let objects = repository.objects();
    let length = objects.size(&object).await?.ok_or(Refusal::ObjectMissing)?;
    // The redirect of `resolve` names the commit, because huggingface_hub expects it in the last response.
    let commit = match context.target.parameter("commit") {
        Some(commit) => Some(repository.commit_of(commit).await?),
        None => None,
    };
    let source = Source::File(objects.path(&object));
    Content {
        source,
        length,
        entity_tag: object.to_string(),
        commit,
    }
    .into_answer(context)
    .await
}

async fn upload(
    context: &RequestContext,
    repository: &Repository,
    oid: &str,
    body: Body,
) -> Result<Answer, Failure> {
    context.identity.require(Access::Write)?;
    let announced = match context.target.parameter("size") {
        Some(size) => Some(
            size.parse()
                .map_err(|_not_a_number| Refusal::malformed("size is a number of bytes"))?,
        ),
        None => None,
    };
    repository
        .objects()
        .receive(&ObjectId::parse(oid)?, announced, body)
        .await?;
    Ok(empty_answer(StatusCode::OK))
}

/// An upload by ticket. It does not come through the gate and does not need to.
pub(crate) async fn upload_by_ticket(
    hub: &Hub,
    method: &Method,
    ticket: &str,
    body: Body,
) -> Result<Answer, Failure> {
    if method != Method::PUT {
        return Err(Refusal::MethodUnsupported.into());
    }
    let upload = hub.tickets().redeem(ticket)?;
    let repository = hub.repositories().find(&upload.repository)?;
    repository
        .objects()
        .receive(&upload.pointer.object, Some(upload.pointer.size), body)
        .await?;
    Ok(empty_answer(StatusCode::OK))
}
