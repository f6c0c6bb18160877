//! What goes wrong, and when.

use std::time::Duration;

use super::{Act, Drafter, Rendezvous, Stop};
use crate::sim::scenario::{Fault, Few, Scenario, Share, Span, State, Time, Wrong};
use crate::time::Instant;

/// A clock that runs wrong is set by an equal part so many times.
const DRIFT_PARTS: u32 = 20;

impl Drafter<'_> {
    /// Draws all faults of a scenario. `first` actors are there from the start.
    pub(super) fn faults(&mut self, scenario: &Scenario, first: usize) {
        for fault in &scenario.faults {
            self.fault(scenario, fault, first);
        }
        for _ in 0..scenario.random_faults.draw(self.rng) {
            let fault = self.random_fault(scenario);
            self.fault(scenario, &fault, first);
        }
    }

    fn random_fault(&mut self, scenario: &Scenario) -> Fault {
        const ANYWHERE: [Wrong; 11] = [
            Wrong::Crash,
            Wrong::Crash,
            Wrong::Vanish,
            Wrong::Partition,
            Wrong::OneWay,
            Wrong::Reset,
            Wrong::Reset,
            Wrong::HalfOpen,
            Wrong::Stall,
            Wrong::Clock,
            Wrong::Drift,
        ];
        const WITH_RENDEZVOUS: [Wrong; 4] = [
            Wrong::RendezvousDown,
            Wrong::RendezvousStale,
            Wrong::RendezvousLying,
            Wrong::RendezvousRestart,
        ];
        let kinds = ANYWHERE.len() + self.plan.rendezvous.map_or(0, |_| WITH_RENDEZVOUS.len());
        let kind = self.below(kinds);
        let what = ANYWHERE
            .get(kind)
            .copied()
            .unwrap_or_else(|| WITH_RENDEZVOUS[kind - ANYWHERE.len()]);
        let at = self.moment(Instant::ZERO, Instant::ZERO + scenario.duration.0 * 9 / 10);
        Fault {
            what,
            at: Time(at.since(Instant::ZERO)),
            lasting: Some(Span::millis(200, 15_000)),
            share: Share {
                from: 50_000,
                to: 600_000,
            },
            who: Vec::new(),
            // Who lost the key is somebody else to all who knew it: that is no fault that heals by itself.
            state: State::Old,
            median: Some(Span::millis(100, 90_000)),
            times: Few::exactly(1),
        }
    }

    fn fault(&mut self, scenario: &Scenario, fault: &Fault, first: usize) {
        let at = Instant::ZERO + fault.at.0;
        if at >= self.plan.end {
            return;
        }
        let until = |drafter: &mut Self| match fault.lasting {
            Some(span) => (at + span.draw(drafter.rng)).min(drafter.plan.end),
            None => drafter.plan.end,
        };
        match fault.what {
            Wrong::Crash | Wrong::Vanish => {
                let how = if fault.what == Wrong::Crash {
                    Stop::Crash
                } else {
                    Stop::Vanish
                };
                for who in self.victims(fault, first) {
                    let back = fault.lasting.map(|span| (at + span.draw(self.rng)).min(self.plan.end));
                    let state = fault.state;
                    self.plan.actions.push((at, Act::Stop { who, how, back, state }));
                }
            }
            Wrong::Churn => self.churn(fault, at, first),
            Wrong::Join => self.join(scenario, fault, at),
            Wrong::Partition | Wrong::OneWay => {
                let until = until(self);
                let mut side = vec![false; self.plan.seats.len()];
                self.victims(fault, first).into_iter().for_each(|who| side[who] = true);
                if side.iter().all(|&in_it| in_it) {
                    side.iter_mut().step_by(2).for_each(|in_it| *in_it = false);
                }
                let one_way = fault.what == Wrong::OneWay;
                self.plan.actions.push((at, Act::Split { side, one_way, until }));
            }
            Wrong::Reset | Wrong::HalfOpen => {
                let (share, salt) = (fault.share.draw(self.rng), self.rng.next_u64());
                let act = match fault.what {
                    Wrong::Reset => Act::Reset { share, salt },
                    _ => Act::HalfOpen { share, salt },
                };
                self.plan.actions.push((at, act));
            }
            Wrong::Stall => {
                for who in self.victims(fault, first) {
                    let until = until(self);
                    self.plan.actions.push((at, Act::Stall { who, until }));
                }
            }
            Wrong::Clock | Wrong::Drift => self.set_clocks(fault, at, first),
            Wrong::RendezvousDown | Wrong::RendezvousStale | Wrong::RendezvousLying | Wrong::RendezvousRestart => {
                let (until, salt) = (until(self), self.rng.next_u64());
                let act = match fault.what {
                    Wrong::RendezvousDown => Rendezvous::Down { until },
                    Wrong::RendezvousStale => Rendezvous::Stale { until },
                    Wrong::RendezvousLying => Rendezvous::Lying { until, salt },
                    _ => Rendezvous::Restart { state: fault.state },
                };
                self.plan.actions.push((at, Act::Rendezvous(act)));
            }
            // Those of hubs.
            Wrong::HubLink | Wrong::HubCrash | Wrong::SessionChurn | Wrong::DiskSlow | Wrong::DiskFull => {}
        }
    }

    /// Whom a fault happens to: at least one.
    fn victims(&mut self, fault: &Fault, first: usize) -> Vec<usize> {
        if !fault.who.is_empty() {
            return fault.who.iter().filter_map(|name| self.find(name)).collect();
        }
        let share = u64::from(fault.share.draw(self.rng));
        let count = (first as u64 * share).div_ceil(u64::from(Share::WHOLE));
        let mut all: Vec<usize> = (0..first).collect();
        let mut victims = Vec::new();
        for _ in 0..count {
            let place = self.below(all.len());
            victims.push(all.swap_remove(place));
        }
        victims.sort_unstable();
        victims
    }

    /// Sessions of the given median, with pauses of about a quarter of it, until it is over.
    fn churn(&mut self, fault: &Fault, at: Instant, first: usize) {
        let median = fault.median.unwrap_or(Span::millis(60_000, 60_000));
        let over = match fault.lasting {
            Some(span) => (at + span.draw(self.rng)).min(self.plan.end),
            None => self.plan.end,
        };
        for who in self.victims(fault, first) {
            let mut up = at;
            loop {
                let median = median.draw(self.rng);
                let down = up + self.long_tailed(median);
                let back = down + self.long_tailed(median / 4);
                if down >= over {
                    break;
                }
                let how = [Stop::Crash, Stop::Vanish, Stop::Quit][self.below(3)];
                let back = back.min(over);
                let act = Act::Stop {
                    who,
                    how,
                    back: Some(back),
                    state: fault.state,
                };
                self.plan.actions.push((down, act));
                up = back;
            }
        }
    }

    /// A time of that median; each multiple of it is half as likely to be passed as the one before.
    fn long_tailed(&mut self, median: Duration) -> Duration {
        let whole = self.rng.next_u64().trailing_zeros().min(10);
        let micros = u64::try_from(median.as_micros()).unwrap_or(u64::MAX);
        median * whole + Duration::from_micros(self.rng.below(micros.max(1)))
    }

    /// New peers like those of the first group come at once. Without a rendezvous each dials two that are there.
    fn join(&mut self, scenario: &Scenario, fault: &Fault, at: Instant) {
        let Some(group) = scenario.peers.first() else { return };
        let before = self.plan.seats.len();
        let count = before * fault.times.draw(self.rng).max(1);
        self.seat(group, count, at);
        if self.plan.rendezvous.is_some() || before == 0 {
            return;
        }
        for number in before..self.plan.seats.len() {
            for _ in 0..2 {
                let other = self.below(before);
                let seat = &self.plan.seats[other];
                if !seat.nat && !self.plan.seats[number].dials.contains(&other) {
                    self.plan.seats[number].dials.push(other);
                }
            }
        }
    }

    /// Clocks of the day go wrong, forwards or backwards, at once or little by little, and are set right when the fault
    /// is over.
    fn set_clocks(&mut self, fault: &Fault, at: Instant, first: usize) {
        let by = fault.median.unwrap_or(Span::millis(1_000, 3_600_000));
        for who in self.victims(fault, first) {
            let millis = i64::try_from(by.draw(self.rng).as_millis()).unwrap_or(0);
            let millis = if self.below(2) == 0 { millis } else { -millis };
            let right = match fault.lasting {
                Some(span) => (at + span.draw(self.rng)).min(self.plan.end),
                None => self.plan.end,
            };
            let parts = if fault.what == Wrong::Drift { DRIFT_PARTS } else { 1 };
            for part in 1..=parts {
                let moment = at + right.since(at) * (part - 1) / parts;
                let millis = millis * i64::from(part) / i64::from(parts);
                self.plan.actions.push((moment, Act::Clock { who, millis }));
            }
            self.plan.actions.push((right, Act::Clock { who, millis: 0 }));
        }
    }
}
