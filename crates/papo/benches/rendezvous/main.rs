//! What a registry costs: registering and discovering, with few records and with many.
//!
//! `cargo bench -p papo --bench rendezvous -- [--short]`. Everything is on the loopback of this machine, one connection
//! for each request. What a plain loop costs that answers as many bytes is measured in the same run, in turns: absolute
//! figures hold on one machine only, ratios travel. Fails when a request is not done, never for a time.

#[path = "../common/directory.rs"]
mod directory;
mod load;
mod many;
mod peers;
mod plain;
#[path = "../common/process.rs"]
mod process;
mod report;
mod server;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::task::LocalSet;

use directory::Directory;
use load::{IN_FLIGHT, Load, Measured};
use peers::Kind;
use report::Compared;
use server::Server;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Records, and whether a log file keeps them.
    registries: &'static [(u64, bool)],
    rounds: u32,
    round: Duration,
    /// Records where memory is measured.
    many: u64,
}

const SHORT: Plan = Plan {
    registries: &[(1_000, false), (1_000, true), (100_000, true)],
    rounds: 1,
    round: Duration::from_millis(700),
    many: 200_000,
};
const FULL: Plan = Plan {
    registries: &[(1_000, false), (100_000, false), (1_000, true), (100_000, true)],
    rounds: 4,
    round: Duration::from_secs(2),
    many: 1_000_000,
};
/// Requests in one round at most: every one leaves a port in use for a while.
const ROUND_REQUESTS: u64 = 200_000;

fn main() -> Result<()> {
    let mut plan = FULL;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--short" => plan = SHORT,
            // Cargo adds it.
            "--bench" => {}
            plain::OPTION => return plain::serve(arguments.next().context("of how many bytes?")?.parse()?),
            other => bail!("there is no option {other}: --short is the only one"),
        }
    }
    let directory = Directory::make("rendezvous")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, measure(plan, directory.path()))
}

async fn measure(plan: Plan, directory: &Path) -> Result<()> {
    println!(
        "{IN_FLIGHT} connections at once, one request each; {} peers in a namespace",
        peers::PER_NAMESPACE
    );
    report::head();
    for &(records, keeps) in plan.registries {
        let server = if keeps {
            let path = directory.join(format!("{records}.jsonl"));
            write_log(&path, records)?;
            Server::papo(Some(&path))?
        } else {
            let server = Server::papo(None)?;
            load::fill(&server, records).await?;
            server
        };
        for kind in [Kind::Register, Kind::Discover] {
            compare(plan, &server, records, keeps, kind).await?.print();
        }
    }
    report::legend();
    many::measure(plan.many, &directory.join("many.jsonl")).await
}

/// In turns, so that whatever else this machine does meets both.
async fn compare(plan: Plan, papo: &Server, records: u64, keeps: bool, kind: Kind) -> Result<Compared> {
    let mut reply = Vec::new();
    load::ask(papo.address, kind, 0, &mut reply).await?;
    let plain = Server::plain(reply.len())?;
    let load = Load {
        kind,
        peers: records,
        in_flight: IN_FLIGHT,
        most: ROUND_REQUESTS,
        time: plan.round,
    };
    let mut compared = Compared {
        records,
        keeps,
        kind,
        reply_bytes: reply.len(),
        papo: Measured::default(),
        plain: Measured::default(),
        alone: None,
    };
    for _ in 0..plan.rounds {
        compared.papo.add(load::run(papo, load).await?);
        compared.plain.add(load::run(&plain, load).await?);
    }
    if keeps && kind == Kind::Register {
        compared.alone = Some(load::run(papo, Load { in_flight: 1, ..load }).await?);
    }
    Ok(compared)
}

/// The log of a registry with so many records.
fn write_log(path: &Path, records: u64) -> Result<()> {
    let now = peers::utc_now()?;
    let log: Vec<u8> = (0..records)
        .flat_map(|peer| peers::stored(peer, peers::source(peer).into(), now))
        .collect();
    Ok(fs::write(path, log)?)
}
