//! The thread that reads.

use std::sync::Arc;

use papo_core::hub::{Acked, Author, Cursor, Position};
use papo_core::id::RoomName;
use papo_core::limits::{ACKED_PER_AUTHOR, HISTORY_MESSAGES, REPLAY_PAGE_BYTES, SEARCH_WORDS};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::queue::Queue;
use super::row::{ENTRY, bits, entry, key, number, origin};
use super::{Before, Page, Query, ReadError};

/// How an answer goes back.
pub(super) type Answer<T> = Box<dyn FnOnce(Result<T, ReadError>) + Send>;

/// What the reader is asked.
pub(super) enum Question {
    Page(Query, Answer<Page>),
    Acked(Author, Answer<Vec<Acked>>),
    /// What a test does while the others wait.
    #[cfg(test)]
    Test(Box<dyn FnOnce() + Send>),
}

impl Question {
    /// Answers that there is no answer.
    pub(super) fn refuse(self, error: ReadError) {
        match self {
            Self::Page(_, answer) => answer(Err(error)),
            Self::Acked(_, answer) => answer(Err(error)),
            #[cfg(test)]
            Self::Test(_) => {}
        }
    }

    fn answer(self, connection: &Connection) {
        match self {
            Self::Page(query, answer) => answer(in_one_moment(connection, || page(connection, &query))),
            Self::Acked(author, answer) => answer(in_one_moment(connection, || acked(connection, author))),
            #[cfg(test)]
            Self::Test(test) => test(),
        }
    }
}

/// Answers in order until the queue ends. What waits then is refused: nobody is there any more to hear it.
pub(super) fn run(connection: &Connection, queue: &Arc<Queue<Question>>) {
    loop {
        let turn = queue.take(1, None);
        for question in turn.things {
            if queue.is_closed() {
                question.refuse(ReadError::Ended);
            } else {
                question.answer(connection);
            }
        }
        if turn.ended {
            return;
        }
    }
}

/// All that is read belongs together, whatever is written meanwhile.
fn in_one_moment<T>(connection: &Connection, read: impl FnOnce() -> rusqlite::Result<T>) -> Result<T, ReadError> {
    let read = || {
        let transaction = connection.unchecked_transaction()?;
        let found = read()?;
        transaction.finish()?;
        Ok(found)
    };
    read().map_err(|error: rusqlite::Error| ReadError::Failed(error.to_string()))
}

/// What a query asks for. A room of which nothing is kept is as one in which nothing was said.
pub(super) fn page(connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let found = match query {
        Query::After { room, .. } | Query::Before { room, .. } | Query::Search { room, .. } => find(connection, room)?,
    };
    let Some(room) = found else {
        return Ok(Page::default());
    };
    match query {
        Query::After {
            cursor, from, through, ..
        } => after(connection, room, cursor, *from, *through),
        Query::Before { before, limit, .. } => {
            let end = end(connection, room, before)?;
            let sql = format!(
                "SELECT {ENTRY} FROM messages m WHERE m.room = ?1 AND m.position < ?2 ORDER BY m.position DESC LIMIT ?3"
            );
            newest(connection, &sql, &room, end, *limit)
        }
        Query::Search {
            words, before, limit, ..
        } => {
            let Some(words) = search_for(room, words) else {
                return Ok(Page::default());
            };
            let end = end(connection, room, before)?;
            let sql = format!(
                "SELECT {ENTRY} FROM words w JOIN messages m ON m.position = w.rowid
                 WHERE w.words MATCH ?1 AND w.rowid < ?2 ORDER BY w.rowid DESC LIMIT ?3"
            );
            newest(connection, &sql, &words, end, *limit)
        }
    }
}

fn find(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM rooms WHERE name = ?1";
    connection.query_row(sql, [room.as_str()], |row| row.get(0)).optional()
}

fn after(
    connection: &Connection,
    room: i64,
    cursor: &Cursor,
    from: Option<Position>,
    through: Position,
) -> rusqlite::Result<Page> {
    let first = match from {
        Some(from) => Some(number(from.next().0)),
        None => first_behind(connection, room, cursor)?,
    };
    let Some(first) = first else {
        return Ok(Page::default());
    };
    let sql = format!(
        "SELECT {ENTRY} FROM messages m WHERE m.room = ?1 AND m.position BETWEEN ?2 AND ?3 ORDER BY m.position"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![room, first, number(through.0)])?;
    let mut page = Page::default();
    let mut room_left = REPLAY_PAGE_BYTES as u64;
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        let weight = entry.weight();
        if weight > room_left && !page.entries.is_empty() {
            page.complete = false;
            break;
        }
        room_left = room_left.saturating_sub(weight);
        page.entries.push(entry);
    }
    Ok(page)
}

/// The lowest place of a message that the cursor has not read. Numbers of one hub rise with the places.
fn first_behind(connection: &Connection, room: i64, cursor: &Cursor) -> rusqlite::Result<Option<i64>> {
    let mut hubs = connection.prepare("SELECT origin FROM heads WHERE room = ?1")?;
    let hubs = hubs.query_map([room], |row| row.get::<_, [u8; 16]>(0))?;
    let mut first: Option<i64> = None;
    for hub in hubs {
        let hub = hub?;
        let after = number(cursor.after(super::row::hub(hub)));
        let place = place(connection, room, hub, after.saturating_add(1))?;
        first = first.into_iter().chain(place).min();
    }
    Ok(first)
}

/// The place of a hub's first message from this number on.
fn place(connection: &Connection, room: i64, hub: [u8; 16], seq: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT position FROM messages WHERE room = ?1 AND origin = ?2 AND seq >= ?3 ORDER BY seq LIMIT 1";
    connection
        .query_row(sql, params![room, hub, seq], |row| row.get(0))
        .optional()
}

/// The place before which a page ends.
fn end(connection: &Connection, room: i64, before: &Before) -> rusqlite::Result<i64> {
    let named = match before {
        Before::Newest => None,
        Before::Position(position) => Some(number(position.0)),
        Before::Cursor(cursor) => {
            let mut least: Option<i64> = None;
            for (hub, seq) in cursor.iter() {
                let place = place(connection, room, origin(hub), number(seq))?;
                least = least.into_iter().chain(place).min();
            }
            least
        }
    };
    Ok(named.unwrap_or(i64::MAX))
}

/// The newest of what `sql` finds newest first, in the order of the log.
fn newest(connection: &Connection, sql: &str, what: &dyn ToSql, end: i64, limit: usize) -> rusqlite::Result<Page> {
    let limit = limit.clamp(1, HISTORY_MESSAGES);
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map(params![what, end, number(limit as u64).saturating_add(1)], entry)?;
    Page::newest(found, limit)
}

/// All of these words in this room, as the index is asked for them; `None` when there is no word. Each is quoted, so
/// that none has a meaning there. The last may be the beginning of a word, from two letters on: there are too many
/// words that begin with one.
fn search_for(room: i64, words: &str) -> Option<String> {
    let words: Vec<&str> = words
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(SEARCH_WORDS)
        .collect();
    let last = words.last()?;
    let begins = last.chars().filter(|character| character.is_alphanumeric()).count() > 1;
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    let end = if begins { " *" } else { "" };
    Some(format!(
        "room : \"r{room}\" AND payload : ({}{end})",
        quoted.join(" AND ")
    ))
}

fn acked(connection: &Connection, Author(author): Author) -> rusqlite::Result<Vec<Acked>> {
    let mut statement = connection
        .prepare("SELECT msg_id, origin, seq FROM messages WHERE author = ?1 ORDER BY position DESC LIMIT ?2")?;
    let found = statement.query_map(params![bits(author), number(ACKED_PER_AUTHOR as u64)], |row| {
        let id: String = row.get(0)?;
        Ok((id, key(row, 1)?))
    })?;
    let mut acked = Vec::new();
    for found in found {
        let (id, key) = found?;
        if let Ok(msg_id) = id.parse() {
            acked.push(Acked { msg_id, key });
        }
    }
    acked.reverse();
    Ok(acked)
}
