//! The `Authorization` header, with a target: `<target><LF><header>`.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lychgate::policy::{Body, Request, State, Verdict, decide};
use lychgate::request::{Content, Credentials, CredentialsError, MAXIMUM_HEADER_BYTES, Sender, Target};
use lychgate::routes::Access;
use lychgate::token::{Unverified, mint_with};

use crate::table_check;

static STATE: LazyLock<State> = LazyLock::new(table_check::state);

pub fn check(data: &[u8]) -> String {
    let Ok(text) = str::from_utf8(data) else {
        return "not text".to_owned();
    };
    let (raw, header) = text.split_once('\n').unwrap_or(("/acme/widget", text));
    let Ok(target) = Target::parse(raw) else {
        return "target".to_owned();
    };
    let found = Credentials::read(Some(header), None, &target);
    let in_target = target
        .parameters()
        .any(|parameter| parameter.name().eq_ignore_ascii_case("access_token"));
    assert_eq!(in_target, matches!(found, Err(CredentialsError::InTarget)));
    let token = match &found {
        Ok(Credentials::None) => {
            assert_eq!(by_hand(header), "", "{header}");
            None
        }
        Ok(Credentials::Bearer(token)) => {
            let bare = header.trim_matches(' ');
            assert!(bare[..6].eq_ignore_ascii_case("bearer") && bare.ends_with(token));
            assert!(!token.is_empty() && !token.contains([' ', '\t', ',']));
            Some((*token).to_owned())
        }
        Ok(Credentials::Basic(token)) => {
            assert_eq!(by_hand(header), **token, "{header}");
            Some(token.to_string())
        }
        Err(_) => None,
    };
    if token.is_some() {
        assert!(header.len() <= MAXIMUM_HEADER_BYTES);
    }
    if let Some(token) = token
        .as_deref()
        .filter(|token| !token.contains(':') && !token.is_empty())
    {
        assert_found_again(token, &target);
    }
    let verdict = verdict(raw, header, token.as_deref());
    format!("{:?} {token:?} {verdict}", found.map(|_| ()))
}

/// A second parser of Basic: the text behind the first colon or, if that is empty, before it.
fn by_hand(header: &str) -> String {
    let encoded = header.split(' ').rfind(|word| !word.is_empty()).unwrap();
    let decoded = String::from_utf8_lossy(&STANDARD.decode(encoded).unwrap()).into_owned();
    let (user, password) = decoded.split_once(':').unwrap();
    match password {
        "" | "x-oauth-basic" => user.to_owned(),
        password => password.to_owned(),
    }
}

/// Finds the same token however it is presented.
fn assert_found_again(token: &str, target: &Target<'_>) {
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    for header in [
        basic(format!("alice:{token}")),
        basic(format!("{token}:")),
        basic(format!("{token}:x-oauth-basic")),
    ] {
        if header.len() > MAXIMUM_HEADER_BYTES || token == "x-oauth-basic" {
            continue;
        }
        let again = Credentials::read(Some(&header), None, target).unwrap();
        assert_eq!(again.token(), Some(token), "{header}");
    }
}

/// Only the one genuine token admits a request to anything that is not public.
fn verdict(raw: &str, header: &str, token: Option<&str>) -> String {
    let request = Request {
        method: "GET",
        target: raw,
        authorization: Some(header),
        api_key: None,
        content: Content::None,
        sender: Sender::default(),
        body: Body::Unread,
    };
    let decision = decide(&request, &STATE, table_check::NOW);
    match &decision.verdict {
        Verdict::Forward(pass) => {
            let is_public = pass.access() == Access::Public;
            assert_eq!(pass.identity().is_none(), is_public);
            assert!(is_public || token.is_some_and(is_genuine), "{header}");
            format!("forward {}", pass.access().name())
        }
        Verdict::Refuse(refusal) => refusal.code().to_owned(),
        Verdict::Fail(fault) => fault.code().to_owned(),
        Verdict::Wait(need) => format!("{need:?}"),
        Verdict::AnswerPreflight => "preflight".to_owned(),
    }
}

/// Whether minting the token's own claims gives the same text.
fn is_genuine(text: &str) -> bool {
    let verified = Unverified::parse(text, STATE.tokens.prefix())
        .unwrap()
        .verify(STATE.tokens.keys(), table_check::NOW);
    let verified = verified.unwrap();
    let again = mint_with(
        verified.claims(),
        STATE.tokens.prefix(),
        STATE.tokens.keys(),
        verified.key_id(),
    );
    again.is_ok_and(|again| *again == text) && verified.claims().id.serial != 9
}
