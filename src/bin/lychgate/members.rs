//! `lychgate members`: manages the roles of users in a running gate's organizations.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, value_parser};
use lychgate::state::Roles;
use lychgate::token::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Options;
use crate::clock;
use crate::failure::Failure;
use crate::gate::Call;
use crate::print;
use crate::subject_options::SubjectOptions;

const SET_EXAMPLE: &str = "\
The roles are no_access, read, contributor, write and admin. The given roles replace all roles that the user had. With \
--wait, exit code 0 means that the record is published. It takes effect at an edge within MEMBERSHIP_SECONDS plus the \
time that KV needs to show it there.

Examples:
  lychgate members set --subject alice acme=write lab=read --wait 30
  lychgate members set --subject alice --file roles.json";

const GET_EXAMPLE: &str = "\
Example:
  lychgate members get --subject alice --json";

const REMOVE_EXAMPLE: &str = "\
A user in no organization can still read and contribute. With OWN_NAMESPACE = \"by-name\", they can also write in the \
namespace of their own name.

Example:
  lychgate members remove --subject alice --wait 30";

/// Manage the roles of users in organizations.
#[derive(Subcommand)]
pub(crate) enum Members {
    /// Replace a user's roles in organizations
    Set(Set),
    /// Show a user's roles in organizations
    Get(Get),
    /// Remove a user from all organizations
    Remove(Remove),
}

/// Replaces a user's roles.
#[derive(Args)]
#[command(after_help = SET_EXAMPLE)]
pub(crate) struct Set {
    #[command(flatten)]
    user: SubjectOptions,
    /// The roles
    #[arg(value_name = "NAMESPACE=ROLE", required_unless_present = "file")]
    roles: Vec<String>,
    /// The roles as JSON, such as {"acme":"write"}
    #[arg(long, conflicts_with = "roles")]
    file: Option<PathBuf>,
    #[command(flatten)]
    wait: Wait,
}

/// Shows a user's roles.
#[derive(Args)]
#[command(after_help = GET_EXAMPLE)]
pub(crate) struct Get {
    #[command(flatten)]
    user: SubjectOptions,
}

/// Removes a user from all organizations.
#[derive(Args)]
#[command(after_help = REMOVE_EXAMPLE)]
pub(crate) struct Remove {
    #[command(flatten)]
    user: SubjectOptions,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Args)]
struct Wait {
    /// Wait up to this many seconds until the record is published, and fail if it is not
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = value_parser!(u32).range(0..=30))]
    wait: u32,
}

/// A user's membership, as the gate returns it.
#[derive(Deserialize, Serialize)]
struct Membership {
    subject: String,
    version: u64,
    written_at: Option<Timestamp>,
    memberships: Roles,
    published: bool,
}

impl Members {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Set(set) => {
                let body = serde_json::to_string(&set.read_roles()?)
                    .map_err(|error| Failure::Unusable(error.to_string()))?;
                set.user
                    .change(&set.wait, |target| Call::put(target, body), options, out)
            }
            Self::Get(get) => {
                let gate = get.user.gate.gate(Duration::ZERO)?;
                let membership: Membership = gate.answer(&Call::get(get.user.target("")))?;
                membership.print(options.json, out)
            }
            Self::Remove(remove) => remove.user.change(&remove.wait, Call::delete, options, out),
        }
    }
}

impl Set {
    fn read_roles(&self) -> Result<Roles, Failure> {
        if let Some(file) = &self.file {
            let json = fs::read(file).map_err(|error| {
                Failure::Unusable(format!("{} could not be read: {error}", file.display()))
            })?;
            return Roles::parse(&json).map_err(|why| Failure::Usage(format!("{}: {why}", file.display())));
        }
        let mut roles = Roles::default();
        for given in &self.roles {
            let wrong = |why: String| Failure::Usage(format!("{given}: {why}"));
            let (namespace, role) = given
                .split_once('=')
                .ok_or_else(|| wrong("expected NAMESPACE=ROLE, such as acme=write".to_owned()))?;
            let namespace = namespace
                .parse()
                .map_err(|error: lychgate::state::RolesError| wrong(error.to_string()))?;
            let role = role
                .parse()
                .map_err(|error: lychgate::state::RolesError| wrong(error.to_string()))?;
            roles
                .insert(namespace, role)
                .map_err(|error| wrong(error.to_string()))?;
        }
        Ok(roles)
    }
}

impl SubjectOptions {
    fn target(&self, query: &str) -> String {
        format!("subjects/{}/membership{query}", self.subject.as_str())
    }

    fn change(
        &self,
        wait: &Wait,
        call: impl FnOnce(String) -> Call,
        options: &Options,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::from_secs(wait.wait.into()))?;
        let query = match wait.wait {
            0 => String::new(),
            seconds => format!("?wait={seconds}"),
        };
        let membership: Membership = gate.answer(&call(self.target(&query)))?;
        membership.print(options.json, out)?;
        if wait.wait == 0 || membership.published {
            return Ok(());
        }
        Err(Failure::Unusable(format!(
            "the change is recorded and cannot be lost, but after {} s it is not published yet. Run this again to wait \
             longer; if it fails again, look into the gate's log",
            wait.wait
        )))
    }
}

impl Membership {
    fn print(&self, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
        if json {
            return print::json(out, self);
        }
        print::fact(out, "subject", &self.subject)?;
        if self.memberships.is_empty() {
            print::fact(out, "member of", "no organization")?;
        }
        for (namespace, role) in self.memberships.iter() {
            print::fact(out, namespace, role.name())?;
        }
        print::fact(out, "version", self.version)?;
        if let Some(written_at) = self.written_at {
            print::fact(out, "changed", clock::stamp(written_at))?;
        }
        print::fact(
            out,
            "published",
            if self.published {
                "yes"
            } else {
                "not yet: the change is recorded, and the record is published within seconds"
            },
        )
    }
}
