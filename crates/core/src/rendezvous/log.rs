//! The log of a registry: what has to be read back after a restart (docs/protocol.md 1.10).

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::identity::PublicKey;
use crate::time::UtcMillis;
use crate::wire::json::to_ascii_line;
use crate::wire::rendezvous::{Lease, Signed};

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A record is there, in place of the one with the same address, namespace and name.
    Put(Stored),
    /// A record is gone before its time.
    Del {
        /// Where it was registered from.
        ip: IpAddr,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A name belongs to a key.
    Own {
        /// The name's namespace.
        namespace: String,
        /// The name.
        name: String,
        /// The owner's key.
        pk: PublicKey,
        /// The last number that the owner signed with.
        seq: u64,
        /// Until when the name stays the owner's without another word.
        until: UtcMillis,
    },
}

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Where it was registered from.
    pub ip: IpAddr,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where the peer listens.
    pub port: u16,
    /// The port that the registration came from.
    pub observed_port: u16,
    /// Its lease, in seconds.
    pub ttl: Lease,
    /// When it was registered.
    pub at: UtcMillis,
    /// Its place among all records: a later one is listed behind it.
    pub place: u64,
    /// The owner's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Signed>,
}

impl Stored {
    /// When its lease ends.
    pub fn until(&self) -> UtcMillis {
        self.at.after(Duration::from(self.ttl))
    }
}

/// What compaction has to know of a line: of several lines with one key the last counts, until its time is over. Their
/// order among each other means nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What the line is about.
    pub key: Vec<u8>,
    /// When the line stops mattering.
    pub until: UtcMillis,
    /// The line says that there is nothing any more.
    pub gone: bool,
}

impl Entry {
    /// The entry as a line of ASCII, with its newline.
    pub fn encode(&self) -> Vec<u8> {
        to_ascii_line(self)
    }

    /// Reads one line; `None` when it is no entry.
    pub fn decode(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// What compaction has to know of it.
    pub fn kept(&self) -> Kept {
        let record = |ip: &IpAddr, namespace, name| key(&ip.to_string(), namespace, name);
        match self {
            Self::Put(stored) => Kept {
                key: record(&stored.ip, &stored.namespace, &stored.name),
                until: stored.until(),
                gone: false,
            },
            Self::Del { ip, namespace, name } => Kept {
                key: record(ip, namespace, name),
                until: UtcMillis::default(),
                gone: true,
            },
            // No address is empty, so no owner has the key of a record.
            Self::Own {
                namespace, name, until, ..
            } => Kept {
                key: key("", namespace, name),
                until: *until,
                gone: false,
            },
        }
    }
}

/// Three texts as one, so that no two different threes are the same. A name may hold any character, even a zero.
fn key(address: &str, namespace: &str, name: &str) -> Vec<u8> {
    format!("{address} {} {namespace}{name}", namespace.len()).into_bytes()
}
