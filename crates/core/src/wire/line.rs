//! Messages that end at a newline, from a stream that is cut anywhere (docs/protocol.md 4.1).

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes, without the newline and without one carriage return before it.
    Text(&'a [u8]),
    /// It was longer than the limit, and its content was thrown away.
    TooLong {
        /// Length of the content, counted as in [`Line::Text`].
        bytes: u64,
    },
}

/// Cuts a stream of bytes into messages.
///
/// Holds at most `limit` bytes, whatever comes, and no memory at all between messages. A message that came whole in one
/// piece is not copied.
///
/// ```
/// # use papo_core::wire::line::{Line, LineDecoder};
/// let mut decoder = LineDecoder::new(5);
/// let mut lines = Vec::new();
/// decoder.push(b"oi\r\nmuito longo\ntch", &mut |line| lines.push(format!("{line:?}")));
/// assert_eq!(lines, ["Text([111, 105])", "TooLong { bytes: 11 }"]);
/// assert!(decoder.pending());
/// decoder.take_rest(&mut |line| assert_eq!(line, Line::Text(b"tch")));
/// ```
#[derive(Debug, Clone)]
pub struct LineDecoder {
    limit: usize,
    held: Vec<u8>,
    // A carriage return at the very end of what came: the terminator's, unless something else than a newline follows.
    held_return: bool,
    // Length of a message that outgrew the limit, without `held_return`; while it is there, `held` is empty.
    overlong: Option<u64>,
    newline_seen: bool,
}

impl LineDecoder {
    /// Messages may hold `limit` bytes, their terminator not counted.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Vec::new(),
            held_return: false,
            overlong: None,
            newline_seen: false,
        }
    }

    /// Takes what came and gives every message that it completes to `each`, in order. Empty messages are given too.
    pub fn push(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Line<'_>)) {
        while let Some(at) = bytes.iter().position(|&byte| byte == b'\n') {
            let content = &bytes[..at];
            bytes = &bytes[at + 1..];
            self.newline_seen = true;
            if self.pending() {
                self.hold(content);
                // The return that is held now stood right before the newline.
                self.held_return = false;
                self.end(each);
            } else {
                let content = content.strip_suffix(b"\r").unwrap_or(content);
                each(if content.len() > self.limit {
                    Line::TooLong {
                        bytes: content.len() as u64,
                    }
                } else {
                    Line::Text(content)
                });
            }
        }
        self.hold(bytes);
    }

    /// True while a part of a message is held.
    pub const fn pending(&self) -> bool {
        !self.held.is_empty() || self.held_return || self.overlong.is_some()
    }

    /// Ends the message that is held, if there is one, without its newline: the stream ended or paused. A carriage
    /// return at its end counts as its terminator too.
    pub fn take_rest(&mut self, each: &mut impl FnMut(Line<'_>)) {
        if self.pending() {
            self.held_return = false;
            self.end(each);
        }
    }

    /// True once a newline came: from then on a pause ends no message.
    pub const fn has_seen_newline(&self) -> bool {
        self.newline_seen
    }

    /// Appends a part of a message that holds no newline.
    fn hold(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        if std::mem::take(&mut self.held_return) {
            self.keep(b"\r");
        }
        let content = part.strip_suffix(b"\r").unwrap_or(part);
        self.held_return = content.len() < part.len();
        self.keep(content);
    }

    fn keep(&mut self, content: &[u8]) {
        let length = self.held.len() + content.len();
        if let Some(bytes) = &mut self.overlong {
            *bytes = bytes.saturating_add(content.len() as u64);
        } else if length > self.limit {
            self.overlong = Some(length as u64);
            self.held = Vec::new();
        } else {
            if length > self.held.capacity() {
                // Doubles like a Vec of its own accord, but never past the limit.
                let capacity = (self.held.capacity() * 2).max(length).min(self.limit);
                self.held.reserve_exact(capacity - self.held.len());
            }
            self.held.extend_from_slice(content);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(Line<'_>)) {
        // Taking leaves no buffer behind: ten thousand idle sessions keep none.
        let held = std::mem::take(&mut self.held);
        each(match self.overlong.take() {
            Some(bytes) => Line::TooLong { bytes },
            None => Line::Text(&held),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Got {
        Text(Vec<u8>),
        TooLong(u64),
    }

    fn text(content: &[u8]) -> Got {
        Got::Text(content.to_vec())
    }

    /// What the decoder must give, said in one breath over the whole input.
    fn expected(limit: usize, input: &[u8]) -> Vec<Got> {
        let mut parts: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();
        if parts.last().is_some_and(|rest| rest.is_empty()) {
            parts.pop();
        }
        parts
            .into_iter()
            .map(|part| part.strip_suffix(b"\r").unwrap_or(part))
            .map(|part| {
                if part.len() > limit {
                    Got::TooLong(part.len() as u64)
                } else {
                    text(part)
                }
            })
            .collect()
    }

    fn decode<'a>(limit: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Got> {
        let mut decoder = LineDecoder::new(limit);
        let mut got = Vec::new();
        let mut each = |line: Line<'_>| {
            got.push(match line {
                Line::Text(content) => text(content),
                Line::TooLong { bytes } => Got::TooLong(bytes),
            });
        };
        for piece in pieces {
            decoder.push(piece, &mut each);
            assert!(decoder.held.capacity() <= limit);
            assert!(decoder.pending() || decoder.held.capacity() == 0);
        }
        decoder.take_rest(&mut each);
        assert!(!decoder.pending());
        assert_eq!(decoder.held.capacity(), 0);
        got
    }

    const MIXED: &[u8] = b"oi\r\n\n\r\nab\rcd\r\r\n12345\n123456\r\n1234567\n\xff\xc3\r\nfim\r";

    #[test]
    fn lines_lose_their_terminator_and_nothing_else() {
        let got = decode(6, [MIXED]);
        let all = [
            text(b"oi"),
            text(b""),
            text(b""),
            text(b"ab\rcd\r"),
            text(b"12345"),
            text(b"123456"),
            Got::TooLong(7),
            text(b"\xff\xc3"),
            text(b"fim"),
        ];
        assert_eq!(got, all);
        assert_eq!(got, expected(6, MIXED));
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        for cut in 0..=MIXED.len() {
            let (before, after) = MIXED.split_at(cut);
            assert_eq!(decode(6, [before, after]), expected(6, MIXED), "{cut}");
        }
        assert_eq!(decode(6, MIXED.chunks(1)), expected(6, MIXED));
    }

    #[test]
    fn the_limit_counts_content_only() {
        for end in ["\n", "\r\n", "\r", ""] {
            for (length, fits) in [(4095, true), (4096, true), (4097, false)] {
                let input = ["x".repeat(length), end.to_owned()].concat().into_bytes();
                let all = [if fits {
                    text("x".repeat(length).as_bytes())
                } else {
                    Got::TooLong(4097)
                }];
                assert_eq!(decode(4096, [&input[..]]), all, "{length} {end:?}");
                assert_eq!(decode(4096, input.chunks(1)), all, "{length} {end:?}");
            }
        }
    }

    #[test]
    fn an_endless_line_costs_no_memory_and_is_told_once() {
        let mut decoder = LineDecoder::new(16);
        let mut told = Vec::new();
        decoder.push(b"oi", &mut |_| panic!("no message ended"));
        for _ in 0..1000 {
            decoder.push(&[b'x'; 1000], &mut |line| told.push(format!("{line:?}")));
            assert_eq!(decoder.held.capacity(), 0);
        }
        decoder.push(b"\noi\n", &mut |line| told.push(format!("{line:?}")));
        assert_eq!(told, ["TooLong { bytes: 1000002 }", "Text([111, 105])"]);
    }

    #[test]
    fn a_pause_ends_what_is_held_and_only_that() {
        let mut decoder = LineDecoder::new(16);
        let mut got = Vec::new();
        decoder.take_rest(&mut |_| panic!("nothing was held"));
        decoder.push(b"oi", &mut |_| panic!("no message ended"));
        assert!(decoder.pending() && !decoder.has_seen_newline());
        decoder.take_rest(&mut |line| got.push(format!("{line:?}")));
        decoder.take_rest(&mut |_| panic!("nothing was held"));
        decoder.push(b"\n", &mut |line| got.push(format!("{line:?}")));
        assert!(decoder.has_seen_newline());
        assert_eq!(got, ["Text([111, 105])", "Text([])"]);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            pieces in prop::collection::vec(prop::collection::vec(
                prop_oneof![3 => Just(b'a'), 2 => Just(b'\r'), 2 => Just(b'\n'), 1 => any::<u8>()], 0..12), 0..12),
            limit in 0_usize..8,
        ) {
            let whole = pieces.concat();
            prop_assert_eq!(decode(limit, pieces.iter().map(Vec::as_slice)), expected(limit, &whole));
        }
    }
}
