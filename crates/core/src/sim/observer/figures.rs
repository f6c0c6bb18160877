//! What a run measured of the peers.

use std::time::Duration;

use super::Observer;
use crate::node::Tallies;
use crate::sim::report::Report;

/// What is counted as it happens.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) sends: u64,
    pub(super) delivered: u64,
    pub(super) delivered_micros: u64,
    /// Bytes of text that were said, and of lines that carry none.
    pub(super) text_bytes: u64,
    control_bytes: u64,
    /// WHO_HAS and WHO_HAS_HIT lines.
    search_lines: u64,
    /// Displays of publications that should have happened, and that did.
    pub(super) due: u64,
    pub(super) displayed: u64,
    tallies: Tallies,
}

impl Sums {
    /// A line goes out. Its type is the first thing in it.
    pub(super) fn wrote(&mut self, line: &[u8]) {
        let kind = line.strip_prefix(b"{\"type\":\"").unwrap_or_default();
        if kind.starts_with(b"SEND\"") || kind.starts_with(b"PUB\"") {
            return;
        }
        self.control_bytes += line.len() as u64;
        self.search_lines += u64::from(kind.starts_with(b"WHO_HAS"));
    }

    pub(super) const fn add(&mut self, tallies: Tallies) {
        self.tallies.copies += tallies.copies;
        self.tallies.first_copies += tallies.first_copies;
        self.tallies.passed_on_again += tallies.passed_on_again;
        self.tallies.searches += tallies.searches;
    }
}

impl Observer {
    /// Fills in what there is to say about peers.
    pub(in crate::sim) fn figures(&self, alive: &[bool], report: &mut Report) {
        let sums = &self.sums;
        let nodes = self.seats.iter().filter(|seat| seat.papo).count() as u64;
        report.nodes = nodes;
        report.legacy = self.seats.len() as u64 - nodes;
        report.publications = self.publications.len() as u64;
        report.delivery = ratio(sums.displayed, sums.due);
        let Tallies {
            copies,
            first_copies,
            passed_on_again,
            searches,
        } = sums.tallies;
        report.redundancy = ratio(copies.saturating_sub(first_copies), first_copies);
        let once = copies.saturating_sub(passed_on_again);
        report.redundancy_first_arrival = ratio(once.saturating_sub(first_copies), first_copies);
        self.fill_last(report);
        report.sends = sums.sends;
        report.send_delivery = ratio(sums.delivered, sums.sends);
        report.send_ms_mean = ratio(sums.delivered_micros, sums.delivered.saturating_mul(1000));
        report.control_per_payload = ratio(sums.control_bytes, sums.text_bytes);
        report.searches = searches;
        report.messages_per_search = ratio(sums.search_lines, searches);
        report.degree_mean = self.degree(alive);
        let healing = self.healing(alive);
        report.healing_ms = healing.map(|healing| u64::try_from(healing.as_millis()).unwrap_or(u64::MAX));
    }

    /// How far and how long it was to the last of each publication.
    fn fill_last(&self, report: &mut Report) {
        let shown = self.publications.iter().filter_map(|publication| {
            let last = publication.last?;
            Some((publication.farthest, micros(last.since(publication.at))))
        });
        let (mut count, mut hops, mut most_hops, mut time, mut most_time) = (0_u64, 0, 0, 0, 0);
        for (farthest, took) in shown {
            count += 1;
            hops += farthest;
            time += took;
            most_hops = most_hops.max(farthest);
            most_time = most_time.max(took);
        }
        report.last_hop_mean = ratio(hops, count);
        report.last_hop_max = (count > 0).then_some(most_hops);
        report.last_peer_ms_mean = ratio(time, count.saturating_mul(1000));
        report.last_peer_ms_max = ratio(most_time, count.min(1) * 1000);
    }

    fn degree(&self, alive: &[bool]) -> Option<f64> {
        let (mut nodes, mut links) = (0_u64, 0_u64);
        for (actor, life) in self.lives.iter().enumerate() {
            if self.seats[actor].papo && alive.get(actor).copied().unwrap_or(false) {
                nodes += 1;
                links += life.neighbors.len() as u64;
            }
        }
        ratio(links, nodes)
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// A quotient, rounded to six digits by whole numbers alone: the same on every machine. None of nothing.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    const MILLION: u128 = 1_000_000;
    if whole == 0 {
        return None;
    }
    let millionths = (u128::from(part) * MILLION + u128::from(whole) / 2) / u128::from(whole);
    let number = |value: u128| u32::try_from(value).map_or(f64::from(u32::MAX), f64::from);
    Some(number(millionths / MILLION) + number(millionths % MILLION) / 1e6)
}
