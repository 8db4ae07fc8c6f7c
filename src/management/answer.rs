//! An objection as an answer, in the form that the client can show.

use crate::management::Objection;
use crate::response::{Answer, Challenge, Client, Message};
use crate::token::Prefix;

impl Answer {
    /// The answer to a management request that the caller must mend. `prefix` names the realm.
    pub fn to_objection(objection: &Objection, client: Client, prefix: &Prefix) -> Self {
        let text = objection.text();
        let mut answer = Message {
            status: objection.status(),
            code: objection.code(),
            hub_message: &text,
            text: &text,
            challenge: match objection {
                Objection::AdminKeyRequired | Objection::SessionRequired | Objection::SessionExpired => {
                    Challenge::Bearer
                }
                Objection::NotFound
                | Objection::MethodNotAllowed { .. }
                | Objection::TokenIsNoAdmin
                | Objection::ParameterInvalid { .. }
                | Objection::ParameterUnknown { .. }
                | Objection::BodyMalformed { .. }
                | Objection::BodyTooLarge { .. }
                | Objection::MediaTypeUnsupported { .. }
                | Objection::SignatureInvalid
                | Objection::CsrfInvalid
                | Objection::CrossSite
                | Objection::SubjectMismatch
                | Objection::HandOff(_)
                | Objection::HandOffUsed
                | Objection::Ledger(_) => Challenge::None,
            },
            retry_after: None,
        }
        .answer(client, prefix);
        if let Objection::MethodNotAllowed { allowed } = objection {
            answer.headers.push(("Allow", (*allowed).to_owned()));
        }
        answer
    }
}
