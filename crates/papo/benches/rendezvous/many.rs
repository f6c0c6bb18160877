//! So many records that memory counts: what each takes, and what the slowest things take.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant as Clock};

use anyhow::{Result, bail};
use papo_core::id::ConnectionId;
use papo_core::rendezvous::{Capacity, Config, Input, Output, Registry};
use papo_core::time::Instant;
use papo_core::wire::rendezvous::Dialect;

use crate::peers::{self, Kind};
use crate::report::number;
use crate::server::Server;
use crate::{load, process};

/// Requests of which the mean is told.
const REQUESTS: u64 = 10_000;

/// Fills a registry in this process, then has another process read its log back.
pub(crate) async fn measure(records: u64, path: &Path) -> Result<()> {
    let config = Config {
        dialect: Dialect::September,
        per_minute: None,
        trusted: vec![],
        capacity: Capacity::default(),
        utc: peers::utc_now()?,
    };
    let mut log = BufWriter::new(File::create(path)?);
    let mut registry = Registry::new(config, 1, Instant::ZERO);
    let before = process::resident_bytes(std::process::id())?;
    let began = Clock::now();
    for peer in 0..records {
        ask(&mut registry, peer, &peers::request(Kind::Register, peer), &mut log)?;
    }
    let each = began.elapsed().as_secs_f64() * 1e6 / number(records);
    let taken = process::resident_bytes(std::process::id())?.saturating_sub(before);
    log.flush()?;
    println!();
    println!(
        "{records} records, in this process: {} bytes of memory each, {each:.1} µs to register one",
        taken / records
    );
    for (what, request) in [
        ("of one namespace", None),
        ("of all, which is a sample", Some("{\"type\":\"DISCOVER\"}\n")),
    ] {
        let began = Clock::now();
        for number in 0..REQUESTS {
            let peer = number * 7919 % records;
            let own = peers::request(Kind::Discover, peer);
            ask(&mut registry, peer, request.unwrap_or(&own), &mut log)?;
        }
        let each = began.elapsed().as_secs_f64() * 1e6 / number(REQUESTS);
        println!("  DISCOVER {what}: {each:.1} µs, without the network");
    }
    drop((registry, log));
    restart(records, path).await
}

async fn restart(records: u64, path: &Path) -> Result<()> {
    let size = std::fs::metadata(path)?.len();
    let began = Clock::now();
    let server = Server::papo(Some(path))?;
    let ready = began.elapsed();
    let resident = server.resident_bytes()?;
    println!(
        "  a restart reads {} MB of log in {:.1} s and has {} bytes of memory for each record",
        size / 1_000_000,
        ready.as_secs_f64(),
        resident / records
    );
    let mut reply = Vec::new();
    let mut fastest = Duration::MAX;
    for peer in 0..100 {
        reply.clear();
        let began = Clock::now();
        load::ask(server.address, Kind::Discover, peer * 7919 % records, &mut reply).await?;
        fastest = fastest.min(began.elapsed());
    }
    println!(
        "  DISCOVER of one namespace then: {} µs at best, {} bytes",
        fastest.as_micros(),
        reply.len()
    );
    Ok(())
}

/// One request to the machine itself; the log gets what it is told to store.
fn ask(registry: &mut Registry, peer: u64, line: &str, log: &mut impl Write) -> Result<()> {
    let connection = ConnectionId(peer);
    // Few enough at one address.
    let address = Ipv4Addr::from(0x0a00_0000 + u32::try_from(peer / 50)?);
    let from = SocketAddr::from((address, 50_000));
    registry.handle(Instant::ZERO, Input::Opened { connection, from });
    registry.handle(
        Instant::ZERO,
        Input::Line {
            connection,
            line: line.trim_end().as_bytes(),
        },
    );
    while let Some(output) = registry.poll_output() {
        match output {
            Output::Store(entry) => log.write_all(&entry.encode())?,
            Output::Reply { line, .. } if !line.starts_with(b"{\"status\":\"OK\"") => {
                bail!("the reply is {}", String::from_utf8_lossy(&line));
            }
            _ => {}
        }
    }
    Ok(())
}
