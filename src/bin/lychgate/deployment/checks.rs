//! The checks of a deployment's configuration.

use lychgate::forwarding::{OriginUrl, OriginUrlError};
use lychgate::identity::HostName;
use lychgate::request::{GateOrigins, GatePrefix};
use lychgate::routes::RouteTable;
use lychgate::token::Prefix;
use toml::Value;

use super::finding::{Finding, Severity};
use super::manifest::Manifest;

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

/// The longest refresh interval with which a revocation still takes effect soon.
const LONG_REFRESH_SECONDS: u32 = 60;

/// Runs all checks. The most severe findings come first.
pub(crate) fn check(manifest: &Manifest) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    found.check_names(manifest);
    found.check_secrets(manifest);
    found.check_bindings(manifest);
    found.check_origin(manifest);
    found.check_hosts(manifest);
    found.check_variables(manifest);
    found.check_routes(manifest);
    found.check_decisions(manifest);
    found.0.sort_by_key(|finding| finding.severity);
    found.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        setting: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Finding {
            severity,
            setting: setting.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    /// Checks the names under which the gate can be reached.
    fn check_names(&mut self, manifest: &Manifest) {
        for (setting, what) in [
            (
                "workers_dev",
                "the gate can also be reached at its workers.dev name, which bypasses the rules of the zone",
            ),
            (
                "preview_urls",
                "every old version can still be reached at its own name, with its old key ring and settings",
            ),
        ] {
            if manifest.inherited(setting).and_then(Value::as_bool) != Some(false) {
                self.add(
                    Severity::Error,
                    setting,
                    format!("it is not false: {what}"),
                    format!("Set `{setting} = false`."),
                );
            }
        }
        if !has_routes(manifest) {
            self.add(
                Severity::Note,
                "routes",
                "the file has none: the gate serves only what the dashboard routes to it",
                "Set `routes` to the hub's host name, such as `[{ pattern = \"hub.example\", custom_domain = true }]`.",
            );
        }
        self.add(
            Severity::Note,
            "routes",
            "this check cannot see whether they fail open: beyond the plan's limits, requests would bypass the gate",
            "Set the request limit failure mode of each route to \"Fail closed (block)\" in the dashboard.",
        );
    }

    fn check_secrets(&mut self, manifest: &Manifest) {
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

    fn check_bindings(&mut self, manifest: &Manifest) {
        match manifest
            .binding("kv_namespaces", "LYCHGATE_KV")
            .map(|binding| binding.get("id"))
        {
            None => self.add(
                Severity::Error,
                "LYCHGATE_KV",
                "there is no KV namespace of that name: the gate refuses everything",
                "Add it under [[kv_namespaces]].",
            ),
            Some(id) => {
                let id = id.and_then(Value::as_str).unwrap_or_default();
                if id.bytes().all(|byte| byte == b'0') {
                    self.add(
                        Severity::Error,
                        "LYCHGATE_KV",
                        "its id is still the placeholder",
                        "Enter the id that `wrangler kv namespace create LYCHGATE_KV` prints.",
                    );
                }
            }
        }
        if manifest.binding("durable_objects", "LEDGER").is_none() {
            self.add(
                Severity::Warning,
                "LEDGER",
                "there is no ledger: the gate has no management API, and a list expires unless somebody republishes it",
                "Add the binding and its migration, or have `lychgate revocations publish` run on a schedule.",
            );
        } else if manifest
            .variable("MEMBERSHIP")
            .is_none_or(|membership| membership == "off")
        {
            self.add(
                Severity::Note,
                "MEMBERSHIP",
                "it is off: a write token can write in every namespace in which the origin allows it",
                "Set it to \"kv\" if users have roles in organizations (`lychgate members`).",
            );
        }
        if manifest.binding("ratelimits", "REFUSALS").is_none() {
            self.add(
                Severity::Warning,
                "REFUSALS",
                "it is not bound: one address may present any number of bad tokens",
                "Add it under [[ratelimits]], such as 100 in 60 seconds.",
            );
        }
        if let Some(assets) = manifest.inherited("assets").and_then(Value::as_table)
            && assets.get("run_worker_first").and_then(Value::as_bool) != Some(true)
        {
            self.add(
                Severity::Error,
                "assets.run_worker_first",
                "it is not true: files are served without the gate",
                "Set `run_worker_first = true`.",
            );
        }
    }

    fn check_origin(&mut self, manifest: &Manifest) {
        let service = manifest.binding("services", "ORIGIN").is_some();
        match (manifest.variable("ORIGIN_URL"), service) {
            (Some(_), true) => self.add(
                Severity::Error,
                "ORIGIN_URL",
                "the service binding ORIGIN is set too: the gate refuses everything",
                "Remove one of the two.",
            ),
            (Some(url), false) => self.check_origin_url(url.parse()),
            (None, true) => {}
            (None, false) => self.add(
                Severity::Note,
                "ORIGIN_URL",
                "it is not set: the gate forwards requests to the origin of the route's zone",
                "Set it if the origin has another name. In both cases, the origin must accept the gate only.",
            ),
        }
    }

    fn check_origin_url(&mut self, url: Result<OriginUrl, OriginUrlError>) {
        match url {
            Err(error) => self.add(
                Severity::Error,
                "ORIGIN_URL",
                format!("the gate refuses everything: {error}"),
                "Set it to a scheme and a host name, such as https://origin.example.",
            ),
            Ok(url) if url.is_loopback() => self.add(
                Severity::Error,
                "ORIGIN_URL",
                "it names the machine itself, where no server listens once the gate is deployed",
                "Set it to the origin's name; for development, use .dev.vars.",
            ),
            Ok(url) if !url.is_encrypted() => self.add(
                Severity::Error,
                "ORIGIN_URL",
                "it is plain http: anyone on the path can read and change requests and responses",
                "Use https, or Cloudflare Tunnel or a service binding.",
            ),
            Ok(_) => {}
        }
    }

    /// Where people sign in.
    fn check_hosts(&mut self, manifest: &Manifest) {
        let (page, hub) = (manifest.variable("PAGE_HOST"), manifest.variable("HUB_HOST"));
        let has_page =
            manifest.inherited("assets").is_some() && manifest.binding("durable_objects", "LEDGER").is_some();
        let (page, hub) = match (page, hub) {
            (None, None) if has_page => {
                return self.add(
                    Severity::Warning,
                    "PAGE_HOST",
                    "it is not set: nobody can sign in, and the page is at no host",
                    "Set PAGE_HOST to a host name that serves nothing else, and HUB_HOST to the hub's, and route both to the \
                     Worker.",
                );
            }
            (None, None) => return,
            (Some(page), Some(hub)) => (page, hub),
            (page, Some(_) | None) => {
                return self.add(
                    Severity::Error,
                    if page.is_some() { "HUB_HOST" } else { "PAGE_HOST" },
                    "it is missing beside the other host: the gate refuses everything",
                    "Set both, or neither.",
                );
            }
        };
        for (setting, host) in [("PAGE_HOST", &page), ("HUB_HOST", &hub)] {
            if let Err(error) = host.parse::<HostName>() {
                return self.add(
                    Severity::Error,
                    setting,
                    format!("it is {host:?}: the gate refuses everything"),
                    format!("Correct it: {error}."),
                );
            }
        }
        if page.parse::<HostName>() == hub.parse::<HostName>() {
            self.add(
                Severity::Error,
                "PAGE_HOST",
                "it is HUB_HOST too: the gate refuses everything",
                "Give the page a host name of its own.",
            );
        } else if has_routes(manifest) && !manifest.routes_to(&page) {
            self.add(
                Severity::Warning,
                "PAGE_HOST",
                format!("no route here leads {page} to the gate"),
                format!("Add it to `routes`, such as {{ pattern = {page:?}, custom_domain = true }}, unless the dashboard has it."),
            );
        }
    }

    fn check_variables(&mut self, manifest: &Manifest) {
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

    /// The route table, and the paths that it has in common with the gate.
    fn check_routes(&mut self, manifest: &Manifest) {
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

    fn check_decisions(&mut self, manifest: &Manifest) {
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

/// Whether routes are in the file at all.
fn has_routes(manifest: &Manifest) -> bool {
    ["route", "routes"]
        .iter()
        .any(|setting| manifest.inherited(setting).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::VARIABLES;

    #[test]
    fn knows_every_variable_of_the_shipped_configuration() {
        let shipped = include_str!("../../../../wrangler.toml");
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
