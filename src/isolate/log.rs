//! One JSON line per failure: token id, code, method and route. Never a token, a body or a query.

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
    /// Writes what a caller did.
    pub(crate) fn note(&self) {
        console_log(&self.to_json());
    }

    /// Writes what is ours to repair.
    pub(crate) fn alarm(&self) {
        console_error(&self.to_json());
    }

    fn to_json(&self) -> String {
        Object::new()
            .text("event", self.event)
            .text("code", self.code)
            .number_if_any("status", self.status)
            .text_if_any("method", self.method)
            .text_if_any("route", self.route.as_deref())
            .text_if_any("token", self.token.as_deref())
            .number_if_any("shard", self.shard)
            .text_if_any("detail", self.detail.as_deref())
            .end()
    }
}
