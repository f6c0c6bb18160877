//! The hub's task: it owns the machine by value, feeds it events and does what it asks for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use papo_core::hub::{CloseReason, Hub, Input, LinkKind, Output, RelayReply, RelayRequest, Remark};
use papo_core::id::{LinkId, RequestId, RoomId, SessionId};
use papo_core::limits::{HUB_INBOX, SHUTDOWN_DEADLINE};
use papo_core::time::{Instant, UtcMillis};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant as Deadline, MissedTickBehavior, interval, sleep_until};

use super::fanout::Log;
use super::post::Poster;
use super::{Event, encode, words};
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
}

struct Attached {
    connection: Arc<Connection>,
    /// The room that it reads.
    room: Option<RoomId>,
    /// The machine wants its input unread.
    paused: bool,
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
        }
    }

    /// Runs until `shutdown` turns true and everything is flushed, or the deadline for that has come.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Event>, mut shutdown: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(HUB_INBOX);
        let mut wall_clock = interval(WALL_CLOCK_INTERVAL);
        wall_clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending: Option<Deadline> = None;
        loop {
            if ending.is_some() && self.leaving == 0 && self.hub.waiting_for_links() == 0 {
                break;
            }
            let wake_at = [self.hub.poll_timeout().map(|at| self.deadline(at)), ending]
                .into_iter()
                .flatten()
                .min();
            tokio::select! {
                _ = inbox.recv_many(&mut batch, HUB_INBOX) => {}
                () = wait_until(wake_at) => {}
                _ = wall_clock.tick() => self.handle(Input::WallClock(utc_now())),
                _ = shutdown.wait_for(|&ending| ending), if ending.is_none() => {
                    ending = Some(Deadline::now() + SHUTDOWN_DEADLINE);
                    self.handle(Input::Shutdown);
                }
            }
            if ending.is_some_and(|deadline| Deadline::now() >= deadline) {
                break;
            }
            for event in batch.drain(..) {
                self.on_event(event);
            }
            if self.hub.poll_timeout().is_some_and(|at| at <= self.now()) {
                self.handle(Input::Timeout);
            }
            self.seal_all();
        }
        self.report();
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
                self.sessions.insert(
                    session,
                    Attached {
                        connection,
                        room: None,
                        paused: false,
                    },
                );
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
            Event::Ended { session } => self.handle(Input::Ended { session }),
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
            } => {
                let id = RequestId(self.next_request);
                self.next_request += 1;
                self.requests.insert(id, reply);
                let signature = signature.as_deref();
                self.handle(Input::Relay(RelayRequest {
                    id,
                    source,
                    signature,
                    body: &body,
                }));
            }
            Event::Posted { link, outcome } => self.handle(Input::Posted { link, outcome }),
            Event::LinkAddresses { link, addresses } => self.handle(Input::LinkAddresses { link, addresses }),
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
            Output::Remark(remark) => self.remark(&remark),
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
        let Some(attached) = self.sessions.remove(&session) else {
            return;
        };
        let words = words::farewell(&self.texts, reason);
        let farewell = match (attached.connection.form, words) {
            // Either it only wants to be let go, or its close was answered with a close already.
            (_, None) => Vec::new(),
            (Form::TcpLine, Some(words)) => encode::tcp_notice(&words, utc_now()),
            (Form::WebSocketText, Some(words)) => encode::close_frame(reason, &words),
        };
        self.leaving += 1;
        attached.connection.tell(Control::Close {
            reason,
            farewell: farewell.into(),
        });
    }

    fn on_closed(&mut self, session: SessionId, reason: CloseReason) {
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
        let Some(log) = self.logs.get_mut(&room) else { return };
        for session in log.seal() {
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

    fn remark(&self, remark: &Remark) {
        match *remark {
            Remark::LinkUp { link, kind } => {
                let url = self.url(link);
                match kind {
                    LinkKind::Papo(hub) => tracing::info!(url, %hub, "link up: a papo hub"),
                    LinkKind::Own => tracing::warn!(url, "this link leads back to this hub and is left alone"),
                    LinkKind::Legacy | LinkKind::Unknown => {
                        tracing::info!(url, "link up: a service without message ids");
                    }
                }
            }
            Remark::LinkDown { link, waiting } => {
                tracing::warn!(url = self.url(link), waiting, "link down: what is said waits for it");
            }
            Remark::LinkRefused { link, status } => {
                let advice = match status {
                    401 => "both hubs need the same --link-secret-file, and clocks that agree",
                    403 => "the other hub needs a --link to this one, or --trust its address",
                    _ => "is the URL of the link right?",
                };
                tracing::warn!(
                    url = self.url(link),
                    status,
                    "the other hub refuses this one; what is said waits: {advice}"
                );
            }
            Remark::LinkRejected { link, status } => {
                tracing::warn!(
                    url = self.url(link),
                    status,
                    "the other hub refused a message, which is dropped"
                );
            }
            Remark::LinkUncertain { link } => {
                let url = self.url(link);
                tracing::warn!(
                    url,
                    "a message may not have arrived; a second copy could be shown twice, so none is sent"
                );
            }
            Remark::OutboxFull { link } => {
                tracing::warn!(
                    url = self.url(link),
                    "the outbox of this link is full: its oldest messages are dropped"
                );
            }
            Remark::Missed { origin, count } => {
                tracing::warn!(hub = %origin, count, "messages of another hub did not arrive");
            }
        }
    }

    fn url(&self, link: LinkId) -> String {
        self.poster.url(link)
    }

    /// What the links did not deliver, once, at the end.
    fn report(&self) {
        for (link, lost) in self.hub.lost() {
            if lost.total() > 0 {
                tracing::warn!(
                    url = self.url(link),
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

/// The time of day.
pub(crate) fn utc_now() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMillis::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
