//! Messages of an old text server, which puts nothing between them (docs/protocol.md 4.2).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest message that is held, in bytes: an old server's is far shorter, and one that never ends must not fill memory.
pub const HELD_BYTES: usize = 64 * 1024;

/// Cuts what a text server sends into messages.
///
/// A hub ends its lines with a newline; where there is one, it alone ends a message, and a text that quotes a prefix
/// stays whole. An old server ends nothing: there a message ends where the prefix of the next begins, which is an address
/// before ` | YYYY-MM-DD HH:MM | `, or where nothing more comes for a moment ([`PrefixSplitter::flush`]).
///
/// The texts are not made visible yet; what is no UTF-8 is U+FFFD in them. Empty messages are left out.
///
/// ```
/// # use papo_core::wire::split::PrefixSplitter;
/// let mut splitter = PrefixSplitter::new();
/// let done = splitter.push(b"10.0.0.7 | 2026-11-20 10:00 | oi127.0.0.1 | 2026-11-20 10:00 | tudo bem");
/// assert_eq!(done, ["10.0.0.7 | 2026-11-20 10:00 | oi"]);
/// assert_eq!(splitter.flush().as_deref(), Some("127.0.0.1 | 2026-11-20 10:00 | tudo bem"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct PrefixSplitter {
    held: Vec<u8>,
    // No newline and no stamp begins before this place in `held`, except the message's own.
    scanned: usize,
    newline_seen: bool,
}

impl PrefixSplitter {
    /// Holds nothing yet.
    pub const fn new() -> Self {
        Self {
            held: Vec::new(),
            scanned: 0,
            newline_seen: false,
        }
    }

    /// Takes what came and gives the messages that it completes, in order.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut messages = Vec::new();
        self.held.extend_from_slice(bytes);
        while let Some(end) = self.find_newline() {
            self.newline_seen = true;
            let line: Vec<u8> = self.held.drain(..=end).collect();
            self.scanned = 0;
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            emit(&mut messages, line.strip_suffix(b"\r").unwrap_or(line));
        }
        if self.newline_seen {
            self.scanned = self.held.len();
        } else {
            self.cut_at_prefixes(&mut messages);
        }
        while self.held.len() > HELD_BYTES {
            // Steps back to where a character begins; bytes that are no UTF-8 do not hold it up for long.
            let end = (HELD_BYTES - 3..=HELD_BYTES)
                .rev()
                .find(|&at| self.held[at] & 0xc0 != 0x80)
                .unwrap_or(HELD_BYTES);
            emit(&mut messages, &self.held[..end]);
            self.held.drain(..end);
            self.scanned = self.scanned.saturating_sub(end);
        }
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        messages
    }

    /// Gives what is held as a message: the stream ended, or nothing came for a moment.
    pub fn flush(&mut self) -> Option<String> {
        self.scanned = 0;
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then(|| String::from_utf8_lossy(&held).into_owned())
    }

    /// True once a message ended in a newline, which only a server of lines sends by itself.
    pub const fn newline_seen(&self) -> bool {
        self.newline_seen
    }

    fn find_newline(&self) -> Option<usize> {
        let fresh = &self.held[self.scanned..];
        fresh.iter().position(|&byte| byte == b'\n').map(|at| self.scanned + at)
    }

    fn cut_at_prefixes(&mut self, messages: &mut Vec<String>) {
        while let Some(at) = self.held[self.scanned..].windows(STAMP.len()).position(is_stamp) {
            let stamp = self.scanned + at;
            // Without an address before it, it is the message's own stamp behind a name, or a part of its text.
            let start = address_before(&self.held[..stamp]).unwrap_or(0);
            if start > 0 {
                emit(messages, &self.held[..start]);
                self.held.drain(..start);
            }
            // The bar that ends one stamp cannot begin the next: an address stands between.
            self.scanned = stamp - start + STAMP.len();
        }
        // A stamp may have come in part.
        self.scanned = self.scanned.max((self.held.len() + 1).saturating_sub(STAMP.len()));
    }
}

fn emit(messages: &mut Vec<String>, message: &[u8]) {
    if !message.is_empty() {
        messages.push(String::from_utf8_lossy(message).into_owned());
    }
}

fn is_stamp(window: &[u8]) -> bool {
    window.iter().zip(STAMP).all(|(byte, pattern)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    })
}

/// Where the address begins that ends `before`.
///
/// Digits that a person typed right before it cannot be told from its own, so the longest address wins: after the text
/// `oi 1`, `oi 1127.0.0.1` splits rightly, since 1127 is no octet; after `oi 1`, `oi 110.0.0.1` does not.
fn address_before(before: &[u8]) -> Option<usize> {
    let longest = |most: usize, fits: fn(&str) -> bool| {
        (before.len().saturating_sub(most)..before.len())
            .find(|&start| std::str::from_utf8(&before[start..]).is_ok_and(fits))
    };
    // IPv4 first: it is what old servers have, and a text that ends in colons would pass for a part of an IPv6 address.
    if let Some(start) = longest(15, |text| text.parse::<Ipv4Addr>().is_ok()) {
        let mapped = before[..start].strip_suffix(b"::ffff:");
        return Some(mapped.map_or(start, <[u8]>::len));
    }
    longest(39, |text| text.parse::<Ipv6Addr>().is_ok())
}

/// The stamp between the address and the text, with 0 for every digit.
const STAMP: &[u8; 22] = b" | 0000-00-00 00:00 | ";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut splitter = PrefixSplitter::new();
        let mut got: Vec<String> = pieces.into_iter().flat_map(|piece| splitter.push(piece)).collect();
        got.extend(splitter.flush());
        got
    }

    fn stamped(label: &str, text: &str) -> String {
        format!("{label} | 2026-11-20 10:00 | {text}")
    }

    #[test]
    fn glued_messages_come_apart_at_their_addresses() {
        let cases = [
            ("oi", "127.0.0.1"),
            ("oi 1", "127.0.0.1"),
            ("oi 0", "10.0.0.7"),
            ("são 25", "192.168.100.200"),
            ("fim.", "8.8.8.8"),
            ("1.2.3.4.", "5.6.7.8"),
            ("ol", "2001:db8::1"),
            ("ol", "::1"),
            ("::", "10.0.0.7"),
            ("v", "::ffff:10.0.0.7"),
            ("a | b | ", "10.0.0.7"),
            ("foi às 2026-11-20 10:00 | ", "10.0.0.7"),
            ("", "10.0.0.7"),
            ("日本", "10.0.0.7"),
        ];
        for (text, next) in cases {
            let all = [stamped("10.0.0.1", text), stamped(next, "tudo"), stamped(next, "bem")];
            let glued = all.concat();
            assert_eq!(split([glued.as_bytes()]), all, "{glued}");
            assert_eq!(split(glued.as_bytes().chunks(1)), all, "{glued}");
            for cut in 0..=glued.len() {
                let (before, after) = glued.as_bytes().split_at(cut);
                assert_eq!(split([before, after]), all, "{glued} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_stamp_without_an_address_splits_nothing() {
        for text in [
            stamped("ana", "oi"),
            stamped("10.0.0.1", &stamped("ana", "oi")),
            stamped("10.0.0.1", "quem 10.0.0.2 | 2026-11-20 1:00 | x"),
            stamped("10.0.0.1", &stamped("1.2.3", "oi")),
            "no stamp at all".to_owned(),
        ] {
            assert_eq!(split([text.as_bytes()]), [text]);
        }
    }

    #[test]
    fn where_newlines_are_they_alone_end_messages() {
        let quoting = stamped("ana", &stamped("10.0.0.9", "quoted"));
        let mut splitter = PrefixSplitter::new();
        assert_eq!(splitter.push(format!("{quoting}\r\n\nx").as_bytes()), [&*quoting]);
        assert!(splitter.newline_seen());
        // The second time the newline comes later than what it ends.
        assert_eq!(splitter.push(quoting.as_bytes()), Vec::<String>::new());
        assert_eq!(splitter.push(b"\ny\n"), [format!("x{quoting}"), "y".to_owned()]);
        assert_eq!(splitter.flush(), None);
    }

    #[test]
    fn a_pause_ends_a_message() {
        let mut splitter = PrefixSplitter::new();
        assert_eq!(splitter.flush(), None);
        for text in ["oi", "tudo"] {
            let message = stamped("10.0.0.1", text);
            assert_eq!(splitter.push(message.as_bytes()), Vec::<String>::new());
            assert_eq!(splitter.flush(), Some(message));
        }
        // What follows the pause need not begin with a prefix.
        let next = stamped("10.0.0.1", "bem");
        assert_eq!(splitter.push(format!("!{next}").as_bytes()), ["!"]);
        assert_eq!(splitter.flush(), Some(next));
        assert!(!splitter.newline_seen());
        assert_eq!(splitter.held.capacity(), 0);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(split([&b"a\xff"[..], b"\xc3", b"\xa3o"]), ["a\u{fffd}ão"]);
    }

    #[test]
    fn an_endless_message_is_cut_between_characters() {
        let mut splitter = PrefixSplitter::new();
        let text = "x".to_owned() + &"é".repeat(100_000);
        let mut got = Vec::new();
        for piece in text.as_bytes().chunks(1000) {
            got.extend(splitter.push(piece));
            assert!(splitter.held.len() <= HELD_BYTES);
        }
        got.extend(splitter.flush());
        assert_eq!(got.len(), 4);
        assert!(got.iter().all(|message| message.len() <= HELD_BYTES));
        assert_eq!(got.concat(), text);
        assert_eq!(split([text.as_bytes()]).concat(), text);
        // Bytes that are no text at all do not stop it either.
        assert_eq!(split([&*vec![0x80; 2 * HELD_BYTES + 7]]).len(), 3);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            parts in prop::collection::vec(prop_oneof![
                Just(" | 2026-11-20 10:00 | "), Just("127.0.0.1"), Just("1"), Just("::1"), Just(" | "), Just("é"), Just("2026-")
            ], 0..20),
            size in 1_usize..40,
        ) {
            let whole = parts.concat();
            let got = split(whole.as_bytes().chunks(size));
            prop_assert_eq!(got.concat(), whole.clone());
            prop_assert_eq!(got, split([whole.as_bytes()]));
        }

        #[test]
        fn lines_survive_any_chunking(
            lines in prop::collection::vec("[a-é |0-9.]{1,30}", 0..8), size in 1_usize..40,
        ) {
            let mut whole = "first\n".to_owned();
            for line in &lines {
                whole = whole + line + "\r\n";
            }
            let got = split(whole.as_bytes().chunks(size));
            prop_assert_eq!(&got[1..], &lines[..]);
        }
    }
}
