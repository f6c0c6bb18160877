//! What is remembered of a process to check what it promises.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Links;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::identity::PublicKey;
use crate::node::Kind;
use crate::time::Instant;

/// Of one process since it started.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Its messages to one peer that have not ended, and since when.
    pub(super) open: BTreeMap<MsgId, Instant>,
    /// Whom these are for.
    pub(super) dsts: BTreeMap<MsgId, PeerId>,
    /// The same in the order in which they were sent; ended ones may stand in it.
    pub(super) order: VecDeque<(Instant, MsgId)>,
    /// Where tries of its own messages were written: the link and who is there.
    pub(super) ways: BTreeMap<String, Vec<(PeerLinkId, Option<usize>)>>,
    /// Links that a later try to the same peer should have found dead: message, and link.
    pub(super) doubtful: Vec<(String, PeerLinkId)>,
    /// When signed messages were shown.
    pub(super) shown: BTreeMap<(Kind, PeerId, String), Instant>,
    /// Texts to many that were shown, by who signed them.
    pub(super) texts: BTreeSet<(PeerId, String)>,
    /// When unsigned messages were shown, and how many messages had been read by then.
    pub(super) unsigned: BTreeMap<(Kind, PeerId, [String; 3]), (Instant, u64)>,
    /// Ids of SENDs that were shown, and of ACKs that were read.
    pub(super) confirmable: BTreeSet<String>,
    /// SENDs, PUBs and searches that were read.
    pub(super) read: u64,
    /// The first key of each name that was shown to be right.
    pub(super) keys: BTreeMap<PeerId, PublicKey>,
    /// Names whose key it certainly knows.
    pub(super) claimed: BTreeSet<PeerId>,
    /// What it was given to pass on, by source and id.
    pub(super) given: BTreeMap<(Kind, String, String), Given>,
    /// The largest ttl of each message to many that went over each link.
    pub(super) copies: BTreeMap<(PeerLinkId, String, String), u64>,
    pub(super) wires: Links<Wire>,
    /// Proven neighbors that run papo, and how many proven links there are to each.
    pub(super) proven: BTreeMap<PeerId, usize>,
    /// Live links, and proven ones among them.
    pub(super) link_counts: (usize, usize),
    /// When it published last, the newest at the end.
    pub(super) published: VecDeque<Instant>,
    pub(super) too_fast: u64,
}

/// A message that a node was given to pass on.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The largest ttl that it came with.
    pub(super) ttl: u8,
    /// Its tries.
    pub(super) tries: BTreeMap<u8, Try>,
    /// How often it was written without the number of a try.
    pub(super) plain: u32,
}

/// One try of a message that a node was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try {
    /// How often it may have been passed on: with each copy that came when what was known of it had been forgotten.
    pub(super) may: u32,
    /// When the last of these came.
    pub(super) since: Instant,
    /// How often it was.
    pub(super) written: u32,
}

/// One end of a connection.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// When something was written last.
    pub(super) last: Option<Instant>,
    /// Nothing may follow before that.
    pub(super) silent_until: Option<Instant>,
    /// A HELLO waits for its answer.
    pub(super) greeting: bool,
    /// A proof went over it, in whichever direction.
    pub(super) proven: bool,
    /// The name and the key that the other side greets with.
    pub(super) peer: Option<PeerId>,
    pub(super) key: Option<PublicKey>,
}
