//! A line, read.

use crate::id::{MsgId, PeerId};
use crate::identity::{PublicKey, Signature};
use crate::wire::peer::{Seal, Target, Ttl};

/// Random bytes in a HELLO and in its answer.
pub const NONCE_BYTES: usize = 16;

/// What a peer says (docs/protocol.md 2.2).
///
/// Texts that are kept only to be shown or sent back are shortened; nothing in here is larger than the line was.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The first line of whoever dialed.
    Hello(Greeting),
    /// The answer to it.
    HelloOk(Greeting),
    /// No answer to it: mostly because there is a connection already.
    HelloReject {
        /// Why, in the words of the other program; may be empty.
        detail: String,
    },
    /// The dialer's proof.
    XAuth {
        /// Missing when it cannot be read.
        sig: Option<Signature>,
    },
    /// A sign of life is wanted.
    Ping {
        /// What PONG repeats.
        msg_id: Option<String>,
    },
    /// A sign of life.
    Pong {
        /// That of the PING.
        msg_id: Option<String>,
    },
    /// Something said to one peer.
    Send(Speech),
    /// Something said to many.
    Pub(Speech),
    /// A message was delivered.
    Ack(Receipt),
    /// A message was passed on.
    RelayOk(Receipt),
    /// A message could not be passed on.
    RelayFail(Receipt),
    /// A message went as far as it may.
    TtlExpired(Receipt),
    /// Somebody looks for a peer.
    WhoHas(Search),
    /// Somebody found it.
    WhoHasHit(Hit),
    /// Somebody wants to know how a peer is doing.
    MetricsReq(MetricsReq),
    /// How it is doing.
    Metrics(Metrics),
    /// The other side leaves.
    Bye {
        /// What BYE_OK repeats.
        msg_id: Option<String>,
    },
    /// The other side has seen our BYE.
    ByeOk {
        /// That of the BYE, or another: programs differ.
        msg_id: Option<String>,
    },
    /// Something went wrong on the other side.
    Error(Complaint),
    /// A type that nobody here knows, shortened; empty when there is none.
    Unknown(String),
}

/// HELLO and HELLO_OK. Neither the name nor the features prove anything (docs/protocol.md 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Who the other side says that it is.
    pub peer_id: Option<PeerId>,
    /// It says that it passes messages on.
    pub relay: bool,
    /// What a proof can be made of; `None` also when it is of another version or cannot be read.
    pub x: Option<HelloX>,
}

/// The key `x` of HELLO and HELLO_OK (docs/protocol.md 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloX {
    /// The key that is to be proven.
    pub pk: PublicKey,
    /// Random bytes, so that no proof serves twice.
    pub nonce: [u8; NONCE_BYTES],
    /// Extensions: at most [`crate::limits::PEER_FEATURES`], each of at most [`crate::limits::PEER_FEATURE_CHARS`].
    pub features: Vec<String>,
    /// The proof, in a HELLO_OK.
    pub re: Option<Signature>,
}

/// SEND and PUB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// Its id.
    pub msg_id: Option<MsgId>,
    /// Who said it, as far as that can be read.
    pub src: Option<PeerId>,
    /// To whom.
    pub dst: Target,
    /// The text. What came as another type of JSON is written out as JSON.
    pub payload: String,
    /// The sender wants an ACK. Some want one without saying so.
    pub require_ack: bool,
    /// Hops that it may still make.
    pub ttl: Ttl,
    /// Who passed it on last, when that was said.
    pub via: Option<PeerId>,
    /// Its signature, not verified yet.
    pub seal: Option<Seal>,
}

/// ACK, RELAY_OK, RELAY_FAIL and TTL_EXPIRED: what became of a message, on its way back to who sent it. Only the id is
/// certain to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the message that it is about.
    pub msg_id: Option<MsgId>,
    /// Who made it: the destination, or the relay.
    pub src: Option<PeerId>,
    /// Who sent the message.
    pub dst: Option<PeerId>,
    /// Which try of the message it is about, signed or not; 0 when nothing says.
    pub attempt: u8,
    /// An error code: `code`, `error` or `reason`, shortened.
    pub code: Option<String>,
    /// More about that, shortened.
    pub detail: String,
    /// Its signature, not verified yet.
    pub seal: Option<Seal>,
    /// Hops that it may still make.
    pub ttl: Ttl,
}

/// WHO_HAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The id of this ring of the search.
    pub msg_id: Option<MsgId>,
    /// Who looks.
    pub src: Option<PeerId>,
    /// For whom.
    pub dst: Option<PeerId>,
    /// Hops that it may still make.
    pub ttl: Ttl,
    /// Its signature, not verified yet.
    pub seal: Option<Seal>,
}

/// WHO_HAS_HIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The id of the search.
    pub msg_id: Option<MsgId>,
    /// Who answers.
    pub src: Option<PeerId>,
    /// Who was looked for.
    pub dst: Option<PeerId>,
    /// The next hop for whoever receives this.
    pub via: Option<PeerId>,
    /// How far away the peer is, at most [`crate::limits::PEER_HOPS`]; 0 when it does not say.
    pub hops: u8,
    /// Hops that it may still make.
    pub ttl: Ttl,
    /// Its signature, not verified yet.
    pub seal: Option<Seal>,
}

/// An error in any of the three shapes that programs send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Its code, shortened; empty when it only has words.
    pub code: String,
    /// The message that it is about.
    pub reference: Option<String>,
    /// Its words, shortened; may be empty.
    pub detail: String,
}

/// METRICS_REQ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsReq {
    /// What the answer repeats.
    pub msg_id: Option<MsgId>,
    /// Who asks.
    pub src: Option<PeerId>,
    /// Who is asked.
    pub dst: Option<PeerId>,
    /// Hops that it may still make.
    pub ttl: Ttl,
}

/// METRICS.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// The id of the question.
    pub msg_id: Option<MsgId>,
    /// Who answers.
    pub src: Option<PeerId>,
    /// Who asked.
    pub dst: Option<PeerId>,
    /// Hops that it may still make.
    pub ttl: Ttl,
    /// The round-trip time between both, in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Messages that it sent to who asked.
    pub sent_count: Option<u64>,
    /// Messages that it had from who asked.
    pub recv_count: Option<u64>,
    /// When it heard of who asked last: a moment in ISO 8601, or whatever the program writes, shortened.
    pub last_seen: Option<String>,
}
