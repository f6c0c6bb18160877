//! Time as machines see it: an input, never read from a clock.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment on a machine's own monotonic clock: microseconds since its driver started.
///
/// Arithmetic saturates, so a duration that came from outside cannot overflow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    /// The moment at which the driver started.
    pub const ZERO: Self = Self(0);

    /// The moment `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `millis` milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// The moment `secs` seconds after the start.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time since `earlier`, zero when `earlier` lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Time of day: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMillis(u64);

impl UtcMillis {
    /// The last moment of the year 9999: what comes from outside is clamped to it.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Clamps to [`UtcMillis::MAX`].
    pub const fn new(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This time of day `span` later, clamped to [`UtcMillis::MAX`].
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self::new(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// This moment as ISO 8601 writes it, in UTC with milliseconds: `2025-11-20T23:59:59.999Z` (docs/protocol.md 3.1).
    pub fn iso(self) -> String {
        let Minute {
            year,
            month,
            day,
            hour,
            past,
        } = Self::new(self.0).minute(0);
        let (second, milli) = (self.0 / 1000 % 60, self.0 % 1000);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{past:02}:{second:02}.{milli:03}Z")
    }

    /// The calendar minute that this moment falls in, `offset_seconds` east of UTC.
    pub fn minute(self, offset_seconds: i32) -> Minute {
        let seconds = i64::try_from(self.0 / 1000)
            .unwrap_or(0)
            .saturating_add(i64::from(offset_seconds))
            .max(0);
        let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
        // Years that begin in March put the leap day last, which makes month lengths a linear formula.
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Minute {
            year,
            month,
            day,
            hour: second_of_day / 3600,
            past: second_of_day % 3600 / 60,
        }
    }
}

/// A calendar minute, written `YYYY-MM-DD HH:MM` as the TCP text door stamps it (docs/protocol.md 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    past: i64,
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            past,
        } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{past:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_seconds() {
        assert_eq!(Instant::from_micros(12_000_345).to_string(), "12.000345");
    }

    #[test]
    fn instants_saturate_instead_of_overflowing() {
        let late = Instant::from_micros(u64::MAX - 1);
        assert_eq!(late + Duration::from_secs(u64::MAX), Instant::from_micros(u64::MAX));
        assert_eq!(Instant::ZERO.since(late), Duration::ZERO);
        assert_eq!(
            Instant::from_secs(3).since(Instant::from_millis(500)),
            Duration::from_millis(2500)
        );
    }

    #[test]
    fn iso_moments_have_a_zone_and_three_digits() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_868_799_007, "2000-02-29T23:59:59.007Z"),
            (1_763_683_199_999, "2025-11-20T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(UtcMillis::new(millis).iso(), expected);
        }
    }

    #[test]
    fn minutes_follow_the_calendar() {
        let cases = [
            (0, 0, "1970-01-01 00:00"),
            (951_782_340_000, 0, "2000-02-28 23:59"),
            (951_782_400_000, 0, "2000-02-29 00:00"),
            (951_868_800_000, 0, "2000-03-01 00:00"),
            (4_107_542_400_000, 0, "2100-03-01 00:00"),
            (1_763_683_199_999, 0, "2025-11-20 23:59"),
            (1_763_683_199_999, -3 * 3600, "2025-11-20 20:59"),
            (1_763_683_199_999, 3600, "2025-11-21 00:59"),
            (1_000, -3600, "1970-01-01 00:00"),
            (u64::MAX, 0, "9999-12-31 23:59"),
        ];
        for (millis, offset, expected) in cases {
            assert_eq!(
                UtcMillis::new(millis).minute(offset).to_string(),
                expected,
                "{millis} {offset}"
            );
        }
    }
}
