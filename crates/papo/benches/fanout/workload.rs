//! The two ways to speak: one message at a time, and as many as the listeners take.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::publisher::Publisher;
use crate::tally::Tally;

/// Messages that may be on their way to the mean listener.
pub(crate) const WINDOW: u64 = 256;

/// How long each way is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Messages in the quiet room, unless its time is over first.
    pub(crate) quiet_messages: u64,
    pub(crate) quiet_time: Duration,
    pub(crate) saturated_time: Duration,
}

/// Both ways, measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) quiet: Phase,
    /// Microseconds on the way in the quiet room, in rising order.
    pub(crate) latencies: Vec<u32>,
    pub(crate) saturated: Phase,
}

#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) deliveries: u64,
    pub(crate) time: Duration,
    /// Of each process.
    pub(crate) processor: Vec<Duration>,
}

/// Measures both ways; `processor` tells what each process has cost so far.
pub(crate) async fn run(
    publisher: &mut Publisher,
    tally: &Tally,
    plan: Plan,
    processor: impl Fn() -> Result<Vec<Duration>>,
) -> Result<Measured> {
    let begun = Begun::new(tally, &processor)?;
    tally.record(plan.quiet_messages * tally.receivers)?;
    quiet(publisher, tally, plan.quiet_messages, plan.quiet_time).await?;
    let mut latencies = tally.recorded();
    let quiet = begun.end(tally, &processor)?;
    latencies.sort_unstable();

    let begun = Begun::new(tally, &processor)?;
    saturated(publisher, tally, plan.saturated_time).await?;
    let saturated = begun.end(tally, &processor)?;
    Ok(Measured {
        quiet,
        latencies,
        saturated,
    })
}

/// One message at a time: the next one when the last has reached everybody.
pub(crate) async fn quiet(publisher: &mut Publisher, tally: &Tally, messages: u64, most: Duration) -> Result<()> {
    let begun = Instant::now();
    for _ in 0..messages {
        if begun.elapsed() >= most {
            break;
        }
        let after = tally.deliveries() + tally.receivers;
        publisher.say(1, tally).await?;
        tally.until(after).await?;
    }
    Ok(())
}

/// As many messages as the window lets through, then waits for all of them.
async fn saturated(publisher: &mut Publisher, tally: &Tally, time: Duration) -> Result<()> {
    let (begun, before) = (Instant::now(), tally.deliveries());
    let mut said = 0;
    while begun.elapsed() < time {
        let heard = (tally.deliveries() - before) / tally.receivers;
        let room = WINDOW - (said - heard);
        if room == 0 {
            tally.until(before + (said - WINDOW + 1) * tally.receivers).await?;
        } else {
            publisher.say(room, tally).await?;
            said += room;
        }
    }
    tally.until(before + said * tally.receivers).await
}

struct Begun {
    at: Instant,
    deliveries: u64,
    processor: Vec<Duration>,
}

impl Begun {
    fn new(tally: &Tally, processor: impl Fn() -> Result<Vec<Duration>>) -> Result<Self> {
        Ok(Self {
            processor: processor()?,
            deliveries: tally.deliveries(),
            at: Instant::now(),
        })
    }

    fn end(self, tally: &Tally, processor: impl Fn() -> Result<Vec<Duration>>) -> Result<Phase> {
        let time = self.at.elapsed();
        let processor = processor()?.into_iter().zip(self.processor);
        Ok(Phase {
            deliveries: tally.deliveries() - self.deliveries,
            time,
            processor: processor.map(|(after, before)| after.saturating_sub(before)).collect(),
        })
    }
}
