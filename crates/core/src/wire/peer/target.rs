//! Whom a message is for, as it stands on the wire (docs/protocol.md 2.2).

use std::fmt;

use crate::id::PeerId;
use crate::limits::PEER_NAME_CHARS;
use crate::node::Scope;

/// The field `dst` of SEND and PUB. [`fmt::Display`] gives the wire form, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It is missing, or names nobody.
    Nobody,
    /// One peer: `name@namespace`.
    Peer(PeerId),
    /// A namespace: `#namespace`, 1 to 64 characters without `#`, `@` and controls.
    Namespace(String),
    /// Everyone: `*`.
    Everyone,
}

impl Target {
    /// Reads a `dst`. A namespace may lack its `#`.
    pub fn read(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if let Ok(peer) = text.parse() {
            return Self::Peer(peer);
        }
        let namespace = text.strip_prefix('#').unwrap_or(text);
        let chars = namespace.chars().take(PEER_NAME_CHARS + 1).count();
        let fits = (1..=PEER_NAME_CHARS).contains(&chars) && namespace != "*";
        if fits && !namespace.chars().any(|c| c.is_control() || matches!(c, '#' | '@')) {
            Self::Namespace(namespace.to_owned())
        } else {
            Self::Nobody
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => Ok(()),
            Self::Peer(peer) => f.write_str(peer.as_str()),
            Self::Namespace(namespace) => write!(f, "#{namespace}"),
            Self::Everyone => f.write_str("*"),
        }
    }
}

impl From<Scope> for Target {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Unicast(peer) => Self::Peer(peer),
            Scope::Namespace(namespace) => Self::Namespace(namespace),
            Scope::Broadcast => Self::Everyone,
        }
    }
}
