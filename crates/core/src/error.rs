//! The one table of error codes that papo puts on the wire.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A code as it stands on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The shape of what came is wrong.
    BadFormat = "bad_format",
    /// The sender may not do that.
    Unauthorized = "unauthorized",
    /// The body is longer than [`crate::limits::RELAY_BODY_BYTES`].
    MessageTooLarge = "message_too_large",
    /// The receiver has no room for it now.
    Busy = "busy",
    /// The sender used up what it may use.
    OverQuota = "over_quota",
    /// The line is longer than it may be.
    LineTooLong = "line_too_long",
    /// The message went as far as it may, and the destination was not there.
    TtlExpired = "ttl_expired",
    /// No way to the destination is known.
    NoRoute = "no_route",
    /// A message of a type that the receiver does not know.
    P2pUnknownCommand = "p2p_unknown_command",
    /// The next hop is gone.
    PeerUnreachable = "peer_unreachable",
    /// A bug.
    InternalError = "internal_error",
    /// The destination did not confirm in time.
    AckTimeout = "ack_timeout",
    /// The receiver does not relay.
    RelayNotSupported = "relay_not_supported",
    /// Nobody found the destination in time.
    WhoHasTimeout = "who_has_timeout",
    /// A message for a room that the session is not in.
    NotJoined = "not_joined",
    /// The hub cannot keep what was said, so it was not said.
    Storage = "storage",
    /// The token was good once.
    TokenExpired = "token_expired",
    /// The hub cannot do that.
    NotSupported = "not_supported",
    /// There is no such room or message.
    NotFound = "not_found",
    /// No name of a registration (docs/protocol.md 1.5).
    BadName = "bad_name",
    /// No namespace of a registration.
    BadNamespace = "bad_namespace",
    /// No port of a registration.
    BadPort = "bad_port",
    /// No lease of a registration.
    BadTtl = "bad_ttl",
    /// The address that asks has no live registration (dialect 2025-11).
    PeerNotRegistered = "peer_not_registered",
    /// A request to unregister says not from where (dialect 2025-11).
    NamespaceRequired = "namespace_required",
    /// A request to unregister matches nothing (dialect 2025-11).
    PeerCredentialsDoNotMatch = "peer_credentials_do_not_match",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_codes_share_a_text() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
