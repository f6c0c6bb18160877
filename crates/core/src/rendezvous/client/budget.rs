//! How many requests a client may make: all peers behind one address share what a server allows that address.

use crate::limits::{RENDEZVOUS_REQUEST_BURST, RENDEZVOUS_REQUEST_INTERVAL};
use crate::time::Instant;

/// One request every [`RENDEZVOUS_REQUEST_INTERVAL`], [`RENDEZVOUS_REQUEST_BURST`] at once (docs/protocol.md 1.9).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Budget {
    /// When the interval alone, without any burst, would let the next one through.
    due: Instant,
}

impl Budget {
    /// The first moment from `now` on at which so many requests may be made at once, up to the burst.
    pub(super) fn ready(self, now: Instant, requests: u32) -> Instant {
        now + self
            .due
            .since(now)
            .saturating_sub(RENDEZVOUS_REQUEST_INTERVAL * RENDEZVOUS_REQUEST_BURST.saturating_sub(requests))
    }

    /// A request is made at `now`, which [`Budget::ready`] allowed.
    pub(super) fn spend(&mut self, now: Instant) {
        self.due = self.due.max(now) + RENDEZVOUS_REQUEST_INTERVAL;
    }
}
