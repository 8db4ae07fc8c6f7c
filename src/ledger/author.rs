//! Who asks a ledger for a change. Knows nothing of what is asked for.

use serde::{Deserialize, Serialize};

use super::audit_entry::Actor;
use crate::token::Timestamp;

/// Who asks for a change of a subject's tokens: whoever has the admin key, or the subject itself with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Author {
    /// When the session began; `None` is the admin.
    session_began_at: Option<Timestamp>,
}

impl Author {
    /// Whoever has the admin key.
    pub const ADMIN: Self = Self {
        session_began_at: None,
    };

    /// The subject itself, with a session that began at this time.
    pub const fn session(began_at: Timestamp) -> Self {
        Self {
            session_began_at: Some(began_at),
        }
    }

    /// When the session began; `None` is the admin.
    pub const fn session_began_at(self) -> Option<Timestamp> {
        self.session_began_at
    }

    /// The author as the audit has it.
    pub const fn actor(self) -> Actor {
        match self.session_began_at {
            None => Actor::Admin,
            Some(_) => Actor::Session,
        }
    }
}
