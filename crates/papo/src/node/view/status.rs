//! How the node stands.

use std::net::IpAddr;
use std::time::Duration;

use papo_core::node::Snapshot;
use papo_core::rendezvous::client::{ClientStatus, Trouble};
use papo_core::time::Instant;

use super::tables::aligned;
use super::{View, name, words};
use crate::text::Message;

/// How the node stands with its rendezvous, with times from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RendezvousState {
    /// It has none.
    Off,
    /// Not registered yet; nothing is wrong.
    Unregistered,
    /// Registered.
    Registered {
        /// The address that the server sees, if it said so.
        observed: Option<IpAddr>,
        /// How long that lasts, unless it is renewed.
        left: Duration,
    },
    /// Not registered because it does not want to be; the server answers.
    Looking,
    /// The last request failed.
    Failing {
        /// So.
        reason: Trouble,
        /// When the next one comes.
        next_try: Duration,
    },
    /// The server does not listen to this address.
    Banned {
        /// For so long.
        left: Duration,
    },
    /// It has left.
    Gone,
}

impl RendezvousState {
    /// What a client's status means now.
    pub(crate) fn of(status: &ClientStatus, now: Instant) -> Self {
        match status {
            ClientStatus::Unregistered => Self::Unregistered,
            ClientStatus::Registered { observed, until, .. } => Self::Registered {
                observed: *observed,
                left: until.since(now),
            },
            ClientStatus::Looking => Self::Looking,
            ClientStatus::Failing { reason, next_try } => Self::Failing {
                reason: reason.clone(),
                next_try: next_try.since(now),
            },
            ClientStatus::Banned { until } => Self::Banned { left: until.since(now) },
            ClientStatus::Gone => Self::Gone,
        }
    }

    /// The state in one word, for programs.
    pub(in crate::node) const fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Unregistered => "unregistered",
            Self::Registered { .. } => "registered",
            Self::Looking => "looking",
            Self::Failing { .. } => "failing",
            Self::Banned { .. } => "banned",
            Self::Gone => "gone",
        }
    }
}

impl View {
    /// `/status`. `server` is the rendezvous, as it was given.
    pub(in crate::node) fn status(&self, snapshot: &Snapshot, state: &RendezvousState, server: &str) -> String {
        let known = snapshot.peers.len();
        let neighbors = snapshot.peers.iter().filter(|peer| peer.connected).count();
        let mut lines = vec![
            self.say(&Message::new("peer-status-self").with("peer", name(self.own.as_str()))),
            self.say(&Message::new("peer-status-rendezvous").with("state", self.rendezvous(state, server))),
            self.say(
                &Message::new("peer-status-network")
                    .with("neighbors", neighbors)
                    .with("known", known)
                    .with("routes", snapshot.routes.len()),
            ),
        ];
        let counters: Vec<_> = snapshot
            .counters
            .iter()
            .map(|(counter, value)| vec![format!("  {counter}"), value.to_string()])
            .collect();
        if !counters.is_empty() {
            lines.push(self.texts.get("peer-status-counters"));
            lines.push(aligned(&counters));
        }
        lines.join("\n")
    }

    /// How it stands with the rendezvous: a part of a sentence.
    fn rendezvous(&self, state: &RendezvousState, server: &str) -> Message {
        let about = |key| Message::new(key).with("server", server);
        match state {
            RendezvousState::Off => Message::new("peer-rendezvous-off"),
            RendezvousState::Unregistered => about("peer-rendezvous-unregistered"),
            RendezvousState::Registered { observed: None, left } => {
                about("peer-rendezvous-registered").with("time", self.time(*left))
            }
            RendezvousState::Registered {
                observed: Some(seen),
                left,
            } => about("peer-rendezvous-registered-seen")
                .with("time", self.time(*left))
                .showing("seen", seen),
            RendezvousState::Looking => about("peer-rendezvous-looking"),
            RendezvousState::Failing { reason, next_try } => about("peer-rendezvous-failing")
                .with("reason", trouble(reason))
                .with("time", self.time(*next_try)),
            RendezvousState::Banned { left } => about("peer-rendezvous-banned").with("time", self.time(*left)),
            RendezvousState::Gone => about("peer-rendezvous-gone"),
        }
    }

    /// A change of that, worth telling when it happens.
    pub(in crate::node) fn rendezvous_changed(&self, state: &RendezvousState, server: &str) -> String {
        self.say(&Message::new("peer-status-rendezvous").with("state", self.rendezvous(state, server)))
    }
}

fn trouble(reason: &Trouble) -> Message {
    match reason {
        Trouble::Unreachable => Message::new("peer-trouble-unreachable"),
        Trouble::TooLong => Message::new("peer-trouble-too-long"),
        Trouble::NotUnderstood => Message::new("peer-trouble-not-understood"),
        Trouble::Refused(complaint) => Message::new("peer-trouble-refused").with("complaint", words(complaint)),
    }
}
