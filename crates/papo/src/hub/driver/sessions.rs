//! What the hub's task does to connections: they enter and leave logs, are told something, and go.

use std::sync::Arc;

use bytes::Bytes;
use papo_core::hub::{CloseReason, Input};
use papo_core::id::{RoomId, SessionId};

use super::Driver;
use crate::clock::utc_now;
use crate::hub::{encode, words};
use crate::net::connection::{Control, Form};

impl Driver {
    pub(super) fn attach(&mut self, session: SessionId, room: RoomId) {
        self.seal(room);
        let Some(attached) = self.sessions.get_mut(&session) else {
            return;
        };
        attached.room = Some(room);
        let connection = Arc::clone(&attached.connection);
        if let Some(after) = self.logs.attach(room, Arc::clone(&connection)) {
            connection.tell(Control::Attach { room, after });
        }
    }

    pub(super) fn detach(&mut self, session: SessionId, room: RoomId) {
        self.seal(room);
        if let (Some(attached), Some(last)) = (self.sessions.get(&session), self.logs.detach(room, session)) {
            attached.connection.tell(Control::Detach { room, last });
        }
    }

    /// Answers a session behind everything that its room has heard so far.
    pub(super) fn answer(&mut self, session: SessionId, words: &str) {
        let Some(attached) = self.sessions.get(&session) else {
            return;
        };
        let bytes = match attached.connection.form {
            Form::TcpLine => encode::tcp_notice(words, utc_now()),
            Form::WebSocketText => encode::websocket_notice(words),
            // It is told in frames, and nothing else.
            Form::Session => return,
        };
        let bytes = Bytes::from(bytes);
        let room = attached.room;
        if let Some(room) = room {
            self.seal(room);
        }
        let place = room.and_then(|room| Some((room, self.logs.tail(room)?)));
        let control = match place {
            None => Control::Bytes(bytes),
            Some((room, after)) => Control::Answer { bytes, room, after },
        };
        self.tell(session, control);
    }

    /// A frame for one session.
    pub(super) fn reply(&mut self, session: SessionId, frame: &str, number: Option<u64>) {
        let mut bytes = Vec::with_capacity(frame.len() + 16);
        encode::session_text(frame, &mut bytes);
        if let Some(number) = number {
            encode::numbered_ping(number, &mut bytes);
        }
        self.tell(session, Control::Bytes(bytes.into()));
    }

    pub(super) fn tell(&self, session: SessionId, control: Control) {
        if let Some(attached) = self.sessions.get(&session)
            && !attached.connection.tell(control)
        {
            attached.connection.cut();
        }
    }

    pub(super) fn set_paused(&mut self, session: SessionId, paused: bool) {
        if let Some(attached) = self.sessions.get_mut(&session) {
            attached.paused = paused;
        }
    }

    /// Lets a session read on, unless it speaks too fast.
    pub(super) fn release(&mut self, session: SessionId) {
        if let Some(attached) = self.sessions.get(&session)
            && !attached.paused
        {
            attached.connection.release();
        }
    }

    /// The machine has forgotten the session; its connection writes what waits, a farewell, and ends.
    pub(super) fn close(&mut self, session: SessionId, reason: CloseReason) {
        // What it said last is still in a burst, and it is to hear it if its door echoes.
        self.seal_all();
        self.phase.drained(session);
        let Some(attached) = self.sessions.remove(&session) else {
            return;
        };
        let words = words::farewell(&self.texts, reason);
        let farewell = match (attached.connection.form, words) {
            // It asked to go, and has said how.
            (_, None) => attached.farewell,
            (Form::TcpLine, Some(words)) => encode::tcp_notice(&words, utc_now()).into(),
            (Form::WebSocketText | Form::Session, Some(words)) => encode::close_frame(reason, &words).into(),
        };
        self.leaving += 1;
        attached.connection.tell(Control::Close { reason, farewell });
    }

    pub(super) fn on_closed(&mut self, session: SessionId, reason: CloseReason) {
        self.phase.drained(session);
        if self.sessions.remove(&session).is_some() {
            if reason == CloseReason::SlowConsumer {
                self.counted.slow += 1;
                tracing::info!(
                    session = session.0,
                    "cut a slow consumer: it did not read what waited for it"
                );
            }
            self.handle(Input::Closed { session, reason });
        } else {
            self.leaving = self.leaving.saturating_sub(1);
        }
    }

    /// Ends the burst of a room and cuts whoever is too far behind.
    pub(in crate::hub) fn seal(&mut self, room: RoomId) {
        for session in self.logs.seal(room, self.now()) {
            if let Some(attached) = self.sessions.get(&session) {
                attached.connection.cut();
            }
        }
    }

    pub(super) fn seal_all(&mut self) {
        while let Some(room) = self.logs.next_burst() {
            self.seal(room);
        }
    }
}
