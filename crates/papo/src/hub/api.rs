//! What the HTTP API asks of a hub.

use std::collections::BTreeMap;

use papo_core::error::Code;
use papo_core::hub::{Key, LinkKind};
use papo_core::id::{MsgId, RoomName};
use papo_core::wire::session::cursor_to_json;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::archive::Asked;
use super::driver::Driver;
use super::store::{Page, ReadError};
use crate::net::connection::Form;

/// What became of a message.
pub(crate) type PostResult = Result<(MsgId, Key), (Code, String)>;

/// A question.
#[derive(Debug)]
pub(crate) enum Ask {
    Rooms(oneshot::Sender<Vec<Room>>),
    Network(oneshot::Sender<Network>),
    Messages {
        room: RoomName,
        asked: Asked,
        /// `None`: there is no such room.
        reply: oneshot::Sender<Option<Result<Page, ReadError>>>,
    },
    Figures(oneshot::Sender<Figures>),
}

/// A room of the hub.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Room {
    /// Its name.
    #[serde(rename = "room")]
    name: String,
    /// Sessions of this hub in it.
    members: usize,
    /// For each hub the number of its last message here.
    #[schema(value_type = BTreeMap<String, u64>)]
    head: Value,
}

/// The hub, and what it is linked to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Network {
    /// The hub's id: 32 hexadecimal digits.
    hub: String,
    /// Sessions at its doors.
    sessions: usize,
    /// What is acknowledged survives the hub.
    durable: bool,
    /// The other hubs.
    links: Vec<Link>,
}

/// A link to another hub.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    /// Where it leads.
    url: String,
    /// What answers there: `unknown`, `old`, `papo`, or `own` if it leads back here.
    kind: &'static str,
    /// The other hub's id, if it is one.
    hub: Option<String>,
    /// Messages that wait for it.
    waiting: usize,
    /// Tries that failed in a row.
    failures: u32,
}

/// Numbers for `/metrics`, and whether the hub is ready.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) counted: Counted,
    pub(crate) sessions: BTreeMap<&'static str, u64>,
    pub(crate) rooms: u64,
    pub(crate) waiting: BTreeMap<String, u64>,
    pub(crate) lost: BTreeMap<String, u64>,
}

/// What a hub counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    /// Entries of all logs.
    pub(crate) appended: u64,
    /// Connections that were cut since they did not read.
    pub(crate) slow: u64,
    /// Writes that failed.
    pub(crate) unstored: u64,
    /// The last write failed.
    pub(crate) failing: bool,
    /// So did the one before, which was logged.
    pub(crate) told: bool,
}

impl Driver {
    pub(super) fn on_ask(&mut self, ask: Ask) {
        // Whoever asked may have gone.
        match ask {
            Ask::Rooms(reply) => drop(reply.send(self.rooms())),
            Ask::Network(reply) => drop(reply.send(self.network())),
            Ask::Figures(reply) => drop(reply.send(self.figures())),
            Ask::Messages { room, asked, reply } => {
                let Some(id) = self.hub.room(&room) else {
                    drop(reply.send(None));
                    return;
                };
                self.seal(id);
                self.look_up((id, room), asked, move |page| drop(reply.send(Some(page))));
            }
        }
    }

    fn rooms(&self) -> Vec<Room> {
        let rooms = self.hub.rooms().map(|(name, members, head)| Room {
            name: name.to_string(),
            members,
            head: cursor_to_json(head),
        });
        rooms.collect()
    }

    fn network(&self) -> Network {
        let links = self.hub.links().map(|(id, kind, waiting, failures)| Link {
            url: self.poster.url(id).clone(),
            kind: match kind {
                LinkKind::Unknown => "unknown",
                LinkKind::Legacy => "old",
                LinkKind::Papo(_) => "papo",
                LinkKind::Own => "own",
            },
            hub: match kind {
                LinkKind::Papo(hub) => Some(hub.to_string()),
                _ => None,
            },
            waiting,
            failures,
        });
        Network {
            hub: self.hub.id().to_string(),
            sessions: self.hub.sessions(),
            durable: self.archive.is_durable(),
            links: links.collect(),
        }
    }

    fn figures(&self) -> Figures {
        let mut sessions: BTreeMap<_, u64> = [("tcp", 0), ("websocket", 0), ("session", 0)].into();
        for attached in self.sessions.values() {
            let door = match attached.connection.form {
                Form::TcpLine => "tcp",
                Form::WebSocketText => "websocket",
                Form::Session => "session",
            };
            *sessions.entry(door).or_default() += 1;
        }
        let url = |id| self.poster.url(id).clone();
        Figures {
            counted: self.counted.clone(),
            sessions,
            rooms: self.hub.rooms().count() as u64,
            waiting: self
                .hub
                .links()
                .map(|(id, _, waiting, _)| (url(id), waiting as u64))
                .collect(),
            lost: self.hub.lost().map(|(id, lost)| (url(id), lost.total())).collect(),
        }
    }
}
