//! Faults of the network as rules: each says what becomes of what one actor sends another, and the strictest wins.

use crate::time::Instant;

/// What becomes of bytes, or of an attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It goes its way.
    Pass,
    /// It does not arrive before that moment: TCP sends it again until it does. A connection is not made meanwhile.
    Hold(Instant),
}

/// The rules that hold at the moment.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

/// The network falls into two parts.
#[derive(Debug)]
struct Rule {
    side: Vec<bool>,
    one_way: bool,
    until: Instant,
}

impl Rules {
    /// Those in `side` do not reach the others, nor, unless it is `one_way`, the others them.
    pub(super) fn split(&mut self, side: Vec<bool>, one_way: bool, until: Instant) {
        self.0.push(Rule { side, one_way, until });
    }

    /// What becomes of what `from` sends to `to` at this moment.
    pub(super) fn verdict(&self, now: Instant, from: usize, to: usize) -> Verdict {
        let verdicts = self.0.iter().filter(|rule| rule.until > now);
        verdicts
            .map(|rule| rule.verdict(from, to))
            .max()
            .unwrap_or(Verdict::Pass)
    }

    /// Whether an attempt to connect gets through: both ways have to be open.
    pub(super) fn connects(&self, now: Instant, from: usize, to: usize) -> bool {
        [(from, to), (to, from)]
            .into_iter()
            .all(|(from, to)| self.verdict(now, from, to) == Verdict::Pass)
    }

    /// Forgets what is over.
    pub(super) fn expire(&mut self, now: Instant) {
        self.0.retain(|rule| rule.until > now);
    }
}

impl Rule {
    fn verdict(&self, from: usize, to: usize) -> Verdict {
        // Who came later is among the others.
        let inside = |actor: usize| self.side.get(actor).copied().unwrap_or(false);
        let barred = match (inside(from), inside(to)) {
            (true, false) => true,
            (false, true) => !self.one_way,
            _ => false,
        };
        if barred {
            Verdict::Hold(self.until)
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn rules_add_up_and_end() {
        let mut rules = Rules::default();
        rules.split(vec![true, false, false], true, at(5));
        rules.split(vec![false, true, false], false, at(9));
        assert_eq!(rules.verdict(at(1), 0, 2), Verdict::Hold(at(5)));
        assert_eq!(rules.verdict(at(1), 2, 0), Verdict::Pass, "one way");
        assert_eq!(rules.verdict(at(1), 0, 1), Verdict::Hold(at(9)), "the longer one");
        assert_eq!(rules.verdict(at(1), 2, 1), Verdict::Hold(at(9)));
        assert!(!rules.connects(at(1), 2, 0) && rules.connects(at(5), 2, 0));
        assert_eq!(rules.verdict(at(1), 7, 1), Verdict::Hold(at(9)), "who came later");
        rules.expire(at(5));
        assert_eq!((rules.0.len(), rules.verdict(at(9), 0, 1)), (1, Verdict::Pass));
    }
}
