//! An answer of the core as a response of the platform.

use std::cell::RefCell;

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use super::js_bridge::{self, ClientFields, Texts};
use crate::isolate::request_url::RequestUrl;
use crate::response::{Answer, Client, Fault, Reader, Refusal, Repetition};
use crate::token::Prefix;

/// Room for the texts of nearly every answer.
const ANSWER_BYTES: usize = 1024;

/// How many answers are kept. A deployment gives few different ones: refusals repeat themselves by kind and client.
const MAXIMUM_PREPARED: usize = 32;

thread_local! {
    /// The answers that the bridge has.
    static PREPARED: RefCell<Prepared> = const {
        RefCell::new(Prepared { answers: Vec::new(), next: 0 })
    };
}

/// Answers that the bridge has as the platform needs them, each under its number here: it takes time to pass their texts.
struct Prepared {
    answers: Vec<Answer>,
    /// The number of the next one.
    next: usize,
}

/// What answers say of the deployment.
#[derive(Clone, Default)]
pub(super) struct Deployment {
    /// What its tokens begin with.
    pub(super) prefix: Prefix,
    /// The path of the page, if it has one.
    pub(super) page: Option<String>,
}

/// What was asked, as far as the form of its answer depends on it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) method: &'a str,
    /// The raw target.
    pub(super) target: &'a str,
}

impl<'a> Asked<'a> {
    /// What a request with this URL asks.
    pub(super) fn of(request: &'a Request, method: &'a str, url: &'a RequestUrl) -> Self {
        let (_, target) = url.split();
        Self {
            request,
            method,
            target,
        }
    }
}

/// Tells the caller why not, in the form that its client shows.
pub(super) fn refusal(
    refusal: &Refusal,
    asked: Asked<'_>,
    deployment: &Deployment,
) -> Result<Response, JsValue> {
    with_reader(asked, deployment, |reader| Answer::to_refusal(refusal, reader))
}

/// Tells the caller that the failure is ours.
pub(super) fn fault(fault: &Fault, asked: Asked<'_>, deployment: &Deployment) -> Result<Response, JsValue> {
    with_reader(asked, deployment, |reader| Answer::to_fault(fault, reader))
}

/// Sends the browser elsewhere, this time.
pub(super) fn redirect(location: String) -> Result<Response, JsValue> {
    response(Answer {
        status: 302,
        reason: None,
        headers: vec![("Location", location), ("Cache-Control", "no-store".to_owned())],
        body: String::new(),
    })
}

/// Who asks, by what it says of itself, whatever it asks for.
pub(super) fn client(request: &Request) -> Result<Client, JsValue> {
    let fields = ClientFields::take(request)?;
    Ok(Client::recognise(&fields.signs("")))
}

fn with_reader(
    asked: Asked<'_>,
    deployment: &Deployment,
    answer: impl FnOnce(&Reader<'_>) -> Answer,
) -> Result<Response, JsValue> {
    let fields = ClientFields::take(asked.request)?;
    let signs = fields.signs(asked.target);
    let reader = Reader {
        client: Client::recognise(&signs),
        initiator: signs.initiator(),
        repetition: Repetition::of(asked.method),
        prefix: &deployment.prefix,
        token_page: deployment.page.as_deref(),
    };
    response(answer(&reader))
}

/// The response for an answer of the core.
pub(super) fn response(answer: Answer) -> Result<Response, JsValue> {
    PREPARED.with_borrow_mut(|prepared| {
        let at = match prepared.answers.iter().position(|known| *known == answer) {
            Some(at) => at,
            None => prepared.add(answer)?,
        };
        js_bridge::respond(at)
    })
}

impl Prepared {
    /// Passes an answer to the bridge, in place of the oldest one if there are many; returns its number.
    fn add(&mut self, answer: Answer) -> Result<usize, JsValue> {
        let mut texts = Texts::with_capacity(ANSWER_BYTES);
        texts.push(&[answer.reason.as_deref().unwrap_or_default()]);
        texts.push(&[&answer.body]);
        for (name, value) in &answer.headers {
            texts.push_field(name, value);
        }
        let at = self.next;
        js_bridge::prepare(at, answer.status, &texts)?;
        match self.answers.get_mut(at) {
            Some(oldest) => *oldest = answer,
            None => self.answers.push(answer),
        }
        self.next = (at + 1) % MAXIMUM_PREPARED;
        Ok(at)
    }
}
