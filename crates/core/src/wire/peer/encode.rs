//! Writing lines that every program of the family understands (docs/protocol.md 2.2 and 3.1).
//!
//! Each function gives one line of ASCII with its newline, with the fields of all dialects. Only [`speech`] can outgrow
//! [`PEER_LINE_BYTES`]: everything else is made of names, ids and explanations, and those are bounded or shortened
//! here. A ttl goes out as 1 at least, because nothing is left to do for a message that may not even arrive.

use serde::Serialize;

use super::Ttl;
use super::fields::shortened;
use super::message::{Message, Receipt};
use super::seal::Seal;
use crate::error::Code;
use crate::id::{MsgId, PeerId};
use crate::identity::{PublicKey, Signature};
use crate::limits::{PEER_CODE_CHARS, PEER_DETAIL_CHARS, PEER_LINE_BYTES, PEER_REFERENCE_CHARS};
use crate::time::UtcMillis;
use crate::wire::json::to_ascii_line;

/// What SEND and PUB hold, this node's own or another's that it passes on.
#[derive(Debug, Clone, Copy)]
pub struct Speech<'a> {
    /// Its id.
    pub msg_id: &'a MsgId,
    /// Who said it.
    pub src: &'a PeerId,
    /// To whom, as [`super::Target`] writes it.
    pub dst: &'a str,
    /// The text.
    pub payload: &'a str,
    /// The sender wants an ACK.
    pub require_ack: bool,
    /// Hops that it may still make.
    pub ttl: Ttl,
    /// Who passes it on, unless it is `src`.
    pub via: Option<&'a PeerId>,
    /// The signature of `src`.
    pub seal: Option<&'a Seal>,
}

/// What METRICS holds.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    /// The id of the question.
    pub msg_id: &'a MsgId,
    /// Who answers.
    pub src: &'a PeerId,
    /// Who asked.
    pub dst: &'a PeerId,
    /// Hops that it may make.
    pub ttl: Ttl,
    /// The round-trip time between both, in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Messages sent to who asked.
    pub sent_count: u64,
    /// Messages that came from who asked.
    pub recv_count: u64,
    /// When who asked was last heard of.
    pub last_seen: Option<UtcMillis>,
}

/// PING.
pub fn ping(msg_id: &str, utc: UtcMillis) -> Vec<u8> {
    sign_of_life("PING", Some(msg_id), utc)
}

/// PONG, with the id of the PING if it had one.
pub fn pong(msg_id: Option<&str>, utc: UtcMillis) -> Vec<u8> {
    sign_of_life("PONG", msg_id, utc)
}

/// SEND or PUB. `None` when the line would be longer than [`PEER_LINE_BYTES`]; never for a payload of up to
/// [`crate::limits::PEER_PAYLOAD_BYTES`].
pub fn speech(kind: &str, speech: &Speech<'_>) -> Option<Vec<u8>> {
    let line = to_ascii_line(&Line {
        msg_id: Some(speech.msg_id.as_str()),
        src: Some(speech.src),
        dst: Some(speech.dst),
        via: speech.via,
        payload: Some(speech.payload),
        require_ack: Some(speech.require_ack),
        ttl: hops(speech.ttl),
        x: X::of(speech.seal),
        ..Line::of(kind)
    });
    (line.len() <= PEER_LINE_BYTES).then_some(line)
}

/// ACK of the message `msg_id` that `dst` sent to `src`. Its try is that of `seal`; [`passed_on`] writes one that has
/// a try and no signature.
pub fn ack(msg_id: &MsgId, src: &PeerId, dst: &PeerId, utc: UtcMillis, ttl: Ttl, seal: Option<&Seal>) -> Vec<u8> {
    to_ascii_line(&Line {
        from: Some(src),
        timestamp: Some(utc.iso()),
        ..Line::between("ACK", msg_id, src, dst, ttl, X::of(seal))
    })
}

/// RELAY_OK: `relay` passed on what `origin` sent. The try that stands in it is `attempt`, whatever `seal` says.
pub fn relay_ok(
    msg_id: &MsgId,
    relay: &PeerId,
    origin: &PeerId,
    ttl: Ttl,
    attempt: u8,
    seal: Option<&Seal>,
) -> Vec<u8> {
    to_ascii_line(&Line {
        reason: Some(RELAYED),
        ..Line::between("RELAY_OK", msg_id, relay, origin, ttl, X::of_try(seal, attempt))
    })
}

/// RELAY_FAIL: `relay` could not pass on what `origin` sent. The try that stands in it is `attempt`.
#[expect(
    clippy::too_many_arguments,
    reason = "these are the fields of the line, each of another type"
)]
pub fn relay_fail(
    msg_id: &MsgId,
    relay: &PeerId,
    origin: &PeerId,
    code: Code,
    detail: &str,
    ttl: Ttl,
    attempt: u8,
    seal: Option<&Seal>,
) -> Vec<u8> {
    let line = Line::between("RELAY_FAIL", msg_id, relay, origin, ttl, X::of_try(seal, attempt));
    to_ascii_line(&line.failed(code.as_str(), detail))
}

/// TTL_EXPIRED: what `origin` sent went as far as `relay` and may go no further. It is an ERROR at the same time. The
/// try that stands in it is `attempt`.
pub fn ttl_expired(
    msg_id: &MsgId,
    relay: &PeerId,
    origin: &PeerId,
    detail: &str,
    ttl: Ttl,
    attempt: u8,
    seal: Option<&Seal>,
) -> Vec<u8> {
    let line = Line::between("TTL_EXPIRED", msg_id, relay, origin, ttl, X::of_try(seal, attempt));
    to_ascii_line(&line.expired(Code::TtlExpired.as_str(), detail))
}

/// ACK, RELAY_OK, RELAY_FAIL or TTL_EXPIRED with its own fields, as a relay passes them on: also unsigned ones, with
/// the try that they are about. `None` for other messages, and unless `msg_id`, `src` and `dst` are there.
pub fn passed_on(message: &Message, utc: UtcMillis) -> Option<Vec<u8>> {
    let (kind, receipt) = match message {
        Message::Ack(receipt) => ("ACK", receipt),
        Message::RelayOk(receipt) => ("RELAY_OK", receipt),
        Message::RelayFail(receipt) => ("RELAY_FAIL", receipt),
        Message::TtlExpired(receipt) => ("TTL_EXPIRED", receipt),
        _ => return None,
    };
    let Receipt { msg_id, src, dst, .. } = receipt;
    let (msg_id, src, dst) = (msg_id.as_ref()?, src.as_ref()?, dst.as_ref()?);
    let x = X::of_try(receipt.seal.as_ref(), receipt.attempt);
    let line = Line::between(kind, msg_id, src, dst, receipt.ttl, x);
    let code = receipt.code.as_deref();
    Some(to_ascii_line(&match message {
        Message::Ack(_) => Line {
            from: Some(src),
            timestamp: Some(utc.iso()),
            ..line
        },
        Message::RelayOk(_) => Line {
            reason: Some(shortened(code.unwrap_or(RELAYED), PEER_CODE_CHARS)),
            ..line
        },
        Message::TtlExpired(_) => line.expired(code.unwrap_or(Code::TtlExpired.as_str()), &receipt.detail),
        _ => line.failed(code.unwrap_or(Code::NoRoute.as_str()), &receipt.detail),
    }))
}

/// WHO_HAS: `src` looks for `dst`.
pub fn who_has(msg_id: &MsgId, src: &PeerId, dst: &PeerId, ttl: Ttl, seal: Option<&Seal>) -> Vec<u8> {
    to_ascii_line(&Line::between("WHO_HAS", msg_id, src, dst, ttl, X::of(seal)))
}

/// WHO_HAS_HIT: `src` knows that `dst`, the peer that was looked for, is `hops` away from `via`, who sends this line.
pub fn who_has_hit(
    msg_id: &MsgId,
    src: &PeerId,
    dst: &PeerId,
    via: &PeerId,
    hops: u8,
    ttl: Ttl,
    seal: Option<&Seal>,
) -> Vec<u8> {
    to_ascii_line(&Line {
        via: Some(via),
        hops: Some(hops),
        ..Line::between("WHO_HAS_HIT", msg_id, src, dst, ttl, X::of(seal))
    })
}

/// METRICS_REQ.
pub fn metrics_req(msg_id: &MsgId, src: &PeerId, dst: &PeerId, ttl: Ttl) -> Vec<u8> {
    to_ascii_line(&Line::between("METRICS_REQ", msg_id, src, dst, ttl, None))
}

/// METRICS. What is not known is `null`.
pub fn metrics(metrics: &Metrics<'_>) -> Vec<u8> {
    let Metrics {
        msg_id, src, dst, ttl, ..
    } = *metrics;
    to_ascii_line(&Line {
        measured: Some(Measured {
            rtt_ms: metrics.rtt_ms,
            sent_count: metrics.sent_count,
            recv_count: metrics.recv_count,
            last_seen: metrics.last_seen.map(UtcMillis::iso),
        }),
        ..Line::between("METRICS", msg_id, src, dst, ttl, None)
    })
}

/// BYE: `src` closes its connection to `dst`.
pub fn bye(msg_id: &str, src: &PeerId, dst: &PeerId, reason: &str) -> Vec<u8> {
    farewell("BYE", Some(msg_id), src, dst, reason)
}

/// BYE_OK, with the id of the BYE if it had one.
pub fn bye_ok(msg_id: Option<&str>, src: &PeerId, dst: &PeerId) -> Vec<u8> {
    farewell("BYE_OK", msg_id, src, dst, "bye")
}

/// ERROR, about the message `reference` if there is one.
pub fn error(code: Code, reference: Option<&str>, detail: &str) -> Vec<u8> {
    to_ascii_line(&Line {
        status: Some(STATUS_ERROR),
        error: Some(code.as_str()),
        code: Some(code.as_str()),
        reference: reference.map(|reference| shortened(reference, PEER_REFERENCE_CHARS)),
        detail: Some(shortened(detail, PEER_DETAIL_CHARS)),
        limit: (code == Code::LineTooLong).then_some(PEER_LINE_BYTES),
        ..Line::of("ERROR")
    })
}

fn sign_of_life(kind: &str, msg_id: Option<&str>, utc: UtcMillis) -> Vec<u8> {
    to_ascii_line(&Line {
        msg_id: msg_id.map(|id| shortened(id, PEER_REFERENCE_CHARS)),
        timestamp: Some(utc.iso()),
        ..Line::of(kind)
    })
}

fn farewell(kind: &str, msg_id: Option<&str>, src: &PeerId, dst: &PeerId, reason: &str) -> Vec<u8> {
    to_ascii_line(&Line {
        peer_id: Some(src),
        msg_id: msg_id.map(|id| shortened(id, PEER_REFERENCE_CHARS)),
        src: Some(src),
        dst: Some(dst.as_str()),
        dest: Some(dst),
        reason: Some(shortened(reason, PEER_DETAIL_CHARS)),
        ..Line::of(kind)
    })
}

fn hops(ttl: Ttl) -> u8 {
    ttl.max(Ttl::NEIGHBOR).get()
}

/// Every field of every message, in the order in which they are written.
#[derive(Default, Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_id: Option<&'a PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<&'a str>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<&'a PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest: Option<&'a PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<&'a PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hops: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    require_ack: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    #[serde(flatten)]
    measured: Option<Measured>,
    ttl: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<X>,
}

/// What METRICS tells.
#[derive(Serialize)]
struct Measured {
    rtt_ms: Option<f64>,
    sent_count: u64,
    recv_count: u64,
    last_seen: Option<String>,
}

/// The key `x`: a signature, or only the number of a try.
#[derive(Serialize)]
struct X {
    #[serde(skip_serializing_if = "Option::is_none")]
    pk: Option<PublicKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<UtcMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sig: Option<Signature>,
    #[serde(rename = "try")]
    attempt: u8,
}

impl X {
    fn of(seal: Option<&Seal>) -> Option<Self> {
        Self::of_try(seal, seal.map_or(0, |seal| seal.attempt))
    }

    /// Old programs get no field that they do not know for the first try of what nobody signed.
    fn of_try(seal: Option<&Seal>, attempt: u8) -> Option<Self> {
        (seal.is_some() || attempt > 0).then(|| Self {
            pk: seal.map(|seal| seal.pk),
            q: seal.map(|seal| seal.q),
            t: seal.map(|seal| seal.t),
            sig: seal.map(|seal| seal.sig),
            attempt,
        })
    }
}

impl<'a> Line<'a> {
    fn of(kind: &'a str) -> Self {
        Self {
            kind,
            ttl: Ttl::NEIGHBOR.get(),
            ..Self::default()
        }
    }

    fn between(kind: &'a str, msg_id: &'a MsgId, src: &'a PeerId, dst: &'a PeerId, ttl: Ttl, x: Option<X>) -> Self {
        Self {
            msg_id: Some(msg_id.as_str()),
            src: Some(src),
            dst: Some(dst.as_str()),
            ttl: hops(ttl),
            x,
            ..Self::of(kind)
        }
    }

    fn failed(self, code: &'a str, detail: &'a str) -> Self {
        let code = shortened(code, PEER_CODE_CHARS);
        Self {
            reason: Some(code),
            code: Some(code),
            detail: Some(shortened(detail, PEER_DETAIL_CHARS)),
            ..self
        }
    }

    fn expired(self, code: &'a str, detail: &'a str) -> Self {
        Self {
            status: Some(STATUS_ERROR),
            error: Some(shortened(code, PEER_CODE_CHARS)),
            reference: self.msg_id,
            ..self.failed(code, detail)
        }
    }
}

const STATUS_ERROR: &str = "ERROR";
/// The reason of a RELAY_OK, which has no other.
const RELAYED: &str = "relayed";
