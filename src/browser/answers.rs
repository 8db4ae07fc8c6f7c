//! What each sort of client is shown.

use serde_json::{Value, json};

use crate::{Answer, Client, Prefix, Refusal};

const CLIENTS: [(&str, Client); 5] = [
    ("git", Client::Git),
    ("git-lfs", Client::GitLfs),
    ("hub", Client::Hub),
    ("curl", Client::Other),
    ("browser", Client::Browser),
];

/// The five answers to a refused request: `[{client, status, headers: [[name, value]], body}]`.
pub(super) fn to_refusal(refusal: &Refusal) -> Vec<Value> {
    CLIENTS
        .into_iter()
        .map(|(name, client)| {
            let answer = Answer::to_refusal(refusal, client, &Prefix::default());
            json!({
                "client": name,
                "status": answer.status,
                "headers": answer.headers,
                "body": answer.body,
            })
        })
        .collect()
}
