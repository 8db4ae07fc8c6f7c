//! The management API: `/-/api/`, from a request to its answer. Who may do what is decided here, before anything
//! else of the request is looked at.

mod answer;
mod body;
mod caller;
mod health;
mod holders;
mod membership;
mod operations;
mod scanners;
mod tokens;

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::Request;

use self::answer::Stop;
use super::config::Management;
use super::platform::{Context, Outcome};
use super::promised;
use crate::management::{Operation, Place, Right};
use crate::{Refusal, RouteError, Target};

/// Where the API begins.
const ROOT: &str = "/-/api/";

/// Whether a raw target is the API's.
pub(super) fn holds(target: &str) -> bool {
    target.starts_with(ROOT)
}

/// A request to the management API.
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) context: Context,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) authorization: Option<String>,
    pub(super) management: Rc<Management>,
}

/// Answers a request: gives a response, or a promise of one.
pub(super) fn answer(call: Call) -> Outcome {
    promised::run(async move {
        match call.answer().await {
            Ok(response) => Ok(response),
            Err(stop) => stop.respond(&call),
        }
    })
}

impl Call {
    async fn answer(&self) -> Result<JsValue, Stop> {
        #[cfg(feature = "trap")]
        super::trap::spring_later(&self.target).await;
        let target =
            Target::parse(&self.target).map_err(|error| Refusal::from(RouteError::Ambiguous(error)))?;
        let place = Place::find(&target)?;
        if place.allows(&self.method) && place.right() == Right::Admin {
            self.authorise()?;
        }
        let operation = place.operation(&self.method)?;
        match operation {
            Operation::List(subject) => self.list(&target, &subject).await,
            Operation::Create(subject) => self.create(&target, &subject).await,
            Operation::DeleteAll(subject) => self.delete(&target, &subject, None).await,
            Operation::Delete(subject, id) => self.delete(&target, &subject, Some(id)).await,
            Operation::Refresh(subject, id) => self.refresh(&target, &subject, id).await,
            Operation::Membership(subject) => self.membership(&target, &subject).await,
            Operation::SetMembership(subject) => self.set_membership(&target, &subject).await,
            Operation::RemoveMembership(subject) => self.remove_membership(&target, &subject).await,
            Operation::Revoke => self.revoke(&target).await,
            Operation::Introspect => self.introspect(&target).await,
            Operation::Whoami => self.whoami(&target).await,
            Operation::Health => self.health(&target).await,
            Operation::Audit => self.audit(&target).await,
            Operation::SecretScanning => self.secret_scanning(&target).await,
        }
    }

    /// Which path was asked for, for logs.
    fn route(&self) -> Option<String> {
        let target = Target::parse(&self.target).ok()?;
        Some(Place::find(&target).ok()?.pattern().to_owned())
    }

    fn header(&self, name: &str) -> Result<Option<String>, Stop> {
        Ok(self.request.headers().get(name)?)
    }
}
