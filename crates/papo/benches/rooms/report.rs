//! The tables.

use crate::durable::Compared;
use crate::load::{Load, Measured};
use crate::process::percentile;

pub(crate) fn durable_head() {
    println!();
    println!(
        "{:>8} {:>6} {:<10} {:>11} {:>8} {:>8} {:>8} {:>7} {:>17} {:>17}",
        "sessions", "window", "hub", "messages/s", "p50 ms", "p99 ms", "CPU s/M", "group", "x ephemeral", "x limit"
    );
}

pub(crate) fn durable(load: Load, compared: &Compared) {
    let ratios = |pick: fn(&(f64, f64)) -> f64| spread(compared.ratios.iter().map(pick).collect());
    let (ephemeral, limit) = (ratios(|ratio| ratio.0), ratios(|ratio| ratio.1));
    row(
        load,
        "durable",
        &compared.durable,
        &format!(" {ephemeral:>17} {limit:>17}"),
    );
    row(load, "ephemeral", &compared.ephemeral, "");
    row(load, "limit", &compared.limit, "");
}

fn row(load: Load, hub: &str, measured: &Measured, ratios: &str) {
    let cost = measured.processor.as_secs_f64() * 1e6 / number(measured.messages);
    print!(
        "{:>8} {:>6} {hub:<10} {:>11.0}",
        load.sessions,
        load.window,
        per_second(measured)
    );
    if measured.latencies.is_empty() {
        print!(" {:>8} {:>8}", "", "");
    } else {
        let [p50, p99] = [50, 99].map(|percent| millis(percentile(&measured.latencies, percent)));
        print!(" {p50:>8.2} {p99:>8.2}");
    }
    print!(" {cost:>8.1}");
    if measured.commits > 0 {
        print!(" {:>7.1}", number(measured.messages) / f64::from(measured.commits));
    }
    println!("{ratios}");
}

pub(crate) fn durable_legend() {
    println!();
    println!("p50, p99: from PUB to ACK; CPU s/M: processor seconds of that process for a million messages;");
    println!(
        "group: messages that one transaction, and so one sync, keeps in the mean; limit: a loop in one thread that"
    );
    println!("puts rows as large into the same tables with their indexes, on the same disk, in groups of that size;");
    println!("x: messages a second to those of the other, the median of the rounds (lowest to highest).");
}

/// The median, and the ends.
fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => String::new(),
        [only] => format!("{only:.2}"),
        [lowest, .., highest] => {
            let median = values[values.len() / 2];
            format!("{median:.2} ({lowest:.2}-{highest:.2})")
        }
    }
}

pub(crate) fn per_second(measured: &Measured) -> f64 {
    number(measured.messages) / measured.time.as_secs_f64()
}

/// Milliseconds from microseconds.
pub(crate) fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "nobody says more than 2^52 messages")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
