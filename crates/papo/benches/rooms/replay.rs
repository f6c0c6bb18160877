//! Catching up: everything that was said in a room, and a page of it.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::hub::Hub;
use crate::load;
use crate::process::percentile;
use crate::report::{millis, number};
use crate::session::{Session, Who};
use crate::track::{Faults, Track};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// What was said in the room.
    pub(crate) messages: u64,
    pub(crate) replays: u32,
    /// Pages; a session may ask for ten at once.
    pub(crate) histories: u32,
}

const ROOM: &str = "past";
/// Messages of one page.
const PAGE: u64 = 200;

/// What one hub has taken, in microseconds.
#[derive(Debug, Default)]
struct Times {
    replays: Vec<u32>,
    histories: Vec<u32>,
}

pub(crate) async fn measure(plan: Plan, folder: &Path) -> Result<()> {
    let hubs = [
        ("disk", Hub::start(Some(&folder.join("replay")))?),
        ("memory", Hub::start(None)?),
    ];
    for (_, hub) in &hubs {
        let speaker = Session::enter(hub, who("speaker")).await?;
        load::fill(speaker, ROOM, plan.messages).await?;
    }
    let mut times = [Times::default(), Times::default()];
    for _ in 0..plan.replays {
        for ((_, hub), times) in hubs.iter().zip(&mut times) {
            times.replays.push(replay(hub, plan.messages).await?);
        }
    }
    for ((_, hub), times) in hubs.iter().zip(&mut times) {
        times.histories = histories(hub, plan.histories).await?;
    }
    println!();
    println!(
        "{:<8} {:<22} {:>6} {:>9} {:>9} {:>11}",
        "from", "what", "times", "p50 ms", "p99 ms", "messages/s"
    );
    for ((from, _), times) in hubs.iter().zip(times) {
        row(
            from,
            &format!("JOIN after {} behind", plan.messages),
            plan.messages,
            times.replays,
        );
        row(from, &format!("HISTORY of {PAGE}"), PAGE, times.histories);
    }
    println!();
    println!("from the first byte of the request to the last message; each JOIN is of a session of its own");
    Ok(())
}

fn row(from: &str, what: &str, messages: u64, mut times: Vec<u32>) {
    times.sort_unstable();
    let [p50, p99] = [50, 99].map(|percent| percentile(&times, percent));
    let per_second = number(messages) * 1e6 / f64::from(p50.max(1));
    println!(
        "{from:<8} {what:<22} {:>6} {:>9.2} {:>9.2} {per_second:>11.0}",
        times.len(),
        millis(p50),
        millis(p99)
    );
}

fn who(nick: &str) -> Who<'_> {
    Who {
        nick,
        room: ROOM,
        ..Who::default()
    }
}

/// Reads all that was said, as one who has read nothing yet.
async fn replay(hub: &Hub, messages: u64) -> Result<u32> {
    let mut session = Session::enter(hub, who("reader")).await?;
    let mut track = Track::behind(0);
    let began = Instant::now();
    session
        .says
        .json(&json!({"type": "JOIN", "room": ROOM, "after": {}}))
        .await?;
    while track.heard < messages {
        load::each(&mut session.hears, &mut |json| track.take(json).map(drop)).await?;
    }
    let micros = u32::try_from(began.elapsed().as_micros())?;
    let faults = track.faults();
    ensure!(
        faults == Faults::default() && track.last() == messages,
        "a room was not read as it was said: {faults:?}"
    );
    Ok(micros)
}

/// The newest page, one after the other.
async fn histories(hub: &Hub, times: u32) -> Result<Vec<u32>> {
    let mut session = Session::enter(hub, who("reader")).await?;
    let mut taken = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        session
            .says
            .json(&json!({"type": "HISTORY", "room": ROOM, "limit": PAGE}))
            .await?;
        loop {
            let json = session.hears.next().await?;
            if json.starts_with(b"{\"type\":\"HISTORY\"") {
                taken.push(u32::try_from(began.elapsed().as_micros())?);
                let messages = json.windows(11).filter(|window| window == b"\"payload\":\"").count() as u64;
                ensure!(messages == PAGE, "a page has {messages} messages");
                break;
            }
        }
    }
    Ok(taken)
}
