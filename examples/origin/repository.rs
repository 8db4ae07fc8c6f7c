//! One bare repository, read with git's plumbing commands.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::failure::{Failure, Fault, Refusal};
use crate::object_store::ObjectStore;
use crate::plumbing::Plumbing;
use crate::pointer::{LONGEST_POINTER, Pointer};
use crate::repository_name::RepositoryName;

pub(crate) const DEFAULT_REFERENCE: &str = "refs/heads/main";

/// Git's notation for "this reference must not exist yet".
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

#[derive(Clone, Debug)]
pub(crate) struct Repository {
    name: RepositoryName,
    directory: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Folder,
}

/// A file or folder of a tree. `oid` and `size` are git's own, so those of the pointer if LFS stores the file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub kind: EntryKind,
    pub oid: String,
    pub size: u64,
    pub path: String,
}

/// A reference's full name and the commit it points to.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub name: String,
    pub commit: String,
}

impl Repository {
    pub(crate) fn at(name: RepositoryName, directory: PathBuf) -> Repository {
        Repository { name, directory }
    }

    pub(crate) fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn objects(&self) -> ObjectStore {
        ObjectStore::at(self.directory.join("lfs").join("objects"))
    }

    /// The commit that a branch, tag, full reference or commit id names.
    pub(crate) async fn commit_of(&self, revision: &str) -> Result<String, Failure> {
        if !is_plain_revision(revision) {
            return Err(Refusal::RevisionMissing.into());
        }
        let mut candidates = vec![format!("refs/heads/{revision}"), format!("refs/tags/{revision}")];
        if revision.starts_with("refs/") {
            candidates.insert(0, revision.to_owned());
        }
        if (7..=40).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            candidates.push(revision.to_owned());
        }
        for candidate in candidates {
            let commit = format!("{candidate}^{{commit}}");
            if let Some(found) = self
                .git(&["rev-parse", "--verify", "--quiet", &commit])
                .line_if_found()
                .await?
            {
                return Ok(found);
            }
        }
        Err(Refusal::RevisionMissing.into())
    }

    /// The entries of a folder, or of the root if `folder` is empty; with everything below it if `recursive`.
    pub(crate) async fn entries(
        &self,
        commit: &str,
        folder: &str,
        recursive: bool,
    ) -> Result<Vec<Entry>, Failure> {
        let mut tree = commit.to_owned();
        if !folder.is_empty() {
            match self.entries_at(commit, &[folder]).await?.into_iter().next() {
                Some(Entry {
                    kind: EntryKind::Folder,
                    oid,
                    ..
                }) => tree = oid,
                Some(Entry {
                    kind: EntryKind::File,
                    ..
                })
                | None => {
                    return Err(Refusal::EntryMissing {
                        commit: commit.to_owned(),
                    }
                    .into());
                }
            }
        }
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree"];
        if recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(&tree);
        let mut entries = parse_tree(&self.git(&arguments).output(&[]).await?);
        if !folder.is_empty() {
            for entry in &mut entries {
                entry.path = format!("{folder}/{}", entry.path);
            }
        }
        Ok(entries)
    }

    /// The entries at these paths. Paths that do not exist are omitted.
    pub(crate) async fn entries_at(&self, commit: &str, paths: &[&str]) -> Result<Vec<Entry>, Failure> {
        for path in paths {
            check_path(path)?;
        }
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        // Not `ls-tree`, which omits a folder if something below it is requested too.
        let input: String = paths.iter().flat_map(|path| [commit, ":", path, "\n"]).collect();
        let format = "--batch-check=%(objectname) %(objecttype) %(objectsize)";
        let output = self.git(&["cat-file", format]).output(input.as_bytes()).await?;
        let text = String::from_utf8_lossy(&output);
        Ok(paths
            .iter()
            .zip(text.lines())
            .filter_map(|(path, line)| parse_checked(path, line))
            .collect())
    }

    /// The file at this path.
    pub(crate) async fn file_at(&self, commit: &str, path: &str) -> Result<Entry, Failure> {
        match self.entries_at(commit, &[path]).await?.into_iter().next() {
            Some(entry) if entry.kind == EntryKind::File => Ok(entry),
            Some(_) | None => Err(Refusal::EntryMissing {
                commit: commit.to_owned(),
            }
            .into()),
        }
    }

    /// The LFS pointers among these entries, by the entry's `oid`. One git process reads all of them.
    pub(crate) async fn pointers(&self, entries: &[Entry]) -> Result<HashMap<String, Pointer>, Failure> {
        let small = |entry: &&Entry| entry.kind == EntryKind::File && entry.size < LONGEST_POINTER;
        let input: String = entries
            .iter()
            .filter(small)
            .flat_map(|entry| [entry.oid.as_str(), "\n"])
            .collect();
        if input.is_empty() {
            return Ok(HashMap::new());
        }
        let output = self
            .git(&["cat-file", "--batch"])
            .output(input.as_bytes())
            .await?;
        parse_batch(&output)
            .ok_or_else(|| Fault::new("git cat-file --batch wrote what cannot be read").into())
    }

    /// The whole content of a small file.
    pub(crate) async fn blob(&self, oid: &str) -> Result<Vec<u8>, Fault> {
        self.blob_command(oid).output(&[]).await
    }

    /// The command that writes a file's content.
    pub(crate) fn blob_stream(&self, oid: &str) -> Command {
        self.blob_command(oid).into_command()
    }

    /// Branches, tags and pull requests.
    pub(crate) async fn references(&self) -> Result<Vec<Reference>, Fault> {
        // A tag may be an object of its own; the starred field is then the commit it points to.
        let format = "--format=%(refname) %(objectname) %(*objectname)";
        let output = self.git(&["for-each-ref", format]).output(&[]).await?;
        let text = String::from_utf8_lossy(&output);
        Ok(text.lines().filter_map(parse_reference).collect())
    }

    /// The time of the commit, in seconds since 1970, UTC.
    pub(crate) async fn committed_at(&self, commit: &str) -> Result<u64, Fault> {
        let line = self
            .git(&["show", "--no-patch", "--format=%ct", commit])
            .line()
            .await?;
        line.parse()
            .map_err(|_not_a_number| Fault::new("git wrote no commit time"))
    }

    /// Moves a reference from `old` to `new` atomically. Refuses if it is no longer at `old`.
    pub(crate) async fn move_reference(
        &self,
        name: &str,
        new: &str,
        old: Option<&str>,
    ) -> Result<(), Failure> {
        let Err(fault) = self
            .git(&["update-ref", name, new, old.unwrap_or(NO_COMMIT)])
            .output(&[])
            .await
        else {
            return Ok(());
        };
        let now = self
            .git(&["rev-parse", "--verify", "--quiet", name])
            .line_if_found()
            .await?;
        if now.as_deref() == old {
            Err(fault.into())
        } else {
            Err(Refusal::BranchMoved.into())
        }
    }

    /// The subject who created the repository.
    pub(crate) async fn creator(&self) -> Result<Option<String>, Fault> {
        self.git(&["config", "--get", "hub.creator"])
            .line_if_found()
            .await
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Plumbing {
        Plumbing::in_repository(&self.directory, arguments)
    }

    fn blob_command(&self, oid: &str) -> Plumbing {
        self.git(&["cat-file", "blob", oid])
    }
}

/// Refuses a path that is not plain: git would interpret some as options or patterns, and fail on others.
pub(crate) fn check_path(path: &str) -> Result<(), Refusal> {
    let plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git");
    if path.split('/').all(plain) && !path.contains(['\0', '\n', '\\']) {
        Ok(())
    } else {
        Err(Refusal::malformed("a path in a repository is relative and plain"))
    }
}

/// Stricter than git's own rule, so no revision is an option, a range or an expression.
fn is_plain_revision(revision: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'+');
    !revision.is_empty()
        && revision.bytes().all(plain)
        && !revision.starts_with(['-', '/'])
        && !revision.contains("..")
}

/// Parses records of `mode type oid size<TAB>path`, each terminated by NUL. Submodules are omitted.
fn parse_tree(output: &[u8]) -> Vec<Entry> {
    let text = String::from_utf8_lossy(output);
    text.split('\0').filter_map(parse_entry).collect()
}

fn parse_entry(record: &str) -> Option<Entry> {
    let (facts, path) = record.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let _mode = facts.next()?;
    let kind = match facts.next()? {
        "blob" => EntryKind::File,
        "tree" => EntryKind::Folder,
        _submodule => return None,
    };
    let oid = facts.next()?.to_owned();
    // The size of a folder is written as "-".
    let size = facts.next()?.parse().unwrap_or(0);
    Some(Entry {
        kind,
        oid,
        size,
        path: path.to_owned(),
    })
}

/// Parses a line of `oid type size`, or one that ends in `missing`.
fn parse_checked(path: &str, line: &str) -> Option<Entry> {
    if line.ends_with(" missing") {
        return None;
    }
    let mut facts = line.split(' ');
    let oid = facts.next()?.to_owned();
    let (kind, size) = match (facts.next()?, facts.next()?.parse().ok()?) {
        ("blob", size) => (EntryKind::File, size),
        ("tree", _of_the_listing) => (EntryKind::Folder, 0),
        (_submodule, _) => return None,
    };
    Some(Entry {
        kind,
        oid,
        size,
        path: path.to_owned(),
    })
}

/// Parses records of `oid type size<LF>content<LF>`.
fn parse_batch(mut output: &[u8]) -> Option<HashMap<String, Pointer>> {
    let mut pointers = HashMap::new();
    while !output.is_empty() {
        let end = output.iter().position(|byte| *byte == b'\n')?;
        let (header, rest) = output.split_at_checked(end)?;
        let header = std::str::from_utf8(header).ok()?;
        let (oid, facts) = header.split_once(' ')?;
        let (_kind, size) = facts.split_once(' ')?;
        let (content, rest) = rest.get(1..)?.split_at_checked(size.parse().ok()?)?;
        output = rest.get(1..)?;
        if let Some(pointer) = Pointer::parse(content) {
            pointers.insert(oid.to_owned(), pointer);
        }
    }
    Some(pointers)
}

fn parse_reference(line: &str) -> Option<Reference> {
    let mut fields = line.split(' ');
    let name = fields.next()?.to_owned();
    let direct = fields.next()?;
    let commit = fields
        .next()
        .filter(|peeled| !peeled.is_empty())
        .unwrap_or(direct)
        .to_owned();
    Some(Reference { name, commit })
}
