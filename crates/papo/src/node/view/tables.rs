//! Lists, in columns.

use papo_core::node::{Conn, Direction, PeerRow, Snapshot};

use super::{View, name};
use crate::node::commands::PeersOf;
use crate::text::Message;

impl View {
    /// `/peers`.
    pub(in crate::node) fn peers(&self, of: &PeersOf, snapshot: &Snapshot) -> String {
        let rows: Vec<_> = peers_of(of, snapshot).map(|peer| self.peer(peer)).collect();
        let none = match of {
            PeersOf::All => Message::new("peer-no-peers"),
            PeersOf::Namespace(namespace) => {
                Message::new("peer-no-peers-in").with("namespace", name(&format!("#{namespace}")))
            }
        };
        self.table(&["peer-head-peer", "peer-head-address", "peer-head-state"], rows, &none)
    }

    fn peer(&self, peer: &PeerRow) -> Vec<String> {
        let addresses: Vec<String> = peer.addresses.iter().map(ToString::to_string).collect();
        let state = match peer.next_dial {
            _ if peer.connected => Message::new("peer-state-connected"),
            Some(next) if peer.failures > 0 => Message::new("peer-state-failed")
                .with("failures", u64::from(peer.failures))
                .with("time", self.time(next)),
            Some(next) => Message::new("peer-state-waiting").with("time", self.time(next)),
            None => Message::new("peer-state-known"),
        };
        let addresses = if addresses.is_empty() {
            "–".to_owned()
        } else {
            addresses.join(", ")
        };
        vec![name(peer.peer_id.as_str()), addresses, self.say(&state)]
    }

    /// `/conn`.
    pub(in crate::node) fn conns(&self, snapshot: &Snapshot) -> String {
        let head = [
            "peer-head-peer",
            "peer-head-address",
            "peer-head-direction",
            "peer-head-kind",
            "peer-head-age",
            "peer-head-rtt",
            "peer-head-received",
            "peer-head-sent",
            "peer-head-queued",
        ];
        let rows = snapshot.conns.iter().map(|conn| self.conn(conn)).collect();
        self.table(&head, rows, &Message::new("peer-no-conns"))
    }

    fn conn(&self, conn: &Conn) -> Vec<String> {
        let direction = match conn.direction {
            Direction::Inbound => "peer-inbound",
            Direction::Outbound => "peer-outbound",
        };
        let kind = if conn.proven { "peer-proven" } else { "peer-legacy" };
        let traffic = |(lines, bytes): (u64, u64)| {
            self.say(
                &Message::new("peer-traffic")
                    .with("lines", lines)
                    .showing("bytes", bytes),
            )
        };
        vec![
            name(conn.peer_id.as_str()),
            conn.address.to_string(),
            self.texts.get(direction),
            self.texts.get(kind),
            self.time(conn.age),
            self.time_or_dash(conn.rtt),
            traffic(conn.received),
            traffic(conn.sent),
            format!("{} B", conn.queued),
        ]
    }

    /// `/routes`.
    pub(in crate::node) fn routes(&self, snapshot: &Snapshot) -> String {
        let head = [
            "peer-head-to",
            "peer-head-next-hop",
            "peer-head-hops",
            "peer-head-age",
            "peer-head-rtt",
        ];
        let rows = snapshot.routes.iter().map(|route| {
            vec![
                name(route.destination.as_str()),
                name(route.next_hop.as_str()),
                route.hops.to_string(),
                self.time(route.age),
                self.time_or_dash(route.rtt),
            ]
        });
        self.table(&head, rows.collect(), &Message::new("peer-no-routes"))
    }

    /// `/rtt`.
    pub(in crate::node) fn rtts(&self, snapshot: &Snapshot) -> String {
        let head = [
            "peer-head-peer",
            "peer-head-smoothed",
            "peer-head-jitter",
            "peer-head-last",
            "peer-head-samples",
        ];
        let rows = snapshot.rtts.iter().map(|rtt| {
            vec![
                name(rtt.peer_id.as_str()),
                self.time(rtt.smoothed),
                self.time(rtt.jitter),
                self.time(rtt.last),
                rtt.samples.to_string(),
            ]
        });
        self.table(&head, rows.collect(), &Message::new("peer-no-rtts"))
    }

    /// Columns as wide as their widest cell, or a sentence when there is no row.
    fn table(&self, head: &[&str], rows: Vec<Vec<String>>, none: &Message) -> String {
        if rows.is_empty() {
            return self.say(none);
        }
        let mut lines: Vec<Vec<String>> = vec![head.iter().map(|key| self.texts.get(key)).collect()];
        lines.extend(rows);
        aligned(&lines)
    }
}

/// The known peers that were asked for.
pub(in crate::node) fn peers_of<'a>(of: &'a PeersOf, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a PeerRow> {
    snapshot.peers.iter().filter(move |peer| match of {
        PeersOf::All => true,
        PeersOf::Namespace(namespace) => peer.peer_id.namespace() == namespace,
    })
}

/// Rows with their cells below each other, two spaces apart, and none at a line's end.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}
