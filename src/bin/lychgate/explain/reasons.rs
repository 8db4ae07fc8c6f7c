//! `lychgate explain --role`: the gate's reasoning about a request with a supposed token.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use lychgate::policy::{Anonymous, Bearer, Mode, Reasoning, Supposed};
use lychgate::routes::RouteTable;
use lychgate::state::{
    MembershipRecord, MembershipRecords, Memberships, NameRules, NamespaceCase, OwnNamespace, Roles,
};
use lychgate::token::{FieldError, Inspection, Restriction, Restrictions, Role, Subject, Timestamp};

use crate::failure::Failure;
use crate::print;
use crate::secret_file::{self, without_line_ends};

/// The supposed token, and the settings of the supposed gate.
#[derive(Args)]
pub(super) struct Supposition {
    /// Show what a token of this role may do; none means a request without a token
    #[arg(long, value_enum, group = "supposed")]
    role: Option<SupposedRole>,
    /// Take role, user and restrictions from the token in this file, without verification
    #[arg(long, value_name = "FILE", group = "supposed")]
    token_file: Option<PathBuf>,
    /// A restriction of the token, such as areas=git,api or 'requests=POST /v1/chat/completions'. Repeatable
    #[arg(long, value_name = "RESTRICTION", requires = "supposed")]
    restriction: Vec<Restriction>,
    /// The client's address, for tokens that are limited to networks
    #[arg(long, value_name = "ADDRESS", requires = "supposed")]
    address: Option<String>,
    /// The token's user
    #[arg(long, requires = "role", required_if_eq_any([("role", "read"), ("role", "write")]))]
    subject: Option<Subject>,
    /// The roles of users in namespaces, as JSON: {"alice":{"acme":"write"}}. Without it, memberships are off
    #[arg(long, value_name = "FILE", requires = "supposed")]
    members: Option<PathBuf>,
    /// The gate's `OWN_NAMESPACE`: by-record or by-name
    #[arg(
        long,
        value_name = "RULE",
        requires = "members",
        default_value = "by-record",
        hide_default_value = true
    )]
    own_namespace: OwnNamespace,
    /// The gate's `NAMESPACE_CASE`: strict, sensitive or insensitive
    #[arg(
        long,
        value_name = "RULE",
        requires = "members",
        default_value = "strict",
        hide_default_value = true
    )]
    namespace_case: NamespaceCase,
    /// Decide as a gate with MODE = "observe"
    #[arg(long, requires = "supposed")]
    observe: bool,
    /// Decide as a gate with ANONYMOUS = "reads"
    #[arg(long, requires = "supposed")]
    anonymous_reads: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum SupposedRole {
    None,
    Read,
    Write,
}

impl Supposition {
    /// The reasoning, if --role was given.
    pub(super) fn reason(
        &self,
        read_table: impl FnOnce() -> Result<RouteTable, Failure>,
        method: &Option<OsString>,
        target: &Option<OsString>,
        body: &[u8],
    ) -> Result<Option<Reasoning>, Failure> {
        let bearer = match (&self.token_file, self.role, self.subject) {
            (Some(file), _, _) => Some(bearer_in(file)?),
            (None, Some(SupposedRole::Read), Some(subject)) => Some(Bearer::new(Role::Read, subject)),
            (None, Some(SupposedRole::Write), Some(subject)) => Some(Bearer::new(Role::Write, subject)),
            (None, Some(_), _) => None,
            (None, None, _) => return Ok(None),
        };
        let bearer = bearer.map(|bearer| self.limit(bearer)).transpose()?;
        let subject = bearer.as_ref().map(|bearer| bearer.subject);
        let memberships = match &self.members {
            None => Memberships::Off,
            Some(file) => Memberships::On(read_members(
                file,
                subject,
                NameRules {
                    case: self.namespace_case,
                    own_namespace: self.own_namespace,
                },
            )?),
        };
        let mode = if self.observe {
            Mode::Observe
        } else {
            Mode::Enforce
        };
        let anonymous = if self.anonymous_reads {
            Anonymous::Reads
        } else {
            Anonymous::Deny
        };
        let supposed = Supposed::new(read_table()?, memberships, mode, anonymous);
        let text = |argument: &Option<OsString>| {
            let argument = argument.as_deref().unwrap_or_default();
            argument.to_str().map(str::to_owned).ok_or_else(|| {
                Failure::Unusable(
                    "with --role, method and target must be UTF-8: what is not is refused as ambiguous"
                        .to_owned(),
                )
            })
        };
        Ok(Some(supposed.reason(
            &text(method)?,
            &text(target)?,
            body,
            bearer.as_ref(),
        )))
    }

    /// The same bearer with the restrictions and the address that were given.
    fn limit(&self, bearer: Bearer) -> Result<Bearer, Failure> {
        let all = bearer.restrictions.iter().chain(&self.restriction).cloned();
        Ok(Bearer {
            restrictions: Restrictions::new(all.collect())
                .map_err(|error| Failure::Usage(error.to_string()))?,
            address: self.address.clone(),
            ..bearer
        })
    }
}

/// What the token in a file says of itself, believed for the sake of the explanation.
fn bearer_in(file: &Path) -> Result<Bearer, Failure> {
    let unusable = |error: String| Failure::Unusable(format!("the token in {}: {error}", file.display()));
    let bytes = secret_file::read(file).map_err(|error| unusable(error.to_string()))?;
    let text = str::from_utf8(without_line_ends(&bytes)).map_err(|error| unusable(error.to_string()))?;
    let inspection = Inspection::of(text);
    if let Some(fault) = inspection.faults.first() {
        return Err(unusable(fault.to_string()));
    }
    let field = |name| {
        let mut fields = inspection.fields.iter();
        fields
            .find(|field| field.name == name)
            .map(|field| field.meaning.as_str())
            .unwrap_or_default()
    };
    let wrong = |error: FieldError| unusable(error.to_string());
    let bearer = Bearer::new(
        field("role").parse().map_err(wrong)?,
        field("subject").parse().map_err(wrong)?,
    );
    let restrictions =
        Restrictions::new(inspection.restrictions).map_err(|error| unusable(error.to_string()))?;
    Ok(Bearer {
        restrictions,
        ..bearer
    })
}

fn read_members(
    file: &Path,
    subject: Option<Subject>,
    names: NameRules,
) -> Result<MembershipRecords, Failure> {
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::Unusable(format!(
            "the memberships {}: {error}; expected JSON such as {{\"alice\":{{\"acme\":\"write\"}}}}",
            file.display()
        ))
    };
    let text = fs::read_to_string(file).map_err(|error| unusable(&error))?;
    let mut all: BTreeMap<String, Roles> = serde_json::from_str(&text).map_err(|error| unusable(&error))?;
    let mut records = MembershipRecords::with_names(names);
    let Some(subject) = subject else {
        return Ok(records);
    };
    let taken = match all.remove(subject.as_str()) {
        Some(roles) => records.accept(
            MembershipRecord::new(subject, 1, (0, Timestamp::MAX), roles),
            Supposed::NOW,
        ),
        None => records.note_missing(&subject, Supposed::NOW),
    };
    taken.map_err(|error| unusable(&error))?;
    Ok(records)
}

/// Prints the steps, the verdict and its consequences.
pub(super) fn print(reasoning: &Reasoning, out: &mut dyn Write) -> Result<(), Failure> {
    for step in &reasoning.steps {
        let mark = if step.holds { "" } else { "✗ " };
        print::fact(out, step.name, format!("{mark}{}", print::visible(&step.finding)))?;
    }
    let verdict = match (reasoning.code, reasoning.observed) {
        (Some(code), _) => format!("{}: {code}", reasoning.verdict),
        (None, Some(observed)) => format!("{}, observed: {observed}", reasoning.verdict),
        (None, None) => reasoning.verdict.to_owned(),
    };
    print::fact(out, "verdict", verdict)?;
    for (name, value) in &reasoning.forwarded {
        print::fact(out, "to origin", format!("{name}: {value}"))?;
    }
    for answer in &reasoning.answers {
        writeln!(out, "\nResponse to {}: {}", answer.client, answer.status)?;
        for (name, value) in &answer.headers {
            writeln!(out, "  {name}: {value}")?;
        }
        writeln!(out)?;
        for line in answer.body.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}
