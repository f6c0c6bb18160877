//! What a hub gets back when it starts again.

use papo_core::hub::{Author, Position, Restored, Said};
use papo_core::id::{HubId, LinkId};
use papo_core::limits::{HEADS, OUTBOX_MESSAGES};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Why;
use super::row::{ENTRY, entry, hub, key, number, origin, room, unsigned};

/// Who the hub is, which is decided when it is asked for the first time.
pub(super) fn identity(connection: &Connection) -> Result<HubId, Why> {
    let known = connection.query_row("SELECT id FROM hub", [], |row| row.get::<_, [u8; 16]>(0));
    if let Some(id) = known.optional()? {
        return Ok(hub(id));
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Why::Refused(error.to_string()))?;
    connection.execute("INSERT INTO hub (id) VALUES (?1)", [id])?;
    Ok(hub(id))
}

/// Everything that a hub needs to go on.
pub(super) fn restore(connection: &Connection, own: HubId, links: &[String]) -> rusqlite::Result<Vec<Restored>> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    forget_heads(&transaction, own)?;
    let mut restored = heads(&transaction)?;
    let present = transaction.query_row("SELECT coalesce(max(position), 0) FROM heads", [], |row| row.get(0))?;
    for (link, url) in (0..).map(LinkId).zip(links) {
        waiting(&transaction, link, url, present, &mut restored)?;
    }
    transaction.commit()?;
    Ok(restored)
}

/// The hub itself remembers no more than these; its own numbers it needs for good.
pub(super) fn forget_heads(connection: &Connection, own: HubId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM heads WHERE origin <> ?1
               AND position <= (SELECT position FROM heads WHERE origin <> ?1
                               ORDER BY position DESC LIMIT 1 OFFSET ?2)";
    connection.execute(sql, params![origin(own), number(HEADS as u64)])?;
    Ok(())
}

fn heads(connection: &Connection) -> rusqlite::Result<Vec<Restored>> {
    let mut statement = connection.prepare(
        "SELECT r.name, h.origin, h.seq, h.position FROM heads h JOIN rooms r ON r.id = h.room ORDER BY h.position",
    )?;
    let heads = statement.query_map([], |row| {
        let key = key(row, 1)?;
        Ok(Restored::Head {
            room: room(row, 0)?,
            origin: key.origin,
            seq: key.seq,
            position: Position(unsigned(row, 3)?),
        })
    })?;
    heads.collect()
}

/// What a link has not passed on. One that was never here begins now.
fn waiting(
    connection: &Connection,
    link: LinkId,
    url: &str,
    present: i64,
    restored: &mut Vec<Restored>,
) -> rusqlite::Result<()> {
    let through = connection.query_row("SELECT through FROM links WHERE url = ?1", [url], |row| {
        row.get::<_, i64>(0)
    });
    let Some(through) = through.optional()? else {
        connection.execute(
            "INSERT INTO links (url, through) VALUES (?1, ?2)",
            params![url, present],
        )?;
        return Ok(());
    };
    let sql = format!(
        "SELECT {ENTRY}, r.name, m.author FROM messages m JOIN rooms r ON r.id = m.room
         WHERE m.position > ?1 ORDER BY m.position DESC LIMIT ?2"
    );
    let mut statement = connection.prepare(&sql)?;
    let said = statement.query_map(params![through, number(OUTBOX_MESSAGES as u64)], |row| {
        let author = row.get::<_, Option<[u8; 16]>>(11)?;
        Ok(Said {
            room: room(row, 10)?,
            entry: entry(row)?,
            author: author.map(|bytes| Author(u128::from_be_bytes(bytes))),
        })
    })?;
    let begin = restored.len();
    for said in said {
        let said = Box::new(said?);
        restored.push(Restored::Waiting { link, said });
    }
    // Found newest first.
    if let Some(found) = restored.get_mut(begin..) {
        found.reverse();
    }
    Ok(())
}
