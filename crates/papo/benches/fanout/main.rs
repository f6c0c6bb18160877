//! What fan-out costs: two linked hubs, one speaker on the first, a thousand listeners on the second.
//!
//! `cargo bench -p papo --bench fanout -- [--short]`. Everything is on the loopback of this machine, and what a bare
//! loop of writes to as many sockets costs is measured in the same run: absolute figures hold on one machine only,
//! ratios travel. Exits with 1 when a message is missing, doubled or out of order.

mod frame;
mod hub;
mod limit;
#[path = "../common/process.rs"]
mod process;
mod publisher;
mod report;
mod tally;
mod workload;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use hub::Hub;
use limit::Limit;
use publisher::Publisher;
use report::Report;
use tally::Tally;
use workload::Plan;

/// Listeners on the second hub.
const LISTENERS: u64 = 1000;
/// One more listens beside the speaker.
const RECEIVERS: u64 = LISTENERS + 1;

const SHORT: Plan = Plan {
    quiet_messages: 200,
    quiet_time: Duration::from_secs(2),
    saturated_time: Duration::from_secs(2),
};
const FULL: Plan = Plan {
    quiet_messages: 2000,
    quiet_time: Duration::from_secs(15),
    saturated_time: Duration::from_secs(15),
};

fn main() -> Result<ExitCode> {
    let mut plan = FULL;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--short" => plan = SHORT,
            // Cargo adds it.
            "--bench" => {}
            other => bail!("there is no option {other}: --short is the only one"),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, measure(plan))?;
    report.print();
    Ok(if report.faultless() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn measure(plan: Plan) -> Result<Report> {
    println!(
        "1 speaker and 1 listener on hub A, {LISTENERS} listeners on hub B; {} bytes",
        frame::PAYLOAD_BYTES
    );
    let (near, far) = Hub::linked()?;
    let tally = Tally::new(RECEIVERS);

    let empty = far.resident_bytes()?;
    for client in 0..LISTENERS {
        let (stream, early) = hub::websocket(&far, client + 10).await?;
        tally.listen(stream, early);
    }
    let (stream, early) = hub::websocket(&near, 2).await?;
    tally.listen(stream, early);
    let (stream, early) = hub::websocket(&near, 1).await?;
    // Nobody hears itself here, but what it hears must be read.
    tally.listen(Rc::clone(&stream), early);
    let mut publisher = Publisher::through(stream);

    // Behind this message everything is calm: the notices of who came stand before it.
    workload::quiet(&mut publisher, &tally, 1, Duration::MAX)
        .await
        .context("the first message did not reach everybody")?;
    let idle = far.resident_bytes()?;

    let hubs = || Ok(vec![near.processor_time()?, far.processor_time()?]);
    let papo = workload::run(&mut publisher, &tally, plan, hubs).await?;
    let faults = tally.faults();
    drop((near, far));

    let tally_of_limit = Tally::new(RECEIVERS);
    let (limit, mut publisher) = Limit::start(RECEIVERS)?;
    for _ in 0..RECEIVERS {
        let stream = TcpStream::connect(limit.address()).await?;
        tally_of_limit.listen(Rc::new(stream), Vec::new());
    }
    workload::quiet(&mut publisher, &tally_of_limit, 1, Duration::MAX).await?;
    let bare = workload::run(&mut publisher, &tally_of_limit, plan, || {
        Ok(vec![limit.processor_time()])
    })
    .await?;
    Ok(Report {
        papo,
        bare,
        bytes_per_connection: empty.abs_diff(idle) / LISTENERS,
        faults,
    })
}
