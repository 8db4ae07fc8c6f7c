//! A fault: why a request is not forwarded although the caller did nothing wrong. Each is a 5xx and a line in the log.

/// Why a request is not forwarded, if the fault is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No valid revocation list is cached.
    RevocationsUnavailable,
    /// The subject's role in a namespace cannot be determined.
    MembershipsUnavailable,
    /// The origin does not respond.
    OriginUnreachable,
    /// The response of the origin has not begun within its time.
    OriginTimeout,
    /// The gate's configuration is missing or malformed.
    Misconfigured,
    /// The gate itself broke down over this request.
    Trapped,
    /// The ledger of a shard does not respond.
    LedgerUnavailable,
    /// GitHub's public keys are not available.
    ScannerKeysUnavailable,
}

/// What a request did that was answered with a fault.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// Perhaps all that it was to do.
    Unknown,
}

impl Fault {
    /// The fault's code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RevocationsUnavailable => "revocations_unavailable",
            Self::MembershipsUnavailable => "memberships_unavailable",
            Self::OriginUnreachable => "origin_unreachable",
            Self::OriginTimeout => "origin_timeout",
            Self::Misconfigured => "gate_misconfigured",
            Self::Trapped => "gate_trapped",
            Self::LedgerUnavailable => "ledger_unavailable",
            Self::ScannerKeysUnavailable => "github_keys_unavailable",
        }
    }

    /// The HTTP status (RFC 9110 section 15.6).
    pub const fn status(&self) -> u16 {
        match self {
            Self::OriginUnreachable => 502,
            Self::OriginTimeout => 504,
            Self::RevocationsUnavailable
            | Self::MembershipsUnavailable
            | Self::Misconfigured
            | Self::Trapped
            | Self::LedgerUnavailable
            | Self::ScannerKeysUnavailable => 503,
        }
    }

    /// What is known of what the request did.
    pub(super) const fn effect(&self) -> Effect {
        match self {
            // It may have reached the origin, and what came of it is not known.
            Self::OriginUnreachable | Self::OriginTimeout | Self::Trapped => Effect::Unknown,
            // The ledger does what has one Idempotency-Key once.
            Self::RevocationsUnavailable
            | Self::MembershipsUnavailable
            | Self::Misconfigured
            | Self::LedgerUnavailable
            | Self::ScannerKeysUnavailable => Effect::None,
        }
    }

    pub(super) const fn text(&self) -> &'static str {
        match self {
            Self::RevocationsUnavailable => {
                "The gate cannot look up right now which access tokens were revoked, so it accepts none. Try again in a \
                 moment."
            }
            Self::MembershipsUnavailable => {
                "The gate cannot look up your role in this organization right now, so it changes nothing there. Try \
                 again in a moment."
            }
            Self::OriginUnreachable => "The server behind this gate does not answer. Try again in a moment.",
            Self::OriginTimeout => {
                "The server behind this gate took too long to answer. It may still do what you asked; look before you \
                 try again."
            }
            Self::Misconfigured => {
                "This gate is not set up completely. Whoever runs it finds the reason in its log."
            }
            Self::Trapped => "This gate failed while handling this request. Try again in a moment.",
            Self::LedgerUnavailable => {
                "The list of your tokens cannot be read or changed right now. Try again in a moment, with the same \
                 Idempotency-Key."
            }
            Self::ScannerKeysUnavailable => {
                "The public keys of the sender cannot be fetched right now. Send the report again in a moment."
            }
        }
    }
}
