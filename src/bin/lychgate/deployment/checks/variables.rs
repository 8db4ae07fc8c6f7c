//! The variables that the gate reads, their words, and what must not be a variable. Knows nothing of what a valid value entails.

use lychgate::request::GateOrigins;
use lychgate::token::Prefix;

use super::Findings;
use crate::deployment::finding::Severity;
use crate::deployment::manifest::Manifest;

/// The variables that the gate reads. If a variable has a list of words, its value must be one of them.
const VARIABLES: &[(&str, &[&str])] = &[
    ("ANONYMOUS", &["deny", "reads"]),
    ("ASSERTION", &["on", "off"]),
    ("ASSERTION_AUDIENCE", &[]),
    ("AUDIT_DAYS", &[]),
    ("CONNECTION_SECONDS", &[]),
    ("FORWARD_HEADERS", &[]),
    ("GATE_ORIGINS", &[]),
    ("GATE_PREFIX", &[]),
    ("GITHUB_KEYS_URL", &[]),
    ("GITHUB_PUBLIC_KEYS", &[]),
    ("HUB_HOST", &[]),
    ("LEDGER_MEGABYTES", &[]),
    ("LIST_VALID_SECONDS", &[]),
    ("MEMBERSHIP", &["off", "kv"]),
    ("MEMBERSHIP_SECONDS", &[]),
    ("MEMBERSHIP_VALID_SECONDS", &[]),
    ("MODE", &["enforce", "observe"]),
    ("NAMESPACE_CASE", &["strict", "sensitive", "insensitive"]),
    ("ON_STALE", &["deny", "allow-reads"]),
    ("ORIGIN_SECONDS", &[]),
    ("ORIGIN_URL", &[]),
    ("OWN_NAMESPACE", &["by-record", "by-name"]),
    ("PAGE_HOST", &[]),
    ("REFRESH_SECONDS", &[]),
    ("ROUTES", &[]),
    ("SHARDS", &[]),
    ("STALE_READS_SECONDS", &[]),
    ("TOKEN_PREFIX", &[]),
];

/// Names that must be secrets and not variables.
const SECRETS: &[&str] = &["LYCHGATE_KEYS", "LYCHGATE_ADMIN_KEY"];

impl Findings {
    pub(super) fn check_secrets(&mut self, manifest: &Manifest) {
        for secret in SECRETS {
            if manifest.variable(secret).is_some() {
                self.add(
                    Severity::Error,
                    secret,
                    "it is in the file, where everyone can read it who reads the file or the dashboard",
                    format!("Remove it, replace the key, and set it with `wrangler secret put {secret}`."),
                );
            }
        }
    }

    pub(super) fn check_variables(&mut self, manifest: &Manifest) {
        for (name, _) in manifest.variables().filter(|(name, _)| !SECRETS.contains(name)) {
            let Some((_, words)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
                self.add(
                    Severity::Warning,
                    name,
                    "the gate reads no variable of this name: is it misspelled?",
                    "Correct or remove it; a variable that is not set has its default.",
                );
                continue;
            };
            let value = manifest.variable(name).unwrap_or_default();
            if !words.is_empty() && !words.contains(&value.as_str()) {
                self.add(
                    Severity::Error,
                    name,
                    format!("it is {value:?}: the gate refuses everything"),
                    format!("Set it to {}.", words.join(" or ")),
                );
            }
        }
        match manifest
            .variable("GATE_ORIGINS")
            .as_deref()
            .map(str::parse::<GateOrigins>)
        {
            Some(Err(error)) => self.add(
                Severity::Error,
                "GATE_ORIGINS",
                format!("the gate refuses everything: {error}"),
                "Set it to the addresses of the hub, or remove it.",
            ),
            Some(Ok(origins)) => {
                for name in ["HUB_HOST", "PAGE_HOST"] {
                    if let Some(host) = manifest.variable(name)
                        && !origins.hold(&format!("https://{host}"))
                    {
                        self.add(
                            Severity::Error,
                            "GATE_ORIGINS",
                            format!("it lacks https://{host}, the {name}: the gate refuses every request to that host"),
                            "Add it, or remove GATE_ORIGINS.",
                        );
                    }
                }
            }
            None => {}
        }
        match manifest.variable("TOKEN_PREFIX") {
            Some(prefix) if prefix.parse::<Prefix>().is_err() => self.add(
                Severity::Error,
                "TOKEN_PREFIX",
                format!("it is {prefix:?}: the gate refuses everything"),
                "Set it to a lower-case letter and 1 to 9 letters or digits.",
            ),
            Some(prefix) if prefix != "hub" => {}
            Some(_) | None => self.add(
                Severity::Note,
                "TOKEN_PREFIX",
                "it is still hub: a leaked token does not show which deployment it belongs to",
                "Set it to a word of your own before you create the first token.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VARIABLES;
    use crate::deployment::manifest::Manifest;

    #[test]
    fn knows_every_variable_of_the_shipped_configuration() {
        let shipped = include_str!("../../../../../wrangler.toml");
        let manifest = Manifest::parse(shipped, false, None).unwrap();
        let mut names: Vec<&str> = manifest.variables().map(|(name, _)| name).collect();
        // A variable that is commented out counts too.
        names.extend(shipped.lines().filter_map(|line| {
            let name = line.strip_prefix("# ")?.split_once(" = ")?.0;
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
                .then_some(name)
        }));
        names.sort_unstable();
        // One may be shown in more than one form.
        names.dedup();
        assert_eq!(names, VARIABLES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
