//! The load: so many connections at once, each for one request.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

use crate::peers::{self, Kind};
use crate::server::Server;

/// Connections at once.
pub(crate) const IN_FLIGHT: u32 = 64;
/// Nothing takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) kind: Kind,
    /// The peers from 0 on.
    pub(crate) peers: u64,
    pub(crate) in_flight: u32,
    /// Ends with so many requests …
    pub(crate) most: u64,
    /// … or with this time.
    pub(crate) time: Duration,
}

/// What a server did under load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) time: Duration,
    pub(crate) processor: Duration,
    /// Microseconds from connecting to the end of the reply.
    pub(crate) latencies: Vec<u32>,
}

impl Measured {
    /// Adds another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.time += other.time;
        self.processor += other.processor;
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
    }
}

struct Progress {
    load: Load,
    address: SocketAddr,
    began: Instant,
    asked: Cell<u64>,
    latencies: RefCell<Vec<u32>>,
}

/// Registers every peer once.
pub(crate) async fn fill(server: &Server, peers: u64) -> Result<()> {
    let load = Load {
        kind: Kind::Register,
        peers,
        in_flight: IN_FLIGHT,
        most: peers,
        time: Duration::MAX,
    };
    run(server, load).await.map(drop)
}

/// Puts load on a server. Must run within a `LocalSet`.
pub(crate) async fn run(server: &Server, load: Load) -> Result<Measured> {
    let before = server.processor_time()?;
    let progress = Rc::new(Progress {
        load,
        address: server.address,
        began: Instant::now(),
        asked: Cell::new(0),
        latencies: RefCell::default(),
    });
    let mut clients = JoinSet::new();
    for _ in 0..load.in_flight {
        clients.spawn_local(client(Rc::clone(&progress)));
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let time = progress.began.elapsed();
    let processor = server.processor_time()?.saturating_sub(before);
    let mut latencies = progress.latencies.take();
    latencies.sort_unstable();
    Ok(Measured {
        requests: latencies.len() as u64,
        time,
        processor,
        latencies,
    })
}

async fn client(progress: Rc<Progress>) -> Result<()> {
    let Load {
        kind,
        peers,
        most,
        time,
        ..
    } = progress.load;
    let mut reply = Vec::new();
    loop {
        let number = progress.asked.get();
        if number == most || progress.began.elapsed() >= time {
            return Ok(());
        }
        progress.asked.set(number + 1);
        // Every peer comes once before one comes again, and neighbors come far from each other: the prime divides no
        // number of peers that is asked for here.
        let peer = number.wrapping_mul(7_368_787) % peers;
        reply.clear();
        let began = Instant::now();
        tokio::time::timeout(PATIENCE, ask(progress.address, kind, peer, &mut reply))
            .await
            .context("a request was not answered")??;
        let micros = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
        progress.latencies.borrow_mut().push(micros);
        let said = String::from_utf8_lossy(&reply[..reply.len().min(200)]);
        ensure!(
            reply.starts_with(b"{\"status\":\"OK\"") && reply.ends_with(b"\n"),
            "the reply is {said}"
        );
    }
}

/// One request on a connection of its own, from the address of that peer.
pub(crate) async fn ask(server: SocketAddr, kind: Kind, peer: u64, reply: &mut Vec<u8>) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((peers::source(peer), 0).into())?;
    let mut stream = socket.connect(server).await?;
    stream.write_all(peers::request(kind, peer).as_bytes()).await?;
    stream.read_to_end(reply).await?;
    Ok(())
}
