//! The deployment's configuration: variables, secrets and bindings, read once per isolate. `wrangler.toml` says
//! what each is for.

use std::fmt;

use wasm_bindgen::JsValue;

use super::js_bridge::{parse_tables, shipped_tables};
use super::notify::Ledgers;
use super::platform::{KvNamespace, RateLimiter, Service};
use super::respond::Deployment;
use crate::forwarding::{ForwardedFields, OriginUrl};
use crate::identity::{AssertionSigner, Audience, Hosts};
use crate::isolate::environment::{ConfigError, binding, malformed, number, parsed, text};
use crate::isolate::settings::{
    KV, LEDGER, REFUSALS, admin_key, gate_prefix, heartbeat_seconds, hosts, keys, kv_missing,
    list_valid_seconds, prefix, shards,
};
use crate::keys::KeyRing;
use crate::policy::{Anonymous, Mode, State};
use crate::request::{FieldPatterns, GateOrigins};
use crate::routes::{RouteTable, ShippedSnapshots, ShippedTable};
use crate::state::{
    MembershipRecords, Memberships, NameRules, NamespaceCase, OnStale, OwnNamespace, REFRESHES_MISSED,
    Revocations,
};
use crate::token::Verifier;

/// The route table unless configured: the one for hubs.
const ROUTES: &str = ShippedTable::HUB.name;

/// How long reads are allowed without a valid list under `ON_STALE = "allow-reads"`, unless configured.
const STALE_READS_SECONDS: u32 = 3600;

/// The age at which a cached list is refreshed, unless configured.
const REFRESH_SECONDS: u32 = 5;

/// How long an origin that the deployment names may take until its response begins, unless configured: as long as the zone's own
/// may take behind Cloudflare's proxy. That limit is Cloudflare's, so the gate sets no timer of its own there.
const ORIGIN_SECONDS: u32 = 100;

/// How long a WebSocket or an event stream with a token may last, unless configured. With a refresh of the list every five
/// seconds, this stays below the thousand KV reads that the platform allows one request.
const CONNECTION_SECONDS: u32 = 3600;

/// Within how many seconds a change of membership takes effect at an edge, unless configured.
const MEMBERSHIP_SECONDS: u32 = 60;

/// The destination of forwarded requests.
pub(super) enum Origin {
    /// The origin of the zone that the Worker runs on.
    Zone,
    /// Scheme, host and port, without a trailing slash.
    Url(String),
    /// Another Worker.
    Service(Service),
}

/// Everything that a deployment decides.
pub(super) struct Config {
    /// What answers say of the deployment.
    pub(super) deployment: Deployment,
    /// The core's state, without any cached list.
    pub(super) state: State,
    /// The KV namespace of the lists.
    pub(super) lists: KvNamespace,
    /// The age in seconds at which a cached list is refreshed.
    pub(super) refresh_seconds: u32,
    /// Within how many seconds a change of membership takes effect.
    pub(super) membership_seconds: u32,
    /// The schemes and hosts by which clients may ask.
    pub(super) own_origins: GateOrigins,
    /// The destination of forwarded requests.
    pub(super) origin: Origin,
    /// The time for the origin's response to begin, in milliseconds; `None` for no limit.
    pub(super) origin_milliseconds: Option<u32>,
    /// The most seconds that a WebSocket or an event stream may last; 0 for as long as its token.
    pub(super) connection_seconds: u32,
    /// Signs assertions for the origin, unless they are turned off.
    pub(super) assertion_signer: Option<AssertionSigner>,
    /// The ledgers, where the deployment has them, and with them the management API.
    pub(super) ledger: Option<Ledger>,
    /// The hosts of the page and of the hub, if the page has one of its own.
    pub(super) hosts: Option<Hosts>,
    /// The files of the page, where the deployment has it.
    pub(super) page: Option<Service>,
    /// Counts how often an address was refused, if the deployment has the binding.
    pub(super) refusals: Option<RateLimiter>,
}

/// The ledgers, and how often they must publish.
pub(super) struct Ledger {
    /// Sends messages to them.
    pub(super) ledgers: Ledgers,
    /// The age at which a ledger republishes its list.
    pub(super) heartbeat_seconds: u32,
}

impl Config {
    /// Parses the environment of the platform. Also returns the list of the fields that are forwarded.
    pub(super) fn read(env: &JsValue) -> Result<(Self, ForwardedFields), ConfigError> {
        let state = State {
            tokens: Verifier::new(prefix(env)?, keys(env)?),
            routes: routes(env)?.with_gate_prefix(gate_prefix(env)?),
            revocations: Revocations::default(),
            memberships: if is_second(env, "MEMBERSHIP", ["off", "kv"])? {
                Memberships::On(MembershipRecords::with_names(name_rules(env)?))
            } else {
                Memberships::Off
            },
            anonymous: if is_second(env, "ANONYMOUS", ["deny", "reads"])? {
                Anonymous::Reads
            } else {
                Anonymous::Deny
            },
            on_stale: if is_second(env, "ON_STALE", ["deny", "allow-reads"])? {
                OnStale::AllowReads {
                    seconds: number(env, "STALE_READS_SECONDS")?.unwrap_or(STALE_READS_SECONDS),
                }
            } else {
                OnStale::Deny
            },
            mode: if is_second(env, "MODE", ["enforce", "observe"])? {
                Mode::Observe
            } else {
                Mode::Enforce
            },
        };
        let added: FieldPatterns = parsed(env, "FORWARD_HEADERS")?.unwrap_or_default();
        let fields = ForwardedFields::new(&state.routes, added, state.tokens.prefix().clone());
        let page: Option<Service> = binding(env, "PAGE")?;
        let hosts = hosts(env)?;
        let origin = origin(env)?;
        let config = Self {
            origin_milliseconds: origin_milliseconds(env, &origin)?,
            deployment: Deployment {
                prefix: state.tokens.prefix().clone(),
                page: page
                    .as_ref()
                    .map(|_| state.routes.gate_prefix().as_str().to_owned()),
            },
            assertion_signer: assertion_signer(env, state.tokens.keys())?,
            state,
            lists: binding(env, KV)?.ok_or_else(kv_missing)?,
            refresh_seconds: number(env, "REFRESH_SECONDS")?.unwrap_or(REFRESH_SECONDS),
            membership_seconds: membership_seconds(env)?,
            own_origins: own_origins(env, hosts.as_ref())?,
            origin,
            connection_seconds: number(env, "CONNECTION_SECONDS")?.unwrap_or(CONNECTION_SECONDS),
            ledger: ledger(env)?,
            hosts,
            page,
            refusals: binding(env, REFUSALS)?,
        };
        Ok((config, fields))
    }
}

/// Whether a variable is the second of two words, and not the first, which it is unless it is set.
fn is_second(env: &JsValue, name: &'static str, [first, second]: [&str; 2]) -> Result<bool, ConfigError> {
    match text(env, name)? {
        None => Ok(false),
        Some(word) if word == first || word == second => Ok(word == second),
        Some(_) => Err(malformed(name, &format!("expected {first} or {second}"))),
    }
}

/// The route tables: one that ships, which the build has parsed, or others, which are parsed now.
fn routes(env: &JsValue) -> Result<RouteTable, ConfigError> {
    let setting = text(env, "ROUTES")?;
    let setting = setting.as_deref().unwrap_or(ROUTES);
    let malformed = |error: &dyn fmt::Display| malformed("ROUTES", error);
    let shipped = shipped_tables();
    let parsed;
    let snapshot = match ShippedSnapshots::find(&shipped, setting.trim()) {
        Some(snapshot) => snapshot,
        None => {
            parsed = parse_tables(setting).map_err(|error| malformed(&thrown_text(&error)))?;
            &parsed
        }
    };
    RouteTable::from_snapshot(snapshot).map_err(|error| malformed(&error))
}

/// What the parser of tables says, or why it broke down.
fn thrown_text(error: &JsValue) -> String {
    error
        .as_string()
        .unwrap_or_else(|| "the parser of route tables broke down; expected a smaller table".to_owned())
}

fn own_origins(env: &JsValue, hosts: Option<&Hosts>) -> Result<GateOrigins, ConfigError> {
    let named = |hosts: &Hosts| GateOrigins::Named(hosts.names().map(str::to_owned).to_vec());
    let origins = parsed(env, "GATE_ORIGINS")?;
    Ok(origins.or(hosts.map(named)).unwrap_or_default())
}

fn name_rules(env: &JsValue) -> Result<NameRules, ConfigError> {
    let case = text(env, "NAMESPACE_CASE")?;
    let own_namespace = text(env, "OWN_NAMESPACE")?;
    Ok(NameRules {
        case: case
            .map_or(Ok(NamespaceCase::default()), |case| case.parse())
            .map_err(|error| malformed("NAMESPACE_CASE", &error))?,
        own_namespace: own_namespace
            .map_or(Ok(OwnNamespace::default()), |own| own.parse())
            .map_err(|error| malformed("OWN_NAMESPACE", &error))?,
    })
}

fn membership_seconds(env: &JsValue) -> Result<u32, ConfigError> {
    let seconds = number(env, "MEMBERSHIP_SECONDS")?.unwrap_or(MEMBERSHIP_SECONDS);
    if seconds < REFRESHES_MISSED {
        return Err(malformed(
            "MEMBERSHIP_SECONDS",
            &format!("expected at least {REFRESHES_MISSED}"),
        ));
    }
    Ok(seconds)
}

fn assertion_signer(env: &JsValue, keys: &KeyRing) -> Result<Option<AssertionSigner>, ConfigError> {
    let audience: Audience = parsed(env, "ASSERTION_AUDIENCE")?.unwrap_or_default();
    let is_off = is_second(env, "ASSERTION", ["on", "off"])?;
    Ok((!is_off).then(|| AssertionSigner::new(keys, audience)))
}

fn ledger(env: &JsValue) -> Result<Option<Ledger>, ConfigError> {
    let Some(namespace) = binding(env, LEDGER)? else {
        return Ok(None);
    };
    // The service's, and looked at here so that a gate without it refuses from its first request on.
    let _checked = admin_key(env)?;
    Ok(Some(Ledger {
        ledgers: Ledgers {
            namespace,
            shards: shards(env)?,
        },
        heartbeat_seconds: heartbeat_seconds(list_valid_seconds(env)?),
    }))
}

fn origin(env: &JsValue) -> Result<Origin, ConfigError> {
    let service: Option<Service> = binding(env, "ORIGIN")?;
    match (text(env, "ORIGIN_URL")?, service) {
        (None, None) => Ok(Origin::Zone),
        (None, Some(service)) => Ok(Origin::Service(service)),
        (Some(_), Some(_)) => Err(malformed(
            "ORIGIN_URL",
            &"set either this or the service binding ORIGIN, not both",
        )),
        (Some(url), None) => {
            let url: OriginUrl = url.parse().map_err(|error| malformed("ORIGIN_URL", &error))?;
            Ok(Origin::Url(url.as_str().to_owned()))
        }
    }
}

fn origin_milliseconds(env: &JsValue, origin: &Origin) -> Result<Option<u32>, ConfigError> {
    let unless_configured = match origin {
        Origin::Zone => 0,
        Origin::Url(_) | Origin::Service(_) => ORIGIN_SECONDS,
    };
    let seconds = number(env, "ORIGIN_SECONDS")?.unwrap_or(unless_configured);
    Ok((seconds != 0).then_some(seconds.saturating_mul(1_000)))
}
