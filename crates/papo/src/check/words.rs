//! What came back, in words.

use super::exchange::{End, Outcome};
use super::plan::shortened;
use super::problem::{Flaw, Shown};
use crate::text::Message;

/// The reply and how the connection ended, for people.
pub(super) fn got(outcome: &Outcome, flaw: &Flaw) -> Shown {
    let reply = shortened(&outcome.bytes);
    let said = |key| Message::new(key).with("reply", reply.clone());
    Shown::Said(match (&outcome.end, outcome.bytes.is_empty()) {
        (End::Unreachable(detail), _) => Message::new("check-got-unreachable").with("detail", detail.clone()),
        (End::Closed, true) => Message::new("check-got-nothing"),
        (End::Reset, true) => Message::new("check-got-reset"),
        (End::StillOpen, true) => Message::new("check-got-silence").with("seconds", outcome.took.as_secs()),
        (End::Reset, false) => said("check-got-then-reset"),
        (End::StillOpen, false) => said("check-got-then-open"),
        (End::Closed | End::Endless, _) => match (flaw.seconds, &flaw.field) {
            (Some(seconds), _) => said("check-got-after").with("seconds", format!("{seconds:.1}")),
            (None, Some(field)) if !field.is_empty() => said("check-got-at").with("field", field.clone()),
            _ => return Shown::Wire(reply),
        },
    })
}
