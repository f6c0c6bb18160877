//! Error codes: what happened, and what to do.

use papo_core::error::Code;

use super::words;
use crate::text::Message;

/// The sentence of a code.
pub(super) fn sentence(code: Code) -> Message {
    let key = match code {
        Code::NoRoute => "peer-code-no-route",
        Code::AckTimeout => "peer-code-ack-timeout",
        Code::TtlExpired => "peer-code-ttl-expired",
        Code::WhoHasTimeout => "peer-code-who-has-timeout",
        Code::OverQuota => "peer-code-over-quota",
        Code::Busy => "peer-code-busy",
        Code::PeerUnreachable => "peer-code-peer-unreachable",
        Code::MessageTooLarge => "peer-code-message-too-large",
        Code::LineTooLong => "peer-code-line-too-long",
        Code::Unauthorized => "peer-code-unauthorized",
        Code::BadFormat => "peer-code-bad-format",
        Code::P2pUnknownCommand => "peer-code-unknown-command",
        Code::RelayNotSupported => "peer-code-relay-not-supported",
        Code::InternalError => "peer-code-internal-error",
        // What only a rendezvous or a hub says.
        Code::BadName
        | Code::BadNamespace
        | Code::BadPort
        | Code::BadTtl
        | Code::PeerNotRegistered
        | Code::NamespaceRequired
        | Code::PeerCredentialsDoNotMatch
        | Code::NotJoined
        | Code::Storage
        | Code::TokenExpired
        | Code::NotSupported
        | Code::NotFound => return unknown(code.as_str()),
    };
    Message::new(key)
}

/// A code that papo has no sentence for.
pub(super) fn unknown(code: &str) -> Message {
    Message::new("peer-code-other").with("code", words(code))
}
