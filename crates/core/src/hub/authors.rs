//! What authors have sent, so that the same message again is not said again (docs/protocol.md 6.5).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::CloseReason;
use super::entry::Key;
use super::record::{Acked, Author};

use crate::id::{MsgId, RequestId, SessionId};
use crate::limits::{ACKED_PER_AUTHOR, AUTHORS};
use crate::planted::{Bug, planted};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits for the disk, or for the session that it goes to.
    Waits,
    /// It was said.
    Said(Key),
    /// It has reached this session, `nick@room`.
    Reached(Arc<str>),
}

/// Who waits for the disk to tell what an author has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    Session(SessionId),
    Post(RequestId),
}

/// What is known of one author.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    fates: BTreeMap<MsgId, Fate>,
    order: VecDeque<MsgId>,
    /// Why its last connection ended, if the hub ended it.
    pub(crate) ended: Option<CloseReason>,
    /// When it was used last, in counts of uses.
    used: u64,
}

/// The authors of late.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    memories: BTreeMap<Author, Memory>,
    /// The one that was not used for longest comes first.
    by_use: BTreeMap<u64, Author>,
    uses: u64,
    asking: BTreeMap<Author, Vec<Asker>>,
}

impl Authors {
    /// An author who is there; one that is new has sent nothing.
    pub(crate) fn add(&mut self, author: Author) -> &mut Memory {
        self.uses += 1;
        if let Some(memory) = self.memories.get(&author) {
            self.by_use.remove(&memory.used);
        } else if self.memories.len() >= AUTHORS
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.memories.remove(&oldest);
        }
        self.by_use.insert(self.uses, author);
        let memory = self.memories.entry(author).or_default();
        memory.used = self.uses;
        memory
    }

    pub(crate) fn get_mut(&mut self, author: Author) -> Option<&mut Memory> {
        self.memories.get_mut(&author)
    }

    /// True when all that this author sent of late is known here.
    pub(crate) fn knows(&self, author: Author) -> bool {
        self.memories.contains_key(&author)
    }

    /// Somebody waits for what the disk knows of an author. True when the disk is to be asked.
    pub(crate) fn ask(&mut self, author: Author, asker: Asker) -> bool {
        let askers = self.asking.entry(author).or_default();
        askers.push(asker);
        askers.len() == 1
    }

    /// The disk has answered; returns who waits.
    pub(crate) fn answered(&mut self, author: Author, acked: Vec<Acked>) -> Vec<Asker> {
        let memory = self.add(author);
        let acked = if planted(Bug::AcksForgotten) { Vec::new() } else { acked };
        for Acked { msg_id, key } in acked {
            if !memory.fates.contains_key(&msg_id) {
                memory.set(&msg_id, Fate::Said(key));
            }
        }
        self.asking.remove(&author).unwrap_or_default()
    }

    /// What became of the message of an author.
    pub(crate) fn fate(&self, author: Author, msg_id: &MsgId) -> Option<&Fate> {
        self.memories.get(&author)?.fates.get(msg_id)
    }

    /// Nothing of an author who was forgotten meanwhile: the disk is asked again then, and knows all.
    pub(crate) fn set(&mut self, author: Author, msg_id: &MsgId, fate: Fate) {
        if self.knows(author) {
            self.add(author).set(msg_id, fate);
        }
    }

    /// The message was not said after all.
    pub(crate) fn forget(&mut self, author: Author, msg_id: &MsgId) {
        if let Some(memory) = self.memories.get_mut(&author) {
            memory.fates.remove(msg_id);
            memory.order.retain(|id| id != msg_id);
        }
    }
}

impl Memory {
    fn set(&mut self, msg_id: &MsgId, fate: Fate) {
        if self.fates.insert(msg_id.clone(), fate).is_none() {
            self.order.push_back(msg_id.clone());
            if self.order.len() > ACKED_PER_AUTHOR
                && let Some(oldest) = self.order.pop_front()
            {
                self.fates.remove(&oldest);
            }
        }
    }
}
