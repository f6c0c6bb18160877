//! One's own messages until they are acknowledged.

use std::collections::VecDeque;
use std::time::Duration;

use papo_core::id::{MsgId, RoomName};
use papo_core::limits::{CLIENT_BACKOFF_MAX, CLIENT_BUSY_PAUSE, CLIENT_BUSY_TRIES, CLIENT_IN_FLIGHT, CLIENT_OUTBOX};
use papo_core::time::Instant;
use papo_core::wire::session::{Address, Request};

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    Room(RoomName),
    Session(Address),
}

/// A message that is not acknowledged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) msg_id: MsgId,
    pub(super) to: To,
    pub(super) payload: String,
    /// When it was typed.
    pub(super) since: Instant,
    /// It was sent on this connection.
    in_flight: bool,
    /// How often a hub had no room for it.
    refusals: u32,
}

impl Item {
    pub(super) fn new(msg_id: MsgId, to: To, payload: String, since: Instant) -> Self {
        Self {
            msg_id,
            to,
            payload,
            since,
            in_flight: false,
            refusals: 0,
        }
    }

    fn request(&self) -> Request {
        let (msg_id, src, payload) = (self.msg_id.clone(), None, self.payload.clone());
        match &self.to {
            To::Room(room) => Request::Pub {
                msg_id,
                src,
                room: room.clone(),
                payload,
            },
            To::Session(to) => Request::Send {
                msg_id,
                src,
                to: to.clone(),
                payload,
            },
        }
    }
}

/// In the order in which they were typed; at most [`CLIENT_OUTBOX`].
#[derive(Debug, Default)]
pub(super) struct Outbox {
    items: VecDeque<Item>,
    /// Nothing is sent before: the hub had no room.
    paused: Option<Instant>,
    pause: Duration,
}

impl Outbox {
    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= CLIENT_OUTBOX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn push(&mut self, item: Item) {
        self.items.push_back(item);
    }

    pub(super) fn holds(&self, msg_id: &MsgId) -> bool {
        self.items.iter().any(|item| item.msg_id == *msg_id)
    }

    /// Its end, be it good or bad.
    pub(super) fn settle(&mut self, msg_id: &MsgId) -> Option<Item> {
        let at = self.items.iter().position(|item| item.msg_id == *msg_id)?;
        self.pause = Duration::ZERO;
        self.items.remove(at)
    }

    /// A hub had no room for it: it is sent again after a pause. Gives it back when that was often enough.
    pub(super) fn refused(&mut self, now: Instant, msg_id: &MsgId) -> Option<Item> {
        let item = self.items.iter_mut().find(|item| item.msg_id == *msg_id)?;
        item.in_flight = false;
        item.refusals += 1;
        if item.refusals >= CLIENT_BUSY_TRIES {
            return self.settle(msg_id);
        }
        if self.paused.is_none() {
            self.pause = (self.pause * 2).clamp(CLIENT_BUSY_PAUSE, CLIENT_BACKOFF_MAX);
            self.paused = Some(now + self.pause);
        }
        None
    }

    /// Nothing that was sent is known to have arrived.
    pub(super) fn disconnected(&mut self) {
        for item in &mut self.items {
            item.in_flight = false;
        }
        self.paused = None;
    }

    /// The next to send, if one may be sent now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Request> {
        if self.paused.is_some_and(|until| now < until) {
            return None;
        }
        self.paused = None;
        let mut first = self.items.iter_mut().take(CLIENT_IN_FLIGHT);
        let item = first.find(|item| !item.in_flight)?;
        item.in_flight = true;
        Some(item.request())
    }

    /// When to ask for the next again.
    pub(super) fn wakes(&self) -> Option<Instant> {
        self.paused.filter(|_| !self.items.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(count: usize) -> Outbox {
        let mut outbox = Outbox::default();
        for number in 0..count {
            let (id, room) = (format!("m{number}").parse().unwrap(), "lobby".parse().unwrap());
            outbox.push(Item::new(id, To::Room(room), number.to_string(), Instant::ZERO));
        }
        outbox
    }

    fn sent(outbox: &mut Outbox, now: Instant) -> Vec<String> {
        std::iter::from_fn(|| outbox.next(now))
            .map(|request| request.reference().to_owned())
            .collect()
    }

    #[test]
    fn only_so_many_are_under_way_and_all_go_again_in_order() {
        let mut outbox = outbox(CLIENT_IN_FLIGHT + 5);
        let now = Instant::ZERO;
        let first = sent(&mut outbox, now);
        assert_eq!(first.len(), CLIENT_IN_FLIGHT);
        assert_eq!(sent(&mut outbox, now), [""; 0]);
        outbox.settle(&"m0".parse().unwrap()).unwrap();
        assert_eq!(sent(&mut outbox, now), [format!("m{CLIENT_IN_FLIGHT}")]);
        outbox.disconnected();
        assert_eq!(sent(&mut outbox, now)[..3], ["m1", "m2", "m3"]);
        assert!(outbox.settle(&"m0".parse().unwrap()).is_none());
    }

    #[test]
    fn a_busy_hub_is_asked_again_after_pauses_and_not_for_ever() {
        let mut outbox = outbox(2);
        let id: MsgId = "m0".parse().unwrap();
        let mut now = Instant::ZERO;
        let mut pauses = Vec::new();
        assert_eq!(sent(&mut outbox, now), ["m0", "m1"]);
        loop {
            if let Some(item) = outbox.refused(now, &id) {
                assert_eq!(item.msg_id, id);
                break;
            }
            let wakes = outbox.wakes().unwrap();
            assert_eq!(sent(&mut outbox, now), [""; 0]);
            pauses.push(wakes.since(now).as_millis());
            now = wakes;
            assert_eq!(sent(&mut outbox, now), ["m0"]);
        }
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000]);
        assert_eq!(outbox.len(), 1);
    }
}
