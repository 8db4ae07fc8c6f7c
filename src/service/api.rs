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
mod sessions;
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

/// Where a hub's form signs somebody in, and where the page signs them out.
const SIGN_IN: &str = "/-/sign-in";
const SIGN_OUT: &str = "/-/sign-out";

/// Whether a raw target is the API's, or one of the two beside it.
pub(super) fn holds(target: &str) -> bool {
    target.starts_with(ROOT) || [SIGN_IN, SIGN_OUT].contains(&path(target))
}

fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// A request to the management API.
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) context: Context,
    pub(super) method: String,
    pub(super) target: String,
    /// The gate's own scheme and host, as the client asked.
    pub(super) own_origin: String,
    pub(super) authorization: Option<String>,
    pub(super) management: Rc<Management>,
}

/// Answers a request: gives a response, or a promise of one.
pub(super) fn answer(call: Call) -> Outcome {
    promised::run(async move {
        match call.answer().await {
            Ok(response) => Ok(response),
            Err(stop) => stop.counted(&call).await?.respond(&call),
        }
    })
}

impl Call {
    async fn answer(&self) -> Result<JsValue, Stop> {
        #[cfg(feature = "trap")]
        super::trap::spring_later(&self.target).await;
        let target =
            Target::parse(&self.target).map_err(|error| Refusal::from(RouteError::Ambiguous(error)))?;
        match path(&self.target) {
            SIGN_IN => return self.sign_in(&target).await,
            SIGN_OUT => return self.sign_out(&target),
            _ => {}
        }
        let place = Place::find(&target)?;
        if place.allows(&self.method) {
            match place.right() {
                Right::Admin => self.authorise()?,
                Right::Owner(subject) => self.authorise_owner(subject)?,
                Right::Anyone => {}
            }
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
            Operation::Standing(id) => self.standing(&target, id).await,
            Operation::Session => self.session_facts(&target),
            Operation::Revoke => self.revoke(&target).await,
            Operation::Introspect => self.introspect(&target).await,
            Operation::Whoami => self.whoami(&target).await,
            Operation::Health => self.health(&target).await,
            Operation::Audit => self.audit(&target).await,
            Operation::SecretScanning => self.secret_scanning(&target).await,
        }
    }

    /// Whether what is asked for is no part of the API, but the target of a form.
    fn is_form_of_the_page(&self) -> bool {
        path(&self.target) == SIGN_IN
    }

    /// Which path was asked for, for logs.
    fn route(&self) -> Option<String> {
        if let path @ (SIGN_IN | SIGN_OUT) = path(&self.target) {
            return Some(path.to_owned());
        }
        let target = Target::parse(&self.target).ok()?;
        Some(Place::find(&target).ok()?.pattern().to_owned())
    }

    fn header(&self, name: &str) -> Result<Option<String>, Stop> {
        Ok(self.request.headers().get(name)?)
    }
}
