//! Each request to a ledger, and what carries it out.

use std::cell::RefCell;
use std::time::Duration;

use serde::Deserialize;

use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::json::from_slice;
use crate::ledger::{
    Admission, AdmitAssertion, AwaitList, AwaitMembership, Awaited, BlockSubject, CreateToken, ExportRecords,
    ImportRecords, InspectLedger, IntrospectToken, Issued, LedgerAddress, LedgerRefusal, LedgerRequest,
    ListTokens, NoteUsage, ReadAudit, ReadMembership, RefreshToken, Refreshed, RevokePresented, RevokeTokens,
    SealMembership, SetMembership, SubjectBlock, SubjectLimit, SurveySubject, Wake,
};
use crate::service::time::{now_milliseconds, sleep};

/// How much usage one turn notes: some ten milliseconds of work. An isolate reports all of its last second at once.
const USAGE_A_TURN: usize = 500;

/// How long the ledger serves other requests between two turns.
const PAUSE: Duration = Duration::from_millis(1);

thread_local! {
    /// How often subjects had this isolate's ledgers write. It is gone with the isolate.
    static WRITE_LIMIT: RefCell<SubjectLimit> = const { RefCell::new(SubjectLimit::of_writes()) };
}

impl Ledger {
    /// Carries a request out, which comes with its address as the path; gives its answer in JSON.
    /// A membership record is given as it is sealed.
    pub(super) async fn answer(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let LedgerAddress { shard, name } = LedgerAddress::parse(path).ok_or(LedgerError::Unknown)?;
        self.begin(shard).await?;
        if name == SealMembership::NAME {
            let seal: SealMembership = read(body)?;
            return self.sealed_membership(&seal.subject).await;
        }
        Ok(self.answer_in_json(shard, name, body).await?.into_bytes())
    }

    async fn answer_in_json(&self, shard: u16, name: &str, body: &[u8]) -> Result<String, LedgerError> {
        match name {
            Wake::NAME => self.carry_out(body, async |Wake {}| self.wake(shard).await).await,
            CreateToken::NAME => {
                self.carry_out(body, async |create| self.create_token(&create).await)
                    .await
            }
            RefreshToken::NAME => {
                self.carry_out(body, async |refresh| self.refresh_token(&refresh).await)
                    .await
            }
            ListTokens::NAME => {
                self.carry_out(body, async |list: ListTokens| {
                    #[cfg(feature = "trap")]
                    crate::service::trap::spring_for(&list.subject);
                    self.list(&list, now())
                })
                .await
            }
            SurveySubject::NAME => {
                self.carry_out(body, async |survey| self.survey(&survey, now()))
                    .await
            }
            RevokeTokens::NAME => {
                let revoke = async |revoke| self.revoked_now(|| self.revoke(&revoke, now())).await;
                self.carry_out(body, revoke).await
            }
            RevokePresented::NAME => {
                let revoke = async |revoke| self.revoked_now(|| self.revoke_presented(&revoke, now())).await;
                self.carry_out(body, revoke).await
            }
            IntrospectToken::NAME => {
                let introspect = async |introspect: IntrospectToken| self.introspect(&introspect.token);
                self.carry_out(body, introspect).await
            }
            AwaitList::NAME => {
                self.carry_out(body, async |list| self.await_list(&list).await)
                    .await
            }
            ReadAudit::NAME => self.carry_out(body, async |read| self.entries(&read)).await,
            ReadMembership::NAME => {
                let read = async |read: ReadMembership| self.membership(&read.subject).await;
                self.carry_out(body, read).await
            }
            SetMembership::NAME => {
                self.carry_out(body, async |set| self.set_membership(&set, now()).await)
                    .await
            }
            AwaitMembership::NAME => {
                self.carry_out(body, async |awaited| self.await_membership(&awaited).await)
                    .await
            }
            NoteUsage::NAME => {
                self.carry_out(body, async |note| self.note_usage(&note).await)
                    .await
            }
            AdmitAssertion::NAME => {
                self.carry_out(body, async |admit| self.admit_assertion(&admit).await)
                    .await
            }
            BlockSubject::NAME => {
                self.carry_out(body, async |block| self.block_subject(&block).await)
                    .await
            }
            InspectLedger::NAME => {
                self.carry_out(body, async |InspectLedger {}| self.condition())
                    .await
            }
            ExportRecords::NAME => self.carry_out(body, async |export| self.export(&export)).await,
            ImportRecords::NAME => {
                self.carry_out(body, async |import| self.import(&import, now()).await)
                    .await
            }
            _ => Err(LedgerError::Unknown),
        }
    }

    async fn wake(&self, shard: u16) -> Result<(), LedgerError> {
        self.repair_list(shard).await?;
        self.schedule().await
    }

    async fn create_token(&self, create: &CreateToken) -> Result<Issued, LedgerError> {
        self.count_write(&create.subject)?;
        self.with_serials(|| self.create(create, now())).await
    }

    async fn refresh_token(&self, refresh: &RefreshToken) -> Result<Refreshed, LedgerError> {
        self.count_write(&refresh.subject)?;
        self.with_serials(|| self.refresh(refresh, now())).await
    }

    async fn admit_assertion(&self, admit: &AdmitAssertion) -> Result<Admission, LedgerError> {
        self.count_write(&admit.subject)?;
        self.changed(|| self.admit(admit, now())).await
    }

    /// Shows whether a subject is blocked, after it was blocked or unblocked if that is asked.
    async fn block_subject(&self, block: &BlockSubject) -> Result<SubjectBlock, LedgerError> {
        match block.blocked {
            None => self.subject_block(&block.subject),
            Some(blocked) => {
                self.revoked_now(|| self.block(&block.subject, blocked, now()))
                    .await
            }
        }
    }

    async fn await_list(&self, list: &AwaitList) -> Result<Awaited, LedgerError> {
        let is_published = || Ok(self.store.publication()?.has_published(list.version));
        let published = self.wait_until_published(list.seconds, &is_published).await?;
        Ok(Awaited { published })
    }

    async fn await_membership(&self, membership: &AwaitMembership) -> Result<Awaited, LedgerError> {
        let is_published = || self.has_published_membership(&membership.subject, membership.version);
        let published = self
            .wait_until_published(membership.seconds, &is_published)
            .await?;
        Ok(Awaited { published })
    }

    /// Notes usage a turn at a time; gives when the ledger came to life, in Unix milliseconds.
    async fn note_usage(&self, note: &NoteUsage) -> Result<u64, LedgerError> {
        for usage in note.usage.chunks(USAGE_A_TURN) {
            self.revoked_now(|| self.note(usage, now())).await?;
            sleep(PAUSE).await;
        }
        Ok(self.known("SELECT began_at FROM continuity")?.unwrap_or_default())
    }

    /// Counts a write of a subject, sign-ins among them. What may revoke is not counted: no more tokens can be revoked than were
    /// created. Nor are memberships, which only the admin sets.
    fn count_write(&self, subject: &str) -> Result<(), LedgerError> {
        let shard = self.shard()?;
        WRITE_LIMIT
            .with_borrow_mut(|limit| limit.take(shard, subject, now_milliseconds()))
            .map_err(|retry_after| LedgerRefusal::TooManyWrites { retry_after }.into())
    }

    /// Reads a request, has it carried out, and writes what it is answered.
    async fn carry_out<R: LedgerRequest>(
        &self,
        body: &[u8],
        work: impl AsyncFnOnce(R) -> Result<R::Response, LedgerError>,
    ) -> Result<String, LedgerError> {
        let request = read(body)?;
        serde_json::to_string(&work(request).await?)
            .map_err(|_| LedgerError::Platform("the answer is no JSON".to_owned()))
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, LedgerError> {
    from_slice(body).map_err(|error| LedgerError::Malformed { column: error.column })
}
