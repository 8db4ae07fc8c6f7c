//! The log: one JSON line per failure, with token id, code, method and route. Never a token, a body or a query.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::json::Object;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = log)]
    fn console_log(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(line: &str);
}

/// One line of the log.
#[derive(Default)]
pub(crate) struct Line<'a> {
    pub(crate) event: &'static str,
    pub(crate) code: &'a str,
    pub(crate) status: Option<u16>,
    pub(crate) method: Option<&'a str>,
    pub(crate) route: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) shard: Option<u16>,
    pub(crate) detail: Option<String>,
}

impl Line<'_> {
    /// Writes a failure that the caller caused.
    pub(crate) fn log_info(&self) {
        console_log(&self.to_json());
    }

    /// Writes a failure that the operator must repair.
    pub(crate) fn log_error(&self) {
        console_error(&self.to_json());
    }

    fn to_json(&self) -> String {
        let mut line = Object::new().text("event", self.event).text("code", self.code);
        if let Some(status) = self.status {
            line = line.number("status", status);
        }
        for (name, text) in [
            ("method", self.method),
            ("route", self.route.as_deref()),
            ("token", self.token.as_deref()),
            ("detail", self.detail.as_deref()),
        ] {
            if let Some(text) = text {
                line = line.text(name, text);
            }
        }
        if let Some(shard) = self.shard {
            line = line.number("shard", shard);
        }
        line.end()
    }
}
