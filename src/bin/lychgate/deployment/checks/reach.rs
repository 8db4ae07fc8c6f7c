//! Where gate, page and origin can be reached, and by whom. Knows nothing of how requests are decided.

use lychgate::forwarding::{OriginUrl, OriginUrlError};
use lychgate::identity::HostName;
use toml::Value;

use super::Findings;
use crate::deployment::finding::Severity;
use crate::deployment::manifest::Manifest;

impl Findings {
    /// Checks the names under which the gate can be reached.
    pub(super) fn check_names(&mut self, manifest: &Manifest) {
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

    pub(super) fn check_origin(&mut self, manifest: &Manifest) {
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
    pub(super) fn check_hosts(&mut self, manifest: &Manifest) {
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
}

/// Whether routes are in the file at all.
fn has_routes(manifest: &Manifest) -> bool {
    ["route", "routes"]
        .iter()
        .any(|setting| manifest.inherited(setting).is_some())
}
