//! A crash at every step of a busy journal, on a disk that fails now and then.

use std::collections::BTreeSet;

use super::model::{Faults, Model};
use super::*;

/// A small generator: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn faults(dice: &mut Dice) -> Faults {
    Faults {
        room: (dice.roll(4) == 0).then(|| usize::try_from(dice.roll(60)).unwrap()),
        short_writes: dice.roll(3) == 0,
        syncs: dice.roll(5) == 0,
        truncates: dice.roll(8) == 0,
        renames: dice.roll(8) == 0,
        folder_syncs: dice.roll(8) == 0,
        hang: false,
    }
}

/// Appends under failures, and gives what was appended, with every moment at which a crash could have come.
async fn run(seed: u64) -> (Vec<String>, Vec<model::Moment>) {
    let mut dice = Dice(seed);
    let model = Model::default();
    let tuning = Tuning {
        compact_bytes: 60,
        pause_min: Duration::from_micros(100),
        pause_max: Duration::from_millis(1),
        ..Tuning::default()
    };
    let (journal, _) = model.start(tuning);
    model.remember(&journal);
    let mut appended = Vec::new();
    let mut state = journal.state();
    for number in 0..100 {
        if dice.roll(6) == 0 {
            model.faults(faults(&mut dice));
        }
        let key = ["a", "b", "cc", "-a", "-b"][usize::try_from(dice.roll(5)).unwrap()];
        let entry = line(key, number);
        let position = journal.append(entry.as_bytes()).unwrap();
        appended.push(entry);
        if dice.roll(2) == 0 {
            state.mark_unchanged();
            let told = |state: &State| state.durable() >= position || matches!(state, State::Failing { .. });
            until(&mut state, told).await;
        }
    }
    model.faults(Faults::default());
    // The last failures may have put every compaction off.
    while model.renames() == 0 {
        let entry = line("a", 0);
        let position = journal.append(entry.as_bytes()).unwrap();
        appended.push(entry);
        durable(&journal, position).await;
    }
    journal.close().unwrap();
    (appended, model.history())
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_whenever_the_machine_stops() {
    for seed in 0..12 {
        let (appended, history) = run(seed).await;
        let prefixes: Vec<_> = (0..=appended.len())
            .map(|end| replay(appended[..end].iter().map(String::as_str)))
            .collect();
        let mut seen = BTreeSet::new();
        for (step, moment) in history.iter().enumerate() {
            for (way, files) in moment.left.iter().enumerate() {
                if !seen.insert((moment.acknowledged.get(), files.clone())) {
                    continue;
                }
                let (journal, lines) = Model::with(files).start(Tuning::default());
                journal.close().unwrap();
                let said = replay(lines.iter().map(String::as_str));
                let from = usize::try_from(moment.acknowledged.get()).unwrap();
                assert!(
                    prefixes[from..].contains(&said),
                    "seed {seed}, step {step}, way {way}: {from} were acknowledged, there is {lines:?}"
                );
            }
        }
    }
}
