//! Copies of published messages, known by their bytes (docs/protocol.md 2.3).
//!
//! Each node gets a published message from most of its neighbors. What papo nodes pass on differs in its ttl alone, so a
//! copy is known by a hash of all its other bytes, before anything in it is read and without looking at its signature
//! again. A copy that differs in any other byte goes the whole way.

use sha2::{Digest as _, Sha256};

use super::Node;
use super::flood::{FloodKey, Sight};
use super::unicast::speech_line;
use crate::id::{PeerId, PeerLinkId};
use crate::time::Instant;
use crate::wire::peer::{Speech, Ttl};

/// The hash of a line without its ttl.
pub(super) type Form = [u8; 32];

/// What the line of a signed PUB begins with, as papo writes it, and what stands around its ttl.
const BEGINNING: &[u8] = b"{\"type\":\"PUB\",";
const BEFORE_TTL: &[u8] = b",\"ttl\":";
const BEHIND_TTL: &[u8] = b",\"x\":{";

/// The line of a published message, taken apart.
struct Line<'a> {
    bytes: &'a [u8],
    /// Where its ttl stands, which is one digit.
    place: usize,
    ttl: Ttl,
}

impl<'a> Line<'a> {
    /// `None` for all that papo would not write in this way.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(BEGINNING) {
            return None;
        }
        // Within a text there is a backslash before each quotation mark, so this is no part of one.
        let before = bytes.windows(BEFORE_TTL.len()).rposition(|found| found == BEFORE_TTL)?;
        let place = before + BEFORE_TTL.len();
        let (digit, behind) = bytes[place..].split_first()?;
        let ttl = Ttl::new(digit.checked_sub(b'0')?);
        (ttl >= Ttl::NEIGHBOR && ttl.get() == digit - b'0' && behind.starts_with(BEHIND_TTL)).then_some(Self {
            bytes,
            place,
            ttl,
        })
    }

    fn form(&self) -> Form {
        let mut hash = Sha256::new();
        // The place is a part of what is hashed, so that nothing can move from one side of it to the other.
        hash.update(u64::try_from(self.place).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(&self.bytes[..self.place]);
        hash.update(&self.bytes[self.place + 1..]);
        hash.finalize().into()
    }

    /// The line as it goes on to the next node, with its newline; `None` when it goes no further.
    fn passed_on(&self) -> Option<Vec<u8>> {
        let ttl = self.ttl.passed_on()?;
        let mut line = Vec::with_capacity(self.bytes.len() + 1);
        line.extend_from_slice(self.bytes);
        line.push(b'\n');
        line[self.place] = b'0' + ttl.get();
        Some(line)
    }
}

impl Node {
    /// Takes a line that came, if it is a copy of a published message whose signature was found good here: it is passed
    /// on when it may go farther than all before. False for every other line, which is to be read.
    pub(super) fn take_known_copy(&mut self, now: Instant, id: PeerLinkId, bytes: &[u8]) -> bool {
        let Some(line) = Line::read(bytes) else { return false };
        let Some(sender) = self
            .links
            .get(&id)
            .filter(|link| link.is_live())
            .and_then(|link| link.peer.clone())
        else {
            return false;
        };
        let Some((key, src)) = self.flood.recall(&line.form(), now) else {
            return false;
        };
        // The name may have been forgotten, and be another's by now.
        if !matches!(&key, FloodKey::Signed(pk, _) if self.keys.known(&src) == Some(pk)) {
            return false;
        }
        let sight = self.flood.see(key, line.ttl, now);
        if sight == Sight::New {
            return false;
        }
        if let Some(neighbor) = self.neighbors.get_mut(&sender) {
            neighbor.last_seen = now;
            neighbor.received += 1;
        }
        self.counters.copies += 1;
        match line.passed_on() {
            Some(passed) if sight == Sight::Farther => {
                let before = self.counters.passed_on;
                self.pass_line_on(now, &sender, &src, &passed);
                self.counters.passed_on_again += self.counters.passed_on - before;
            }
            _ => self.counters.duplicates += 1,
        }
        true
    }

    /// Remembers the line of a message whose signature was found good, if it is just what this node would write: only
    /// then may its copies go on as they came.
    pub(super) fn remember_copy(&mut self, bytes: &[u8], key: &FloodKey, src: &PeerId, speech: &Speech) {
        let Some(line) = Line::read(bytes) else { return };
        let written = speech_line(
            "PUB",
            &Speech {
                via: None,
                ..speech.clone()
            },
        );
        if written.is_some_and(|written| written.strip_suffix(b"\n") == Some(bytes)) {
            self.flood.remember(key, line.form(), src);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"type":"PUB","payload":"a,\"ttl\":3,\"x\":{","ttl":5,"x":{"pk":""}}"#;

    fn read(text: &str) -> Option<(usize, u8)> {
        Line::read(text.as_bytes()).map(|line| (line.place, line.ttl.get()))
    }

    #[test]
    fn the_ttl_is_found_behind_all_texts() {
        let place = LINE.find(":5").unwrap() + 1;
        assert_eq!(read(LINE), Some((place, 5)));
        for ttl in ["0", "9", "12", "\"5\"", "a", "", "-1", "/", "\u{7f}"] {
            assert_eq!(read(&LINE.replace(":5", &format!(":{ttl}"))), None, "{ttl}");
        }
        assert_eq!(read(&LINE.replace("PUB", "SEND")), None);
        assert_eq!(read(&LINE.replace("\"x\":{\"pk", "\"y\":{\"pk")), None);
        assert_eq!(read(r#"{"type":"PUB","ttl":"#), None);
        assert_eq!(read(r#"{"type":"PUB","msg_id":"1"}"#), None);
    }

    #[test]
    fn lines_have_one_form_when_only_their_ttl_differs() {
        let form = |text: &str| Line::read(text.as_bytes()).unwrap().form();
        assert_eq!(form(LINE), form(&LINE.replace(":5", ":1")));
        assert_ne!(form(LINE), form(&LINE.replace("\"a,", "\"b,")));
        assert_ne!(form(LINE), form(&format!("{LINE} ")));
        let moved = r#"{"type":"PUB","ttl":5,"x":{"ttl":5,"x":{}}"#;
        assert_ne!(form(moved), form(&moved.replace(r#""x":{"ttl":5,"#, r#""x":{"#)));
    }

    #[test]
    fn it_goes_on_with_one_hop_less() {
        let passed = |text: &str| Line::read(text.as_bytes()).unwrap().passed_on();
        let expected = LINE.replace(":5", ":4") + "\n";
        assert_eq!(passed(LINE), Some(expected.into_bytes()));
        assert_eq!(passed(&LINE.replace(":5", ":1")), None);
    }
}
