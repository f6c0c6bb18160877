//! Whether a receiver hears every message of one hub once and in order.

use anyhow::{Result, ensure};

use crate::words;

/// What must not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Messages that were passed over.
    pub(crate) gaps: u64,
    /// Messages that came again.
    pub(crate) duplicates: u64,
    /// Messages that came behind a later one, for the first time.
    pub(crate) reordered: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, other: Self) {
        self.gaps += other.gaps;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
    }
}

/// What one receiver has heard of a room.
#[derive(Debug)]
pub(crate) struct Track {
    /// The number that comes next.
    next: u64,
    /// Numbers that were passed over.
    missing: Vec<u64>,
    pub(crate) heard: u64,
    faults: Faults,
}

impl Track {
    /// Heard nothing behind that number yet.
    pub(crate) fn behind(number: u64) -> Self {
        Self {
            next: number + 1,
            missing: Vec::new(),
            heard: 0,
            faults: Faults::default(),
        }
    }

    /// The number of the last message.
    pub(crate) fn last(&self) -> u64 {
        self.next - 1
    }

    /// Takes a frame. True when it is a message.
    pub(crate) fn take(&mut self, json: &[u8]) -> Result<bool> {
        let told = |kind: &[u8]| json.starts_with(b"{\"type\":\"") && json[9..].starts_with(kind);
        ensure!(
            !told(b"ERROR\"") && !told(b"GAP\""),
            "a hub says {}",
            String::from_utf8_lossy(json)
        );
        let Some(number) = words::seq(json).filter(|_| told(b"PUB\"")) else {
            return Ok(false);
        };
        self.heard += 1;
        if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
        } else if let Some(at) = self.missing.iter().position(|&missing| missing == number) {
            self.missing.swap_remove(at);
            self.faults.reordered += 1;
        } else {
            self.faults.duplicates += 1;
        }
        Ok(true)
    }

    pub(crate) fn faults(&self) -> Faults {
        Faults {
            gaps: self.missing.len() as u64,
            ..self.faults
        }
    }
}
