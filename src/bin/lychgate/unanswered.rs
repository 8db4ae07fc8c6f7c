//! Why a call received no response, and whether it may have been carried out.

use std::io::ErrorKind;

use ureq::Timeout;

/// Whether the call may have been carried out although no response arrived. It was not if the error occurs only before a
/// request is sent.
pub(crate) fn may_have_arrived(error: &ureq::Error) -> bool {
    if let ureq::Error::Io(error) = error {
        // An unresolved name has no error kind of its own; the standard library's message begins like this.
        let unresolved = error.to_string().starts_with("failed to lookup address");
        let unconnected = matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
                // The error of TLS for an untrusted certificate.
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

/// Why there is no response, for people.
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
        "the response is not HTTP".to_owned()
    } else if matches!(error, ureq::Error::HostNotFound) {
        "the host does not exist".to_owned()
    } else {
        error.to_string()
    }
}
