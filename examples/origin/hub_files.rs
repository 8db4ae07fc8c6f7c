//! Files of a repository by revision and path, for `hf_hub_download`.

use axum::http::header::{CONTENT_LENGTH, ETAG, LOCATION};
use axum::http::{HeaderName, Method, StatusCode};

use crate::answer::{Answer, empty_answer, set_header};
use crate::content::{Content, Source};
use crate::failure::{Failure, Refusal};
use crate::identity::Access;
use crate::pointer::Pointer;
use crate::repository::{Entry, Repository};
use crate::request_context::RequestContext;

/// The file itself; if LFS stores it, a redirect to its object.
pub(crate) async fn resolve(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
    path: &str,
) -> Result<Answer, Failure> {
    let (commit, entry) = look_up(context, repository, revision, path).await?;
    let pointer = repository
        .pointers(std::slice::from_ref(&entry))
        .await?
        .remove(&entry.oid);
    match pointer {
        Some(pointer) => redirect(repository, &commit, &pointer),
        None => blob(repository, commit, entry).into_answer(context).await,
    }
}

/// Git's own content at the path: for a file that LFS stores, its pointer.
pub(crate) async fn raw(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
    path: &str,
) -> Result<Answer, Failure> {
    let (commit, entry) = look_up(context, repository, revision, path).await?;
    blob(repository, commit, entry).into_answer(context).await
}

async fn look_up(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
    path: &str,
) -> Result<(String, Entry), Failure> {
    if !matches!(*context.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::MethodUnsupported.into());
    }
    context.identity.require(Access::Read)?;
    let commit = repository.commit_of(revision).await?;
    let entry = repository.file_at(&commit, path).await?;
    Ok((commit, entry))
}

fn blob(repository: &Repository, commit: String, entry: Entry) -> Content {
    let source = Source::Output(repository.blob_stream(&entry.oid));
    Content {
        source,
        length: entry.size,
        entity_tag: entry.oid,
        commit: Some(commit),
    }
}

/// The object's address is relative, so it is valid for every host name of this hub.
fn redirect(repository: &Repository, commit: &str, pointer: &Pointer) -> Result<Answer, Failure> {
    let object = &pointer.object;
    let location = format!("/{}/info/lfs/objects/{object}?commit={commit}", repository.name());
    let mut answer = empty_answer(StatusCode::FOUND);
    let headers = answer.headers_mut();
    set_header(headers, LOCATION, &location)?;
    set_header(headers, CONTENT_LENGTH, "0")?;
    set_header(headers, ETAG, &format!("\"{object}\""))?;
    set_header(headers, HeaderName::from_static("x-repo-commit"), commit)?;
    set_header(
        headers,
        HeaderName::from_static("x-linked-etag"),
        &format!("\"{object}\""),
    )?;
    set_header(
        headers,
        HeaderName::from_static("x-linked-size"),
        &pointer.size.to_string(),
    )?;
    Ok(answer)
}
