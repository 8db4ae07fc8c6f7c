//! Each request to a ledger, and what carries it out.

use serde_json::Error as JsonError;

use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::ledger::{
    Addressed, AdmitAssertion, AwaitList, AwaitMembership, Awaited, CreateToken, IntrospectToken,
    LedgerRefusal, LedgerRequest, ListTokens, NoteUsage, ReadAudit, ReadMembership, RefreshToken,
    RevokePresented, RevokeTokens, SetMembership, SurveySubject, Wake,
};

impl Ledger {
    /// Carries a request out, which comes with its name as the path; gives its answer in JSON.
    pub(super) async fn answer(&self, path: &str, body: &str) -> Result<String, LedgerError> {
        match path.trim_start_matches('/') {
            Wake::NAME => {
                self.carry_out(body, async |Wake {}, shard| {
                    self.repair_list(shard).await?;
                    self.schedule().await
                })
                .await
            }
            CreateToken::NAME => {
                self.carry_out(body, async |create: CreateToken, _| {
                    self.changed(|| self.create(&create, now())).await
                })
                .await
            }
            RefreshToken::NAME => {
                self.carry_out(body, async |refresh: RefreshToken, _| {
                    self.changed(|| self.refresh(&refresh, now())).await
                })
                .await
            }
            ListTokens::NAME => {
                self.carry_out(body, async |list: ListTokens, _| {
                    #[cfg(feature = "trap")]
                    crate::service::trap::spring_for(&list.subject);
                    self.list(&list, now())
                })
                .await
            }
            SurveySubject::NAME => {
                self.carry_out(body, async |survey: SurveySubject, _| self.survey(&survey, now()))
                    .await
            }
            RevokeTokens::NAME => {
                self.carry_out(body, async |revoke: RevokeTokens, _| {
                    self.changed(|| self.revoke(&revoke, now())).await
                })
                .await
            }
            RevokePresented::NAME => {
                self.carry_out(body, async |revoke: RevokePresented, _| {
                    self.changed(|| self.revoke_presented(&revoke, now())).await
                })
                .await
            }
            IntrospectToken::NAME => {
                self.carry_out(body, async |introspect: IntrospectToken, _| {
                    self.introspect(&introspect.token)
                })
                .await
            }
            AwaitList::NAME => {
                self.carry_out(body, async |awaited: AwaitList, _| {
                    let published = self
                        .wait_until_published(awaited.seconds, || {
                            Ok(self.store.publication()?.has_published(awaited.version))
                        })
                        .await?;
                    Ok(Awaited { published })
                })
                .await
            }
            ReadAudit::NAME => {
                self.carry_out(body, async |read: ReadAudit, _| self.entries(&read))
                    .await
            }
            ReadMembership::NAME => {
                self.carry_out(body, async |read: ReadMembership, _| {
                    self.membership(&read.subject).await
                })
                .await
            }
            SetMembership::NAME => {
                self.carry_out(body, async |set: SetMembership, _| {
                    self.set_membership(&set, now()).await
                })
                .await
            }
            AwaitMembership::NAME => {
                self.carry_out(body, async |awaited: AwaitMembership, _| {
                    let published = self
                        .wait_until_published(awaited.seconds, || {
                            self.has_published_membership(&awaited.subject, awaited.version)
                        })
                        .await?;
                    Ok(Awaited { published })
                })
                .await
            }
            NoteUsage::NAME => {
                self.carry_out(body, async |note: NoteUsage, _| {
                    self.changed(|| self.note(&note.uses, now())).await
                })
                .await
            }
            AdmitAssertion::NAME => {
                self.carry_out(body, async |admit: AdmitAssertion, _| {
                    self.changed(|| self.admit(&admit)).await
                })
                .await
            }
            _ => Err(LedgerError::Unknown),
        }
    }

    /// Reads a request, has it carried out, and writes what it is answered.
    async fn carry_out<R: LedgerRequest>(
        &self,
        body: &str,
        work: impl AsyncFnOnce(R, u16) -> Result<R::Response, LedgerError>,
    ) -> Result<String, LedgerError> {
        let malformed = |error: JsonError| LedgerError::Malformed {
            column: error.column(),
        };
        let Addressed { shard, request } = serde_json::from_str::<Addressed<R>>(body).map_err(malformed)?;
        self.begin(shard).await?;
        let outcome: Result<R::Response, LedgerRefusal> = match work(request, shard).await {
            Ok(response) => Ok(response),
            Err(LedgerError::Refused(refusal)) => Err(refusal),
            Err(error) => return Err(error),
        };
        serde_json::to_string(&outcome).map_err(malformed)
    }
}
