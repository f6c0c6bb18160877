//! What comes in by `POST /relay` (docs/protocol.md 5.2 and 5.3).

use std::net::IpAddr;

use super::federation::{Delivery, RelayReply, RelayRequest};
use super::room::Rooms;
use super::{Entry, EntryKind, Hub, Key, Output, Remark};

use crate::id::{HubId, MsgId};
use crate::limits::RELAY_HOPS;
use crate::planted::{Bug, planted};
use crate::time::{Instant, UtcMillis};
use crate::wire::relay::{Envelope, Kind};
use crate::wire::text::{self, Spoken};

impl Hub {
    pub(super) fn on_relay(&mut self, now: Instant, request: &RelayRequest<'_>) {
        let trusted = self.admission.trusts(request.source);
        let utc = self.utc(now);
        let reply = match self.federation.receive(request, trusted, now, utc) {
            Err(refusal) => refusal,
            Ok((from, deliveries)) => {
                for delivery in deliveries {
                    self.deliver(now, request.source, from, delivery);
                }
                RelayReply::Ok { hub: self.id }
            }
        };
        self.outbox.push_back(Output::RelayReply {
            request: request.id,
            reply,
        });
    }

    /// Shows what came over a link, and sends on what carries an id.
    fn deliver(&mut self, now: Instant, source: IpAddr, from: Option<HubId>, delivery: Delivery) {
        match delivery {
            Delivery::Bare(message) => {
                let entry = bare_entry(&message, source, self.utc(now));
                if planted(Bug::BareRelayedOn) {
                    self.relay_bare(now, &entry);
                }
                self.outbox.push_back(Output::Append {
                    room: Rooms::HOME,
                    entry,
                });
            }
            Delivery::Gap { room, origin, from, to } => {
                let count = to.get() - from.get() + 1;
                self.outbox.push_back(Output::Remark(Remark::Missed { origin, count }));
                let shown = self.rooms.find(&room).filter(|_| !planted(Bug::GapNotShown));
                let Some(room) = shown else { return };
                let kind = EntryKind::Gap { origin, from, to };
                let entry = Entry::notice(kind, text::HUB_LABEL.into(), self.utc(now));
                self.outbox.push_back(Output::Append { room, entry });
            }
            Delivery::Message(mut envelope) => {
                // A room that nobody here has entered has no log: other hubs cannot fill this one's table.
                if let Some(room) = self.rooms.find(&envelope.room) {
                    let entry = relayed_entry(&envelope);
                    self.outbox.push_back(Output::Append { room, entry });
                }
                if envelope.hops < RELAY_HOPS {
                    envelope.hops += 1;
                    let home = self
                        .rooms
                        .get(Rooms::HOME)
                        .is_some_and(|room| room.name == envelope.room);
                    self.federate(now, |federation, to| federation.forward(&envelope, home, from, to));
                }
            }
        }
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
        self.federate(now, |federation, to| federation.forward(&envelope, true, None, to));
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
        kind,
        label: label.into(),
        payload: payload.into(),
        verbatim,
        author: None,
        key: None,
        sent_at,
        hops: 1,
    }
}

fn relayed_entry(envelope: &Envelope) -> Entry {
    Entry {
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
