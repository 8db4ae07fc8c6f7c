//! How requests are decided: the route table, and the settings that let more through. Knows nothing of where gate and origin are.

use lychgate::request::GatePrefix;
use lychgate::routes::RouteTable;

use super::Findings;
use crate::deployment::finding::Severity;
use crate::deployment::manifest::Manifest;

/// The longest refresh interval with which a revocation still takes effect soon.
const LONG_REFRESH_SECONDS: u32 = 60;

impl Findings {
    /// The route table, and the paths that it has in common with the gate.
    pub(super) fn check_routes(&mut self, manifest: &Manifest) {
        let prefix: GatePrefix = match manifest.variable("GATE_PREFIX").map(|prefix| prefix.parse()) {
            None => GatePrefix::default(),
            Some(Ok(prefix)) => prefix,
            Some(Err(error)) => {
                return self.add(
                    Severity::Error,
                    "GATE_PREFIX",
                    format!("the gate refuses everything: {error}"),
                    "Correct it, or remove it: the gate's own paths are then under /-/.",
                );
            }
        };
        let routes = manifest.variable("ROUTES");
        let table = match routes
            .as_deref()
            .map_or(Ok(RouteTable::shipped()), RouteTable::configured)
        {
            Ok(table) => table.with_gate_prefix(prefix),
            Err(error) => {
                return self.add(
                    Severity::Error,
                    "ROUTES",
                    format!("the gate refuses everything: {error}"),
                    "Correct it; `lychgate routes check FILE` looks at a table of your own.",
                );
            }
        };
        let prefix = table.gate_prefix();
        if let Some(path) = table.path_under_gate_prefix() {
            self.add(
                Severity::Error,
                "GATE_PREFIX",
                format!("ROUTES has paths under {prefix}, such as {path}: the gate refuses these, because they are its own"),
                "Set it to a path that the origin does not use, such as /_gate/.",
            );
        } else if prefix
            .segment()
            .starts_with(|first: char| first.is_ascii_alphanumeric())
            && table.begins_with_names()
        {
            self.add(
                Severity::Warning,
                "GATE_PREFIX",
                format!(
                    "ROUTES has paths that begin with a name: nobody reaches what is called {:?}, in any case",
                    prefix.segment()
                ),
                "Set it to a path that is no name, such as /_gate/.",
            );
        }
    }

    pub(super) fn check_decisions(&mut self, manifest: &Manifest) {
        let is = |name, value| manifest.variable(name).as_deref() == Some(value);
        if is("MODE", "observe") {
            self.add(
                Severity::Warning,
                "MODE",
                "it is observe: the gate forwards requests even if a role or a membership forbids them",
                "Set it to \"enforce\" once the log shows no surprising `would_refuse`.",
            );
        }
        if is("ON_STALE", "allow-reads") {
            self.add(
                Severity::Warning,
                "ON_STALE",
                "it is allow-reads: while no list is valid, a revoked token can still read",
                "Set it to \"deny\" unless availability of reads matters more.",
            );
        }
        if is("OWN_NAMESPACE", "by-name") {
            self.add(
                Severity::Note,
                "OWN_NAMESPACE",
                "it is by-name: whoever is called like an organization writes in it, unless their record says otherwise",
                "Set it to \"by-record\" unless the hub lets nobody take an organization's name.",
            );
        }
        if is("ANONYMOUS", "reads") {
            self.add(
                Severity::Note,
                "ANONYMOUS",
                "it is reads: the origin alone decides which reads need a token",
                "Set it to \"deny\" if nothing is public.",
            );
        }
        if is("ASSERTION", "off") {
            self.add(
                Severity::Warning,
                "ASSERTION",
                "it is off: the origin cannot distinguish the gate from anybody else who reaches it",
                "Set it to \"on\", and have the origin verify X-Lychgate-Assertion.",
            );
        }
        if let Some(refresh) = manifest.variable("REFRESH_SECONDS")
            && refresh
                .parse::<u32>()
                .is_ok_and(|seconds| seconds > LONG_REFRESH_SECONDS)
        {
            self.add(
                Severity::Warning,
                "REFRESH_SECONDS",
                format!("it is {refresh}: a revoked token is accepted for up to twice as long"),
                "Set it to 5.",
            );
        }
        if is("CONNECTION_SECONDS", "0") {
            self.add(
                Severity::Note,
                "CONNECTION_SECONDS",
                "it is 0: after 1,000 reads of the list, a WebSocket outlives its token until the list in memory is stale",
                "Set it to no more than 1,000 times REFRESH_SECONDS.",
            );
        }
    }
}
