//! SQLite's own limit: one loop in this process that puts the same rows into the same tables in groups.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use rusqlite::{Connection, OpenFlags, Statement, Transaction, TransactionBehavior, params};

use crate::load::{self, Measured, PAYLOAD_BYTES};
use crate::{process, words};

/// A file as a hub makes it, with nothing in it.
#[derive(Debug)]
pub(crate) struct Limit {
    connection: Connection,
    /// The last row.
    position: i64,
}

impl Limit {
    /// With the tables, indexes and triggers of a hub's file.
    pub(crate) fn like(hub: &Path, path: &Path) -> Result<Self> {
        let tables = Connection::open_with_flags(hub, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        tables.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(Self {
            connection,
            position: 0,
        })
    }

    /// Commits groups of that mean size, with messages of so many rooms in turn, until the time is over.
    pub(crate) fn run(&mut self, rooms: u32, group: f64, time: Duration) -> Result<Measured> {
        let names: Vec<String> = (0..rooms).map(load::room).collect();
        for name in &names {
            let sql = "INSERT INTO rooms (name) VALUES (?1) ON CONFLICT DO NOTHING";
            self.connection.execute(sql, [name])?;
        }
        let (first, own) = (self.position, std::process::id());
        let mut rows = Rows::of(&self.connection)?;
        let (processor, began) = (process::processor_time(own)?, Instant::now());
        let (mut wanted, mut commits) = (0.0, 0);
        while began.elapsed() < time {
            wanted += group;
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let mut written = 0;
            // At least one, and as many as the mean asks for.
            while written == 0 || wanted >= 1.0 {
                self.position += 1;
                rows.insert(self.position, rooms)?;
                (written, wanted) = (written + 1, wanted - 1.0);
            }
            rows.count(rooms.min(written), self.position)?;
            transaction.commit()?;
            commits += 1;
        }
        Ok(Measured {
            messages: u64::try_from(self.position - first)?,
            time: began.elapsed(),
            processor: process::processor_time(own)?.saturating_sub(processor),
            commits,
            latencies: Vec::new(),
        })
    }
}

/// What a hub writes, prepared once.
struct Rows<'c> {
    message: Statement<'c>,
    head: Statement<'c>,
    count: Statement<'c>,
}

impl<'c> Rows<'c> {
    fn of(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            message: connection.prepare(
                "INSERT INTO messages (position, room, origin, seq, msg_id, src, label, payload, sent_at, hops, weight, via, author)
                 VALUES (?1, ?2, ?3, ?1, ?4, ?5, ?6, ?7, ?8, 0, 180, NULL, ?9)
                 ON CONFLICT (room, origin, seq) DO NOTHING",
            )?,
            head: connection.prepare(
                "INSERT INTO heads (room, origin, seq, position) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT (room, origin) DO UPDATE SET seq = excluded.seq, position = excluded.position
                 WHERE excluded.seq > heads.seq",
            )?,
            count: connection.prepare("UPDATE rooms SET messages = ?2, bytes = ?3 WHERE id = ?1")?,
        })
    }

    fn insert(&mut self, position: i64, rooms: u32) -> Result<()> {
        let (origin, author) = ([7_u8; 16], [9_u8; 16]);
        let room = 1 + position % i64::from(rooms);
        let number = u64::try_from(position)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        self.message.execute(params![
            position,
            room,
            origin,
            format!("{number:016x}"),
            format!("bench-{room}@load-{room}"),
            format!("bench-{room}"),
            words::payload(number, PAYLOAD_BYTES),
            i64::try_from(now)?,
            author
        ])?;
        self.head.execute(params![room, origin, position])?;
        Ok(())
    }

    /// What the hub counts of each room in each transaction.
    fn count(&mut self, rooms: u32, position: i64) -> Result<()> {
        for room in 1..=i64::from(rooms) {
            self.count.execute(params![room, position, position * 180])?;
        }
        Ok(())
    }
}
