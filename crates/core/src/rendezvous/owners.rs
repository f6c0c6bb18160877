//! Names that belong to a key (docs/protocol.md 1.8).

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::PublicKey;
use crate::limits::OWNERS;
use crate::time::Instant;
use crate::wire::rendezvous::Signed;

/// A name within its namespace.
type Name = (String, String);

/// Who owns a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) key: PublicKey,
    /// The last number that the owner signed with.
    pub(super) seq: u64,
    pub(super) until: Instant,
}

/// Why a claim is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The name is another key's, or the number was used before.
    NotYours,
    /// There are too many owners.
    Full,
}

/// All names that have an owner.
#[derive(Debug, Default)]
pub(super) struct Owners {
    by_name: BTreeMap<Name, Owner>,
    by_end: BTreeSet<(Instant, Name)>,
}

impl Owners {
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Owner> {
        self.by_name.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Whether whoever signed this may act for a name.
    pub(super) fn check(&self, namespace: &str, name: &str, signed: &Signed) -> Result<(), Denied> {
        match self.get(namespace, name) {
            Some(owner) if owner.key != signed.pk || owner.seq >= signed.seq => Err(Denied::NotYours),
            None if self.by_name.len() >= OWNERS => Err(Denied::Full),
            _ => Ok(()),
        }
    }

    /// The name is this owner's from here on.
    pub(super) fn put(&mut self, namespace: &str, name: &str, owner: Owner) {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(before) = self.by_name.insert(key.clone(), owner) {
            self.by_end.remove(&(before.until, key.clone()));
        }
        self.by_end.insert((owner.until, key));
    }

    /// The name is nobody's.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(owner) = self.by_name.remove(&key) {
            self.by_end.remove(&(owner.until, key));
        }
    }

    pub(super) fn next_end(&self) -> Option<Instant> {
        self.by_end.first().map(|(end, _)| *end)
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while self.by_end.first().is_some_and(|(end, _)| *end <= now)
            && let Some((_, name)) = self.by_end.pop_first()
        {
            self.by_name.remove(&name);
        }
    }
}
