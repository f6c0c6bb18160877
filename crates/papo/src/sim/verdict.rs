//! A promise that was not kept, told so that somebody else can see it too.

use std::fmt::Write as _;

use papo_core::sim::{Invariant, Keep, Violation};
use papo_core::wire::text::visible;
use serde::Serialize;

use super::table::promise;
use crate::text::{Message, Texts};
use papo_core::limits::SIM_SHRINK_TRIES;

/// What was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict<'a> {
    pub(super) scenario: &'a str,
    pub(super) seed: u64,
    pub(super) violation: &'a Violation,
    /// The command that shows it again.
    pub(super) replay: &'a str,
}

/// What is left of the schedule.
#[derive(Debug, Clone)]
pub(super) struct Small {
    pub(super) keep: Keep,
    pub(super) violation: Violation,
    pub(super) replay: String,
}

/// The line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    scenario: &'a str,
    seed: u64,
    promise: &'static str,
    #[serde(flatten)]
    violation: &'a Violation,
    replay: &'a str,
    replay_small: Option<&'a str>,
    small: Option<&'a Violation>,
}

impl Verdict<'_> {
    /// For programs; `at` is in microseconds.
    pub(super) fn json(&self, small: Option<&Small>) -> String {
        let line = Line {
            event: "violation",
            scenario: self.scenario,
            seed: self.seed,
            promise: self.violation.invariant.promise(),
            violation: self.violation,
            replay: self.replay,
            replay_small: small.map(|small| small.replay.as_str()),
            small: small.map(|small| &small.violation),
        };
        // Texts and numbers: nothing of it can fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// For people, before the schedule is made small.
    pub(super) fn begin(&self, texts: &Texts) -> String {
        let violation = self.violation;
        let head = Message::new("sim-violation")
            .showing("seed", self.seed)
            .showing("invariant", violation.invariant)
            .with("promise", promise(violation.invariant, texts));
        let mut out = format!("\n{}\n", texts.say(&head));
        what_happened(&mut out, violation, FEW, texts);
        line(
            &mut out,
            texts,
            &Message::new("sim-replay").with("command", self.replay.to_owned()),
        );
        out
    }
}

impl Small {
    /// For people, after [`Verdict::begin`].
    pub(super) fn told(&self, texts: &Texts) -> String {
        let mut out = String::new();
        line(
            &mut out,
            texts,
            &Message::new("sim-small").with("tries", SIM_SHRINK_TRIES),
        );
        for part in left(&self.keep) {
            let _ = writeln!(out, "  {}", texts.say(&part));
        }
        what_happened(&mut out, &self.violation, MANY, texts);
        let command = self.replay.clone();
        line(
            &mut out,
            texts,
            &Message::new("sim-replay-small").with("command", command),
        );
        out
    }
}

/// When it happened, what was seen, and what came before, at most so many lines of it.
fn what_happened(out: &mut String, violation: &Violation, most: usize, texts: &Texts) {
    if violation.invariant != Invariant::Panic || violation.step > 0 {
        let at = Message::new("sim-violation-at")
            .showing("step", violation.step)
            .showing("at", violation.at);
        line(out, texts, &at);
    }
    let _ = writeln!(out, "{}", visible(&violation.detail));
    if !violation.last.is_empty() {
        line(out, texts, &Message::new("sim-violation-last"));
    }
    let last = violation.last.get(violation.last.len().saturating_sub(most)..);
    for event in last.unwrap_or_default() {
        let event = visible(event);
        let _ = match event.char_indices().nth(WIDE) {
            Some((end, _)) => writeln!(out, "  {}…", &event[..end]),
            None => writeln!(out, "  {event}"),
        };
    }
}

/// Lines about a whole schedule that are shown: a smaller one follows, which tells more.
const FEW: usize = 12;
/// Lines about a small schedule.
const MANY: usize = 40;
/// Characters of such a line; programs get all of it.
const WIDE: usize = 200;

/// What a part of a schedule holds.
fn left(keep: &Keep) -> Vec<Message> {
    let written = keep.to_string();
    let mut parts = Vec::new();
    for part in written.split('/') {
        parts.push(match part.split_once('=') {
            Some(("n", _)) => Message::new("sim-left-actors")
                .with("count", keep.actors.as_ref().map_or(0, std::collections::BTreeSet::len))
                .with("list", part[2..].to_owned()),
            Some(("a", _)) => Message::new("sim-left-actions")
                .with(
                    "count",
                    keep.actions.as_ref().map_or(0, std::collections::BTreeSet::len),
                )
                .with("list", part[2..].to_owned()),
            Some(("t", _)) => Message::new("sim-left-until").showing("at", keep.until.unwrap_or_default()),
            _ => Message::new("sim-left-all"),
        });
    }
    parts
}

fn line(out: &mut String, texts: &Texts, message: &Message) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", texts.say(message));
}

#[cfg(test)]
mod tests {
    use papo_core::time::Instant;

    use super::*;
    use crate::text::Lang;

    fn violation(step: u64) -> Violation {
        Violation {
            invariant: Invariant::U1,
            step,
            at: Instant::from_millis(12_500),
            detail: "n0 has two ends for \u{1b}[31mabc".to_owned(),
            last: vec!["n0 sends".to_owned(), "n0 fails".to_owned()],
        }
    }

    fn small() -> Small {
        Small {
            keep: "n=0-3/a=1,4/t=12500000".parse().unwrap(),
            violation: violation(99),
            replay: "papo sim x --seed 7 --keep 'n=0-3/a=1,4/t=12500000'".to_owned(),
        }
    }

    #[test]
    fn people_read_everything_and_no_control_characters() {
        let texts = Texts::new(Lang::En);
        let (mut violation, small) = (violation(1234), small());
        let early = (0..FEW).map(|number| format!("early {number} {}", "é".repeat(WIDE)));
        violation.last.splice(0..0, early);
        let verdict = Verdict {
            scenario: "x",
            seed: 7,
            violation: &violation,
            replay: "papo sim x --seed 7",
        };
        let told = verdict.begin(&texts) + &small.told(&texts);
        for words in [
            "seed 7",
            "U1",
            "every message to one peer ends exactly once",
            "step 1234",
            "12.500000 s",
            "␛[31mabc",
            "  n0 fails",
            "papo sim x --seed 7\n",
            "4 actors: 0-3",
            "2 actions: 1,4",
            "200",
            "step 99",
            &small.replay,
        ] {
            assert!(told.contains(words), "{words} in\n{told}");
        }
        assert!(!told.contains('\u{1b}'));
        assert!(
            !told.contains("early 1 ") && told.contains("  early 2 éé"),
            "the last lines only\n{told}"
        );
        assert!(told.lines().all(|line| line.chars().count() <= WIDE + 3), "{told}");
    }

    #[test]
    fn programs_read_one_line_with_both_commands() {
        let (violation, small) = (violation(1234), small());
        let verdict = Verdict {
            scenario: "x",
            seed: 7,
            violation: &violation,
            replay: "papo sim x --seed 7",
        };
        let line = verdict.json(Some(&small));
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["event"], "violation");
        assert_eq!(
            (&value["invariant"], &value["step"], &value["at"]),
            (&"U1".into(), &1234.into(), &12_500_000.into())
        );
        assert_eq!(
            (&value["replay"], &value["replay_small"]),
            (&"papo sim x --seed 7".into(), &small.replay.into())
        );
        let value: serde_json::Value = serde_json::from_str(&verdict.json(None)).unwrap();
        assert!(value["replay_small"].is_null());
    }
}
