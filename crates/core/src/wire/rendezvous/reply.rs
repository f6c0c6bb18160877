//! What a rendezvous answers: one line of JSON (docs/protocol.md 1.4 and 1.5).

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;
use serde_json::Value;

use super::{Dialect, Lease, Signed};
use crate::error::Code;
use crate::limits::RENDEZVOUS_LINE_BYTES;
use crate::wire::json::{append_ascii, to_ascii_line};

/// One record of a list, with the keys of both dialects.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// Where the registration came from, never what it said of itself. In JSON also under `observed_ip`.
    pub ip: IpAddr,
    /// Where the peer listens.
    pub port: u16,
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The lease that it got, in seconds.
    pub ttl: Lease,
    /// What is left of it, in whole seconds.
    pub expires_in: u32,
    /// The port that the registration came from.
    pub observed_port: u16,
    /// The owner's signature, for those who want to verify it themselves.
    pub x: Option<&'a Signed>,
}

impl Listed<'_> {
    /// Appends the record as JSON.
    pub fn encode(&self, out: &mut Vec<u8>) {
        // A list is the longest reply and the one most asked for: the keys are copied, not written letter by letter.
        let address = self.ip.to_string();
        out.extend(b"{\"ip\":\"");
        out.extend(address.as_bytes());
        out.extend(b"\",\"port\":");
        append_ascii(out, &self.port);
        out.extend(b",\"name\":");
        append_ascii(out, self.name);
        out.extend(b",\"namespace\":");
        append_ascii(out, self.namespace);
        out.extend(b",\"ttl\":");
        append_ascii(out, &self.ttl);
        out.extend(b",\"expires_in\":");
        append_ascii(out, &self.expires_in);
        out.extend(b",\"observed_ip\":\"");
        out.extend(address.as_bytes());
        out.extend(b"\",\"observed_port\":");
        append_ascii(out, &self.observed_port);
        if let Some(x) = self.x {
            out.extend(b",\"x\":");
            append_ascii(out, x);
        }
        out.push(b'}');
    }
}

/// An answer, before the dialect gives it its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The peer is listed. Carries the keys of both dialects.
    Registered {
        /// The lease that it got.
        lease: Lease,
        /// Where the connection came from.
        observed: SocketAddr,
        /// The port that it registered.
        port: u16,
    },
    /// Records that are encoded already, with a comma between each two; see [`Reply::room`].
    Peers(Vec<u8>),
    /// Done.
    Unregistered,
    /// Not done.
    Refused(Refusal),
}

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The line is blank, or there is none.
    Empty,
    /// The line is no request.
    Unknown,
    /// The line did not come in time.
    Silent,
    /// The line is longer than [`RENDEZVOUS_LINE_BYTES`].
    TooLong,
    /// No name that could be.
    BadName,
    /// No namespace that could be.
    BadNamespace,
    /// No port that could be.
    BadPort,
    /// The port to unregister is none; holds what was given.
    BadPortFilter(String),
    /// No lease that could be.
    BadTtl,
    /// An extension's field has the wrong shape.
    BadFormat,
    /// Nothing says which namespace to unregister from.
    NamespaceRequired,
    /// Nobody is registered at the address that asks.
    NotRegistered,
    /// Nothing matches what is to be unregistered.
    NothingMatches,
    /// The name has an owner who signs, and it was not the owner who asked.
    Unauthorized,
    /// The address asks too often, or the registry is full.
    OverQuota,
    /// The registration cannot be stored now.
    Busy,
    /// The address connected too often and is banned.
    Blocked {
        /// Who is banned.
        from: SocketAddr,
        /// How many connections are allowed.
        limit: u32,
        /// For how long, in whole seconds.
        seconds: u64,
    },
}

impl Refusal {
    pub(super) fn bad_port_filter(given: &Value) -> Self {
        /// Enough to recognise it; the whole could be a line of its own.
        const SHOWN_CHARS: usize = 256;
        let text = match given {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self::BadPortFilter(text.chars().take(SHOWN_CHARS).collect())
    }

    fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Empty | Self::Unknown | Self::Silent | Self::Blocked { .. } => return None,
            Self::TooLong => Code::LineTooLong,
            Self::BadName => Code::BadName,
            Self::BadNamespace => Code::BadNamespace,
            Self::BadPort | Self::BadPortFilter(_) => Code::BadPort,
            Self::BadTtl => Code::BadTtl,
            Self::BadFormat => Code::BadFormat,
            Self::NamespaceRequired => Code::NamespaceRequired,
            Self::NotRegistered => Code::PeerNotRegistered,
            Self::NothingMatches => Code::PeerCredentialsDoNotMatch,
            Self::Unauthorized => Code::Unauthorized,
            Self::OverQuota => Code::OverQuota,
            Self::Busy => Code::Busy,
        })
    }

    /// What stands in the error: a code, or the sentence that the old programs send.
    fn text(&self) -> String {
        match self {
            Self::Empty => "Empty request line".to_owned(),
            Self::Unknown => "Unknown command".to_owned(),
            Self::Silent => "Timeout: no data received, closing connection".to_owned(),
            Self::Blocked { from, limit, seconds } => format!(
                "Connection from {}:{} has been blocked due to excessive login attempts (limit: {limit}). The block will be lifted in {seconds} seconds.",
                from.ip().to_canonical(),
                from.port()
            ),
            Self::BadPortFilter(given) => format!("{} ({given})", Code::BadPort),
            _ => self.code().map_or_else(String::new, |code| code.to_string()),
        }
    }

    fn encode(&self, dialect: Dialect) -> Vec<u8> {
        let text = self.text();
        // Suites compare error replies whole, so they carry the keys of their dialect and nothing else.
        let (error, message) = match (self.code(), dialect) {
            (Some(_), Dialect::September) => (Some(text), None),
            _ => (None, Some(text)),
        };
        to_ascii_line(&ErrorReply {
            status: "ERROR",
            error,
            message,
            limit: (*self == Self::TooLong).then_some(RENDEZVOUS_LINE_BYTES),
        })
    }
}

impl Reply {
    const PEERS_BEFORE: &'static [u8] = br#"{"status":"OK","peers":["#;
    const PEERS_AFTER: &'static [u8] = b"]}\n";

    /// Bytes that encoded records and the commas between them may take in one reply.
    pub const fn room() -> usize {
        RENDEZVOUS_LINE_BYTES - Self::PEERS_BEFORE.len() - Self::PEERS_AFTER.len()
    }

    /// The reply as a line of ASCII, with its newline.
    pub fn encode(&self, dialect: Dialect) -> Vec<u8> {
        match self {
            Self::Registered { lease, observed, port } => to_ascii_line(&RegisteredReply {
                status: "OK",
                ttl: *lease,
                ip: observed.ip().to_canonical(),
                port: *port,
                observed_ip: observed.ip().to_canonical(),
                observed_port: observed.port(),
            }),
            Self::Peers(records) => [Self::PEERS_BEFORE, records, Self::PEERS_AFTER].concat(),
            Self::Unregistered => b"{\"status\":\"OK\"}\n".to_vec(),
            Self::Refused(refusal) => refusal.encode(dialect),
        }
    }
}

#[derive(Serialize)]
struct ErrorReply {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct RegisteredReply {
    status: &'static str,
    ttl: Lease,
    ip: IpAddr,
    port: u16,
    observed_ip: IpAddr,
    observed_port: u16,
}
