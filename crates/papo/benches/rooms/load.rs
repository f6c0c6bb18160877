//! The load: sessions that say things, each in a room of its own, with so many unacknowledged at most.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::hub::Hub;
use crate::session::{self, Hears, Session, Who};
use crate::words;

/// What is said each time.
pub(crate) const PAYLOAD_BYTES: usize = 128;

/// Who speaks, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) sessions: u32,
    /// Messages of one session that are not acknowledged.
    pub(crate) window: usize,
    pub(crate) time: Duration,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) messages: u64,
    pub(crate) time: Duration,
    pub(crate) processor: Duration,
    /// Transactions that kept the messages; 0 where nothing is kept.
    pub(crate) commits: u32,
    /// Microseconds from PUB to ACK.
    pub(crate) latencies: Vec<u32>,
}

impl Measured {
    /// Adds another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.time += other.time;
        self.processor += other.processor;
        self.commits += other.commits;
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
    }
}

/// The room of that session.
pub(crate) fn room(session: u32) -> String {
    format!("load-{session}")
}

/// Puts load on a hub until the time is over, and waits for every ACK.
pub(crate) async fn run(hub: &Hub, load: Load) -> Result<Measured> {
    let mut entered = Vec::new();
    for number in 0..load.sessions {
        let (nick, room) = (format!("bench-{number}"), room(number));
        let who = Who {
            nick: &nick,
            room: &room,
            ..Who::default()
        };
        entered.push((Session::enter(hub, who).await?, room));
    }
    let (processor, commits) = (hub.processor_time()?, hub.commits()?);
    let began = Instant::now();
    let until = began + load.time;
    let mut speakers = JoinSet::new();
    for (session, room) in entered {
        speakers.spawn_local(async move {
            let mut speaker = Speaker::new(session, room, u64::MAX);
            speaker.speak(load.window, Some(until)).await?;
            // Its connection stays until all have spoken.
            anyhow::Ok(speaker)
        });
    }
    let mut spoken = Vec::new();
    while let Some(speaker) = speakers.join_next().await {
        spoken.push(speaker??);
    }
    let time = began.elapsed();
    let mut latencies: Vec<u32> = spoken.iter().flat_map(|speaker| &speaker.latencies).copied().collect();
    latencies.sort_unstable();
    Ok(Measured {
        messages: latencies.len() as u64,
        time,
        processor: hub.processor_time()?.saturating_sub(processor),
        commits: hub.commits()?.wrapping_sub(commits),
        latencies,
    })
}

/// Says so many messages in a room, as fast as they are acknowledged.
pub(crate) async fn fill(session: Session, room: &str, messages: u64) -> Result<()> {
    const WINDOW: usize = 512;
    Speaker::new(session, room.to_owned(), messages)
        .speak(WINDOW, None)
        .await
}

struct Speaker {
    session: Session,
    room: String,
    most: u64,
    next: u64,
    /// When those went that are not acknowledged, the oldest first.
    waiting: VecDeque<Instant>,
    acknowledged: u64,
    latencies: Vec<u32>,
}

impl Speaker {
    fn new(session: Session, room: String, most: u64) -> Self {
        Self {
            session,
            room,
            most,
            next: 0,
            waiting: VecDeque::new(),
            acknowledged: 0,
            latencies: Vec::new(),
        }
    }

    async fn speak(&mut self, window: usize, until: Option<Instant>) -> Result<()> {
        let mut bytes = Vec::new();
        loop {
            if until.is_none_or(|until| Instant::now() < until) {
                bytes.clear();
                let room_left = (window - self.waiting.len()) as u64;
                for _ in 0..room_left.min(self.most - self.next) {
                    let payload = words::payload(self.next, PAYLOAD_BYTES);
                    session::publish(&mut bytes, &self.room, self.next, &payload);
                    self.next += 1;
                    self.waiting.push_back(Instant::now());
                }
                self.session.says.frames(&bytes).await?;
            }
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.hear().await?;
        }
    }

    /// Whatever has arrived, at least one frame.
    async fn hear(&mut self) -> Result<()> {
        let Self {
            session: Session { hears, .. },
            waiting,
            acknowledged,
            latencies,
            ..
        } = self;
        let mut take = |json: &[u8]| -> Result<()> {
            if let Some(number) = words::acknowledged(json) {
                ensure!(
                    number == *acknowledged,
                    "{number} is acknowledged in place of {acknowledged}"
                );
                *acknowledged += 1;
                let went = waiting.pop_front().context("nothing waits for this ACK")?;
                latencies.push(u32::try_from(went.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            let refused = json.starts_with(b"{\"type\":\"ERROR\"");
            ensure!(!refused, "a hub says {}", String::from_utf8_lossy(json));
            Ok(())
        };
        each(hears, &mut take).await
    }
}

/// Gives every frame that has arrived, at least one.
pub(crate) async fn each(hears: &mut Hears, take: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    take(hears.next().await?)?;
    while let Some(json) = hears.ready()? {
        take(json)?;
    }
    Ok(())
}
