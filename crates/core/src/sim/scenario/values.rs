//! Values of a scenario, as people write them.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::rng::Rng;

/// A span of time, such as `"250ms"`, `"1.5s"`, `"10m"` or `"2h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time(pub Duration);

/// A range of time, such as `"10ms..50ms"`, or one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The least.
    pub from: Duration,
    /// The most.
    pub to: Duration,
}

/// A range of numbers, such as `"3..8"`, or one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Few {
    /// The least.
    pub from: u32,
    /// The most.
    pub to: u32,
}

/// A part of the whole, such as `"30%"`, `"30%..95%"` or `0.3`. In millionths, so that nothing depends on how a
/// processor rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// The least.
    pub from: u32,
    /// The most.
    pub to: u32,
}

/// A number of bytes, such as `65536`, `"64KiB"` or `"1MB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes(pub u64);

impl Span {
    /// Between two times, both included.
    pub const fn millis(from: u64, to: u64) -> Self {
        Self {
            from: Duration::from_millis(from),
            to: Duration::from_millis(to),
        }
    }

    /// One of the range.
    pub fn draw(self, rng: &mut Rng) -> Duration {
        let width = self.to.saturating_sub(self.from);
        let micros = u64::try_from(width.as_micros()).unwrap_or(u64::MAX);
        if micros == 0 {
            return self.from;
        }
        self.from + Duration::from_micros(rng.below(micros.saturating_add(1)))
    }
}

impl Few {
    /// Just that many.
    pub const fn exactly(count: u32) -> Self {
        Self { from: count, to: count }
    }

    /// One of the range.
    pub fn draw(self, rng: &mut Rng) -> usize {
        if self.to <= self.from {
            return self.from as usize;
        }
        let more = rng.below(u64::from(self.to - self.from) + 1);
        self.from as usize + usize::try_from(more).unwrap_or(0)
    }
}

impl Share {
    /// Millionths of the whole.
    pub const WHOLE: u32 = 1_000_000;

    /// All.
    pub const fn whole() -> Self {
        Self {
            from: Self::WHOLE,
            to: Self::WHOLE,
        }
    }

    /// One of the range, in millionths.
    pub fn draw(self, rng: &mut Rng) -> u32 {
        Few {
            from: self.from,
            to: self.to,
        }
        .draw(rng)
        .try_into()
        .unwrap_or(Self::WHOLE)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "a time such as \"250ms\", \"1.5s\" or \"10m\"";
        deserializer
            .deserialize_any(Text {
                wanted,
                words: time,
                number: |_| None,
            })
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "a time such as \"20ms\", or a range such as \"10ms..50ms\"";
        let (from, to) = deserializer.deserialize_any(Text {
            wanted,
            words: |text| range(text, time),
            number: |_| None,
        })?;
        Ok(Self { from, to })
    }
}

impl<'de> Deserialize<'de> for Few {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "a number such as 5, or a range such as \"3..8\"";
        let (from, to) = deserializer.deserialize_any(Text {
            wanted,
            words: |text| range(text, |text| text.parse().ok().filter(|count| *count <= MOST)),
            number: |number| {
                let count = whole(number).and_then(|count| u32::try_from(count).ok())?;
                (count <= MOST).then_some((count, count))
            },
        })?;
        Ok(Self { from, to })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "a share such as \"30%\", \"30%..95%\" or 0.3";
        let (from, to) = deserializer.deserialize_any(Text {
            wanted,
            words: |text| range(text, per_cent),
            number: |number| millionths(number).map(|share| (share, share)),
        })?;
        Ok(Self { from, to })
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "bytes, such as 65536 or \"64KiB\"";
        deserializer
            .deserialize_any(Text {
                wanted,
                words: bytes,
                number: whole,
            })
            .map(Self)
    }
}

/// The most of anything that a scenario may ask for.
const MOST: u32 = 1_000_000;

/// The longest time that a scenario may ask for.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Reads a value that may be text or a number.
struct Text<T> {
    wanted: &'static str,
    words: fn(&str) -> Option<T>,
    number: fn(f64) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wanted)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.words)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers so large are refused")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        (self.number)(number as f64).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers so large are refused")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        (self.number)(number as f64).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        (self.number)(number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

/// `a..b` with a ≤ b, or `a` alone.
fn range<T: Copy + PartialOrd>(text: &str, one: fn(&str) -> Option<T>) -> Option<(T, T)> {
    match text.split_once("..") {
        None => one(text.trim()).map(|value| (value, value)),
        Some((from, to)) => {
            let (from, to) = (one(from.trim())?, one(to.trim())?);
            (from <= to).then_some((from, to))
        }
    }
}

/// Digits with a unit behind them.
fn with_unit(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.' && character != '_')
        .unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim()))
}

fn time(text: &str) -> Option<Duration> {
    let (number, unit) = with_unit(text)?;
    let micros = match unit {
        "us" | "µs" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" | "min" => 60e6,
        "h" => 3600e6,
        _ => return None,
    };
    Some(Duration::from_micros(whole((number * micros).round())?)).filter(|time| *time <= LONGEST)
}

fn per_cent(text: &str) -> Option<u32> {
    let (number, unit) = with_unit(text)?;
    millionths(match unit {
        "%" => number / 100.0,
        "" => number,
        _ => return None,
    })
}

fn millionths(share: f64) -> Option<u32> {
    let millionths = whole((share * f64::from(Share::WHOLE)).round())?;
    u32::try_from(millionths).ok().filter(|share| *share <= Share::WHOLE)
}

fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = with_unit(text)?;
    let unit = match unit {
        "" | "B" => 1.0,
        "kB" | "KB" => 1e3,
        "KiB" => 1024.0,
        "MB" => 1e6,
        "MiB" => 1024.0 * 1024.0,
        _ => return None,
    };
    whole((number * unit).round())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number in range"
)]
fn whole(number: f64) -> Option<u64> {
    ((0.0..=1e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}
