//! A token's claims, in both forms of output.

use std::io::Write;

use lychgate::token::{Claims, Restrictions, Timestamp};
use serde::Serialize;

use crate::clock;
use crate::failure::Failure;
use crate::print;

/// A token's claims, by their names in JSON.
#[derive(Serialize)]
pub(crate) struct Facts<'a> {
    id: String,
    subject: &'a str,
    role: &'static str,
    bearer: &'static str,
    issued_at: Timestamp,
    /// `null` means never.
    expires_at: Option<Timestamp>,
    restrictions: &'a Restrictions,
}

impl<'a> From<&'a Claims> for Facts<'a> {
    fn from(claims: &'a Claims) -> Self {
        Self {
            id: claims.id.to_string(),
            subject: claims.subject.as_str(),
            role: claims.role.name(),
            bearer: claims.bearer.name(),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
            restrictions: &claims.restrictions,
        }
    }
}

impl Facts<'_> {
    /// Prints the claims for people.
    pub(crate) fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        print::fact(out, "id", &self.id)?;
        print::fact(out, "subject", self.subject)?;
        print::fact(out, "role", self.role)?;
        print::fact(out, "bearer", self.bearer)?;
        print::fact(out, "issued at", clock::date(self.issued_at))?;
        match self.expires_at {
            Some(expires_at) => print::fact(out, "expires at", clock::date(expires_at))?,
            None => print::fact(out, "expires at", "never")?,
        }
        for restriction in self.restrictions.iter() {
            print::fact(out, "limited to", restriction)?;
        }
        Ok(())
    }
}
