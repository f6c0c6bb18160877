//! The table.

use crate::process::percentile;
use crate::tally::Faults;
use crate::workload::{Measured, Phase};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) papo: Measured,
    pub(crate) bare: Measured,
    pub(crate) bytes_per_connection: u64,
    pub(crate) faults: Faults,
}

impl Report {
    pub(crate) fn faultless(&self) -> bool {
        self.faults == Faults::default()
    }

    pub(crate) fn print(&self) {
        println!();
        println!(
            "{:<10} {:<6} {:>11} {:>13} {:>9} {:>9} {:>9} {:>9}",
            "room", "server", "deliveries", "deliveries/s", "A: s/M", "B: s/M", "p50 µs", "p99 µs"
        );
        row("quiet", "papo", &self.papo.quiet, Some(&self.papo.latencies));
        row("quiet", "limit", &self.bare.quiet, Some(&self.bare.latencies));
        row("saturated", "papo", &self.papo.saturated, None);
        row("saturated", "limit", &self.bare.saturated, None);
        println!();
        println!("s/M: processor seconds of that process for a million deliveries, without the kernel's own threads;");
        println!("limit: one thread that writes encoded bytes to as many sockets, one write per message or batch.");
        println!();
        for (room, papo, bare) in [
            ("quiet", &self.papo.quiet, &self.bare.quiet),
            ("saturated", &self.papo.saturated, &self.bare.saturated),
        ] {
            let processor = cost(papo, 1) / cost(bare, 0);
            println!("hub B costs {processor:.2} times the limit in the {room} room");
        }
        let p99 = f64::from(percentile(&self.papo.latencies, 99)) / f64::from(percentile(&self.bare.latencies, 99));
        println!("p99 across both hubs is {p99:.2} times the limit");
        println!(
            "resident memory of hub B: {} bytes per connection",
            self.bytes_per_connection
        );
        let Faults {
            gaps,
            duplicates,
            reordered,
            closed,
        } = self.faults;
        println!("gaps {gaps}, duplicates {duplicates}, reordered {reordered}, closed {closed}");
    }
}

fn row(room: &str, server: &str, phase: &Phase, latencies: Option<&Vec<u32>>) {
    let per_second = number(phase.deliveries) / phase.time.as_secs_f64();
    print!("{room:<10} {server:<6} {:>11} {per_second:>13.0}", phase.deliveries);
    print!(" {:>9.3}", cost(phase, 0));
    match phase.processor.len() {
        1 => print!(" {:>9}", ""),
        _ => print!(" {:>9.3}", cost(phase, 1)),
    }
    if let Some(latencies) = latencies {
        print!(" {:>9} {:>9}", percentile(latencies, 50), percentile(latencies, 99));
    }
    println!();
}

/// Processor seconds of one process for a million deliveries.
fn cost(phase: &Phase, process: usize) -> f64 {
    phase.processor[process].as_secs_f64() * 1e6 / number(phase.deliveries)
}

#[expect(clippy::cast_precision_loss, reason = "nobody delivers more than 2^52 messages")]
fn number(count: u64) -> f64 {
    count as f64
}
