//! What rooms cost that lose nothing: messages that wait for the disk, a session that does not read, and catching up.
//!
//! `cargo bench -p papo --bench rooms -- [--short]`. Everything is on the loopback and the disk of this machine. What
//! SQLite alone does with the same rows is measured in the same run, in turns: absolute figures hold on one machine only,
//! ratios travel. Fails when a message is lost, comes twice or out of order, never for a time.

#[path = "../common/directory.rs"]
mod directory;
mod durable;
mod hub;
mod limit;
mod load;
#[path = "../common/process.rs"]
mod process;
mod replay;
mod report;
mod session;
mod stall;
mod track;
mod words;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::task::LocalSet;

use directory::Directory;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    durable: durable::Plan,
    stall: stall::Plan,
    replay: replay::Plan,
}

const SHORT: Plan = Plan {
    durable: durable::Plan {
        loads: &[(1, 1), (8, 64), (64, 64)],
        rounds: 3,
        round: Duration::from_millis(150),
    },
    stall: stall::Plan {
        receivers: 16,
        rounds: 1,
        quiet: Duration::from_secs(1),
    },
    replay: replay::Plan {
        messages: 10_000,
        replays: 3,
        histories: 10,
    },
};
const FULL: Plan = Plan {
    durable: durable::Plan {
        loads: &[(1, 1), (8, 1), (64, 1), (1, 64), (8, 64), (64, 64)],
        rounds: 5,
        round: Duration::from_secs(2),
    },
    stall: stall::Plan {
        receivers: 32,
        rounds: 3,
        quiet: Duration::from_secs(4),
    },
    replay: replay::Plan {
        messages: 10_000,
        replays: 15,
        histories: 10,
    },
};

fn main() -> Result<()> {
    let mut plan = FULL;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--short" => plan = SHORT,
            "--only" => only = arguments.next(),
            // Cargo adds it.
            "--bench" => {}
            other => bail!("there is no option {other}: there are --short and --only durable, stall or replay"),
        }
    }
    let directory = Directory::make("rooms")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, measure(plan, only.as_deref(), directory.path()))
}

async fn measure(plan: Plan, only: Option<&str>, folder: &Path) -> Result<()> {
    let chosen = |part: &str| only.is_none_or(|only| only == part);
    if chosen("durable") {
        println!("one session in each room; payloads of {} bytes", load::PAYLOAD_BYTES);
        durable::measure(plan.durable, folder).await?;
    }
    if chosen("stall") {
        stall::measure(plan.stall, folder).await?;
    }
    if chosen("replay") {
        replay::measure(plan.replay, folder).await?;
    }
    Ok(())
}
