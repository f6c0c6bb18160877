//! Messages as rows.

use std::sync::Arc;

use papo_core::hub::{Author, Entry, EntryKind, Key, Position, Said};
use papo_core::id::{HubId, RoomName, Seq};
use papo_core::time::UtcMillis;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{CachedStatement, Connection, Row, params};

/// What [`entry`] reads, in its order.
pub(super) const ENTRY: &str =
    "m.position, m.origin, m.seq, m.msg_id, m.src, m.label, m.payload, m.sent_at, m.hops, m.via";

/// A number as SQLite has it. No count and no place comes near what it cannot hold; a number of another hub that does is
/// kept as the highest.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// 128 bits as a blob.
pub(super) fn bits(bits: u128) -> [u8; 16] {
    bits.to_be_bytes()
}

/// An entry from the columns of [`ENTRY`].
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let id: String = row.get(3)?;
    Ok(Entry {
        position: Position(unsigned(row, 0)?),
        kind: EntryKind::Said,
        id: Some(id.parse().map_err(|error| unreadable(3, Type::Text, error))?),
        src: text(row, 4)?,
        label: text(row, 5)?,
        payload: text(row, 6)?,
        verbatim: false,
        author: None,
        key: Some(key(row, 1)?),
        sent_at: UtcMillis::new(unsigned(row, 7)?),
        hops: row.get(8)?,
        via: row.get::<_, Option<[u8; 16]>>(9)?.map(hub),
    })
}

/// Origin and number, which stand in two columns from this one on.
pub(super) fn key(row: &Row<'_>, column: usize) -> rusqlite::Result<Key> {
    let seq = Seq::new(unsigned(row, column + 1)?);
    Ok(Key {
        origin: hub(row.get(column)?),
        seq: seq.ok_or_else(|| unreadable(column + 1, Type::Integer, FromSqlError::OutOfRange(0)))?,
    })
}

/// The room's name in that column.
pub(super) fn room(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomName> {
    let name: String = row.get(column)?;
    name.parse().map_err(|error| unreadable(column, Type::Text, error))
}

/// The number in that column, which is not below 0.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| unreadable(column, Type::Integer, error))
}

pub(super) fn hub(bytes: [u8; 16]) -> HubId {
    HubId::from_bits(u128::from_be_bytes(bytes))
}

/// The 16 bytes of a hub's id.
pub(super) fn origin(id: HubId) -> [u8; 16] {
    bits(id.to_bits())
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<str>> {
    row.get(column)
}

fn unreadable(column: usize, kind: Type, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}

/// Writes messages within one transaction. The connection keeps the statements for the next one: to prepare them costs as
/// much as several messages.
pub(super) struct Insert<'c> {
    message: CachedStatement<'c>,
    head: CachedStatement<'c>,
}

impl<'c> Insert<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            // One that is there already is not said again, whatever made the hub forget that.
            message: connection.prepare_cached(
                "INSERT INTO messages (position, room, origin, seq, msg_id, src, label, payload, sent_at, hops, weight, via, author)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (room, origin, seq) DO NOTHING",
            )?,
            head: connection.prepare_cached(
                "INSERT INTO heads (room, origin, seq, position) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (room, origin) DO UPDATE
                 SET seq = max(seq, excluded.seq), position = max(position, excluded.position)",
            )?,
        })
    }

    /// True when the message is new. One without a number or an id is nothing that can be kept.
    pub(super) fn said(&mut self, room: i64, said: &Said) -> rusqlite::Result<bool> {
        let Said { entry, author, .. } = said;
        let (Some(Key { origin: hub, seq }), Some(id)) = (entry.key, &entry.id) else {
            return Err(rusqlite::Error::ToSqlConversionFailure(
                "a message without a number or an id cannot be kept".into(),
            ));
        };
        let (position, origin, seq) = (number(entry.position.0), origin(hub), number(seq.get()));
        let inserted = self.message.execute(params![
            position,
            room,
            origin,
            seq,
            id.as_str(),
            &*entry.src,
            &*entry.label,
            &*entry.payload,
            number(entry.sent_at.get()),
            entry.hops,
            number(entry.weight()),
            entry.via.map(self::origin),
            author.map(|Author(author)| bits(author)),
        ])?;
        self.head.execute(params![room, origin, seq, position])?;
        Ok(inserted > 0)
    }
}
