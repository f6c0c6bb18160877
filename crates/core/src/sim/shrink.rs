//! Makes a failing schedule small.

use std::collections::BTreeSet;

use super::check::Invariant;
use super::keep::Keep;
use super::plan::Plan;
use super::report::Violation;
use super::scenario::Scenario;
use crate::time::Instant;

/// Makes a failing schedule small: leaves out actors and actions, and ends it early, as long as the same promise is
/// broken. `fails` tells how a part of it fails, as [`run`](super::run) does; it is asked at most `tries` times, and
/// `progress` hears how often it was. Gives what is left and how it fails then.
///
/// A violation at step 0 is one whose moment nobody knows: a panic, which somebody outside caught.
pub fn shrink(
    scenario: &Scenario,
    seed: u64,
    violation: &Violation,
    tries: usize,
    fails: &mut dyn FnMut(&Keep) -> Option<Violation>,
    progress: &mut dyn FnMut(usize),
) -> (Keep, Violation) {
    let mut shrinker = Shrinker {
        fails,
        invariant: violation.invariant,
        tries,
        tried: 0,
        progress,
    };
    let mut best = (Keep::default(), violation.clone());
    let known = violation.step > 0;
    if known {
        // An end comes with checks of its own, so the schedule is only cut short where it broke on the way.
        let until = Some(violation.at);
        shrinker.try_with(&mut best, |keep| keep.until = until);
    }
    let (actors, all) = parts(scenario, seed);
    // What comes after the failure did not cause it.
    let before = all
        .iter()
        .filter(|(_, at)| !known || at.is_none_or(|at| at <= violation.at));
    let mut actions: BTreeSet<usize> = before.map(|(number, _)| *number).collect();
    if !shrinker.try_with(&mut best, |keep| keep.actions = Some(actions.clone())) {
        actions = all.iter().map(|(number, _)| *number).collect();
    }
    shrinker.less(&mut best, &actors, |keep, kept| keep.actors = Some(kept));
    shrinker.less(&mut best, &actions, |keep, kept| keep.actions = Some(kept));
    if best.0.until.is_some() {
        best.0.until = Some(best.1.at);
    }
    best
}

/// Actors, and actions with their moments where these are known. In a world of hubs there may be fewer of both: to
/// leave out what is not there changes nothing.
fn parts(scenario: &Scenario, seed: u64) -> (BTreeSet<usize>, Vec<(usize, Option<Instant>)>) {
    match &scenario.hubs {
        Some(hubs) if scenario.peers.is_empty() => {
            let said = scenario.traffic.iter().map(|traffic| traffic.count.to as usize);
            let actions = said.sum::<usize>() + scenario.faults.len() + scenario.random_faults.to as usize;
            let actors = hubs.count.to as usize + hubs.old_services.to as usize;
            (
                (0..actors).collect(),
                (0..actions).map(|number| (number, None)).collect(),
            )
        }
        _ => {
            let whole = Plan::new(scenario, seed, &Keep::default());
            let actions = whole.actions.iter().enumerate();
            let actions = actions.map(|(number, (at, _))| (number, Some(*at))).collect();
            ((0..whole.seats.len()).collect(), actions)
        }
    }
}

struct Shrinker<'a> {
    fails: &'a mut dyn FnMut(&Keep) -> Option<Violation>,
    invariant: Invariant,
    tries: usize,
    tried: usize,
    progress: &'a mut dyn FnMut(usize),
}

impl Shrinker<'_> {
    /// How this part fails, if it breaks the same promise. Nothing does once the tries are used up.
    fn fails_too(&mut self, keep: &Keep) -> Option<Violation> {
        if self.tried >= self.tries {
            return None;
        }
        self.tried += 1;
        (self.progress)(self.tried);
        (self.fails)(keep).filter(|violation| violation.invariant == self.invariant)
    }

    /// Changes the best part so far, if it still fails; tells whether.
    fn try_with(&mut self, best: &mut (Keep, Violation), change: impl FnOnce(&mut Keep)) -> bool {
        let mut keep = best.0.clone();
        change(&mut keep);
        match self.fails_too(&keep) {
            Some(violation) => {
                *best = (keep, violation);
                true
            }
            None => false,
        }
    }

    /// Leaves out as many of `all` as it can: halves first, then smaller and smaller parts.
    fn less(&mut self, best: &mut (Keep, Violation), all: &BTreeSet<usize>, set: impl Fn(&mut Keep, BTreeSet<usize>)) {
        let mut kept: Vec<usize> = all.iter().copied().collect();
        let mut part = kept.len().div_ceil(2);
        while part > 0 && !kept.is_empty() {
            let mut from = 0;
            while from < kept.len() {
                let rest: BTreeSet<usize> = kept
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| !(from..from + part).contains(place))
                    .map(|(_, &number)| number)
                    .collect();
                if self.try_with(best, |keep| set(keep, rest.clone())) {
                    kept = rest.into_iter().collect();
                } else {
                    from += part;
                }
            }
            part = if part == 1 { 0 } else { part.div_ceil(2) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUBS: &str = r#"{"duration":"9s","hubs":{"count":"2..4"},"traffic":[{"what":"say","count":20}],"faults":[{"what":"hub-crash"}]}"#;
    const PEERS: &str = r#"{"duration":"9s","peers":[{"count":20}],"overlay":{"shape":"ring"},"traffic":[{"what":"publish","count":20,"every":"1s"}]}"#;

    /// What is left of a schedule that fails as long as these actors and this action take part, and how often it ran.
    fn left(scenario: &str, step: u64, actors: [usize; 2], action: usize) -> (String, usize) {
        let scenario: Scenario = serde_json::from_str(scenario).unwrap();
        let violation = Violation {
            invariant: Invariant::B2,
            step,
            at: if step > 0 { Instant::from_secs(3) } else { Instant::ZERO },
            detail: String::new(),
            last: Vec::new(),
        };
        let mut tried = 0;
        let mut fails = |keep: &Keep| {
            let there = actors.iter().all(|&actor| keep.actor(actor)) && keep.action(action);
            there.then(|| violation.clone())
        };
        let (keep, _) = shrink(&scenario, 1, &violation, 1000, &mut fails, &mut |tries| tried = tries);
        (keep.to_string(), tried)
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        assert_eq!(left(PEERS, 1, [3, 11], 2).0, "n=3,11/a=2/t=3000000");
        assert_eq!(
            left(HUBS, 1, [0, 1], 20).0,
            "n=0-1/a=20/t=3000000",
            "hubs have a plan of their own"
        );
    }

    #[test]
    fn when_nobody_knows_the_moment_nothing_is_too_late() {
        assert_eq!(left(PEERS, 0, [3, 11], 8).0, "n=3,11/a=8");
    }

    #[test]
    fn tries_are_bounded() {
        let scenario: Scenario = serde_json::from_str(PEERS).unwrap();
        let violation = Violation {
            invariant: Invariant::B2,
            step: 1,
            at: Instant::from_secs(3),
            detail: String::new(),
            last: Vec::new(),
        };
        let mut asked = 0;
        let mut fails = |_: &Keep| {
            asked += 1;
            None
        };
        let (keep, same) = shrink(&scenario, 1, &violation, 7, &mut fails, &mut |_| {});
        assert_eq!((keep, same, asked), (Keep::default(), violation, 7));
    }
}
