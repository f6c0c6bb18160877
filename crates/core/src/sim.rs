//! The simulator: the production machines in a world that a seed decides.
//!
//! Time is virtual, every delay and every fault is drawn from one seed, and what is promised is checked after each
//! step. The same scenario and seed give the same outputs, byte for byte, on every machine: [`Report::trace_hash`]
//! tells.

pub mod check;
mod directory;
mod hubs;
mod keep;
mod legacy;
mod net;
mod observer;
mod plan;
mod queue;
mod record;
pub mod report;
mod rules;
pub mod scenario;
mod shrink;
pub mod trace;
mod world;

pub use check::Invariant;
pub use keep::{Keep, ParseKeepError};
pub use report::{Report, Violation};
pub use scenario::Scenario;
pub use shrink::shrink;
pub use trace::Trace;

/// How a scenario is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The part of the schedule that happens.
    pub keep: Keep,
    /// Remember the ways of messages.
    pub trace: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was measured, up to the violation if there was one.
    pub report: Report,
    /// The first promise that was not kept; the run ended there.
    pub violation: Option<Violation>,
    /// The ways of messages, if they were to be remembered.
    pub trace: Option<Trace>,
}

/// Runs a scenario of that name from a seed, until its end or until a promise is not kept.
pub fn run(name: &str, scenario: &Scenario, seed: u64, options: &Options) -> Outcome {
    let outcome = run_once(name, scenario, seed, options, false);
    if outcome.violation.is_none() {
        return outcome;
    }
    // What happened last is only put into words when somebody will read them.
    run_once(name, scenario, seed, options, true)
}

fn run_once(name: &str, scenario: &Scenario, seed: u64, options: &Options, notes: bool) -> Outcome {
    if scenario.hubs.is_some() && scenario.peers.is_empty() {
        return hubs::run(name, scenario, seed, options, notes);
    }
    world::run(name, scenario, seed, options, notes)
}
