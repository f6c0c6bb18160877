//! Entries in the wire forms of the text doors. Each entry is encoded once per form, however many receive it.

use std::cell::Cell;

use papo_core::hub::{CloseReason, Entry, EntryKind};
use papo_core::id::{HubId, RoomName, Seq};
use papo_core::time::{Minute, UtcMillis};
use papo_core::wire::session::{Frame, Message};
use papo_core::wire::text;

/// An unmasked WebSocket text frame (docs/protocol.md 5.1). The text goes as it came: a page shows text, not markup.
pub(crate) fn websocket_text(entry: &Entry, out: &mut Vec<u8>) {
    let line = match entry.kind {
        EntryKind::Said if entry.verbatim => return frame(TEXT, &[entry.payload.as_bytes()], out),
        EntryKind::Said => {
            return frame(TEXT, &[entry.label.as_bytes(), b": ", entry.payload.as_bytes()], out);
        }
        EntryKind::Joined => text::joined(&entry.label),
        EntryKind::Left => text::left(&entry.label),
        EntryKind::Gap { origin, from, to } => {
            format!("{} {}", text::HUB_LABEL, text::missed(origin, from, to))
        }
        EntryKind::Frame => return,
    };
    frame(TEXT, &[line.as_bytes()], out);
}

/// A line of the TCP text door (docs/protocol.md 4.2).
pub(crate) fn tcp_line(entry: &Entry, out: &mut Vec<u8>) {
    let minute = local_minute(entry.sent_at);
    match entry.kind {
        EntryKind::Said => text::stamped_line(out, &entry.label, minute, &entry.payload),
        EntryKind::Joined => text::stamped_line(out, text::HUB_LABEL, minute, &text::joined(&entry.label)),
        EntryKind::Left => text::stamped_line(out, text::HUB_LABEL, minute, &text::left(&entry.label)),
        EntryKind::Gap { origin, from, to } => {
            text::stamped_line(out, text::HUB_LABEL, minute, &text::missed(origin, from, to));
        }
        EntryKind::Frame => {}
    }
}

/// What a session of the session protocol is shown of an entry: nothing of those who come and go, since that is told
/// apart (docs/protocol.md 6.3).
pub(crate) fn session(room: &RoomName, entry: &Entry, out: &mut Vec<u8>) {
    match entry.kind {
        EntryKind::Said => session_text(&Message::new(room, entry).to_json(), out),
        EntryKind::Gap { origin, from, to } => session_gap(room, (origin, from, to), "lost", out),
        EntryKind::Frame => session_text(&entry.payload, out),
        EntryKind::Joined | EntryKind::Left => {}
    }
}

/// What the author of an entry is shown in its place.
pub(crate) fn session_own(entry: &Entry, out: &mut Vec<u8>) {
    if let (EntryKind::Said, Some(key), Some(msg_id)) = (entry.kind, entry.key, &entry.id) {
        session_text(&Frame::said(msg_id, key).to_json(), out);
    }
}

/// Numbers of a hub that are not there.
pub(crate) fn session_gap(room: &RoomName, (origin, from, to): (HubId, Seq, Seq), reason: &str, out: &mut Vec<u8>) {
    let gap = Frame::Gap {
        room,
        origin,
        from: from.get(),
        to: to.get(),
        reason,
    };
    session_text(&gap.to_json(), out);
}

/// One JSON object as a text frame.
pub(crate) fn session_text(json: &str, out: &mut Vec<u8>) {
    frame(TEXT, &[json.as_bytes()], out);
}

/// A WebSocket ping whose answer tells that everything before it has arrived.
pub(crate) fn numbered_ping(number: u64, out: &mut Vec<u8>) {
    frame(PING, &[&number.to_be_bytes()], out);
}

/// Text of the hub itself for one session of the TCP text door, each line stamped.
pub(crate) fn tcp_notice(words: &str, now: UtcMillis) -> Vec<u8> {
    let mut out = Vec::new();
    for line in words.lines() {
        text::stamped_line(&mut out, text::HUB_LABEL, local_minute(now), line);
    }
    out
}

/// Text of the hub itself for one session of the WebSocket text door.
pub(crate) fn websocket_notice(words: &str) -> Vec<u8> {
    let mut out = Vec::new();
    frame(TEXT, &[text::HUB_LABEL.as_bytes(), b" ", words.as_bytes()], &mut out);
    out
}

/// A WebSocket ping without content.
pub(crate) const PING_FRAME: &[u8] = &[0x89, 0];

/// A WebSocket close frame with the code for `reason` and its words.
pub(crate) fn close_frame(reason: CloseReason, words: &str) -> Vec<u8> {
    const MOST: usize = 123;
    let mut end = words.len().min(MOST);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = Vec::new();
    frame(
        CLOSE,
        &[&close_code(reason).to_be_bytes(), &words.as_bytes()[..end]],
        &mut out,
    );
    out
}

/// RFC 6455 section 7.4.1.
fn close_code(reason: CloseReason) -> u16 {
    match reason {
        CloseReason::Ended | CloseReason::Quit => 1000,
        CloseReason::Replaced => 4000,
        CloseReason::Unauthorized => 4001,
        CloseReason::NoHello => 4002,
        CloseReason::GoingAway => 1001,
        CloseReason::BadFrame => 1002,
        CloseReason::Binary => 1003,
        CloseReason::BadUtf8 => 1007,
        CloseReason::SlowConsumer | CloseReason::TooManySessions | CloseReason::KeepaliveTimeout => 1008,
        CloseReason::TooLarge => 1009,
        CloseReason::Lost => 1011,
        CloseReason::HubFull => 1013,
    }
}

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// A whole frame (RFC 6455 section 5.2). A server's frames are not masked, so the same bytes serve every receiver.
fn frame(first: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(first);
    if length < 126 {
        out.push(u8::try_from(length).unwrap_or(0));
    } else if let Ok(length) = u16::try_from(length) {
        out.push(126);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&(length as u64).to_be_bytes());
    }
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// The minute on this machine's clock on the wall. The time zone is asked once a minute and thread, not per entry.
fn local_minute(at: UtcMillis) -> Minute {
    const MINUTE: u64 = 60_000;
    thread_local! {
        static LAST: Cell<Option<(u64, i32)>> = const { Cell::new(None) };
    }
    let minute = at.get() / MINUTE;
    let offset = match LAST.get() {
        Some((last, offset)) if last == minute => offset,
        _ => {
            let offset = i64::try_from(at.get())
                .ok()
                .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
            let offset = offset.map_or(0, |at| jiff::tz::TimeZone::system().to_offset(at).seconds());
            LAST.set(Some((minute, offset)));
            offset
        }
    };
    at.minute(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_carry_their_length_in_one_three_or_nine_bytes() {
        for (length, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            frame(TEXT, &[&vec![b'x'; length]], &mut out);
            assert_eq!(&out[..header.len()], header);
            assert_eq!(out.len(), header.len() + length);
        }
    }

    #[test]
    fn close_frames_fit_a_control_frame_and_cut_no_character() {
        let out = close_frame(CloseReason::GoingAway, &"é".repeat(100));
        assert_eq!((out[0], out[1], &out[2..4]), (0x88, 124, &1001u16.to_be_bytes()[..]));
        assert_eq!(std::str::from_utf8(&out[4..]).unwrap().chars().count(), 61);
    }
}
