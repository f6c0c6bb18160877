//! One session that stops reading: what it costs the others, and what it has missed when it comes back.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::hub::Hub;
use crate::load;
use crate::process::percentile;
use crate::report::millis;
use crate::session::{self, Hears, PATIENCE, Says, Session, Who};
use crate::track::{Faults, Track};
use crate::words;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Sessions that read.
    pub(crate) receivers: u32,
    pub(crate) rounds: u32,
    /// How long is measured before the stall, and after the cut.
    pub(crate) quiet: Duration,
}

const ROOM: &str = "stall";
/// Short ones would wait in the kernel for long before anything is to be seen.
const PAYLOAD_BYTES: usize = 3_500;
const INTERVAL: Duration = Duration::from_millis(5);
/// Of the one that stalls: the least that the kernel gives.
const RECEIVE_BYTES: u32 = 4096;
/// Messages that it reads before.
const READ_BEFORE: u64 = 20;
/// How often is looked whether it was cut.
const LOOK: Duration = Duration::from_millis(20);

/// What happens meanwhile.
const WITHOUT: usize = 0;
const STALLED: usize = 1;
const AFTER: usize = 2;
const PHASES: [&str; 3] = ["without", "stalled", "after the cut"];

/// What the tasks of one round share.
#[derive(Debug)]
struct Shared {
    began: Instant,
    phase: Cell<usize>,
    /// The publisher ends.
    over: Cell<bool>,
    said: Cell<u64>,
    /// The number of the room's last message before.
    before: Cell<u64>,
    /// The longest that the publisher came late.
    lag: Cell<Duration>,
    /// Microseconds from the moment when a message was due to its arrival, by phase.
    delays: RefCell<[Vec<u32>; 3]>,
    faults: Cell<Faults>,
}

/// What was seen of the one that stalled.
#[derive(Debug)]
struct Stalled {
    cut_after: Duration,
    /// Bytes said since it stopped reading, those in the kernel of both ends, when it was cut.
    unread: u64,
    in_kernel: (u64, u64),
    /// What the hub's memory grew by at most meanwhile.
    grown: u64,
    previous: String,
    caught_up: u64,
}

pub(crate) async fn measure(plan: Plan, folder: &Path) -> Result<()> {
    let hub = Hub::start(Some(&folder.join("stall")))?;
    let (mut delays, mut faults): ([Vec<u32>; 3], _) = (Default::default(), Faults::default());
    println!();
    println!(
        "a durable hub; {} sessions read; one says {PAYLOAD_BYTES} bytes every {} ms, by the clock; one more stops reading",
        plan.receivers,
        INTERVAL.as_millis()
    );
    for _ in 0..plan.rounds {
        let shared = Rc::new(Shared {
            began: Instant::now(),
            phase: Cell::new(WITHOUT),
            over: Cell::new(false),
            said: Cell::new(0),
            before: Cell::new(0),
            lag: Cell::default(),
            delays: RefCell::default(),
            faults: Cell::default(),
        });
        let stalled = round(plan, &hub, &shared).await?;
        println!(
            "  cut after {:.1} s: {} KiB were unread, {} of them in the kernel's queues; the hub grew by {} KiB",
            stalled.cut_after.as_secs_f64(),
            stalled.unread / 1024,
            (stalled.in_kernel.0 + stalled.in_kernel.1) / 1024,
            stalled.grown / 1024
        );
        println!(
            "  resumed: previous {}, {} messages caught up; publisher late by {:.1} ms at most",
            stalled.previous,
            stalled.caught_up,
            shared.lag.get().as_secs_f64() * 1e3
        );
        ensure!(stalled.previous == "slow_consumer", "that is no reason to be cut for");
        for (all, more) in delays.iter_mut().zip(shared.delays.take()) {
            all.extend(more);
        }
        faults.add(shared.faults.get());
    }
    print(delays, faults);
    ensure!(faults == Faults::default(), "messages were lost or came wrongly");
    Ok(())
}

fn print(mut delays: [Vec<u32>; 3], faults: Faults) {
    println!(
        "{:<14} {:>10} {:>8} {:>8} {:>8}",
        "a session", "deliveries", "p50 ms", "p99 ms", "max ms"
    );
    for (phase, delays) in PHASES.iter().zip(&mut delays) {
        delays.sort_unstable();
        let [p50, p99] = [50, 99].map(|percent| millis(percentile(delays, percent)));
        let most = millis(delays.last().copied().unwrap_or(0));
        println!("{phase:<14} {:>10} {p50:>8.2} {p99:>8.2} {most:>8.2}", delays.len());
    }
    let p99 = |phase: usize| millis(percentile(&delays[phase], 99));
    println!(
        "p99 of those who read: {:+.2} ms with one that does not (aim: less than 50 ms)",
        p99(STALLED) - p99(WITHOUT)
    );
    let Faults {
        gaps,
        duplicates,
        reordered,
    } = faults;
    println!("gaps {gaps}, duplicates {duplicates}, reordered {reordered}, of all and of the one that came back");
}

async fn round(plan: Plan, hub: &Hub, shared: &Rc<Shared>) -> Result<Stalled> {
    let mut receivers = Vec::new();
    for number in 0..plan.receivers {
        let session = enter(hub, &format!("reader-{number}"), None).await?;
        receivers.push(tokio::task::spawn_local(receive(session, Rc::clone(shared))));
    }
    let speaker = enter(hub, "speaker", None).await?;
    let Session { hears, says, head, .. } = speaker;
    shared.before.set(head);
    let acknowledged = tokio::task::spawn_local(acknowledge(hears, Rc::clone(shared)));
    let publisher = tokio::task::spawn_local(publish(says, Rc::clone(shared)));
    wait(plan.quiet).await;

    let stalled = enter(hub, "stalled", Some(RECEIVE_BYTES)).await?;
    let (stalled, track) = read_some(stalled).await?;
    shared.phase.set(STALLED);
    let cut = until_cut(hub, stalled.address, shared).await?;
    shared.phase.set(AFTER);
    let who = Who {
        nick: "stalled",
        room: ROOM,
        again: Some((&stalled.secret, track.last())),
        receive_bytes: None,
    };
    let mut again = Session::enter(hub, who).await?;
    let previous = again.previous.take().unwrap_or_else(|| "none".to_owned());
    let caught_up = again.head - track.last();
    let resumed = tokio::task::spawn_local(follow(again, track, Rc::clone(shared)));
    wait(plan.quiet).await;

    shared.over.set(true);
    end(publisher).await?;
    for task in receivers.into_iter().chain([acknowledged, resumed]) {
        end(task).await?;
    }
    Ok(Stalled {
        previous,
        caught_up,
        ..cut
    })
}

/// The clock is what is waited for: this measures what happens meanwhile.
async fn wait(time: Duration) {
    tokio::time::sleep_until((Instant::now() + time).into()).await;
}

async fn end(task: JoinHandle<Result<()>>) -> Result<()> {
    let waited = tokio::time::timeout(PATIENCE, task).await;
    waited.context("messages did not arrive")??
}

async fn enter(hub: &Hub, nick: &str, receive_bytes: Option<u32>) -> Result<Session> {
    let who = Who {
        nick,
        room: ROOM,
        again: None,
        receive_bytes,
    };
    Session::enter(hub, who).await
}

/// Says one message at each moment that is due, whatever became of the last.
async fn publish(mut says: Says, shared: Rc<Shared>) -> Result<()> {
    let mut bytes = Vec::new();
    let mut due = shared.began.elapsed();
    while !shared.over.get() {
        due += INTERVAL;
        tokio::time::sleep_until((shared.began + due).into()).await;
        shared
            .lag
            .set(shared.lag.get().max(shared.began.elapsed().saturating_sub(due)));
        let number = shared.said.get();
        let moment = u64::try_from(due.as_nanos())?;
        bytes.clear();
        session::publish(&mut bytes, ROOM, number, &words::payload(moment, PAYLOAD_BYTES));
        shared.said.set(number + 1);
        says.frames(&bytes).await?;
    }
    Ok(())
}

/// Everything that was said, and nothing more is coming.
fn is_all(shared: &Shared, heard: u64) -> bool {
    shared.over.get() && heard >= shared.said.get()
}

async fn acknowledge(mut hears: Hears, shared: Rc<Shared>) -> Result<()> {
    let mut acknowledged = 0;
    while !is_all(&shared, acknowledged) {
        let mut take = |json: &[u8]| {
            if let Some(number) = words::acknowledged(json) {
                ensure!(
                    number == acknowledged,
                    "{number} is acknowledged in place of {acknowledged}"
                );
                acknowledged += 1;
            }
            Ok(())
        };
        load::each(&mut hears, &mut take).await?;
    }
    Ok(())
}

/// Those who read all the time.
async fn receive(mut session: Session, shared: Rc<Shared>) -> Result<()> {
    let mut track = Track::behind(session.head);
    while !is_all(&shared, track.heard) {
        let mut take = |json: &[u8]| {
            if track.take(json)? {
                let due = Duration::from_nanos(words::number(json).context("a message has a number")?);
                let delay = shared.began.elapsed().saturating_sub(due);
                let micros = u32::try_from(delay.as_micros()).unwrap_or(u32::MAX);
                shared.delays.borrow_mut()[shared.phase.get()].push(micros);
            }
            Ok(())
        };
        load::each(&mut session.hears, &mut take).await?;
    }
    add(&shared, &track);
    Ok(())
}

fn add(shared: &Shared, track: &Track) {
    let mut faults = shared.faults.get();
    faults.add(track.faults());
    shared.faults.set(faults);
}

async fn read_some(mut session: Session) -> Result<(Session, Track)> {
    let mut track = Track::behind(session.head);
    while track.heard < READ_BEFORE {
        track.take(session.hears.next().await?)?;
    }
    Ok((session, track))
}

/// Waits until the hub has cut it, and tells what waited meanwhile, and where.
async fn until_cut(hub: &Hub, client: SocketAddr, shared: &Shared) -> Result<Stalled> {
    let (began, said, memory) = (Instant::now(), shared.said.get(), hub.resident_bytes()?);
    let before = slow_consumers(hub).await?;
    let (mut in_kernel, mut grown) = ((0, 0), 0);
    while slow_consumers(hub).await? == before {
        ensure!(began.elapsed() < PATIENCE, "a session that does not read was not cut");
        in_kernel = hub.in_kernel(client)?.unwrap_or(in_kernel);
        grown = grown.max(hub.resident_bytes()?.saturating_sub(memory));
        wait(LOOK).await;
    }
    Ok(Stalled {
        cut_after: began.elapsed(),
        unread: (shared.said.get() - said) * PAYLOAD_BYTES as u64,
        in_kernel,
        grown,
        previous: String::new(),
        caught_up: 0,
    })
}

/// Connections that the hub has cut since they did not read.
async fn slow_consumers(hub: &Hub) -> Result<u64> {
    let mut stream = TcpStream::connect(hub.address).await?;
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        hub.address
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("papo_slow_consumers_total "));
    Ok(line.context("a hub counts whom it cut")?.trim().parse()?)
}

/// The one that came back: what it has missed, and what is said from then on.
async fn follow(mut session: Session, mut track: Track, shared: Rc<Shared>) -> Result<()> {
    while !is_all(&shared, track.last() - shared.before.get()) {
        load::each(&mut session.hears, &mut |json| track.take(json).map(drop)).await?;
    }
    add(&shared, &track);
    Ok(())
}
