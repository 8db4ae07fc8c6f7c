//! A commit, written with git's plumbing commands. It needs no work tree and moves no reference.

use std::collections::HashSet;

use crate::attributes;
use crate::failure::{Failure, Fault, Refusal};
use crate::pointer::Pointer;
use crate::repository::{EntryKind, Repository, check_path};
use crate::scratch::Scratch;

/// One change of a commit to the tree of its parent.
#[derive(Debug)]
pub(crate) enum Change {
    File { path: String, content: Vec<u8> },
    Pointer { path: String, pointer: Pointer },
    DeleteFile { path: String },
    DeleteFolder { path: String },
}

#[derive(Debug)]
pub(crate) struct Commit<'subject> {
    pub author: &'subject str,
    pub summary: String,
    pub description: String,
    pub changes: Vec<Change>,
}

impl Commit<'_> {
    /// Writes the commit on top of `parent` and returns its id.
    pub(crate) async fn write(
        mut self,
        repository: &Repository,
        parent: Option<&str>,
    ) -> Result<String, Failure> {
        if let Some(parent) = parent {
            self.track_pointers(repository, parent).await?;
        }
        let index = Scratch::in_directory(repository.directory());
        let git = |arguments: &[&str]| {
            repository
                .git(arguments)
                .environment("GIT_INDEX_FILE", index.path())
        };
        if let Some(parent) = parent {
            git(&["read-tree", parent]).output(&[]).await?;
        }
        let mut records = String::new();
        for change in &self.changes {
            records.push_str(&index_records(repository, parent, change).await?);
        }
        git(&["update-index", "-z", "--index-info"])
            .output(records.as_bytes())
            .await?;
        let tree = git(&["write-tree"]).line().await?;

        let mut arguments = vec!["commit-tree", &tree];
        if let Some(parent) = parent {
            arguments.extend(["-p", parent]);
        }
        let email = format!("{}@users.noreply.localhost", self.author);
        let commit = repository
            .git(&arguments)
            .environment("GIT_AUTHOR_NAME", self.author)
            .environment("GIT_AUTHOR_EMAIL", &email)
            .environment("GIT_COMMITTER_NAME", self.author)
            .environment("GIT_COMMITTER_EMAIL", &email);
        Ok(commit.line_from(self.message().as_bytes()).await?)
    }

    fn message(&self) -> String {
        if self.description.is_empty() {
            format!("{}\n", self.summary)
        } else {
            format!("{}\n\n{}\n", self.summary, self.description)
        }
    }

    /// Adds pointers that `.gitattributes` does not cover to it. Otherwise, a clone would contain the bare pointers.
    async fn track_pointers(&mut self, repository: &Repository, parent: &str) -> Result<(), Failure> {
        let pointers = self.changes.iter().filter_map(|change| match change {
            Change::Pointer { path, .. } => Some(path.as_str()),
            Change::File { .. } | Change::DeleteFile { .. } | Change::DeleteFolder { .. } => None,
        });
        let paths: Vec<&str> = pointers.collect();
        let tracked = if paths.is_empty() {
            HashSet::new()
        } else {
            attributes::tracked(repository, parent, &paths).await?
        };
        let lines: String = paths
            .iter()
            .filter(|path| !tracked.contains(**path))
            .map(|path| attributes::tracking_path(path))
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        let mut content = match self.changes.iter().position(is_attributes) {
            Some(position) => match self.changes.remove(position) {
                Change::File { content, .. } => content,
                Change::Pointer { .. } | Change::DeleteFile { .. } | Change::DeleteFolder { .. } => {
                    Vec::new()
                }
            },
            None => match repository.entries_at(parent, &[attributes::FILE]).await?.first() {
                Some(entry) => repository.blob(&entry.oid).await?,
                None => Vec::new(),
            },
        };
        if content.last().is_some_and(|byte| *byte != b'\n') {
            content.push(b'\n');
        }
        content.extend(lines.into_bytes());
        self.changes.push(Change::File {
            path: attributes::FILE.to_owned(),
            content,
        });
        Ok(())
    }
}

fn is_attributes(change: &Change) -> bool {
    match change {
        Change::File { path, .. } => path == attributes::FILE,
        Change::Pointer { .. } | Change::DeleteFile { .. } | Change::DeleteFolder { .. } => false,
    }
}

/// The change as input of `update-index -z --index-info`, in which mode 0 removes an entry.
async fn index_records(
    repository: &Repository,
    parent: Option<&str>,
    change: &Change,
) -> Result<String, Failure> {
    match change {
        Change::File { path, content } => file_record(repository, path, content).await,
        Change::Pointer { path, pointer } => {
            file_record(repository, path, pointer.to_string().as_bytes()).await
        }
        Change::DeleteFile { path } => {
            let commit = parent.ok_or(Refusal::DeletedEntryMissing)?;
            match repository.entries_at(commit, &[path]).await?.first() {
                Some(entry) if entry.kind == EntryKind::File => Ok(removal_record(path)),
                Some(_) | None => Err(Refusal::DeletedEntryMissing.into()),
            }
        }
        Change::DeleteFolder { path } => {
            let commit = parent.ok_or(Refusal::DeletedEntryMissing)?;
            let entries = repository
                .entries(commit, path.trim_end_matches('/'), true)
                .await?;
            let files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
            Ok(files.map(|entry| removal_record(&entry.path)).collect())
        }
    }
}

async fn file_record(repository: &Repository, path: &str, content: &[u8]) -> Result<String, Failure> {
    check_path(path)?;
    let oid = store_blob(repository, content).await?;
    Ok(format!("100644 {oid}\t{path}\0"))
}

async fn store_blob(repository: &Repository, content: &[u8]) -> Result<String, Fault> {
    repository
        .git(&["hash-object", "-w", "--stdin"])
        .line_from(content)
        .await
}

fn removal_record(path: &str) -> String {
    format!("0 0000000000000000000000000000000000000000\t{path}\0")
}
