//! Why a call got no answer, and whether it can have been carried out nevertheless.

use std::io::ErrorKind;

use ureq::Timeout;

/// Whether the call can have been carried out although no answer came. Only what is known to happen before a request
/// is sent tells that it was not.
pub(crate) fn may_have_arrived(error: &ureq::Error) -> bool {
    if let ureq::Error::Io(error) = error {
        // A name that is not resolved has no error kind; this is how the standard library begins to tell of it.
        let unresolved = error.to_string().starts_with("failed to lookup address");
        let unconnected = matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
                // What TLS says of a certificate that it does not believe.
                | ErrorKind::InvalidData
        );
        return !unresolved && !unconnected;
    }
    !matches!(
        error,
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::InvalidProxyUrl
            | ureq::Error::Tls(_)
            | ureq::Error::TlsRequired
            | ureq::Error::Rustls(_)
            | ureq::Error::BadUri(_)
            | ureq::Error::Http(_)
    )
}

/// Why there is no answer, for people.
pub(crate) fn reason(error: &ureq::Error) -> String {
    if let ureq::Error::Io(error) = error {
        let text = error.to_string();
        // What rustls says of a first record that is none of TLS.
        if text.contains("InvalidContentType") {
            return "what answers there does not speak TLS: the URL may have to begin with http://"
                .to_owned();
        }
        text
    } else if matches!(error, ureq::Error::Timeout(_)) {
        "it took too long".to_owned()
    } else if matches!(error, ureq::Error::Protocol(_)) {
        "what came back is not HTTP".to_owned()
    } else if matches!(error, ureq::Error::HostNotFound) {
        "there is no such host".to_owned()
    } else {
        error.to_string()
    }
}
