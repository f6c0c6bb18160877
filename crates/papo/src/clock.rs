//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use papo_core::time::UtcMillis;

/// The time of day.
pub(crate) fn utc_now() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMillis::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
