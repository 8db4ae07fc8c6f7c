//! The sample repositories: a model with an LFS file, a dataset and a user's own model.

use axum::body::Body;

use crate::commit::{Change, Commit};
use crate::failure::Failure;
use crate::object_store::ObjectId;
use crate::pointer::Pointer;
use crate::repositories::Repositories;
use crate::repository::{DEFAULT_REFERENCE, Repository};
use crate::repository_name::{Kind, RepositoryName};

/// The user who creates all of them. The origin therefore treats this user as a member of `acme`.
const CREATOR: &str = "alice";

/// The users that the sign-in page offers.
pub(crate) const USERS: [&str; 3] = [CREATOR, "bob", "carol"];

const WEIGHTS_LENGTH: u16 = 4096;

const WIDGET_README: &str = "---\nlicense: mit\n---\n\n# widget\n\nA sample model behind the gate.\n";
const WIDGET_CONFIG: &str = "{\n  \"model_type\": \"widget\",\n  \"hidden_size\": 8\n}\n";
const CORPUS_TRAIN: &str = "id,text\n1,the gate is roofed\n2,the bearers wait\n";
const NOTES_README: &str = "# notes\n\nAlice's own.\n";

/// Creates the samples that do not exist yet, and leaves the others alone.
pub(crate) async fn fill(repositories: &Repositories) -> Result<(), Failure> {
    if let Some(widget) = create(repositories, Kind::Model, "acme", "widget").await? {
        let weights = weights();
        let pointer = Pointer {
            object: ObjectId::of(&weights),
            size: u64::from(WEIGHTS_LENGTH),
        };
        widget
            .objects()
            .receive(&pointer.object, Some(pointer.size), Body::from(weights))
            .await?;
        let weights = Change::Pointer {
            path: "weights.bin".to_owned(),
            pointer,
        };
        commit(
            &widget,
            vec![
                file("README.md", WIDGET_README),
                file("config.json", WIDGET_CONFIG),
                weights,
            ],
        )
        .await?;
    }
    if let Some(corpus) = create(repositories, Kind::Dataset, "acme", "corpus").await? {
        commit(&corpus, vec![file("data/train.csv", CORPUS_TRAIN)]).await?;
    }
    if let Some(notes) = create(repositories, Kind::Model, "alice", "notes").await? {
        commit(&notes, vec![file("README.md", NOTES_README)]).await?;
    }
    Ok(())
}

async fn create(
    repositories: &Repositories,
    kind: Kind,
    namespace: &str,
    name: &str,
) -> Result<Option<Repository>, Failure> {
    repositories
        .create(&RepositoryName::parse(kind, namespace, name)?, CREATOR)
        .await
}

async fn commit(repository: &Repository, changes: Vec<Change>) -> Result<(), Failure> {
    let parent = repository.commit_of(DEFAULT_REFERENCE).await?;
    let commit = Commit {
        author: CREATOR,
        summary: "Add the sample".to_owned(),
        description: String::new(),
        changes,
    };
    let commit = commit.write(repository, Some(&parent)).await?;
    repository
        .move_reference(DEFAULT_REFERENCE, &commit, Some(&parent))
        .await
}

fn file(path: &str, content: &str) -> Change {
    Change::File {
        path: path.to_owned(),
        content: content.as_bytes().to_vec(),
    }
}

/// Bytes of every value, so no program takes the file for text.
fn weights() -> Vec<u8> {
    (0..WEIGHTS_LENGTH)
        .flat_map(|position| (position % 251).to_le_bytes().into_iter().take(1))
        .collect()
}
