//! All repositories of the hub. They are bare, in `models`, `datasets` and `spaces` below the data directory.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;

use crate::attributes;
use crate::commit::{Change, Commit};
use crate::failure::{Failure, Refusal};
use crate::plumbing::Plumbing;
use crate::repository::{DEFAULT_REFERENCE, Repository};
use crate::repository_name::{Kind, RepositoryName};
use crate::scratch::Scratch;

/// The settings of a bare repository that is served: pushes allowed, partial clones allowed, no clean-up in the background.
const SETTINGS: [(&str, &str); 4] = [
    ("http.receivepack", "true"),
    ("uploadpack.allowFilter", "true"),
    ("gc.auto", "0"),
    ("receive.autogc", "false"),
];

#[derive(Debug)]
pub(crate) struct Repositories {
    root: PathBuf,
}

impl Repositories {
    pub(crate) async fn open(root: &Path) -> io::Result<Repositories> {
        fs::create_dir_all(root).await?;
        Ok(Repositories {
            root: fs::canonicalize(root).await?,
        })
    }

    pub(crate) fn find(&self, name: &RepositoryName) -> Result<Repository, Refusal> {
        let directory = self.root.join(name.directory());
        if directory.is_dir() {
            Ok(Repository::at(name.clone(), directory))
        } else {
            Err(Refusal::RepositoryMissing)
        }
    }

    /// Creates a repository with one commit; `None` if the name is taken.
    pub(crate) async fn create(
        &self,
        name: &RepositoryName,
        creator: &str,
    ) -> Result<Option<Repository>, Failure> {
        let directory = self.root.join(name.directory());
        if directory.is_dir() {
            return Ok(None);
        }
        // Created elsewhere and moved here when complete, so nobody sees half a repository.
        let scratch = Scratch::in_directory(&self.root);
        fs::create_dir(scratch.path()).await?;
        let repository = Repository::at(name.clone(), scratch.path().to_owned());
        let git = |arguments: &[&str]| Plumbing::in_repository(scratch.path(), arguments);
        git(&[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            "--template=",
        ])
        .output(&[])
        .await?;
        for (setting, value) in SETTINGS {
            git(&["config", setting, value]).output(&[]).await?;
        }
        git(&["config", "hub.creator", creator]).output(&[]).await?;
        let change = Change::File {
            path: attributes::FILE.to_owned(),
            content: attributes::initial().into_bytes(),
        };
        let commit = Commit {
            author: creator,
            summary: "initial commit".to_owned(),
            description: String::new(),
            changes: vec![change],
        };
        let first = commit.write(&repository, None).await?;
        repository.move_reference(DEFAULT_REFERENCE, &first, None).await?;

        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent).await?;
        }
        match fs::rename(scratch.path(), &directory).await {
            Ok(()) => Ok(Some(Repository::at(name.clone(), directory))),
            Err(_taken) if directory.is_dir() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the repository and its LFS objects.
    pub(crate) async fn delete(&self, repository: Repository) -> Result<(), Failure> {
        // Moved away first, so nobody sees half a repository. Dropping the scratch removes it.
        let scratch = Scratch::in_directory(&self.root);
        fs::rename(repository.directory(), scratch.path()).await?;
        Ok(())
    }

    /// The namespaces, other than the subject's own, in which the subject has created a repository.
    pub(crate) async fn organizations_of(&self, subject: &str) -> Result<Vec<String>, Failure> {
        let mut organizations = Vec::new();
        for kind in [Kind::Model, Kind::Dataset, Kind::Space] {
            for namespace in names_in(&self.root.join(kind.plural())).await? {
                if namespace == subject || organizations.contains(&namespace) {
                    continue;
                }
                for name in names_in(&self.root.join(kind.plural()).join(&namespace)).await? {
                    let repository = self.find(&RepositoryName::parse(kind, &namespace, &name)?)?;
                    if repository.creator().await?.as_deref() == Some(subject) {
                        organizations.push(namespace);
                        break;
                    }
                }
            }
        }
        Ok(organizations)
    }
}

/// The names in a directory, sorted; empty if it does not exist.
async fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let mut entries = match fs::read_dir(directory).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
