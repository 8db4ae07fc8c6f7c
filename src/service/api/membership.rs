//! A subject's membership, shown, set and taken away.

use wasm_bindgen::JsValue;

use super::Call;
use super::answer::{Stop, json};
use super::body::JSON;
use crate::ledger::{MAXIMUM_WAIT_SECONDS, Membership, Order, Reply};
use crate::management::{MAXIMUM_MEMBERSHIP_BYTES, Parameters, read_roles};
use crate::{Roles, Subject, Target};

impl Call {
    pub(super) async fn membership(&self, target: &Target<'_>, subject: &Subject) -> Result<JsValue, Stop> {
        Parameters::read(target, &[])?;
        let order = Order::Membership {
            subject: subject.as_str().to_owned(),
        };
        json(200, &self.ask_for_membership(subject, order).await?, None)
    }

    pub(super) async fn set_membership(
        &self,
        target: &Target<'_>,
        subject: &Subject,
    ) -> Result<JsValue, Stop> {
        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        self.expect_type(JSON)?;
        let roles = read_roles(&self.body(MAXIMUM_MEMBERSHIP_BYTES).await?)?;
        self.change_membership(subject, roles, wait).await
    }

    pub(super) async fn remove_membership(
        &self,
        target: &Target<'_>,
        subject: &Subject,
    ) -> Result<JsValue, Stop> {
        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        self.change_membership(subject, Roles::default(), wait).await
    }

    async fn change_membership(&self, subject: &Subject, roles: Roles, wait: u32) -> Result<JsValue, Stop> {
        let order = Order::SetMembership {
            subject: subject.as_str().to_owned(),
            roles,
        };
        let mut membership = self.ask_for_membership(subject, order).await?;
        if wait > 0 && !membership.published {
            let order = Order::AwaitMembership {
                subject: subject.as_str().to_owned(),
                version: membership.version,
                seconds: wait,
            };
            let ledgers = &self.management.ledgers;
            let reply = ledgers.ask(ledgers.shards.home(subject), order).await?;
            let Reply::Awaited { published } = reply else {
                return Err(Stop::mistaken(&reply));
            };
            membership.published = published;
        }
        json(if membership.published { 200 } else { 202 }, &membership, None)
    }

    async fn ask_for_membership(&self, subject: &Subject, order: Order) -> Result<Membership, Stop> {
        let ledgers = &self.management.ledgers;
        let reply = ledgers.ask(ledgers.shards.home(subject), order).await?;
        let Reply::Membership(membership) = reply else {
            return Err(Stop::mistaken(&reply));
        };
        Ok(membership)
    }
}
