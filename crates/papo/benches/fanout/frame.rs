//! The messages of the benchmark and their WebSocket frames.

use std::time::Duration;

/// What is said each time: marker, number, moment, filler.
pub(crate) const PAYLOAD_BYTES: usize = 128;
const MARKER: &[u8; 4] = b"#^|#";
const NUMBER: std::ops::Range<usize> = 4..20;
const MOMENT: std::ops::Range<usize> = 20..36;
/// First byte of a whole text frame.
const TEXT: u8 = 0x81;
/// Second byte of a frame whose length is in the next two.
const LONG: u8 = 126;
/// Bit of the second byte.
const MASKED: u8 = 0x80;
/// What a server writes before what a client said.
const LABEL: &[u8] = b"Client #1: ";

/// A message found in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said<'a>(&'a [u8]);

impl Said<'_> {
    /// Counted from 0 by the speaker.
    pub(crate) fn number(self) -> u64 {
        hexadecimal(&self.0[NUMBER])
    }

    /// When it was said, since the beginning of the benchmark.
    pub(crate) fn moment(self) -> Duration {
        Duration::from_nanos(hexadecimal(&self.0[MOMENT]))
    }
}

/// Appends the frame of a client. A mask of zeros is a mask, and leaves the bytes as they are.
pub(crate) fn masked(out: &mut Vec<u8>, number: u64, moment: Duration) {
    out.extend_from_slice(&[TEXT, MASKED | LONG]);
    length(out, PAYLOAD_BYTES);
    out.extend_from_slice(&[0; 4]);
    payload(out, number, moment);
}

/// Appends the frame of a server, as long as a hub's.
pub(crate) fn plain(out: &mut Vec<u8>, number: u64, moment: Duration) {
    out.extend_from_slice(&[TEXT, LONG]);
    length(out, LABEL.len() + PAYLOAD_BYTES);
    out.extend_from_slice(LABEL);
    payload(out, number, moment);
}

/// Calls `each` for every message of the benchmark in whole frames; returns how many bytes those were.
pub(crate) fn read(bytes: &[u8], mut each: impl FnMut(Said<'_>)) -> usize {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let (head, length) = match rest {
            [_, LONG, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
            [_, LONG, ..] | [] | [_] => return at,
            [_, length, ..] => (2, usize::from(*length)),
        };
        let Some(text) = rest.get(head..head + length) else {
            return at;
        };
        // Whoever speaks is named first.
        if rest[0] == TEXT
            && let Some(said) = text.last_chunk::<PAYLOAD_BYTES>()
            && said.starts_with(MARKER)
        {
            each(Said(said));
        }
        at += head + length;
    }
}

fn length(out: &mut Vec<u8>, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
}

fn payload(out: &mut Vec<u8>, number: u64, moment: Duration) {
    let end = out.len() + PAYLOAD_BYTES;
    let nanos = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX);
    out.extend_from_slice(MARKER);
    out.extend_from_slice(format!("{number:016x}{nanos:016x}").as_bytes());
    out.resize(end, b'.');
}

fn hexadecimal(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            _ => digit.wrapping_sub(b'a').wrapping_add(10),
        };
        value << 4 | u64::from(digit & 0xf)
    })
}
