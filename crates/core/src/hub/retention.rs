//! How much of a room is kept (docs/operations.md).

use std::time::Duration;

use crate::limits::{RETAINED_AGE, RETAINED_BYTES, RETAINED_MESSAGES};

/// How much of each room is kept: so many messages, or those of so long, whichever is more, but never more than so many
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Messages.
    pub messages: u64,
    /// Age.
    pub age: Duration,
    /// Bytes, counted as [`crate::hub::Entry::weight`] does.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            messages: RETAINED_MESSAGES,
            age: RETAINED_AGE,
            bytes: RETAINED_BYTES,
        }
    }
}

impl Retention {
    /// True when the oldest message of a room is not to be kept: `messages` are there with it, `bytes` in all, and its
    /// own age is `age`.
    pub fn drops_oldest(&self, messages: u64, bytes: u64, age: Duration) -> bool {
        messages > 1 && (bytes > self.bytes || (messages > self.messages && age > self.age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// What is left of messages of these ages in seconds and sizes in bytes, the oldest first.
    fn kept(retention: Retention, messages: &[(u64, u64)]) -> VecDeque<(u64, u64)> {
        let mut kept: VecDeque<_> = messages.to_vec().into();
        while let Some(&(age, _)) = kept.front() {
            let bytes = kept.iter().map(|&(_, bytes)| bytes).sum();
            if !retention.drops_oldest(kept.len() as u64, bytes, Duration::from_secs(age)) {
                break;
            }
            kept.pop_front();
        }
        kept
    }

    proptest! {
        /// Whichever keeps more, under the cap, and only a beginning is dropped.
        #[test]
        fn what_is_kept_is_an_end_that_no_rule_lets_go(
            ages in prop::collection::vec((0..2000_u64, 1..100_u64), 0..60),
            most in 1..40_u64, age in 0..2000_u64, cap in 50..3000_u64,
        ) {
            let mut ages = ages;
            ages.sort_by_key(|&(age, _)| std::cmp::Reverse(age));
            let retention = Retention { messages: most, age: Duration::from_secs(age), bytes: cap };
            let kept = kept(retention, &ages);
            prop_assert!(ages.ends_with(&kept.iter().copied().collect::<Vec<_>>()));
            let bytes: u64 = kept.iter().map(|&(_, bytes)| bytes).sum();
            prop_assert!(bytes <= cap || kept.len() == 1);
            let dropped = &ages[..ages.len() - kept.len()];
            if let Some(&(dropped_age, dropped_bytes)) = dropped.last() {
                let by_cap = bytes + dropped_bytes > cap;
                prop_assert!(by_cap || (kept.len() as u64 >= most && dropped_age > age));
            }
            prop_assert!(ages.is_empty() || !kept.is_empty());
        }
    }
}
