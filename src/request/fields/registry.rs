//! The known field names, in lower case and sorted: request fields that are forwarded, and names that never are.

use super::class::FieldClass;

/// Request fields that are forwarded. These fields of the registry are left out: those that frame a message or belong to one
/// connection; those of WebDAV and CalDAV (`Destination`, `Overwrite`, `Depth` and so on), whose methods the gate does not
/// know; `SOAPAction`, which says what a request does; and those that are [reserved](RESERVED).
const LISTED: &[&str] = &[
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-features",
    "accept-signature",
    "alt-used",
    "alternates",
    "available-dictionary",
    "b3",
    "baggage",
    "c-man",
    "c-opt",
    "capsule-protocol",
    "cdn-loop",
    "connect-protocol-version",
    "connect-timeout-ms",
    "correlation-id",
    "date",
    "device-memory",
    "dictionary-id",
    "dnt",
    "downlink",
    "dpr",
    "early-data",
    "ect",
    "ediint-features",
    "from",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-schedule-tag-match",
    "if-unmodified-since",
    "incremental",
    "isolation",
    "last-event-id",
    "last-modified",
    "link",
    "mime-version",
    "negotiate",
    "odata-entityid",
    "odata-isolation",
    "odata-maxversion",
    "odata-version",
    "oslc-core-version",
    "pep",
    "ping-from",
    "ping-to",
    "prefer",
    "priority",
    "purpose",
    "range",
    "repeatability-client-id",
    "repeatability-first-sent",
    "repeatability-request-id",
    "rtt",
    "save-data",
    "sec-ch-device-memory",
    "sec-ch-dpr",
    "sec-ch-prefers-color-scheme",
    "sec-ch-prefers-reduced-motion",
    "sec-ch-ua",
    "sec-ch-ua-arch",
    "sec-ch-ua-bitness",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-model",
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-ch-ua-wow64",
    "sec-ch-viewport-width",
    "sec-ch-width",
    "sec-gpc",
    "sec-purpose",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "service-worker",
    "service-worker-navigation-preload",
    "signature",
    "signature-input",
    "slug",
    "traceparent",
    "tracestate",
    "upgrade-insecure-requests",
    "urgency",
    "viewport-width",
    "want-content-digest",
    "want-digest",
    "want-repr-digest",
    "width",
    "x-amzn-trace-id",
    "x-client-request-id",
    "x-correlation-id",
    "x-csrf-token",
    "x-csrftoken",
    "x-request-id",
    "x-requested-with",
    "x-xsrf-token",
];

/// Fields that are also forwarded with a preflight.
const PREFLIGHT: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-local-network",
    "access-control-request-method",
    "access-control-request-private-network",
    "access-control-request-target-ip-address",
    "origin",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-storage-access",
    "sec-fetch-user",
    "user-agent",
];

/// Fields that describe a body.
const BODY: &[&str] = &[
    "content-base",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-id",
    "content-language",
    "content-location",
    "content-md5",
    "content-range",
    "content-script-type",
    "content-style-type",
    "content-type",
    "digest",
    "repr-digest",
];

/// A client's own credentials, and the proof for them.
const CREDENTIALS: &[&str] = &["authorization", "dpop"];

const CACHING: &[&str] = &["cache-control", "pragma"];

const EDITED: &[&str] = &["cookie"];

const UPGRADE: &[&str] = &["upgrade"];

/// Names that no table and no deployment can add. Sorted.
const RESERVED: &[&str] = &[
    "alt-svc",
    "authorization",
    "base-url",
    "client-cert",
    "client-cert-chain",
    "client-ip",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "fastly-client-ip",
    "forwarded",
    "front-end-https",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "method",
    "request-uri",
    "sec-token-binding",
    "set-cookie",
    "soapaction",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "url",
    "via",
    "x-api-key",
    "x-authorization",
    "x-base-url",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-forwardedfor",
    "x-host",
    "x-lychgate",
    "x-matched-path",
    "x-method",
    "x-now-route-matches",
    "x-path",
    "x-path-info",
    "x-proto",
    "x-real-ip",
    "x-request-method",
    "x-request-path",
    "x-request-uri",
    "x-request-url",
    "x-scheme",
    "x-sendfile",
    "x-uri",
    "x-url",
    "x-url-scheme",
];

/// Prefixes of reserved names. Gateways and sign-in proxies use such names to tell an origin the user and the route of a request;
/// others ask for a method, host or path other than those that the gate decided about.
const RESERVED_PREFIXES: &[&str] = &[
    "http-",
    "impersonate-",
    "proxy-",
    "remote-",
    "script-",
    "ssl-",
    "x-accel-",
    "x-amzn-oidc-",
    "x-appengine-",
    "x-arr-",
    "x-auth-request-",
    "x-authenticated-",
    "x-authentik-",
    "x-client-cert",
    "x-envoy-",
    "x-forwarded-",
    "x-goog-authenticated-",
    "x-goog-iap-",
    "x-http-",
    "x-impersonate-",
    "x-internal-",
    "x-invoke-",
    "x-lychgate-",
    "x-method-",
    "x-middleware-",
    "x-ms-client-principal",
    "x-original-",
    "x-override-",
    "x-pomerium-",
    "x-proxy",
    "x-real-",
    "x-remote-",
    "x-rewrite-",
    "x-script-",
    "x-ssl-",
    "x-sso-",
    "x-vhm-",
    "x-waws-",
    "x-webauth-",
];

/// Suffixes of reserved names: every proxy and origin has its own variant of `X-Remote-User` and `X-HF-Authorization`.
const RESERVED_SUFFIXES: &[&str] = &[
    "-authorization",
    "-method-override",
    "-path-override",
    "-user",
    "-username",
];

/// Names that are not forwarded, and that clients and platforms usually send.
const WITHHELD: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "via",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// The prefix of the fields that Cloudflare adds to each request.
const PLATFORM_PREFIX: &str = "cf-";

/// The class of a name that is forwarded in every deployment.
pub(crate) fn class(name: &str) -> Option<FieldClass> {
    let lists: [(&[&str], FieldClass); 7] = [
        (LISTED, FieldClass::Listed),
        (PREFLIGHT, FieldClass::Preflight),
        (BODY, FieldClass::Body),
        (CREDENTIALS, FieldClass::Credentials),
        (CACHING, FieldClass::Caching),
        (EDITED, FieldClass::Edited),
        (UPGRADE, FieldClass::Upgrade),
    ];
    lists
        .into_iter()
        .find_map(|(names, class)| names.binary_search(&name).is_ok().then_some(class))
}

/// Whether no table and no deployment can add the name.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
        || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Whether some reserved name has this prefix. Names with reserved suffixes are left to [`is_reserved`].
pub(crate) fn reserves_some_of(beginning: &str) -> bool {
    is_reserved(beginning)
        || RESERVED.iter().any(|name| name.starts_with(beginning))
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| prefix.starts_with(beginning))
}

/// Whether a name that is not forwarded need not be reported.
pub(crate) fn is_withheld(name: &str) -> bool {
    WITHHELD.binary_search(&name).is_ok() || name.starts_with(PLATFORM_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::{
        BODY, CACHING, CREDENTIALS, EDITED, LISTED, PREFLIGHT, RESERVED, RESERVED_PREFIXES, WITHHELD,
        is_reserved,
    };

    #[test]
    fn every_list_is_in_order_and_without_repetition() {
        let lists: [&[&str]; 9] = [
            LISTED,
            PREFLIGHT,
            BODY,
            CREDENTIALS,
            CACHING,
            EDITED,
            RESERVED,
            RESERVED_PREFIXES,
            WITHHELD,
        ];
        for list in lists {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1], "{pair:?}");
            }
        }
    }

    #[test]
    fn nothing_that_goes_on_as_it_came_is_reserved() {
        for name in [LISTED, PREFLIGHT, BODY, CACHING].concat() {
            assert!(!is_reserved(name) || name == "sec-fetch-user", "{name}");
        }
    }
}
