//! The hub's driver: what the hub machine decides, done with sockets.

mod api;
mod archive;
mod driver;
pub(crate) mod encode;
pub(crate) mod fanout;
mod guard;
mod http;
mod logs;
mod page;
mod post;
mod remarks;
mod serve;
#[cfg_attr(not(test), expect(dead_code, reason = "the driver does not use it yet"))]
pub(crate) mod store;
mod tcp;
mod websocket;
mod words;

pub use serve::serve;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use papo_core::hub::{Acked, Author, CloseReason, Door, Post, PostOutcome, RelayReply, Ticket, TokenVerdict};
use papo_core::id::{LinkId, RoomName, SessionId};
use papo_core::limits::HUB_INBOX;
use tokio::sync::{mpsc, oneshot};

use crate::net::connection::{Connection, Form};

/// What doors and links tell the hub's task.
#[derive(Debug)]
pub(crate) enum Event {
    Opened {
        connection: Arc<Connection>,
        door: Door,
        address: IpAddr,
        room: Option<RoomName>,
    },
    /// One read of the TCP text door.
    Bytes {
        session: SessionId,
        bytes: Bytes,
    },
    /// One read of the WebSocket text door: the messages in it, possibly none.
    Texts {
        session: SessionId,
        texts: Vec<String>,
        /// Numbers of the pings that were answered.
        confirmed: Vec<u64>,
    },
    /// The client sends nothing more.
    Ended {
        session: SessionId,
        /// What its connection still wants to say when the hub lets it go.
        farewell: Bytes,
    },
    /// Everything that had arrived when the hub asked for it was handed over.
    Drained {
        session: SessionId,
    },
    /// The client broke the rules of its door.
    Violated {
        session: SessionId,
        reason: CloseReason,
    },
    /// The connection is gone.
    Closed {
        session: SessionId,
        reason: CloseReason,
    },
    Relay {
        source: IpAddr,
        signature: Option<String>,
        body: Bytes,
        reply: oneshot::Sender<RelayReply>,
    },
    Posted {
        link: LinkId,
        outcome: PostOutcome,
    },
    /// Records up to this one are safe.
    Stored {
        through: Ticket,
    },
    StoreFailed {
        epoch: u32,
        detail: String,
    },
    /// What an author has sent, as the disk knows it.
    Acked {
        author: Author,
        acked: Vec<Acked>,
    },
    /// The disk could not tell, and is to be asked again.
    LoadAcked {
        author: Author,
    },
    TokenChecked {
        session: SessionId,
        verdict: TokenVerdict,
    },
    /// A question of the HTTP API.
    Ask(api::Ask),
    /// A message by the HTTP API.
    Post {
        post: Post,
        reply: oneshot::Sender<api::PostResult>,
    },
    LinkAddresses {
        link: LinkId,
        addresses: Vec<IpAddr>,
    },
}

/// The way to the hub's task.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    events: mpsc::Sender<Event>,
    sessions: Arc<AtomicU64>,
}

impl Inbox {
    fn new() -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(HUB_INBOX);
        (
            Self {
                events,
                sessions: Arc::new(AtomicU64::new(1)),
            },
            receiver,
        )
    }

    /// Waits for a place in the inbox: whoever sends much waits, the hub never does. A hub that ended takes nothing
    /// more, and nobody has to know.
    pub(crate) async fn send(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// The same on a thread that may wait.
    pub(crate) fn send_from_thread(&self, event: Event) {
        match tokio::runtime::Handle::try_current() {
            // It was answered at once, where nobody may wait.
            Ok(runtime) => {
                let inbox = self.clone();
                runtime.spawn(async move { inbox.send(event).await });
            }
            Err(_) => drop(self.events.blocking_send(event)),
        }
    }

    /// A new session of that wire form, announced to the hub.
    pub(crate) async fn open(
        &self,
        form: Form,
        door: Door,
        address: IpAddr,
        room: Option<RoomName>,
    ) -> Arc<Connection> {
        let session = SessionId(self.sessions.fetch_add(1, Ordering::Relaxed));
        let connection = Connection::new(session, form);
        self.send(Event::Opened {
            connection: Arc::clone(&connection),
            door,
            address,
            room,
        })
        .await;
        connection
    }
}
