//! The hub's task: it owns the machine by value, feeds it events and does what it asks for.

mod sessions;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use bytes::Bytes;
use papo_core::hub::{Door, Hub, Input, Output, Post, RelayReply, RelayRequest, Remark, Restored};
use papo_core::id::{RequestId, RoomId, RoomName, SessionId};
use papo_core::limits::{HUB_INBOX, LAST_CALL_DEADLINE, SHUTDOWN_DEADLINE};
use papo_core::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant as Deadline, MissedTickBehavior, interval, sleep_until};

use super::api::{Counted, PostResult};
use super::archive::{Archive, Asked};
use super::logs::Logs;
use super::post::Poster;
use super::{Event, Inbox, encode, remarks, words};
use crate::clock::utc_now;
use crate::net::connection::{Connection, Control};
use crate::text::Texts;

/// How often the machine is told the time of day: clocks are set, and machines sleep.
const WALL_CLOCK_INTERVAL: Duration = Duration::from_secs(60);

/// The hub's task.
pub(crate) struct Driver {
    pub(super) hub: Hub,
    pub(super) started: Clock,
    texts: Texts,
    pub(super) poster: Poster,
    pub(super) sessions: HashMap<SessionId, Attached>,
    /// Connections of sessions that the machine has closed, which still write their last bytes.
    leaving: usize,
    pub(super) logs: Logs,
    pub(super) archive: Archive,
    /// The way back here, for those who answer later.
    inbox: Inbox,
    requests: HashMap<RequestId, oneshot::Sender<RelayReply>>,
    posts: HashMap<RequestId, oneshot::Sender<PostResult>>,
    pub(super) counted: Counted,
    next_request: u64,
    phase: Phase,
}

/// From its start to its end.
enum Phase {
    Running,
    /// Sessions hand over what has arrived; those in the set have not yet.
    LastCall {
        until: Deadline,
        awaited: HashSet<SessionId>,
    },
    /// Every session was told to go; last bytes and outboxes are flushed.
    Ending {
        until: Deadline,
    },
}

impl Phase {
    fn until(&self) -> Option<Deadline> {
        match *self {
            Self::Running => None,
            Self::LastCall { until, .. } | Self::Ending { until } => Some(until),
        }
    }

    /// Whoever comes late is asked like everybody else.
    fn opened(&mut self, connection: &Connection) {
        if let Self::LastCall { awaited, .. } = self {
            connection.call_last();
            awaited.insert(connection.session);
        }
    }

    /// The session has nothing more to hand over.
    fn drained(&mut self, session: SessionId) {
        if let Self::LastCall { awaited, .. } = self {
            awaited.remove(&session);
        }
    }
}

pub(super) struct Attached {
    pub(super) connection: Arc<Connection>,
    /// Its input has ended.
    ended: bool,
    /// What its connection wants to say last, once its input has ended.
    farewell: Bytes,
    /// The room that it reads.
    room: Option<RoomId>,
    /// The machine wants its input unread.
    paused: bool,
}

impl Attached {
    fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            ended: false,
            farewell: Bytes::new(),
            room: None,
            paused: false,
        }
    }
}

impl Driver {
    pub(crate) fn new(hub: Hub, started: Clock, texts: Texts, poster: Poster, archive: Archive, inbox: Inbox) -> Self {
        let mut logs = Logs::new(archive.store());
        // The first room is there before anybody enters it: other hubs speak there.
        for name in hub.rooms().map(|(name, ..)| name).cloned() {
            if let Some(room) = hub.room(&name) {
                logs.open(room, name);
            }
        }
        Self {
            hub,
            started,
            texts,
            poster,
            sessions: HashMap::new(),
            leaving: 0,
            logs,
            archive,
            inbox,
            requests: HashMap::new(),
            posts: HashMap::new(),
            counted: Counted::default(),
            next_request: 0,
            phase: Phase::Running,
        }
    }

    /// Runs until `shutdown` turns true and everything is flushed, or the deadline for that has come.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Event>, mut shutdown: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(HUB_INBOX);
        let mut wall_clock = interval(WALL_CLOCK_INTERVAL);
        wall_clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_done() {
            let wake_at = self.hub.poll_timeout().map(|at| self.deadline(at));
            let wake_at = wake_at.into_iter().chain(self.phase.until()).min();
            tokio::select! {
                _ = inbox.recv_many(&mut batch, HUB_INBOX) => {}
                () = wait_until(wake_at) => {}
                _ = wall_clock.tick() => self.handle(Input::WallClock(utc_now())),
                _ = shutdown.wait_for(|&ending| ending), if matches!(self.phase, Phase::Running) => {
                    self.call_last();
                    // Sessions whose opening still waits here are to be asked too, before nobody is awaited.
                    while let Ok(event) = inbox.try_recv() {
                        batch.push(event);
                        if batch.len() >= HUB_INBOX {
                            break;
                        }
                    }
                }
            }
            for event in batch.drain(..) {
                self.on_event(event);
            }
            if self.hub.poll_timeout().is_some_and(|at| at <= self.now()) {
                self.handle(Input::Timeout);
            }
            self.end_last_call();
            self.seal_all();
        }
        self.report();
        // Nobody waits for a place in the inbox any more: the store can end.
        drop(inbox);
        self.archive.end();
    }

    /// Asks every session for what has arrived. What the hub has taken or could still take is said before it ends.
    fn call_last(&mut self) {
        let open = self.sessions.iter().filter(|(_, attached)| !attached.ended);
        let awaited = open.map(|(&session, attached)| {
            attached.connection.call_last();
            session
        });
        let awaited = awaited.collect();
        let until = Deadline::now() + LAST_CALL_DEADLINE;
        self.phase = Phase::LastCall { until, awaited };
    }

    /// Once everything is handed over, or the time for that is up, all sessions go.
    fn end_last_call(&mut self) {
        if let Phase::LastCall { until, awaited } = &self.phase
            && (awaited.is_empty() || Deadline::now() >= *until)
        {
            let until = Deadline::now() + SHUTDOWN_DEADLINE;
            self.phase = Phase::Ending { until };
            self.handle(Input::Shutdown);
        }
    }

    fn is_done(&self) -> bool {
        let Phase::Ending { until } = self.phase else {
            return false;
        };
        let handed_on = if self.archive.is_durable() {
            !self.hub.has_fragile()
        } else {
            self.hub.waiting_for_links() == 0
        };
        let flushed = self.leaving == 0 && handed_on && self.hub.is_settled();
        flushed || Deadline::now() >= until
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Opened {
                connection,
                door,
                address,
                room,
            } => self.on_opened(connection, door, address, room),
            Event::Bytes { session, bytes } => {
                self.handle(Input::Bytes { session, bytes: &bytes });
                self.release(session);
            }
            Event::Texts {
                session,
                texts,
                confirmed,
            } => {
                self.handle(Input::Alive { session });
                for number in confirmed {
                    self.handle(Input::Confirmed { session, number });
                }
                for text in texts {
                    self.handle(Input::Text { session, text });
                }
                self.release(session);
            }
            Event::Ended { session, farewell } => self.on_ended(session, farewell),
            Event::Drained { session } => self.phase.drained(session),
            Event::Violated { session, reason } => {
                self.handle(Input::Closed { session, reason });
                self.close(session, reason);
            }
            Event::Closed { session, reason } => self.on_closed(session, reason),
            Event::Relay {
                source,
                signature,
                body,
                reply,
            } => self.on_relay(source, signature.as_deref(), &body, reply),
            Event::Posted { link, outcome } => self.handle(Input::Posted { link, outcome }),
            Event::Stored { through } => {
                if std::mem::take(&mut self.counted.failing) {
                    tracing::info!("the disk takes what is said again");
                }
                self.handle(Input::Stored { through });
            }
            Event::StoreFailed { epoch, detail } => {
                self.counted.told = std::mem::replace(&mut self.counted.failing, true);
                self.counted.unstored += 1;
                self.handle(Input::StoreFailed { epoch, detail });
            }
            Event::Acked { author, acked } => self.handle(Input::Acked { author, acked }),
            Event::LoadAcked { author } => self.archive.load_acked(author, &self.inbox),
            Event::TokenChecked { session, verdict } => self.handle(Input::TokenChecked { session, verdict }),
            Event::Ask(ask) => self.on_ask(ask),
            Event::Post { post, reply } => self.on_post(post, reply),
            Event::LinkAddresses { link, addresses } => self.handle(Input::LinkAddresses { link, addresses }),
        }
    }

    fn on_opened(&mut self, connection: Arc<Connection>, door: Door, address: IpAddr, room: Option<RoomName>) {
        let session = connection.session;
        self.phase.opened(&connection);
        self.sessions.insert(session, Attached::new(connection));
        self.handle(Input::Opened {
            session,
            door,
            address,
            room,
        });
    }

    fn on_ended(&mut self, session: SessionId, farewell: Bytes) {
        if let Some(attached) = self.sessions.get_mut(&session) {
            attached.ended = true;
            attached.farewell = farewell;
        }
        self.phase.drained(session);
        self.handle(Input::Ended { session });
    }

    fn on_relay(&mut self, source: IpAddr, signature: Option<&str>, body: &[u8], reply: oneshot::Sender<RelayReply>) {
        if matches!(self.phase, Phase::Ending { .. }) {
            // Nobody is here to hear it. Unanswered, it stays in the sender's outbox.
            return;
        }
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.requests.insert(id, reply);
        self.handle(Input::Relay(RelayRequest {
            id,
            source,
            signature,
            body,
        }));
    }

    /// Somebody says something by a request.
    fn on_post(&mut self, mut post: Post, reply: oneshot::Sender<PostResult>) {
        post.request = RequestId(self.next_request);
        self.next_request += 1;
        self.posts.insert(post.request, reply);
        self.handle(Input::Post(post));
    }

    /// What was kept, before anything else happens.
    pub(crate) fn restore(&mut self, restored: Vec<Restored>) {
        for one in restored {
            self.handle(Input::Restored(one));
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.now();
        self.hub.handle(now, input);
        while let Some(output) = self.hub.poll_output() {
            self.act(output);
        }
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Append { room, entry } => {
                self.counted.appended += 1;
                self.logs.append(room, entry);
            }
            Output::Attach { session, room } => self.attach(session, room),
            Output::Detach { session, room } => self.detach(session, room),
            Output::RoomOpened { room, name } => self.logs.open(room, name),
            Output::RoomClosed { room } => {
                self.seal(room);
                self.logs.forget(room);
            }
            Output::Store(record) => self.archive.write(record),
            Output::LoadAcked { author } => self.archive.load_acked(author, &self.inbox),
            Output::CheckToken { session, nick, token } => {
                self.archive.check_token((session, nick, token), &self.inbox);
            }
            Output::Reply { session, frame } => self.reply(session, &frame, None),
            Output::Direct { session, frame, number } => self.reply(session, &frame, Some(number)),
            Output::Replay {
                session,
                room,
                after,
                until,
            } => self.replay(session, room, after, until),
            Output::Recall {
                session,
                room,
                before,
                limit,
                query,
            } => self.recall(session, room, Asked { before, limit, query }),
            // Whoever asked may have gone.
            Output::Posted { request, result } => drop(self.posts.remove(&request).map(|it| it.send(result))),
            Output::Notice { session, notice } => {
                let words = words::notice(&self.texts, notice);
                self.answer(session, &words);
            }
            Output::PauseInput { session } => self.set_paused(session, true),
            Output::ResumeInput { session } => {
                self.set_paused(session, false);
                self.release(session);
            }
            Output::Ping { session } => self.tell(session, Control::Bytes(Bytes::from_static(encode::PING_FRAME))),
            Output::Close { session, reason } => self.close(session, reason),
            Output::Post {
                link,
                body,
                signature,
                repeatable,
            } => self.poster.post(link, body, signature, repeatable),
            Output::RelayReply { request, reply } => drop(self.requests.remove(&request).map(|it| it.send(reply))),
            // A full disk fails for everyone who speaks; one line tells it.
            Output::Remark(Remark::NotStored { .. }) if self.counted.told => {}
            Output::Remark(remark) => remarks::log(&remark, &self.poster),
        }
    }

    /// What the links did not deliver, once, at the end.
    fn report(&self) {
        for (link, lost) in self.hub.lost() {
            if lost.total() > 0 {
                tracing::warn!(
                    url = self.poster.url(link),
                    overflow = lost.overflow,
                    rejected = lost.rejected,
                    uncertain = lost.uncertain,
                    "messages that this link did not deliver"
                );
            }
        }
        let waiting = self.hub.waiting_for_links();
        if waiting > 0 && !self.archive.is_durable() {
            tracing::warn!(
                waiting,
                "messages still waited for other hubs and are lost with this one"
            );
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.started.elapsed()
    }

    fn deadline(&self, at: Instant) -> Deadline {
        Deadline::from_std(self.started + at.since(Instant::ZERO))
    }
}

async fn wait_until(at: Option<Deadline>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
