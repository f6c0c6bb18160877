//! The registry's task: it accepts, asks the machine, and holds back what the disk has to know first.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use papo_core::id::ConnectionId;
use papo_core::limits::{RENDEZVOUS_CONNECTIONS, RENDEZVOUS_DRAIN, RENDEZVOUS_INBOX, SHUTDOWN_DEADLINE};
use papo_core::rendezvous::{Input, Output, Registry};
use papo_core::time::Instant;
use papo_core::wire::rendezvous::{Dialect, Refusal, Reply};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout_at};

use super::connection::{self, Request};
use super::journal::{Position, State};
use super::store::Store;
use crate::clock::utc_now;
use crate::net::accept;

/// A request that came, or will never come.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) connection: ConnectionId,
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Vec<u8>>,
}

/// A reply that goes out when the disk has what it says.
#[derive(Debug)]
struct Held {
    after: Position,
    reply: oneshot::Sender<Vec<u8>>,
    line: Vec<u8>,
}

/// Owns the registry.
#[derive(Debug)]
pub(super) struct Driver {
    registry: Registry,
    dialect: Dialect,
    store: Store,
    started: Clock,
    listener: TcpListener,
    inbox: mpsc::Sender<Asked>,
    requests: mpsc::Receiver<Asked>,
    tasks: JoinSet<ConnectionId>,
    /// The connections that may ask, the oldest first.
    open: BTreeMap<ConnectionId, AbortHandle>,
    /// Those that are only told no, the oldest first. Together they are the connections at once.
    refused: BTreeMap<ConnectionId, AbortHandle>,
    held: VecDeque<Held>,
    last: u64,
}

/// What woke the task.
enum Wake {
    Accepted(TcpStream, SocketAddr),
    Asked(Asked),
    Done(Option<ConnectionId>),
    Disk(State),
    Due,
    Minute,
    End,
}

impl Driver {
    pub(super) fn new(
        registry: Registry,
        dialect: Dialect,
        store: Store,
        started: Clock,
        listener: TcpListener,
    ) -> Self {
        let (inbox, requests) = mpsc::channel(RENDEZVOUS_INBOX);
        Self {
            registry,
            dialect,
            store,
            started,
            listener,
            inbox,
            requests,
            tasks: JoinSet::new(),
            open: BTreeMap::new(),
            refused: BTreeMap::new(),
            held: VecDeque::new(),
            last: 0,
        }
    }

    /// Runs until `ending` turns true; gives back what keeps the records.
    pub(super) async fn run(mut self, mut ending: watch::Receiver<bool>) -> Store {
        /// How often the time of day is looked at, in case somebody set the clock.
        const MINUTE: Duration = Duration::from_secs(60);
        let mut minute = interval(MINUTE);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut disk = self.store.state();
        loop {
            let due = self.registry.poll_timeout();
            let due = due.map(|at| self.started + Duration::from_micros(at.as_micros()));
            let wake = tokio::select! {
                _ = ending.wait_for(|&ending| ending) => Wake::End,
                state = changed(&mut disk) => Wake::Disk(state),
                Some(asked) = self.requests.recv() => Wake::Asked(asked),
                // A task that panicked keeps its place until it is the oldest, which harms nobody.
                Some(done) = self.tasks.join_next() => Wake::Done(done.ok()),
                (stream, from) = accept::next(&self.listener) => Wake::Accepted(stream, from),
                () = at(due) => Wake::Due,
                _ = minute.tick() => Wake::Minute,
            };
            match wake {
                Wake::Accepted(stream, from) => self.on_accepted(stream, from),
                Wake::Asked(asked) => self.on_asked(asked),
                Wake::Done(done) => done.into_iter().for_each(|connection| self.forget(connection)),
                Wake::Disk(state) => self.on_disk(&state),
                Wake::Due => self.tell(Input::Timeout),
                Wake::Minute => self.tell(Input::WallClock(utc_now())),
                Wake::End => return self.end(disk).await,
            }
        }
    }

    /// Sends the replies that wait for the disk, as far as it goes along, and lets everybody go.
    async fn end(mut self, mut disk: Option<watch::Receiver<State>>) -> Store {
        let deadline = tokio::time::Instant::now() + SHUTDOWN_DEADLINE;
        while !self.held.is_empty()
            && let Ok(state) = timeout_at(deadline, changed(&mut disk)).await
        {
            self.on_disk(&state);
        }
        // Whoever has not been answered never will be: without these, their tasks end.
        self.held.clear();
        self.requests.close();
        while self.requests.try_recv().is_ok() {}
        let farewell = tokio::time::Instant::now() + RENDEZVOUS_DRAIN;
        while let Ok(Some(_)) = timeout_at(farewell, self.tasks.join_next()).await {}
        self.store
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn tell(&mut self, input: Input<'_>) {
        let now = self.now();
        self.registry.handle(now, input);
    }

    fn on_accepted(&mut self, stream: TcpStream, from: SocketAddr) {
        self.last += 1;
        let connection = ConnectionId(self.last);
        self.make_room();
        self.tell(Input::Opened { connection, from });
        let line = match self.registry.poll_output() {
            Some(Output::Reply { line, .. }) => line,
            Some(Output::Close { .. }) => {
                tracing::info!(%from, "connects too often and is banned for a minute");
                Vec::new()
            }
            _ => {
                let handle = self
                    .tasks
                    .spawn(connection::serve(stream, connection, self.inbox.clone()));
                self.open.insert(connection, handle);
                return;
            }
        };
        let handle = self.tasks.spawn(async move {
            connection::say(stream, &line).await;
            connection
        });
        self.refused.insert(connection, handle);
    }

    fn forget(&mut self, connection: ConnectionId) {
        if self.open.remove(&connection).is_none() {
            self.refused.remove(&connection);
        }
    }

    /// Whoever is there longest has had most time to ask: a drip gives way to whoever comes. Those who are told no go
    /// first, so that an address beyond its limit takes nobody's place.
    fn make_room(&mut self) {
        if self.open.len() + self.refused.len() < RENDEZVOUS_CONNECTIONS {
            return;
        }
        if let Some((_, handle)) = self.refused.pop_first() {
            handle.abort();
        } else if let Some((connection, handle)) = self.open.pop_first() {
            handle.abort();
            self.tell(Input::Closed { connection });
        }
    }

    fn on_asked(&mut self, asked: Asked) {
        let connection = asked.connection;
        self.tell(match &asked.request {
            Request::Line(line) => Input::Line { connection, line },
            Request::TooLong => Input::TooLong { connection },
            Request::Silent => Input::Silent { connection },
            Request::Closed => Input::Closed { connection },
        });
        while let Some(output) = self.registry.poll_output() {
            match output {
                Output::Store(entry) => {
                    tracing::debug!(?entry, "the registry changes");
                    self.store.append(entry.encode());
                }
                Output::Reply { line, stored, .. } => {
                    let after = if stored { self.store.last() } else { Position::START };
                    self.pass_on_storing();
                    let reply = asked.reply;
                    return self.answer(Held { after, reply, line });
                }
                Output::Read { .. } | Output::Close { .. } => {}
            }
        }
    }

    /// Sends a reply now, or as soon as the disk allows.
    fn answer(&mut self, held: Held) {
        if held.after <= self.store.durable() {
            // A client that is gone needs no answer.
            let _ = held.reply.send(held.line);
        } else {
            self.held.push_back(held);
        }
    }

    fn on_disk(&mut self, state: &State) {
        self.store.on_state(state);
        let durable = self.store.durable();
        while self.held.front().is_some_and(|held| held.after <= durable)
            && let Some(held) = self.held.pop_front()
        {
            let _ = held.reply.send(held.line);
        }
        if let State::Failing { error, .. } = state {
            tracing::error!(%error, "the records cannot be written; registrations are refused until they can");
            let busy = Reply::Refused(Refusal::Busy).encode(self.dialect);
            for held in self.held.drain(..) {
                let _ = held.reply.send(busy.clone());
            }
        }
        self.pass_on_storing();
    }

    fn pass_on_storing(&mut self) {
        let storing = self.store.works();
        self.tell(Input::Storing(storing));
    }
}

/// The next state of the disk; never, when nothing is kept.
async fn changed(disk: &mut Option<watch::Receiver<State>>) -> State {
    if let Some(states) = disk
        && states.changed().await.is_ok()
    {
        return states.borrow_and_update().clone();
    }
    std::future::pending().await
}

async fn at(due: Option<Clock>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
