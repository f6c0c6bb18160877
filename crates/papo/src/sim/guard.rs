//! A panic in a machine is a finding like any other.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use papo_core::sim::{Invariant, Outcome, Report, Trace, Violation};
use papo_core::time::Instant;

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) seed: u64,
    /// None after a panic: what was measured is gone with it.
    pub(super) report: Option<Report>,
    pub(super) violation: Option<Violation>,
    pub(super) trace: Option<Trace>,
}

thread_local! {
    /// What a panic of this thread said; none while its panics are nobody's finding.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From here on, panics inside of [`run`] are kept instead of printed.
pub(super) fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let kept = SAID.with_borrow_mut(|said| {
                said.as_mut().map(|said| {
                    let payload = panic.payload();
                    let text = payload.downcast_ref::<&str>().copied();
                    let words = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                    let words = words.unwrap_or("a panic without words");
                    let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
                    *said = format!("{words}{}", place.unwrap_or_default());
                })
            });
            if kept.is_none() {
                usual(panic);
            }
        }));
    });
}

/// Runs; a panic becomes a violation of [`Invariant::Panic`].
pub(super) fn run(seed: u64, simulate: impl FnOnce() -> Outcome) -> Ran {
    match caught(simulate) {
        Ok(mut outcome) => {
            // That no machine panics was seen at every input that one of them took.
            let steps = outcome.report.steps;
            outcome.report.checked.insert(Invariant::Panic, steps);
            Ran {
                seed,
                report: Some(outcome.report),
                violation: outcome.violation,
                trace: outcome.trace,
            }
        }
        Err(said) => Ran {
            seed,
            report: None,
            violation: Some(Violation {
                invariant: Invariant::Panic,
                step: 0,
                at: Instant::ZERO,
                detail: said,
                last: Vec::new(),
            }),
            trace: None,
        },
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    SAID.set(Some(String::new()));
    // Nothing that a panic left half done is looked at afterwards.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    let said = SAID.take().unwrap_or_default();
    done.map_err(|_| said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_violation_that_says_what_and_where() {
        silence();
        let ran = run(7, || panic!("no room for {}", 3));
        let violation = ran.violation.unwrap();
        assert_eq!((ran.seed, violation.invariant), (7, Invariant::Panic));
        assert!(ran.report.is_none() && ran.trace.is_none());
        assert!(
            violation.detail.starts_with("no room for 3 at "),
            "{}",
            violation.detail
        );
        assert!(violation.detail.contains("guard.rs:"), "{}", violation.detail);
        let calm = Outcome {
            report: Report {
                steps: 9,
                ..Report::default()
            },
            violation: None,
            trace: None,
        };
        let checked = run(7, || calm).report.unwrap().checked;
        assert_eq!(checked.get(&Invariant::Panic), Some(&9), "no panic in nine steps");
        assert_eq!(SAID.take(), None, "later panics are printed again");
    }
}
