//! The hub's task: it owns the machine by value, feeds it events and does what it asks for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use bytes::Bytes;
use papo_core::hub::{CloseReason, Hub, Input, Output, RelayReply, RelayRequest};
use papo_core::id::{RequestId, RoomId, SessionId};
use papo_core::limits::{HUB_INBOX, LAST_CALL_DEADLINE, SHUTDOWN_DEADLINE};
use papo_core::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant as Deadline, MissedTickBehavior, interval, sleep_until};

use super::fanout::Log;
use super::post::Poster;
use super::{Event, encode, remarks, words};
use crate::clock::utc_now;
use crate::net::connection::{Connection, Control, Form};
use crate::text::Texts;

/// How often the machine is told the time of day: clocks are set, and machines sleep.
const WALL_CLOCK_INTERVAL: Duration = Duration::from_secs(60);

/// The hub's task.
pub(crate) struct Driver {
    hub: Hub,
    started: Clock,
    texts: Texts,
    poster: Poster,
    sessions: HashMap<SessionId, Attached>,
    /// Connections of sessions that the machine has closed, which still write their last bytes.
    leaving: usize,
    logs: HashMap<RoomId, Log>,
    /// Rooms with a burst that is not sealed yet.
    bursting: BTreeSet<RoomId>,
    requests: HashMap<RequestId, oneshot::Sender<RelayReply>>,
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

struct Attached {
    connection: Arc<Connection>,
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
    pub(crate) fn new(hub: Hub, started: Clock, texts: Texts, poster: Poster) -> Self {
        Self {
            hub,
            started,
            texts,
            poster,
            sessions: HashMap::new(),
            leaving: 0,
            logs: HashMap::new(),
            bursting: BTreeSet::new(),
            requests: HashMap::new(),
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
        let flushed = self.leaving == 0 && self.hub.waiting_for_links() == 0;
        flushed || Deadline::now() >= until
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Opened {
                connection,
                door,
                address,
                room,
            } => {
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
            Event::Bytes { session, bytes } => {
                self.handle(Input::Bytes { session, bytes: &bytes });
                self.release(session);
            }
            Event::Texts { session, texts } => {
                self.handle(Input::Alive { session });
                for text in texts {
                    self.handle(Input::Text { session, text });
                }
                self.release(session);
            }
            Event::Ended { session, farewell } => self.on_ended(session, farewell),
            Event::Drained { session } => self.phase.drained(session),
            Event::Violated { session, reason } => {
                self.handle(Input::Closed { session });
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
            Event::LinkAddresses { link, addresses } => self.handle(Input::LinkAddresses { link, addresses }),
        }
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
                // Without readers there is nobody to keep it for.
                if let Some(log) = self.logs.get_mut(&room)
                    && log.append(entry)
                {
                    self.bursting.insert(room);
                }
            }
            Output::Attach { session, room } => self.attach(session, room),
            Output::Detach { session, room } => self.detach(session, room),
            Output::RoomClosed { room } => {
                self.seal(room);
                self.logs.remove(&room);
            }
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
            Output::RelayReply { request, reply } => {
                if let Some(waiting) = self.requests.remove(&request) {
                    // Whoever asked may have gone.
                    let _ = waiting.send(reply);
                }
            }
            Output::Remark(remark) => remarks::log(&remark, &self.poster),
        }
    }

    fn attach(&mut self, session: SessionId, room: RoomId) {
        self.seal(room);
        let Some(attached) = self.sessions.get_mut(&session) else {
            return;
        };
        attached.room = Some(room);
        let connection = Arc::clone(&attached.connection);
        let after = self.logs.entry(room).or_default().attach(Arc::clone(&connection));
        connection.tell(Control::Attach { room, after });
    }

    fn detach(&mut self, session: SessionId, room: RoomId) {
        self.seal(room);
        let Some(log) = self.logs.get_mut(&room) else { return };
        let last = log.detach(session);
        if log.is_unread() {
            self.logs.remove(&room);
        }
        if let Some(attached) = self.sessions.get(&session) {
            attached.connection.tell(Control::Detach { room, last });
        }
    }

    /// Answers a session behind everything that its room has heard so far.
    fn answer(&mut self, session: SessionId, words: &str) {
        let Some(attached) = self.sessions.get(&session) else {
            return;
        };
        let bytes = match attached.connection.form {
            Form::TcpLine => encode::tcp_notice(words, utc_now()),
            Form::WebSocketText => encode::websocket_notice(words),
        };
        let bytes = Bytes::from(bytes);
        let control = match attached.room {
            None => Control::Bytes(bytes),
            Some(room) => {
                self.seal(room);
                match self.logs.get(&room) {
                    None => Control::Bytes(bytes),
                    Some(log) => Control::Answer {
                        bytes,
                        room,
                        after: log.tail(),
                    },
                }
            }
        };
        self.tell(session, control);
    }

    fn tell(&self, session: SessionId, control: Control) {
        if let Some(attached) = self.sessions.get(&session)
            && !attached.connection.tell(control)
        {
            attached.connection.cut();
        }
    }

    fn set_paused(&mut self, session: SessionId, paused: bool) {
        if let Some(attached) = self.sessions.get_mut(&session) {
            attached.paused = paused;
        }
    }

    /// Lets a session read on, unless it speaks too fast.
    fn release(&mut self, session: SessionId) {
        if let Some(attached) = self.sessions.get(&session)
            && !attached.paused
        {
            attached.connection.release();
        }
    }

    /// The machine has forgotten the session; its connection writes what waits, a farewell, and ends.
    fn close(&mut self, session: SessionId, reason: CloseReason) {
        // What it said last is still in a burst, and it is to hear it if its door echoes.
        self.seal_all();
        self.phase.drained(session);
        let Some(attached) = self.sessions.remove(&session) else {
            return;
        };
        let words = words::farewell(&self.texts, reason);
        let farewell = match (attached.connection.form, words) {
            // It asked to go, and has said how.
            (_, None) => attached.farewell,
            (Form::TcpLine, Some(words)) => encode::tcp_notice(&words, utc_now()).into(),
            (Form::WebSocketText, Some(words)) => encode::close_frame(reason, &words).into(),
        };
        self.leaving += 1;
        attached.connection.tell(Control::Close { reason, farewell });
    }

    fn on_closed(&mut self, session: SessionId, reason: CloseReason) {
        self.phase.drained(session);
        if self.sessions.remove(&session).is_some() {
            if reason == CloseReason::SlowConsumer {
                tracing::info!(
                    session = session.0,
                    "cut a slow consumer: it did not read what waited for it"
                );
            }
            self.handle(Input::Closed { session });
        } else {
            self.leaving = self.leaving.saturating_sub(1);
        }
    }

    /// Ends the burst of a room and cuts whoever is too far behind.
    fn seal(&mut self, room: RoomId) {
        self.bursting.remove(&room);
        let now = self.now();
        let Some(log) = self.logs.get_mut(&room) else { return };
        for session in log.seal(now) {
            if let Some(attached) = self.sessions.get(&session) {
                attached.connection.cut();
            }
        }
    }

    fn seal_all(&mut self) {
        while let Some(&room) = self.bursting.first() {
            self.seal(room);
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
        if waiting > 0 {
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
