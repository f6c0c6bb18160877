//! How long a neighbor takes to answer (docs/protocol.md 3.4).

use std::time::Duration;

use super::Rtt;
use crate::id::PeerId;

/// The round-trip time of one neighbor, smoothed as RFC 6298 does it: the average moves by an eighth of each new
/// measurement, its spread by a quarter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Estimate {
    smoothed: Duration,
    jitter: Duration,
    last: Duration,
    samples: u64,
}

impl Estimate {
    /// Takes a measurement.
    pub(super) fn sample(&mut self, rtt: Duration) {
        if self.samples == 0 {
            (self.smoothed, self.jitter) = (rtt, rtt / 2);
        } else {
            // The spread is measured against the average before this measurement.
            self.jitter = moved(self.jitter, self.smoothed.abs_diff(rtt), 4);
            self.smoothed = moved(self.smoothed, rtt, 8);
        }
        self.last = rtt;
        self.samples = self.samples.saturating_add(1);
    }

    /// The smoothed time (SRTT); `None` before the first measurement.
    pub(super) fn smoothed(&self) -> Option<Duration> {
        (self.samples > 0).then_some(self.smoothed)
    }

    /// How much it varies (RTTVAR).
    pub(super) fn jitter(&self) -> Option<Duration> {
        (self.samples > 0).then_some(self.jitter)
    }

    /// The last measurement.
    pub(super) fn last(&self) -> Option<Duration> {
        (self.samples > 0).then_some(self.last)
    }

    /// How many measurements there were.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// All of it, for people; `None` before the first measurement.
    pub(super) fn row(&self, peer: &PeerId) -> Option<Rtt> {
        Some(Rtt {
            peer_id: peer.clone(),
            smoothed: self.smoothed()?,
            jitter: self.jitter()?,
            last: self.last()?,
            samples: self.samples(),
        })
    }
}

/// `average` moved towards `value` by one of `parts`. Fractions are taken before the sum, so that nothing overflows.
fn moved(average: Duration, value: Duration, parts: u32) -> Duration {
    average.saturating_sub(average / parts).saturating_add(value / parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn nothing_is_known_before_the_first_measurement() {
        let estimate = Estimate::default();
        assert_eq!(
            (estimate.smoothed(), estimate.jitter(), estimate.last()),
            (None, None, None)
        );
        assert_eq!((estimate.samples(), estimate.row(&"a@b".parse().unwrap())), (0, None));
    }

    #[test]
    fn measurements_are_smoothed_as_the_rfc_says() {
        let mut estimate = Estimate::default();
        estimate.sample(ms(80));
        assert_eq!((estimate.smoothed(), estimate.jitter()), (Some(ms(80)), Some(ms(40))));
        estimate.sample(ms(160));
        // 3/4 · 40 + 1/4 · |80 − 160| and 7/8 · 80 + 1/8 · 160.
        assert_eq!((estimate.smoothed(), estimate.jitter()), (Some(ms(90)), Some(ms(50))));
        let row = estimate.row(&"a@b".parse().unwrap()).unwrap();
        assert_eq!(
            (row.smoothed, row.jitter, row.last, row.samples),
            (ms(90), ms(50), ms(160), 2)
        );
    }

    #[test]
    fn the_longest_duration_does_not_overflow() {
        let mut estimate = Estimate::default();
        for rtt in [Duration::MAX, Duration::ZERO, Duration::MAX, Duration::MAX] {
            estimate.sample(rtt);
        }
        assert_eq!(estimate.samples(), 4);
    }

    proptest! {
        #[test]
        fn the_average_lies_between_the_measurements(
            micros in proptest::collection::vec(0_u64..100_000_000, 1..60),
        ) {
            let mut estimate = Estimate::default();
            for &rtt in &micros {
                estimate.sample(Duration::from_micros(rtt));
            }
            let least = Duration::from_micros(*micros.iter().min().unwrap());
            let most = Duration::from_micros(*micros.iter().max().unwrap());
            let smoothed = estimate.smoothed().unwrap();
            // Each division may lose less than a nanosecond.
            let slack = Duration::from_nanos(u64::try_from(micros.len()).unwrap());
            prop_assert!(smoothed + slack >= least && smoothed <= most + slack, "{smoothed:?}");
            prop_assert!(estimate.jitter().unwrap() <= most);
        }
    }
}
