//! How much is kept of each room, and what goes when that is too much.

use std::collections::HashMap;

use papo_core::hub::{Retention, Said};
use papo_core::id::RoomName;
use papo_core::time::UtcMillis;
use rusqlite::{Connection, params};

use super::row::{number, room, unsigned};

/// What is kept of every room, as the disk has it.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    ids: HashMap<RoomName, i64>,
    tallies: HashMap<i64, Tally>,
}

/// What is kept of one room.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    messages: u64,
    bytes: u64,
    /// When its oldest message was sent; `None` when that has to be looked up.
    oldest: Option<UtcMillis>,
}

/// What one transaction changes; it counts when the disk has it.
#[derive(Debug)]
pub(super) struct Changes<'r> {
    rooms: &'r Rooms,
    made: Changed,
}

/// What a transaction has changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    ids: HashMap<RoomName, i64>,
    tallies: HashMap<i64, Tally>,
}

/// What to keep, and how much may be dropped at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) retention: Retention,
    pub(super) now: UtcMillis,
    /// Messages that may still be dropped in this transaction.
    pub(super) budget: usize,
}

impl Rooms {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut rooms = Self::default();
        let mut statement = connection.prepare("SELECT id, name, messages, bytes FROM rooms")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let tally = Tally {
                messages: unsigned(row, 2)?,
                bytes: unsigned(row, 3)?,
                oldest: None,
            };
            rooms.ids.insert(room(row, 1)?, id);
            rooms.tallies.insert(id, tally);
        }
        Ok(rooms)
    }

    /// The disk has it.
    pub(super) fn apply(&mut self, changed: Changed) {
        self.ids.extend(changed.ids);
        self.tallies.extend(changed.tallies);
    }

    pub(super) fn changes(&self) -> Changes<'_> {
        Changes {
            rooms: self,
            made: Changed::default(),
        }
    }
}

impl Changes<'_> {
    /// The number of a room, which gets one if it has none.
    pub(super) fn id(&mut self, connection: &Connection, room: &RoomName) -> rusqlite::Result<i64> {
        if let Some(&id) = self.rooms.ids.get(room).or_else(|| self.made.ids.get(room)) {
            return Ok(id);
        }
        connection.execute("INSERT INTO rooms (name) VALUES (?1)", [room.as_str()])?;
        let id = connection.last_insert_rowid();
        self.made.ids.insert(room.clone(), id);
        Ok(id)
    }

    /// A message more in a room.
    pub(super) fn add(&mut self, room: i64, said: &Said) {
        let tally = self.tally(room);
        tally.messages += 1;
        tally.bytes += said.entry.weight();
    }

    /// Drops what is too old or too much of the rooms that this transaction changed.
    pub(super) fn trim(&mut self, connection: &Connection, rule: &mut Rule) -> rusqlite::Result<()> {
        let rooms: Vec<i64> = self.made.tallies.keys().copied().collect();
        self.trim_these(connection, rooms, rule)
    }

    /// The same for all rooms.
    pub(super) fn trim_all(&mut self, connection: &Connection, rule: &mut Rule) -> rusqlite::Result<()> {
        let due = self.rooms.tallies.iter().filter(|(_, tally)| tally.is_due(rule));
        let rooms: Vec<i64> = due.map(|(&room, _)| room).collect();
        self.trim_these(connection, rooms, rule)
    }

    fn trim_these(&mut self, connection: &Connection, rooms: Vec<i64>, rule: &mut Rule) -> rusqlite::Result<()> {
        for room in rooms {
            let tally = self.tally(room);
            if tally.is_due(rule) && rule.budget > 0 {
                tally.drop_oldest(connection, room, rule)?;
            }
        }
        Ok(())
    }

    /// Writes the counts.
    pub(super) fn finish(self, connection: &Connection) -> rusqlite::Result<Changed> {
        let mut statement = connection.prepare_cached("UPDATE rooms SET messages = ?2, bytes = ?3 WHERE id = ?1")?;
        for (room, tally) in &self.made.tallies {
            statement.execute(params![room, number(tally.messages), number(tally.bytes)])?;
        }
        Ok(self.made)
    }

    fn tally(&mut self, room: i64) -> &mut Tally {
        let known = self.rooms.tallies.get(&room).copied().unwrap_or_default();
        self.made.tallies.entry(room).or_insert(known)
    }
}

impl Tally {
    fn is_due(&self, rule: &Rule) -> bool {
        // An oldest message that was not looked up may be of any age.
        let oldest = self.oldest.unwrap_or_default();
        rule.drops(self, oldest)
    }

    fn drop_oldest(&mut self, connection: &Connection, room: i64, rule: &mut Rule) -> rusqlite::Result<()> {
        let mut last = None;
        {
            let mut statement = connection
                .prepare("SELECT position, sent_at, weight FROM messages WHERE room = ?1 ORDER BY position LIMIT ?2")?;
            let mut rows = statement.query(params![room, number(rule.budget as u64).saturating_add(1)])?;
            self.oldest = None;
            while let Some(row) = rows.next()? {
                let sent_at = UtcMillis::new(unsigned(row, 1)?);
                if rule.budget == 0 || !rule.drops(self, sent_at) {
                    self.oldest = Some(sent_at);
                    break;
                }
                last = Some(row.get::<_, i64>(0)?);
                self.messages = self.messages.saturating_sub(1);
                self.bytes = self.bytes.saturating_sub(unsigned(row, 2)?);
                rule.budget -= 1;
            }
        }
        if let Some(last) = last {
            connection.execute(
                "DELETE FROM messages WHERE room = ?1 AND position <= ?2",
                params![room, last],
            )?;
        }
        Ok(())
    }
}

impl Rule {
    fn drops(&self, tally: &Tally, oldest: UtcMillis) -> bool {
        let age = std::time::Duration::from_millis(self.now.get().saturating_sub(oldest.get()));
        self.retention.drops_oldest(tally.messages, tally.bytes, age)
    }
}
