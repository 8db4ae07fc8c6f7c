//! Whether anything may be done for a subject. Knows nothing of tokens.

use serde::{Deserialize, Serialize};

use super::author::Author;
use super::response::LedgerRefusal;
use crate::token::Timestamp;

/// Whether a subject is blocked, and when its sessions were last revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectBlock {
    /// Whom.
    pub subject: String,
    /// Since when; `None` if it is not.
    pub blocked_at: Option<Timestamp>,
    /// When all sessions were last revoked; `None` if they never were.
    pub sessions_revoked_at: Option<Timestamp>,
}

impl SubjectBlock {
    /// Whether anything may be done for the subject.
    ///
    /// # Errors
    /// [`LedgerRefusal::SubjectBlocked`], and [`LedgerRefusal::SessionRevoked`] for a session that began before all were
    /// revoked, or in the same second.
    pub fn admit(&self, by: Author) -> Result<(), LedgerRefusal> {
        if self.blocked_at.is_some() {
            return Err(LedgerRefusal::SubjectBlocked);
        }
        match by.session_began_at() {
            Some(began_at) if Some(began_at) <= self.sessions_revoked_at => {
                Err(LedgerRefusal::SessionRevoked)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// When a session begins that is begun now: in a second whose sessions are not revoked.
    pub fn next_session_at(&self, now: Timestamp) -> Timestamp {
        self.sessions_revoked_at
            .map_or(now, |revoked_at| now.max(revoked_at.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Author, LedgerRefusal, SubjectBlock};

    fn block(blocked_at: Option<u32>, sessions_revoked_at: Option<u32>) -> SubjectBlock {
        SubjectBlock {
            subject: "alice".to_owned(),
            blocked_at,
            sessions_revoked_at,
        }
    }

    #[test]
    fn revokes_the_sessions_that_have_begun_and_no_later_one() {
        let revoked = block(None, Some(1_000));
        for began_at in [0, 999, 1_000] {
            assert_eq!(
                revoked.admit(Author::session(began_at)),
                Err(LedgerRefusal::SessionRevoked),
                "{began_at}"
            );
        }
        for now in [0, 1_000, 1_001, 2_000] {
            let begun = Author::session(revoked.next_session_at(now));
            assert_eq!(revoked.admit(begun), Ok(()), "{now}");
        }
        assert_eq!(revoked.admit(Author::ADMIN), Ok(()));
        assert_eq!(block(None, None).admit(Author::session(0)), Ok(()));
        assert_eq!(block(None, None).next_session_at(7), 7);
    }

    #[test]
    fn nobody_does_anything_for_whom_is_blocked() {
        for by in [Author::ADMIN, Author::session(u32::MAX)] {
            assert_eq!(
                block(Some(1), Some(1)).admit(by),
                Err(LedgerRefusal::SubjectBlocked)
            );
        }
    }
}
