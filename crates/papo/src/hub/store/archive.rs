//! What people take out of the rooms of a hub and put into them.

use std::fs;
use std::path::Path;

use papo_core::hub::{Entry, Position, Said};
use papo_core::id::RoomName;
use papo_core::limits::EXPORT_PAGE;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::{OpenError, Why};
use super::row::{ENTRY, Insert, entry, number, origin, unsigned};
use super::{Rooms, restore, schema, take_folder};
use crate::error::Failure;

/// What became of messages that were to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Imported {
    /// They are in the rooms now.
    pub(crate) taken: u64,
    /// They were there already, or later ones of the same hub were.
    pub(crate) skipped: u64,
}

/// Hands the messages of a room to `each`, the oldest first, up to what is the last one now. A hub may be running
/// meanwhile. False when there is nothing of that room.
///
/// # Errors
///
/// When the file cannot be read, or with what `each` fails.
pub(crate) fn export(
    folder: &Path,
    name: &RoomName,
    mut each: impl FnMut(&Entry) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let path = folder.join(schema::FILE);
    let connection = schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let refuse = |error: rusqlite::Error| Failure::from(OpenError::new(&path, error));
    let Some((room, last)) = find(&connection, name).map_err(refuse)? else {
        return Ok(false);
    };
    let mut after = 0;
    // A page at a time: one long read would keep the hub from tidying its file.
    loop {
        let entries = page(&connection, room, after, last).map_err(refuse)?;
        let Some(end) = entries.last() else { return Ok(true) };
        after = number(end.position.0);
        entries.iter().try_for_each(&mut each)?;
    }
}

/// The number of a room and the place of its last message.
fn find(connection: &Connection, name: &RoomName) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql =
        "SELECT r.id, max(m.position) FROM rooms r JOIN messages m ON m.room = r.id WHERE r.name = ?1 GROUP BY r.id";
    let found = connection.query_row(sql, [name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
    found.optional()
}

fn page(connection: &Connection, room: i64, after: i64, last: i64) -> rusqlite::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {ENTRY} FROM messages m WHERE m.room = ?1 AND m.position > ?2 AND m.position <= ?3
         ORDER BY m.position LIMIT ?4"
    );
    let mut statement = connection.prepare(&sql)?;
    let entries = statement.query_map(params![room, after, last, number(EXPORT_PAGE as u64)], entry)?;
    entries.collect()
}

/// Puts messages at the end of the rooms, all or none of them. Those that the hub has heard already are skipped. No hub
/// may be running; where there was none, one begins.
///
/// # Errors
///
/// When the folder is in use, the file cannot be written, or with the first error among the messages.
pub(crate) fn import(
    folder: &Path,
    messages: impl Iterator<Item = Result<Said, Failure>>,
) -> Result<Imported, Failure> {
    let path = folder.join(schema::FILE);
    let refuse = |error: rusqlite::Error| Failure::from(OpenError::new(&path, error));
    let _lock = take_folder(folder)?;
    let connection = schema::open(&path, schema::MIGRATIONS)?;
    restore::identity(&connection).map_err(|why| OpenError::new(&path, why))?;
    let rooms = Rooms::read(&connection).map_err(refuse)?;
    let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate).map_err(refuse)?;
    let mut imported = Imported::default();
    let mut changes = rooms.changes();
    let before = last(&transaction).map_err(refuse)?;
    {
        let mut last = before;
        let mut insert = Insert::new(&transaction).map_err(refuse)?;
        for said in messages {
            let mut said = said?;
            let room = changes.id(&transaction, &said.room).map_err(refuse)?;
            if is_heard(&transaction, room, &said.entry).map_err(refuse)? {
                imported.skipped += 1;
                continue;
            }
            last = last.next();
            said.entry.position = last;
            if insert.said(room, &said).map_err(refuse)? {
                changes.add(room, &said);
            }
            imported.taken += 1;
        }
    }
    changes.finish(&transaction).map_err(refuse)?;
    // What comes from a file is old: links that had everything do not pass it on as if it were said now.
    let after = last(&transaction).map_err(refuse)?;
    let links = "UPDATE links SET through = ?1 WHERE through >= ?2";
    let moved = transaction.execute(links, params![number(after.0), number(before.0)]);
    moved.map_err(refuse)?;
    transaction.commit().map_err(refuse)?;
    Ok(imported)
}

/// A hub that goes on from a copy is another one: the numbers that this one gives after the copy was made must not be
/// given again under its id.
fn forget_identity(part: &Path) -> Result<(), Why> {
    let copy = Connection::open(part)?;
    copy.execute("DELETE FROM hub", [])?;
    copy.close().map_err(|(_, error)| error)?;
    fs::File::open(part)?.sync_all()?;
    Ok(())
}

/// The highest place that was ever given. Heads have it when the message is gone.
fn last(connection: &Connection) -> rusqlite::Result<Position> {
    let sql =
        "SELECT max(coalesce((SELECT max(position) FROM heads), 0), coalesce((SELECT max(position) FROM messages), 0))";
    connection.query_row(sql, [], |row| unsigned(row, 0).map(Position))
}

fn is_heard(connection: &Connection, room: i64, entry: &Entry) -> rusqlite::Result<bool> {
    let Some(key) = entry.key else { return Ok(false) };
    let sql = "SELECT 1 FROM heads WHERE room = ?1 AND origin = ?2 AND seq >= ?3";
    let found = connection.query_row(
        sql,
        params![room, origin(key.origin), number(key.seq.get())],
        |_| Ok(()),
    );
    found.optional().map(|found| found.is_some())
}

/// Writes all that a hub keeps into a new file, as it is at one moment. The hub may be running.
///
/// # Errors
///
/// When the file cannot be read, or the new one not be written; or when there is such a file.
pub(crate) fn backup(folder: &Path, to: &Path) -> Result<(), OpenError> {
    let connection = schema::visit(&folder.join(schema::FILE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let refuse = |why: Why| OpenError::new(to, why);
    if to.symlink_metadata().is_ok() {
        return Err(refuse(Why::Exists));
    }
    // It gets its name when it is whole: what has that name is a backup.
    let part = schema::beside(to, ".part");
    let written = schema::write_copy(&connection, &part).and_then(|()| {
        forget_identity(&part)?;
        fs::rename(&part, to)?;
        Ok(schema::sync_folder(to)?)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(refuse)
}
