//! The tables.

use crate::load::Measured;
use crate::peers::Kind;
use crate::process::percentile;

/// What was measured with so many records.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) records: u64,
    pub(crate) keeps: bool,
    pub(crate) kind: Kind,
    pub(crate) reply_bytes: usize,
    pub(crate) papo: Measured,
    pub(crate) plain: Measured,
    /// One request at a time, where each waits for the disk.
    pub(crate) alone: Option<Measured>,
}

pub(crate) fn head() {
    println!();
    println!(
        "{:>9} {:<9} {:<10} {:>7} {:<6} {:>10} {:>9} {:>9} {:>9} {:>7}",
        "records", "kept", "request", "bytes", "server", "requests/s", "CPU µs", "p50 µs", "p99 µs", "ratio"
    );
}

impl Compared {
    pub(crate) fn print(&self) {
        self.row("papo", &self.papo, Some(cost(&self.papo) / cost(&self.plain)));
        self.row("plain", &self.plain, None);
        if let Some(alone) = &self.alone {
            self.row("alone", alone, None);
        }
    }

    fn row(&self, server: &str, measured: &Measured, ratio: Option<f64>) {
        let kept = if self.keeps { "log file" } else { "memory" };
        let request = match self.kind {
            Kind::Register => "REGISTER",
            Kind::Discover => "DISCOVER",
        };
        let per_second = number(measured.requests) / measured.time.as_secs_f64();
        print!(
            "{:>9} {kept:<9} {request:<10} {:>7} {server:<6}",
            self.records, self.reply_bytes
        );
        print!(" {per_second:>10.0} {:>9.1}", cost(measured));
        print!(
            " {:>9} {:>9}",
            percentile(&measured.latencies, 50),
            percentile(&measured.latencies, 99)
        );
        match ratio {
            Some(ratio) => println!(" {ratio:>7.2}"),
            None => println!(),
        }
    }
}

pub(crate) fn legend() {
    println!();
    println!("CPU µs: processor time of the server's process for one request, without the kernel's own threads;");
    println!(
        "plain: a loop that accepts, reads a line, writes as many bytes and closes; ratio: of CPU µs, papo to plain;"
    );
    println!(
        "alone: papo, one request at a time. REGISTER renews what is registered; with a log file each one waits for"
    );
    println!("the disk, several for the same sync.");
}

/// Processor microseconds for one request.
fn cost(measured: &Measured) -> f64 {
    measured.processor.as_secs_f64() * 1e6 / number(measured.requests)
}

#[expect(clippy::cast_precision_loss, reason = "nobody makes more than 2^52 requests")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
