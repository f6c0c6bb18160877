//! The writing half of a connection: everything that waits goes out in one vectored write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use papo_core::hub::CloseReason;
use papo_core::id::RoomId;
use papo_core::limits::{WRITE_DEADLINE, WRITE_PIECES};
use tokio::net::TcpStream;
use tokio::time::{Instant as Deadline, timeout_at};

use super::connection::{Connection, Control};
use super::replay::Replaying;
use crate::hub::fanout::Chunk;

/// Writes what waits for `connection` until it is closed, cut or broken; returns why it ended.
pub(crate) async fn run(stream: &TcpStream, connection: &Arc<Connection>) -> CloseReason {
    let mut outbound = Outbound::default();
    loop {
        if connection.is_cut() {
            return CloseReason::SlowConsumer;
        }
        outbound.fill(connection);
        if outbound.pieces.is_empty() {
            if let Some(reason) = outbound.closing {
                return reason;
            }
            connection.work.notified().await;
            continue;
        }
        match outbound.write(stream, connection) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // A cut must not wait for a socket that may never be writable again.
                tokio::select! {
                    writable = timeout_at(outbound.deadline(), stream.writable()) => match writable {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return CloseReason::Lost,
                        Err(_) => return CloseReason::SlowConsumer,
                    },
                    () = until_cut(connection) => return CloseReason::SlowConsumer,
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return CloseReason::Lost,
        }
    }
}

async fn until_cut(connection: &Connection) {
    while !connection.is_cut() {
        connection.work.notified().await;
    }
}

#[derive(Debug, Default)]
struct Outbound {
    /// Taken from the logs and not written yet, with the weight that counts as written after each.
    pieces: VecDeque<(Bytes, u64)>,
    cursors: Vec<Cursor>,
    /// What is read of the past, one after the other; what is live in the same room comes behind it.
    pasts: VecDeque<Replaying>,
    closing: Option<CloseReason>,
    /// A connection that closes is gone by then, however little by little the other side reads.
    give_up: Option<Deadline>,
}

/// How far this connection has read a room's log.
#[derive(Debug)]
struct Cursor {
    room: RoomId,
    at: Arc<Chunk>,
}

impl Outbound {
    /// Takes instructions and, as far as one write can carry it, what waits in the rooms.
    fn fill(&mut self, connection: &Arc<Connection>) {
        loop {
            self.obey(connection);
            self.read_past(connection);
            if !self.read_on(connection) {
                return;
            }
        }
    }

    /// Reads the rooms' logs as far as one write can carry them. True when instructions came first: what they say of a
    /// place in a log was said before anything behind that place was linked, and must be done before it is read.
    fn read_on(&mut self, connection: &Connection) -> bool {
        for index in 0..self.cursors.len() {
            if self.is_past(self.cursors[index].room) {
                continue;
            }
            while self.pieces.len() < WRITE_PIECES
                && let Some(next) = self.cursors[index].at.next()
            {
                if connection.has_control() {
                    return true;
                }
                self.take(connection, &next);
                self.cursors[index].at = next;
            }
        }
        false
    }

    fn is_past(&self, room: RoomId) -> bool {
        self.pasts.iter().any(|past| past.room == room)
    }

    /// Reads what was missed, as far as one write can carry it and memory or disk have it.
    fn read_past(&mut self, connection: &Arc<Connection>) {
        while self.pieces.len() < WRITE_PIECES
            && let Some(past) = self.pasts.front_mut()
        {
            match past.next(connection, self.pieces.is_empty()) {
                Ok(Some(piece)) => {
                    if !piece.is_empty() {
                        self.pieces.push_back((piece, 0));
                    }
                }
                Ok(None) => {}
                // It comes again, and asks again.
                Err(error) => {
                    tracing::warn!(session = connection.session.0, %error, "cannot read what a session has missed");
                    self.closing = Some(CloseReason::Lost);
                    return self.pasts.clear();
                }
            }
            if past.is_done() {
                self.pasts.pop_front();
                connection.set_replaying(!self.pasts.is_empty());
            } else if past.waits(self.pieces.is_empty()) {
                return;
            }
        }
    }

    /// Does what the hub has told this connection since the last time.
    fn obey(&mut self, connection: &Connection) {
        for control in connection.take_control() {
            match control {
                Control::Bytes(bytes) => {
                    let weight = bytes.len() as u64;
                    self.pieces.push_back((bytes, weight));
                }
                Control::Answer { bytes, room, after } => {
                    if let Some(index) = self.cursors.iter().position(|cursor| cursor.room == room) {
                        self.read_up_to(connection, index, Some(&after), false);
                    }
                    let weight = bytes.len() as u64;
                    self.pieces.push_back((bytes, weight));
                }
                Control::Replay(past) => {
                    self.pasts.push_back(*past);
                    connection.set_replaying(true);
                }
                Control::Page { question, page } => {
                    if let Some(past) = self.pasts.front_mut() {
                        past.on_page(question, page);
                    }
                }
                Control::Attach { room, after } => self.cursors.push(Cursor { room, at: after }),
                Control::Detach { room, last } => {
                    let past = self.is_past(room);
                    self.pasts.retain(|past| past.room != room);
                    connection.set_replaying(!self.pasts.is_empty());
                    if let Some(index) = self.cursors.iter().position(|cursor| cursor.room == room) {
                        self.read_up_to(connection, index, Some(&last), past);
                        self.cursors.swap_remove(index);
                    }
                }
                Control::Close { reason, farewell } => {
                    for index in 0..self.cursors.len() {
                        let past = self.is_past(self.cursors[index].room);
                        self.read_up_to(connection, index, None, past);
                    }
                    self.pasts.clear();
                    if !farewell.is_empty() {
                        self.pieces.push_back((farewell, 0));
                    }
                    self.closing = Some(reason);
                    self.give_up = Some(Deadline::now() + WRITE_DEADLINE);
                }
            }
        }
    }

    /// Takes what a room's log holds up to `last`, or all of it; with `unsaid` it is only passed over, since what comes
    /// before it was not read.
    fn read_up_to(&mut self, connection: &Connection, index: usize, last: Option<&Arc<Chunk>>, unsaid: bool) {
        let mut at = Arc::clone(&self.cursors[index].at);
        while !last.is_some_and(|last| Arc::ptr_eq(&at, last))
            && let Some(next) = at.next()
        {
            if unsaid {
                connection.written(next.weight());
                // Whoever says something is told that it is said, whatever it did not read.
                next.own_pieces(connection.session, |piece| self.pieces.push_back((piece, 0)));
            } else {
                self.take(connection, &next);
            }
            at = next;
        }
        self.cursors[index].at = at;
    }

    fn take(&mut self, connection: &Connection, chunk: &Chunk) {
        chunk.pieces(connection.form, connection.session, |piece| {
            self.pieces.push_back((piece, 0));
        });
        match self.pieces.back_mut() {
            Some((_, weight)) => *weight += chunk.weight(),
            // Everything in the chunk was this connection's own, and nothing was waiting before it.
            None => connection.written(chunk.weight()),
        }
    }

    /// When a write must have made progress.
    fn deadline(&self) -> Deadline {
        self.give_up.unwrap_or_else(|| Deadline::now() + WRITE_DEADLINE)
    }

    /// One vectored write.
    fn write(&mut self, stream: &TcpStream, connection: &Connection) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); WRITE_PIECES];
        let mut used = 0;
        for (slice, (piece, _)) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
            used += 1;
        }
        let mut written = stream.try_write_vectored(&slices[..used])?;
        if written == 0 && self.pieces.front().is_some_and(|(piece, _)| !piece.is_empty()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        while let Some((piece, weight)) = self.pieces.front_mut() {
            if piece.len() > written {
                piece.advance(written);
                break;
            }
            written -= piece.len();
            connection.written(*weight);
            self.pieces.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fanout::Log;
    use crate::net::connection::Form;
    use papo_core::hub::{Entry, EntryKind};
    use papo_core::id::SessionId;
    use papo_core::time::{Instant, UtcMillis};

    const ROOM: RoomId = RoomId(0);

    fn say(log: &mut Log, text: &str) {
        log.append(Entry {
            payload: text.into(),
            ..Entry::notice(EntryKind::Said, "ana".into(), UtcMillis::new(0))
        });
        assert_eq!(log.seal(Instant::ZERO), []);
    }

    /// A connection that reads a room's log and has done everything that it was told.
    fn attached(log: &mut Log) -> (Arc<Connection>, Outbound) {
        let connection = Connection::new(SessionId(7), Form::TcpLine);
        let after = log.attach(Arc::clone(&connection));
        connection.tell(Control::Attach { room: ROOM, after });
        let mut outbound = Outbound::default();
        outbound.fill(&connection);
        (connection, outbound)
    }

    /// What would be written, one text for each piece.
    fn texts(outbound: &Outbound) -> Vec<String> {
        let pieces = outbound.pieces.iter();
        pieces
            .map(|(piece, _)| {
                String::from_utf8_lossy(piece)
                    .trim_end()
                    .rsplit(" | ")
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn an_answer_that_came_while_the_log_was_read_stands_where_it_belongs() {
        let mut log = Log::default();
        let (connection, mut outbound) = attached(&mut log);
        outbound.obey(&connection);
        // Between the two halves of `fill`, the hub goes on.
        say(&mut log, "before");
        connection.tell(Control::Answer {
            bytes: Bytes::from_static(b"answer"),
            room: ROOM,
            after: log.tail(),
        });
        say(&mut log, "behind");
        assert!(outbound.read_on(&connection));
        outbound.fill(&connection);
        assert_eq!(texts(&outbound), ["before", "answer", "behind"]);
    }

    #[test]
    fn nothing_is_read_of_a_room_behind_the_place_where_it_was_left() {
        let mut log = Log::default();
        let (connection, mut outbound) = attached(&mut log);
        outbound.obey(&connection);
        say(&mut log, "here");
        let last = log.detach(SessionId(7));
        connection.tell(Control::Detach { room: ROOM, last });
        say(&mut log, "gone");
        assert!(outbound.read_on(&connection));
        outbound.fill(&connection);
        assert_eq!(texts(&outbound), ["here"]);
    }
}
