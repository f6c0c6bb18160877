//! What the operating system says that a process costs.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// User and system time of a process so far.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    /// What Linux counts in here, whatever its own clock does.
    const TICKS_PER_SECOND: u32 = 100;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; utime and stime are the 12th and 13th behind it.
    let (_, fields) = stat.rsplit_once(')').context("a stat has a name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks: u32 = ticks.sum::<Result<_, _>>()?;
    Ok(Duration::from_secs(1) * ticks / TICKS_PER_SECOND)
}

/// Resident memory of a process.
pub(crate) fn resident_bytes(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kilobytes.context("a status has VmRSS")?.parse::<u64>()? * 1024)
}

/// Of values in rising order, the one that so many percent do not exceed.
pub(crate) fn percentile(values: &[u32], percent: usize) -> u32 {
    values.get(values.len() * percent / 100).copied().unwrap_or(0)
}
