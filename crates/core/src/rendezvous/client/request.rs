//! The three requests as a client writes them (docs/protocol.md 1.2).

use serde::Serialize;

use super::io::{Config, Scope};
use crate::wire::json::to_ascii_line;
use crate::wire::rendezvous::{Claim, Purpose, Signed};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum Request<'a> {
    Register {
        namespace: &'a str,
        name: &'a str,
        port: u16,
        ttl: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        x: Option<Signed>,
    },
    Discover {
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<&'a str>,
    },
    Unregister {
        namespace: &'a str,
        name: &'a str,
        port: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        x: Option<Signed>,
    },
}

/// REGISTER, the `seq`th signed one.
pub(super) fn register(config: &Config, seq: u64) -> Vec<u8> {
    to_ascii_line(&Request::Register {
        namespace: &config.namespace,
        name: &config.name,
        port: config.port,
        ttl: config.lease.as_secs(),
        x: signed(config, Purpose::Register, seq),
    })
}

/// DISCOVER.
pub(super) fn discover(config: &Config) -> Vec<u8> {
    to_ascii_line(&Request::Discover {
        namespace: match &config.scope {
            Scope::Everybody => None,
            Scope::Namespace(namespace) => Some(namespace),
        },
    })
}

/// UNREGISTER with the same values as [`register`].
pub(super) fn unregister(config: &Config, seq: u64) -> Vec<u8> {
    to_ascii_line(&Request::Unregister {
        namespace: &config.namespace,
        name: &config.name,
        port: config.port,
        x: signed(config, Purpose::Unregister, seq),
    })
}

fn signed(config: &Config, purpose: Purpose, seq: u64) -> Option<Signed> {
    let claim = Claim {
        purpose,
        namespace: &config.namespace,
        name: &config.name,
        port: config.port,
        seq,
    };
    config.identity.as_ref().map(|identity| claim.sign(identity))
}
