//! The lines of a file, one at a time.

use std::io;

use papo_core::limits::{JOURNAL_LINE_BYTES, JOURNAL_READ_BYTES};

use super::disk::{Handle, count};

/// Reads a file up to some place, line by line, and never holds much more than one.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    file: &'a mut dyn Handle,
    /// How far to read.
    end: u64,
    /// Where the next line begins.
    next: u64,
    /// Where the next read begins.
    ahead: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out.
    used: usize,
}

/// One complete line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where it begins.
    pub(super) at: u64,
    /// Without its newline; `None` when it is longer than a line may be.
    pub(super) text: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a mut dyn Handle, end: u64) -> Self {
        Self {
            file,
            end,
            next: 0,
            ahead: 0,
            buffer: Vec::new(),
            used: 0,
        }
    }

    /// The next complete line; `None` when there is no more.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let mut seen = 0;
        loop {
            let fresh = self.buffer.get(seen..).unwrap_or_default();
            if let Some(found) = fresh.iter().position(|&byte| byte == b'\n') {
                let newline = seen + found;
                let at = self.next;
                self.used = newline + 1;
                // Bytes that were thrown away count: the place is where reading is, without what was read ahead.
                self.next = self.ahead - count(self.buffer.len() - self.used);
                let whole = self.next - at == count(self.used) && self.used <= JOURNAL_LINE_BYTES;
                let text = self.buffer.get(..newline).filter(|_| whole);
                return Ok(Some(Line { at, text }));
            }
            seen = self.buffer.len();
            if seen > JOURNAL_LINE_BYTES {
                // No line of ours: all but its place and its end is forgotten.
                self.buffer.clear();
                seen = 0;
            }
            if !self.read_ahead()? {
                return Ok(None);
            }
        }
    }

    /// Where the last complete line ends, once there is no more.
    pub(super) const fn whole(&self) -> u64 {
        self.next
    }

    fn read_ahead(&mut self) -> io::Result<bool> {
        let left = usize::try_from(self.end.saturating_sub(self.ahead)).unwrap_or(usize::MAX);
        let filled = self.buffer.len();
        self.buffer.resize(filled + left.min(JOURNAL_READ_BYTES), 0);
        let space = self.buffer.get_mut(filled..).unwrap_or_default();
        let got = self.file.read_full(self.ahead, space)?;
        self.buffer.truncate(filled + got);
        self.ahead += count(got);
        Ok(got > 0)
    }
}
