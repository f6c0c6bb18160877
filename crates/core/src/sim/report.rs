//! What a run measured, and what it found.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::check::Invariant;
use crate::time::Instant;

/// What one run measured. Two runs of the same scenario and seed give equal reports.
///
/// A figure is `None` where nothing of its kind happened. Fractions are rounded to six digits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Peers that run papo.
    pub nodes: u64,
    /// Peers that run other programs.
    pub legacy: u64,
    /// Hubs.
    pub hubs: u64,
    /// Virtual time that went by, in milliseconds.
    pub virtual_ms: u64,
    /// Inputs that the machines took.
    pub steps: u64,
    /// SHA-256 over all that came out of the machines, in order, as 64 hexadecimal digits.
    pub trace_hash: String,
    /// Messages to many that were published.
    pub publications: u64,
    /// Of the displays that these should have led to, the share that happened: each node that was up, connected and
    /// meant when it was published, and stayed so.
    pub delivery: Option<f64>,
    /// Copies of published messages received per copy that was needed, minus one.
    pub redundancy: Option<f64>,
    /// The same without what was passed on once more because a later copy could go farther: what a network would have
    /// that only looks at first arrivals.
    pub redundancy_first_arrival: Option<f64>,
    /// Hops of the longest way to a first display, on average over the publications.
    pub last_hop_mean: Option<f64>,
    /// Hops of the longest way of all.
    pub last_hop_max: Option<u64>,
    /// Milliseconds until the last display of a publication, on average.
    pub last_peer_ms_mean: Option<f64>,
    /// The longest of these.
    pub last_peer_ms_max: Option<f64>,
    /// Messages to one peer that were sent.
    pub sends: u64,
    /// The share of them that was confirmed.
    pub send_delivery: Option<f64>,
    /// Milliseconds until the confirmation, on average.
    pub send_ms_mean: Option<f64>,
    /// Bytes between peers that are not SEND or PUB, per byte of text that was said.
    pub control_per_payload: Option<f64>,
    /// Searches that were begun.
    pub searches: u64,
    /// WHO_HAS and WHO_HAS_HIT lines per search.
    pub messages_per_search: Option<f64>,
    /// Live links per node at the end, on average.
    pub degree_mean: Option<f64>,
    /// Milliseconds from the last fault until all that are up are one connected network.
    pub healing_ms: Option<u64>,
    /// Messages said on hubs.
    pub said: u64,
    /// Of the displays at sessions that these should have led to, the share that happened.
    pub said_delivery: Option<f64>,
    /// How often each invariant was looked at. One with 0 was not tested by this run.
    pub checked: BTreeMap<Invariant, u64>,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which promise.
    pub invariant: Invariant,
    /// The number of the input after which it showed, from 1.
    pub step: u64,
    /// When.
    pub at: Instant,
    /// What was seen, in English.
    pub detail: String,
    /// What happened last, oldest first, one line each.
    pub last: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at {} s, step {}: {}",
            self.invariant, self.at, self.step, self.detail
        )
    }
}
