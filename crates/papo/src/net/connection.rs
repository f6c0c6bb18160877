//! What the hub's task and a connection's task share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use papo_core::hub::CloseReason;
use papo_core::id::{RoomId, SessionId};
use papo_core::limits::{
    CONTROL_ITEMS, SEND_QUEUE_BYTES, SEND_QUEUE_HARD_BYTES, SEND_QUEUE_SOFT_BYTES, SLOW_GRACE, SLOW_GRACE_HARD,
};
use papo_core::time::Instant;
use tokio::sync::Notify;

use super::replay::Replaying;
use crate::hub::fanout::Chunk;
use crate::hub::store::{Page, ReadError};

/// The wire form that a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text frames of `/ws/{client_id}`.
    WebSocketText,
    /// Lines of the TCP text door.
    TcpLine,
    /// Frames of the session protocol.
    Session,
}

/// What the hub tells one connection.
#[derive(Debug)]
pub(crate) enum Control {
    /// Bytes for this connection alone, in its wire form; they go out before what waits in rooms.
    Bytes(Bytes),
    /// The same, behind this room's log up to and including this chunk: an answer stands behind what it answers.
    Answer {
        bytes: Bytes,
        room: RoomId,
        after: Arc<Chunk>,
    },
    /// Read this room's log from behind this chunk on.
    Attach { room: RoomId, after: Arc<Chunk> },
    /// Read it up to and including this chunk, then no more.
    Detach { room: RoomId, last: Arc<Chunk> },
    /// Read this past first, and the room's log behind it.
    Replay(Box<Replaying>),
    /// What the disk had for a past.
    Page {
        question: u64,
        page: Result<Page, ReadError>,
    },
    /// Write what waits, then this, then close.
    Close { reason: CloseReason, farewell: Bytes },
}

/// One connection, as the hub's task sees it.
///
/// Its queue in the rooms is no queue: it is a cursor on each room's log, and `backlog` counts the bytes behind it. So
/// a connection that waits costs nothing, and one that reads slowly costs its share of a log that exists anyway.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) session: SessionId,
    pub(crate) form: Form,
    /// There is something to write, or to stop for.
    pub(crate) work: Notify,
    /// The next read may be allowed: look again.
    gate: Notify,
    /// The hub has not taken the last read yet, or the session speaks too fast.
    held: AtomicBool,
    /// Bytes that wait, in rooms and here.
    backlog: AtomicU64,
    /// The hub gave this connection up: stop at once.
    cut: AtomicBool,
    /// The hub ends: hand over what has arrived, then read no more.
    last_call: AtomicBool,
    /// It reads a room's past: what waits behind that is not its fault.
    replaying: AtomicBool,
    /// Since when more waits than may, in microseconds of the hub's clock; 0: no more than may. Only the hub's task looks.
    over_since: AtomicU64,
    has_control: AtomicBool,
    /// A lock, but not on the path of what is said in rooms: it is taken for direct answers and when a room is entered
    /// or left, never across an await.
    control: Mutex<Vec<Control>>,
}

impl Connection {
    pub(crate) fn new(session: SessionId, form: Form) -> Arc<Self> {
        Arc::new(Self {
            session,
            form,
            work: Notify::new(),
            gate: Notify::new(),
            held: AtomicBool::new(false),
            backlog: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            last_call: AtomicBool::new(false),
            replaying: AtomicBool::new(false),
            over_since: AtomicU64::new(0),
            has_control: AtomicBool::new(false),
            control: Mutex::new(Vec::new()),
        })
    }

    // ---- the hub's side ---------------------------------------------------------------------------------------

    /// Counts bytes that are about to wait in a room, before the connection can see them. False when it is a slow
    /// consumer: more than [`SEND_QUEUE_BYTES`] have waited for [`SLOW_GRACE`], or far more wait.
    ///
    /// What counts is what waited before. One burst may be larger than the bound, and nobody is slow who had no time to
    /// write it.
    pub(crate) fn expect(&self, weight: u64, now: Instant) -> bool {
        let before = self.backlog.fetch_add(weight, Ordering::AcqRel);
        if before <= SEND_QUEUE_BYTES {
            self.over_since.store(0, Ordering::Relaxed);
            return true;
        }
        let over_since = self.over_since.load(Ordering::Relaxed);
        if over_since == 0 {
            self.over_since.store(now.as_micros().max(1), Ordering::Relaxed);
        }
        let late = if over_since == 0 {
            Duration::ZERO
        } else {
            now.since(Instant::from_micros(over_since))
        };
        let patient = late < SLOW_GRACE || self.replaying.load(Ordering::Relaxed);
        patient && (late < SLOW_GRACE_HARD || before <= SEND_QUEUE_HARD_BYTES)
    }

    /// What was announced with [`Connection::expect`] is there.
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    /// It begins to read a past, or has read all that it was to read.
    pub(crate) fn set_replaying(&self, replaying: bool) {
        self.replaying.store(replaying, Ordering::Relaxed);
    }

    /// So much waits already that nothing large should come on top.
    pub(crate) fn is_behind(&self) -> bool {
        self.backlog.load(Ordering::Relaxed) > SEND_QUEUE_SOFT_BYTES
    }

    /// Hands over a direct instruction. False when too much waits already: the connection is a slow consumer.
    pub(crate) fn tell(&self, control: Control) -> bool {
        let mut queue = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        if let Control::Bytes(bytes) | Control::Answer { bytes, .. } = &control {
            let weight = bytes.len() as u64;
            if queue.len() >= CONTROL_ITEMS || self.backlog.load(Ordering::Relaxed) > SEND_QUEUE_HARD_BYTES {
                return false;
            }
            self.backlog.fetch_add(weight, Ordering::Relaxed);
        }
        queue.push(control);
        self.has_control.store(true, Ordering::Release);
        drop(queue);
        self.work.notify_one();
        true
    }

    /// Lets the connection read on.
    pub(crate) fn release(&self) {
        self.held.store(false, Ordering::Release);
        self.gate.notify_one();
    }

    /// Ends the connection without writing what waits.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.work.notify_one();
    }

    /// Asks for what has arrived, since nothing more will be read.
    pub(crate) fn call_last(&self) {
        self.last_call.store(true, Ordering::Release);
        self.gate.notify_one();
    }

    // ---- the connection's side ----------------------------------------------------------------------------------

    /// Waits until the next read is allowed: the hub took the last one, the session does not speak too fast, and what
    /// waits for it is not too much. At the last call it is always allowed.
    pub(crate) async fn may_read(&self) {
        // Who reads a past is not slow: what waits behind it is not its fault, and its pongs have to be heard.
        let full =
            || self.backlog.load(Ordering::Relaxed) > SEND_QUEUE_SOFT_BYTES && !self.replaying.load(Ordering::Relaxed);
        let waits = || self.held.load(Ordering::Acquire) || full();
        while waits() && !self.is_last_call() {
            self.gate.notified().await;
        }
    }

    /// Waits for the last call.
    pub(crate) async fn last_call(&self) {
        while !self.is_last_call() {
            self.gate.notified().await;
        }
    }

    pub(crate) fn is_last_call(&self) -> bool {
        self.last_call.load(Ordering::Acquire)
    }

    /// Called with each read before it goes to the hub; [`Connection::release`] ends it.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::Release);
    }

    /// Counts bytes that were written.
    pub(crate) fn written(&self, weight: u64) {
        let before = self.backlog.fetch_sub(weight, Ordering::AcqRel);
        debug_assert!(before >= weight, "nothing is written before it is counted");
        if before > SEND_QUEUE_SOFT_BYTES && before - weight <= SEND_QUEUE_SOFT_BYTES {
            self.gate.notify_one();
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Instructions wait to be taken.
    pub(crate) fn has_control(&self) -> bool {
        self.has_control.load(Ordering::Acquire)
    }

    /// The instructions since the last call, in order.
    pub(crate) fn take_control(&self) -> Vec<Control> {
        if !self.has_control.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut *self.control.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
