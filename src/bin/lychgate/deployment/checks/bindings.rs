//! What the gate is bound to: KV, the ledger, the rate limit, the page's files. Knows nothing of variables but the one that needs a
//! ledger.

use toml::Value;

use super::Findings;
use crate::deployment::finding::Severity;
use crate::deployment::manifest::Manifest;

impl Findings {
    pub(super) fn check_bindings(&mut self, manifest: &Manifest) {
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
}
