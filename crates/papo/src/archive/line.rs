//! One message as a line of JSON.

use std::io::{self, BufRead, Read, Write};

use papo_core::hub::{Entry, EntryKind, Key, Said};
use papo_core::id::{HubId, MsgId, RoomName, Seq};
use papo_core::limits::{IMPORT_LINE_BYTES, NAME_CHARS, PAYLOAD_BYTES, ROOM_CHARS};
use papo_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::text::Message;

/// What `papo export` writes.
#[derive(Serialize)]
struct Written<'a> {
    room: &'a RoomName,
    msg_id: &'a MsgId,
    src: &'a str,
    label: &'a str,
    payload: &'a str,
    origin: HubId,
    seq: Seq,
    sent_at: UtcMillis,
    hops: u8,
}

/// What `papo import` reads. Keys that it does not know are left alone.
#[derive(Deserialize)]
struct Given {
    room: RoomName,
    msg_id: MsgId,
    #[serde(default)]
    src: String,
    label: String,
    payload: String,
    origin: HubId,
    seq: u64,
    sent_at: u64,
    #[serde(default)]
    hops: u8,
}

/// Writes a message of a room.
pub(super) fn write(out: &mut impl Write, room: &RoomName, entry: &Entry) -> io::Result<()> {
    let (Some(msg_id), Some(Key { origin, seq })) = (&entry.id, entry.key) else {
        return Ok(());
    };
    let line = Written {
        room,
        msg_id,
        src: &entry.src,
        label: &entry.label,
        payload: &entry.payload,
        origin,
        seq,
        sent_at: entry.sent_at,
        hops: entry.hops,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// Reads the messages of a file; empty lines are none.
pub(super) struct Lines<'p, R> {
    reader: R,
    path: &'p str,
    number: u64,
}

impl<'p, R: BufRead> Lines<'p, R> {
    pub(super) fn new(reader: R, path: &'p str) -> Self {
        Self {
            reader,
            path,
            number: 0,
        }
    }

    /// The next line, without its end; `None` behind the last.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        let mut bounded = self.reader.by_ref().take(IMPORT_LINE_BYTES as u64 + 1);
        let read = bounded.read_until(b'\n', &mut line);
        let read = read.map_err(|error| super::cannot("error-archive-unreadable", self.path, error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.len() > IMPORT_LINE_BYTES {
            let reason = Message::new("error-archive-long").with("limit", IMPORT_LINE_BYTES);
            return Err(self.refuse(reason));
        }
        Ok(Some(line))
    }

    fn refuse(&self, reason: Message) -> Failure {
        let message = Message::new("error-archive-line").with("path", self.path.to_owned());
        Failure::usage(message.with("line", self.number).with("reason", reason))
    }
}

impl<R: BufRead> Iterator for Lines<'_, R> {
    type Item = Result<Said, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.line() {
                Ok(Some(line)) if line.trim_ascii().is_empty() => {}
                Ok(Some(line)) => return Some(read(line.trim_ascii()).map_err(|reason| self.refuse(reason))),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn read(line: &[u8]) -> Result<Said, Message> {
    let given: Given =
        serde_json::from_slice(line).map_err(|error| Message::new("error-archive-json").showing("detail", error))?;
    let wrong = |field: &str| Message::new("error-archive-field").with("field", field.to_owned());
    let chars = |text: &str| text.chars().count();
    if given.label.trim().is_empty() || chars(&given.label) > NAME_CHARS {
        return Err(wrong("label"));
    }
    if chars(&given.src) > NAME_CHARS + 1 + ROOM_CHARS {
        return Err(wrong("src"));
    }
    if given.payload.len() > PAYLOAD_BYTES {
        return Err(wrong("payload"));
    }
    let seq = Seq::new(given.seq).filter(|_| i64::try_from(given.seq).is_ok());
    let key = Key {
        origin: given.origin,
        seq: seq.ok_or_else(|| wrong("seq"))?,
    };
    let notice = Entry::notice(EntryKind::Said, given.label.into(), UtcMillis::new(given.sent_at));
    Ok(Said {
        room: given.room,
        entry: Entry {
            id: Some(given.msg_id),
            src: given.src.into(),
            payload: given.payload.into(),
            key: Some(key),
            hops: given.hops,
            ..notice
        },
        author: None,
    })
}
