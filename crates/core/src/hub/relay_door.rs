//! What comes in by `POST /relay` (docs/protocol.md 5.2 and 5.3).

use std::net::IpAddr;

use super::federation::{Delivery, RelayReply, RelayRequest, Undo};
use super::room::Rooms;
use super::staged::{By, Speech, Staged, Undone};
use super::{Entry, EntryKind, Hub, Key, Output, Position, Remark, Said};

use crate::id::{HubId, MsgId, Seq};
use crate::limits::RETAINED_ROOMS;
use crate::planted::{Bug, planted};
use crate::time::{Instant, UtcMillis};
use crate::wire::relay::{Envelope, Kind};
use crate::wire::text::{self, Spoken};

impl Hub {
    pub(super) fn on_relay(&mut self, now: Instant, request: &RelayRequest<'_>) {
        let trusted = self.admission.trusts(request.source);
        let utc = self.utc(now);
        let id = request.id;
        if self.staged.is_full() {
            let reply = RelayReply::Busy;
            return self.outbox.push_back(Output::RelayReply { request: id, reply });
        }
        match self.federation.receive(request, trusted, now, utc) {
            Err(reply) => self.outbox.push_back(Output::RelayReply { request: id, reply }),
            Ok((from, deliveries)) => {
                let mut missed = None;
                for delivery in deliveries {
                    self.deliver(now, request.source, from, delivery, &mut missed);
                }
                self.stage(now, Staged::Relayed { request: id });
            }
        }
    }

    /// Shows what came over a link, and sends on what carries an id. A gap goes with the message behind it.
    fn deliver(
        &mut self,
        now: Instant,
        source: IpAddr,
        from: Option<HubId>,
        delivery: Delivery,
        missed: &mut Option<(Seq, Seq)>,
    ) {
        match delivery {
            Delivery::Bare(message) => {
                let entry = bare_entry(&message, source, self.utc(now));
                if planted(Bug::BareRelayedOn) {
                    self.relay_bare(now, &entry);
                }
                self.notice(now, Rooms::HOME, entry, None, None);
            }
            Delivery::Gap { origin, from, to } => {
                let count = to.get() - from.get() + 1;
                self.outbox.push_back(Output::Remark(Remark::Missed { origin, count }));
                *missed = Some((from, to)).filter(|_| !planted(Bug::GapNotShown));
            }
            Delivery::Message(mut envelope, undo) => {
                let room = self.rooms.find(&envelope.room);
                let entry = relayed_entry(&envelope, from);
                envelope.hops = envelope.hops.saturating_add(1);
                match undo {
                    Some(undo) => self.take_in(now, entry, *envelope, (from, undo, missed.take())),
                    None => match room {
                        Some(room) => self.notice(now, room, entry, Some(*envelope), from),
                        // A room that nobody here has entered has no log: other hubs cannot fill this one's table.
                        None => self.hand_on(now, &envelope, None, from),
                    },
                }
            }
        }
    }

    /// A numbered message of another hub.
    fn take_in(
        &mut self,
        now: Instant,
        entry: Entry,
        envelope: Envelope,
        (from, undo, missed): (Option<HubId>, Undo, Option<(Seq, Seq)>),
    ) {
        let known = self.rooms.find(&envelope.room);
        let room = match known {
            // What is kept has a room, so that it can be found again; but others cannot make any number of them.
            None if self.staged.is_durable() && self.rooms.len() < RETAINED_ROOMS => {
                Some(self.rooms.restore(&envelope.room))
            }
            known => known,
        };
        if room.is_none() {
            return self.hand_on(now, &envelope, None, from);
        }
        let said = Said {
            room: envelope.room.clone(),
            entry,
            author: None,
        };
        self.keep(
            now,
            Speech {
                room,
                said,
                envelope,
                from,
                by: By::Elsewhere,
                undo: Undone::Head(undo),
                missed,
            },
        );
    }

    /// What [`Bug::BareRelayedOn`] does: as if somebody had said here what an old service said.
    fn relay_bare(&mut self, now: Instant, entry: &Entry) {
        let Some(room) = self.rooms.get(Rooms::HOME).map(|home| home.name.clone()) else {
            return;
        };
        let envelope = Envelope {
            id: MsgId::random(&mut self.rng),
            kind: Kind::Said,
            src: format!("{}@{room}", entry.label),
            room,
            label: entry.label.to_string(),
            payload: entry.payload.to_string(),
            message: text::said(&entry.label, &entry.payload),
            origin: self.id,
            seq: None,
            sent_at: entry.sent_at,
            hops: 1,
        };
        self.hand_on(now, &envelope, None, None);
    }
}

/// The entry for a line of an old service: what it says is taken apart where it is one of the three texts.
fn bare_entry(message: &str, source: IpAddr, sent_at: UtcMillis) -> Entry {
    let address = source.to_string();
    let (kind, label, payload, verbatim) = match text::parse_spoken(message) {
        Spoken::Said { label, text } => (EntryKind::Said, label, text, false),
        Spoken::Joined { label } => (EntryKind::Joined, label, "", false),
        Spoken::Left { label } => (EntryKind::Left, label, "", false),
        Spoken::Other(line) => (EntryKind::Said, &*address, line, true),
    };
    Entry {
        position: Position::default(),
        kind,
        id: None,
        src: "".into(),
        label: label.into(),
        payload: payload.into(),
        verbatim,
        author: None,
        key: None,
        sent_at,
        hops: 1,
        via: None,
    }
}

fn relayed_entry(envelope: &Envelope, via: Option<HubId>) -> Entry {
    Entry {
        position: Position::default(),
        id: Some(envelope.id.clone()),
        src: envelope.src.as_str().into(),
        via,
        kind: match envelope.kind {
            Kind::Said => EntryKind::Said,
            Kind::Joined => EntryKind::Joined,
            Kind::Left => EntryKind::Left,
        },
        // A label that holds the mark between the parts of a line could pass for a whole line of somebody else, and one
        // with the hub's own label for the hub.
        label: envelope.label.replace('|', "¦").replace(text::HUB_LABEL, "∗").into(),
        payload: envelope.payload.as_str().into(),
        verbatim: false,
        author: None,
        key: envelope.seq.map(|seq| Key {
            origin: envelope.origin,
            seq,
        }),
        sent_at: envelope.sent_at,
        hops: envelope.hops,
    }
}
