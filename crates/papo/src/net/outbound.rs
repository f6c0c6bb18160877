//! The writing half of a connection: everything that waits goes out in one vectored write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use papo_core::hub::CloseReason;
use papo_core::id::RoomId;
use papo_core::limits::{WRITE_DEADLINE, WRITE_PIECES};
use tokio::net::TcpStream;

use super::connection::{Connection, Control};
use crate::hub::fanout::Chunk;

/// Writes what waits for `connection` until it is closed, cut or broken; returns why it ended.
pub(crate) async fn run(stream: &TcpStream, connection: &Connection) -> CloseReason {
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
                    writable = tokio::time::timeout(WRITE_DEADLINE, stream.writable()) => match writable {
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
    closing: Option<CloseReason>,
}

/// How far this connection has read a room's log.
#[derive(Debug)]
struct Cursor {
    room: RoomId,
    at: Arc<Chunk>,
}

impl Outbound {
    /// Takes instructions and, as far as one write can carry it, what waits in the rooms.
    fn fill(&mut self, connection: &Connection) {
        for control in connection.take_control() {
            match control {
                Control::Bytes(bytes) => {
                    let weight = bytes.len() as u64;
                    self.pieces.push_back((bytes, weight));
                }
                Control::Answer { bytes, room, after } => {
                    if let Some(index) = self.cursors.iter().position(|cursor| cursor.room == room) {
                        self.read_up_to(connection, index, Some(&after));
                    }
                    let weight = bytes.len() as u64;
                    self.pieces.push_back((bytes, weight));
                }
                Control::Attach { room, after } => self.cursors.push(Cursor { room, at: after }),
                Control::Detach { room, last } => {
                    if let Some(index) = self.cursors.iter().position(|cursor| cursor.room == room) {
                        self.read_up_to(connection, index, Some(&last));
                        self.cursors.swap_remove(index);
                    }
                }
                Control::Close { reason, farewell } => {
                    for index in 0..self.cursors.len() {
                        self.read_up_to(connection, index, None);
                    }
                    if !farewell.is_empty() {
                        self.pieces.push_back((farewell, 0));
                    }
                    self.closing = Some(reason);
                }
            }
        }
        for index in 0..self.cursors.len() {
            while self.pieces.len() < WRITE_PIECES
                && let Some(next) = self.cursors[index].at.next()
            {
                self.take(connection, &next);
                self.cursors[index].at = next;
            }
        }
    }

    /// Takes what a room's log holds up to `last`, or all of it.
    fn read_up_to(&mut self, connection: &Connection, index: usize, last: Option<&Arc<Chunk>>) {
        let mut at = Arc::clone(&self.cursors[index].at);
        while !last.is_some_and(|last| Arc::ptr_eq(&at, last))
            && let Some(next) = at.next()
        {
            self.take(connection, &next);
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
