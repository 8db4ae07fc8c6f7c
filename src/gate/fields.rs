//! The client's fields that are forwarded, for the JavaScript bridge, and the log's lines about those that are dropped.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;

use super::js_bridge::learn_fields;
use crate::forwarding::{DroppedFields, DroppedReport, ForwardedFields};
use crate::identity::SessionCookie;
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::policy::Mode;
use crate::request::FieldClass;

/// Passes an isolate's list to the bridge, once per instance of the module.
pub(super) fn hand_over(fields: ForwardedFields, mode: Mode) {
    let fields = Rc::new(fields);
    let dropped = RefCell::new(DroppedFields::new(mode));
    let classify = Closure::<dyn Fn(String) -> u32>::new({
        let fields = Rc::clone(&fields);
        move |name: String| {
            let class = fields.class(&name);
            if class == FieldClass::Unlisted
                && let Some(report) = dropped.borrow_mut().note(&name, now())
            {
                log(&report);
            }
            class.bit()
        }
    });
    let edit =
        Closure::<dyn Fn(String, String) -> Option<String>>::new(move |name: String, value: String| {
            fields.edit(&name, &value).map(String::from)
        });
    learn_fields(
        &classify.into_js_value(),
        &edit.into_js_value(),
        FieldClass::Body.bit(),
        ForwardedFields::EDITED,
        SessionCookie::Loopback.name(),
    );
}

fn log(report: &DroppedReport) {
    let detail = match report {
        DroppedReport::Name(name) => name.clone(),
        DroppedReport::Number(number) => format!("{number} since the last such line"),
    };
    Line {
        event: "headers_dropped",
        code: "header_unlisted",
        detail: Some(detail),
        ..Line::default()
    }
    .log_info();
}
