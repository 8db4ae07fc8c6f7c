//! A subject's membership: show, set and remove it.

use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::body::JSON;
use super::rejection::Rejection;
use crate::ledger::{AwaitMembership, MAXIMUM_WAIT_SECONDS, ReadMembership, SetMembership};
use crate::management::{MAXIMUM_MEMBERSHIP_BYTES, Parameters, read_roles};
use crate::request::Target;
use crate::state::Roles;
use crate::token::Subject;

impl ApiCall {
    pub(super) async fn membership(
        &self,
        target: &Target<'_>,
        subject: &Subject,
    ) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let ledgers = &self.settings.ledgers;
        let read = ReadMembership {
            subject: subject.as_str().to_owned(),
        };
        json(200, &ledgers.ask(ledgers.shards.home(subject), read).await?, None)
    }

    pub(super) async fn set_membership(
        &self,
        target: &Target<'_>,
        subject: &Subject,
    ) -> Result<Response, Rejection> {
        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        self.expect_type(JSON)?;
        let roles = read_roles(&self.body(MAXIMUM_MEMBERSHIP_BYTES).await?)?;
        self.change_membership(subject, roles, wait).await
    }

    pub(super) async fn remove_membership(
        &self,
        target: &Target<'_>,
        subject: &Subject,
    ) -> Result<Response, Rejection> {
        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        self.change_membership(subject, Roles::default(), wait).await
    }

    async fn change_membership(
        &self,
        subject: &Subject,
        roles: Roles,
        wait: u32,
    ) -> Result<Response, Rejection> {
        let ledgers = &self.settings.ledgers;
        let home = ledgers.shards.home(subject);
        let set = SetMembership {
            subject: subject.as_str().to_owned(),
            roles,
        };
        let mut membership = ledgers.ask(home, set).await?;
        if wait > 0 && !membership.published {
            let awaited = AwaitMembership {
                subject: subject.as_str().to_owned(),
                version: membership.version,
                seconds: wait,
            };
            membership.published = ledgers.ask(home, awaited).await?.published;
        }
        json(if membership.published { 200 } else { 202 }, &membership, None)
    }
}
