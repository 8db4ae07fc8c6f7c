//! The git-lfs file locking API, in memory: a restart forgets all locks. Source: git-lfs, docs/api/locking.md.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Dialect, json_answer};
use crate::body::{SMALL_BODY, read_json};
use crate::failure::{Failure, Refusal};
use crate::identity::Access;
use crate::repository::{Repository, check_path};
use crate::repository_name::RepositoryName;
use crate::request_context::RequestContext;
use crate::timestamp;

#[derive(Clone, Debug, Serialize)]
struct Owner {
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Lock {
    id: String,
    path: String,
    locked_at: String,
    owner: Owner,
}

#[derive(Deserialize)]
struct LockRequest {
    path: String,
}

#[derive(Deserialize)]
struct UnlockRequest {
    #[serde(default)]
    force: bool,
}

/// The locks of each repository, and the number of the newest lock.
#[derive(Debug, Default)]
struct Register {
    last: u64,
    locks: HashMap<RepositoryName, Vec<Lock>>,
}

#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<Register>);

impl Locks {
    /// Handles what follows `info/lfs/locks` in the path.
    pub(crate) async fn serve(
        &self,
        context: &RequestContext,
        repository: &Repository,
        path: &[&str],
        body: Body,
    ) -> Result<Answer, Failure> {
        match (context.method(), path) {
            (&Method::GET, []) => Ok(self.list(context, repository)?),
            (&Method::POST, []) => {
                let subject = context.identity.require_subject(Access::Write)?;
                let request: LockRequest = read_json(body, SMALL_BODY).await?;
                check_path(&request.path)?;
                Ok(self.lock(repository, subject, request.path))
            }
            (&Method::POST, ["verify"]) => {
                let subject = context.identity.require_subject(Access::Write)?;
                let (ours, theirs): (Vec<Lock>, Vec<Lock>) = self
                    .of(repository)
                    .into_iter()
                    .partition(|lock| lock.owner.name == subject);
                Ok(lfs_answer(
                    StatusCode::OK,
                    &json!({"ours": ours, "theirs": theirs}),
                ))
            }
            (&Method::POST, [id, "unlock"]) => {
                let subject = context.identity.require_subject(Access::Write)?;
                let request: UnlockRequest = read_json(body, SMALL_BODY).await?;
                Ok(self.unlock(repository, subject, id, &request)?)
            }
            (_, [] | ["verify"] | [_, "unlock"]) => Err(Refusal::MethodUnsupported.into()),
            (_, _) => Err(Refusal::PageMissing.into()),
        }
    }

    fn list(&self, context: &RequestContext, repository: &Repository) -> Result<Answer, Refusal> {
        context.identity.require(Access::Read)?;
        let (path, id) = (context.target.parameter("path"), context.target.parameter("id"));
        let asked =
            |lock: &Lock| path.is_none_or(|path| path == lock.path) && id.is_none_or(|id| id == lock.id);
        let locks: Vec<Lock> = self.of(repository).into_iter().filter(asked).collect();
        Ok(lfs_answer(StatusCode::OK, &json!({"locks": locks})))
    }

    fn lock(&self, repository: &Repository, subject: &str, path: String) -> Answer {
        let mut register = self.register();
        let held = register
            .locks
            .get(repository.name())
            .into_iter()
            .flatten()
            .find(|lock| lock.path == path);
        if let Some(lock) = held {
            let message = format!("already locked by {}", lock.owner.name);
            return lfs_answer(StatusCode::CONFLICT, &json!({"lock": lock, "message": message}));
        }
        register.last += 1;
        let lock = Lock {
            id: register.last.to_string(),
            path,
            locked_at: timestamp::now(),
            owner: Owner {
                name: subject.to_owned(),
            },
        };
        let answer = lfs_answer(StatusCode::CREATED, &json!({"lock": lock}));
        register
            .locks
            .entry(repository.name().clone())
            .or_default()
            .push(lock);
        answer
    }

    fn unlock(
        &self,
        repository: &Repository,
        subject: &str,
        id: &str,
        request: &UnlockRequest,
    ) -> Result<Answer, Refusal> {
        let mut register = self.register();
        let locks = register
            .locks
            .get_mut(repository.name())
            .ok_or(Refusal::LockMissing)?;
        let position = locks
            .iter()
            .position(|lock| lock.id == id)
            .ok_or(Refusal::LockMissing)?;
        let lock = locks.get(position).ok_or(Refusal::LockMissing)?;
        if lock.owner.name != subject && !request.force {
            return Err(Refusal::LockNotOwned {
                owner: lock.owner.name.clone(),
            });
        }
        let lock = locks.remove(position);
        Ok(lfs_answer(StatusCode::OK, &json!({"lock": lock})))
    }

    fn of(&self, repository: &Repository) -> Vec<Lock> {
        self.register()
            .locks
            .get(repository.name())
            .cloned()
            .unwrap_or_default()
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lfs_answer(status: StatusCode, body: &serde_json::Value) -> Answer {
    json_answer(Dialect::GitLfs, status, body)
}
