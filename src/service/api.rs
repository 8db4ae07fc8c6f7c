//! The management API, from a request to its answer. Who may do what is decided here, before anything
//! else of the request is looked at.

mod answer;
mod backup;
mod block;
mod body;
mod caller;
mod health;
mod holders;
mod membership;
mod operations;
mod rejection;
mod scanners;
mod sessions;
mod tokens;

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Env, Request, Response, wasm_bindgen_futures, web_sys};

use self::rejection::Rejection;
use super::gate_lists::Gate;
use super::settings::Settings;
use crate::isolate::environment::ConfigError;
use crate::isolate::log::Line;
use crate::isolate::request_url::RequestUrl;
use crate::ledger::Author;
use crate::management::{Operation, Place, Right, SIGN_IN, SIGN_OUT};
use crate::request::{Target, TargetError};
use crate::response::{Answer, Client, Fault, Reader, Refusal};
use crate::routes::RouteError;
use crate::token::Prefix;

/// Answers a request to the management API.
///
/// # Errors
/// Whatever the platform throws. `entry.mjs` then answers.
#[wasm_bindgen]
pub async fn serve(request: web_sys::Request, env: Env, gate: Gate) -> Result<web_sys::Response, JsValue> {
    let settings = match Settings::of(&env) {
        Ok(settings) => settings,
        Err(error) => return Ok(misconfigured(&error, &request)?.into()),
    };
    let call = ApiCall {
        method: request.method(),
        url: RequestUrl::new(request.url()),
        authorization: request.headers().get("Authorization")?,
        request: request.into(),
        settings,
        gate,
    };
    let response = match call.answer().await {
        Ok(response) => response,
        Err(rejection) => rejection.counted(&call).await.respond(&call)?,
    };
    Ok(response.into())
}

fn misconfigured(error: &ConfigError, request: &web_sys::Request) -> worker::Result<Response> {
    let fault = Fault::Misconfigured;
    Line {
        event: "failed",
        code: fault.code(),
        status: Some(fault.status()),
        method: Some(&request.method()),
        detail: Some(error.to_string()),
        ..Line::default()
    }
    .log_error();
    answer::response(Answer::to_fault(
        &fault,
        &Reader::new(Client::Other, &Prefix::default()),
    ))
}

/// A request to the management API.
struct ApiCall {
    request: Request,
    method: String,
    url: RequestUrl,
    authorization: Option<String>,
    settings: Rc<Settings>,
    gate: Gate,
}

impl ApiCall {
    async fn answer(&self) -> Result<Response, Rejection> {
        #[cfg(feature = "trap")]
        super::trap::spring_later(self.target()).await;
        if !self.url.has_plain_host() {
            return Err(Refusal::TargetAmbiguous(TargetError::Host).into());
        }
        let target =
            Target::parse(self.target()).map_err(|error| Refusal::from(RouteError::Ambiguous(error)))?;
        match self.path() {
            SIGN_IN => return self.sign_in(&target).await,
            SIGN_OUT => return self.sign_out(&target),
            _ => {}
        }
        let place = Place::find(&target, &self.settings.gate_prefix)?;
        let mut by = Author::ADMIN;
        if place.allows(&self.method) {
            match place.right() {
                Right::Admin => self.authorise()?,
                Right::Owner(subject) => by = self.authorise_owner(subject).await?,
                Right::Anyone => {}
            }
        }
        let operation = place.operation(&self.method)?;
        match operation {
            Operation::List(subject) => self.list(&target, &subject).await,
            Operation::Create(subject) => self.create(&target, &subject, by).await,
            Operation::RevokeAll(subject) => self.revoke_tokens(&target, &subject, None, by).await,
            Operation::RevokeToken(subject, id) => self.revoke_tokens(&target, &subject, Some(id), by).await,
            Operation::Refresh(subject, id) => self.refresh(&target, &subject, id, by).await,
            Operation::Membership(subject) => self.membership(&target, &subject).await,
            Operation::SetMembership(subject) => self.set_membership(&target, &subject).await,
            Operation::RemoveMembership(subject) => self.remove_membership(&target, &subject).await,
            Operation::ReadBlock(subject) => self.block(&target, &subject, None).await,
            Operation::Block(subject) => self.block(&target, &subject, Some(true)).await,
            Operation::Unblock(subject) => self.block(&target, &subject, Some(false)).await,
            Operation::RevocationStatus(subject, id) => self.revocation_status(&target, &subject, id).await,
            Operation::Session => self.session_facts(&target).await,
            Operation::Hub => self.hub_facts(&target),
            Operation::RevokePresented => self.revoke(&target).await,
            Operation::Introspect => self.introspect(&target).await,
            Operation::Whoami => self.whoami(&target).await,
            Operation::Health => self.health(&target).await,
            Operation::Audit => self.audit(&target).await,
            Operation::Export(shard) => self.export(&target, shard).await,
            Operation::Import(shard) => self.import(&target, shard).await,
            Operation::SecretScanning => self.secret_scanning(&target).await,
        }
    }

    /// The gate's own scheme and host, as the client requested them.
    fn own_origin(&self) -> &str {
        self.url.split().0
    }

    /// The raw target.
    fn target(&self) -> &str {
        self.url.split().1
    }

    /// The path behind the gate's prefix; empty if the target is not the gate's.
    fn path(&self) -> &str {
        let behind = self.target().strip_prefix(self.settings.gate_prefix.as_str());
        behind
            .and_then(|behind| behind.split('?').next())
            .unwrap_or_default()
    }

    /// Whether the target is not part of the API but that of a form.
    fn is_form_of_the_page(&self) -> bool {
        self.path() == SIGN_IN
    }

    /// The path's pattern, for logs.
    fn route(&self) -> Option<String> {
        let prefix = &self.settings.gate_prefix;
        let behind = match self.path() {
            path @ (SIGN_IN | SIGN_OUT) => path,
            _ => {
                let target = Target::parse(self.target()).ok()?;
                Place::find(&target, prefix).ok()?.pattern()
            }
        };
        Some([prefix.as_str(), behind].concat())
    }

    fn header(&self, name: &str) -> Result<Option<String>, Rejection> {
        Ok(self.request.headers().get(name)?)
    }
}
