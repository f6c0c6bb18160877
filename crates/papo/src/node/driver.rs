//! The node's task: it owns the machines of the node and of its rendezvous, and does what they decide.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use papo_core::id::{DialId, PeerId, PeerLinkId};
use papo_core::limits::{DIAL_TIMEOUT, NODE_INBOX, NODE_QUIT_DEADLINE, RENDEZVOUS_REQUEST_DEADLINE};
use papo_core::node::{CloseReason, Command, Event as Told, Input, Listed, Node, Output};
use papo_core::rendezvous::client::{self, Client, ClientStatus};
use papo_core::time::Instant;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout};

use super::connection::{self, Order, Outlet};
use super::interface::{Interface, Report, Request};
use super::remarks;
use super::view::RendezvousState;
use crate::clock::utc_now;
use crate::error::Exit;
use crate::net::accept;
use crate::rendezvous::client::exchange;
use crate::shutdown::Shutdown;
use crate::terminal::Typed;

/// What happens to the node's task.
#[derive(Debug)]
pub(super) enum Event {
    Accepted(TcpStream, SocketAddr),
    Dialed {
        dial: DialId,
        stream: Option<TcpStream>,
    },
    Line {
        link: PeerLinkId,
        line: Vec<u8>,
    },
    TooLong {
        link: PeerLinkId,
    },
    Written {
        link: PeerLinkId,
        bytes: usize,
    },
    Closed {
        link: PeerLinkId,
    },
    /// How a request to the rendezvous ended, and which it was.
    Replied {
        request: u64,
        reply: Option<Vec<u8>>,
    },
}

/// Owns the node.
#[derive(Debug)]
pub(super) struct Driver {
    node: Node,
    client: Option<Registration>,
    interface: Interface,
    started: Clock,
    inbox: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    outlets: BTreeMap<PeerLinkId, Outlet>,
    /// Said on every connection if this task ends without having closed them.
    farewell: Arc<[u8]>,
    last_link: u64,
    /// How to end, once goodbye is said.
    leaving: Option<Exit>,
    node_done: bool,
}

/// The rendezvous and the request to it that is out.
#[derive(Debug)]
pub(super) struct Registration {
    client: Client,
    server: String,
    request: u64,
    out: Option<AbortHandle>,
    done: bool,
}

impl Registration {
    pub(super) const fn new(client: Client, server: String) -> Self {
        Self {
            client,
            server,
            request: 0,
            out: None,
            done: false,
        }
    }
}

/// What woke the task.
enum Wake {
    Event(Event),
    Typed(Typed),
    Due,
    Minute,
    Signal(Exit),
    TooLate,
}

impl Driver {
    pub(super) fn new(node: Node, client: Option<Registration>, interface: Interface, started: Clock) -> Self {
        let (inbox, events) = mpsc::channel(NODE_INBOX);
        let farewell = serde_json::json!({
            "type": "BYE", "msg_id": "farewell", "src": node.peer_id(), "dst": "*", "peer_id": node.peer_id(),
            "dest": "*", "reason": "error", "ttl": 1,
        });
        Self {
            node,
            client,
            interface,
            started,
            inbox,
            events,
            outlets: BTreeMap::new(),
            farewell: format!("{farewell}\n").into_bytes().into(),
            last_link: 0,
            leaving: None,
            node_done: false,
        }
    }

    /// Runs until somebody wants to leave, or the process is to end.
    pub(super) async fn run(
        mut self,
        listener: Option<TcpListener>,
        mut typed: mpsc::Receiver<Typed>,
        mut shutdown: Shutdown,
    ) -> Exit {
        /// How often the time of day is looked at, in case somebody set the clock.
        const MINUTE: Duration = Duration::from_secs(60);
        let mut minute = interval(MINUTE);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut too_late = None;
        if let Some(registration) = &mut self.client {
            let now = now(self.started);
            registration.client.handle(now, client::Input::Start);
        }
        self.drain();
        while !self.is_done() {
            if self.leaving.is_some() && too_late.is_none() {
                too_late = Some(Clock::now() + NODE_QUIT_DEADLINE);
            }
            let due = self.due();
            let wake = tokio::select! {
                signal = shutdown.wait(), if self.leaving.is_none() => Wake::Signal(signal.exit()),
                Some(event) = self.events.recv() => Wake::Event(event),
                (stream, from) = accepted(listener.as_ref()) => Wake::Event(Event::Accepted(stream, from)),
                Some(line) = typed.recv(), if self.leaving.is_none() => Wake::Typed(line),
                () = at(due) => Wake::Due,
                _ = minute.tick() => Wake::Minute,
                () = at(too_late) => Wake::TooLate,
            };
            match wake {
                Wake::Event(event) => self.on_event(event),
                Wake::Typed(line) => self.on_typed(line),
                Wake::Due => self.on_due(),
                Wake::Minute => self.on_minute(),
                Wake::Signal(exit) => self.leave(exit),
                Wake::TooLate => break,
            }
            self.drain();
        }
        self.interface.end();
        self.leaving.unwrap_or(Exit::Done)
    }

    fn is_done(&self) -> bool {
        let unregistered = self.client.as_ref().is_none_or(|registration| registration.done);
        self.leaving.is_some() && self.node_done && unregistered
    }

    /// The moment at which a machine wants to be woken.
    fn due(&self) -> Option<Clock> {
        let client = self
            .client
            .as_ref()
            .and_then(|registration| registration.client.poll_timeout());
        let next = self.node.poll_timeout().into_iter().chain(client).min()?;
        Some(self.started + Duration::from_micros(next.as_micros()))
    }

    fn on_due(&mut self) {
        let now = now(self.started);
        self.node.handle(now, Input::Timeout);
        if let Some(registration) = &mut self.client {
            registration.client.handle(now, client::Input::Timeout);
        }
    }

    fn on_minute(&mut self) {
        let (now, utc) = (now(self.started), utc_now());
        self.node.handle(now, Input::WallClock(utc));
        if let Some(registration) = &mut self.client {
            registration.client.handle(now, client::Input::WallClock(utc));
        }
    }

    fn on_event(&mut self, event: Event) {
        let now = now(self.started);
        match event {
            Event::Accepted(stream, from) => {
                let link = self.open(stream);
                self.node.handle(now, Input::Accepted { link, from });
            }
            Event::Dialed { dial, stream } => match stream {
                Some(stream) => {
                    let link = self.open(stream);
                    self.node.handle(now, Input::Dialed { dial, link });
                }
                None => self.node.handle(now, Input::DialFailed { dial }),
            },
            Event::Line { link, line } => {
                if self.outlets.contains_key(&link) {
                    self.node.handle(now, Input::Line { link, line: &line });
                }
            }
            Event::TooLong { link } => self.node.handle(now, Input::TooLong { link }),
            Event::Written { link, bytes } => self.node.handle(now, Input::Written { link, bytes }),
            Event::Closed { link } => {
                self.node.handle(now, Input::Closed { link });
                if let Some(outlet) = self.outlets.remove(&link) {
                    outlet.order(Order::Close);
                }
            }
            Event::Replied { request, reply } => self.on_replied(now, request, reply.as_deref()),
        }
    }

    fn open(&mut self, stream: TcpStream) -> PeerLinkId {
        self.last_link += 1;
        let link = PeerLinkId(self.last_link);
        let outlet = connection::run(stream, link, self.inbox.clone(), Arc::clone(&self.farewell));
        self.outlets.insert(link, outlet);
        link
    }

    fn on_replied(&mut self, now: Instant, request: u64, reply: Option<&[u8]>) {
        let Some(registration) = self
            .client
            .as_mut()
            .filter(|registration| registration.request == request)
        else {
            return;
        };
        registration.out = None;
        registration.client.handle(
            now,
            match reply {
                Some(bytes) => client::Input::Reply { bytes },
                None => client::Input::Failed,
            },
        );
    }

    fn on_typed(&mut self, line: Typed) {
        match self.interface.take(line) {
            Some(Request::Do(command)) => self.command(command),
            Some(Request::Show(report)) => self.show(&report),
            Some(Request::Quit) => self.leave(Exit::Done),
            Some(Request::Interrupt) => self.leave(Exit::Interrupted),
            None => {}
        }
    }

    fn command(&mut self, command: Command) {
        let now = now(self.started);
        if command == Command::Reconnect
            && let Some(registration) = &mut self.client
        {
            registration.client.handle(now, client::Input::Reconnect);
        }
        self.node.handle(now, Input::Command(command));
    }

    fn show(&mut self, report: &Report) {
        let now = now(self.started);
        if matches!(report, Report::Peers(_))
            && let Some(registration) = &mut self.client
        {
            // What is shown now is what is known now; the next list will be fresh.
            registration.client.handle(now, client::Input::DiscoverNow);
        }
        let state = self.state(now);
        let snapshot = self.node.snapshot(now);
        self.interface.show_snapshot(report, &snapshot, &state);
    }

    fn state(&self, now: Instant) -> RendezvousState {
        self.client.as_ref().map_or(RendezvousState::Off, |registration| {
            RendezvousState::of(registration.client.status(), now)
        })
    }

    fn leave(&mut self, exit: Exit) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(exit);
        let now = now(self.started);
        if let Some(registration) = &mut self.client {
            registration.client.handle(now, client::Input::Leave);
        }
        self.node.handle(now, Input::Command(Command::Quit));
    }

    /// Does what the machines want, until they want nothing more.
    fn drain(&mut self) {
        while let Some(output) = self
            .client
            .as_mut()
            .and_then(|registration| registration.client.poll_output())
        {
            self.on_client_output(output);
        }
        while let Some(output) = self.node.poll_output() {
            self.on_output(output);
        }
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::Dial { dial, address } => self.dial(dial, address),
            Output::Write { link, line } => {
                let taken = self
                    .outlets
                    .get(&link)
                    .is_some_and(|outlet| outlet.order(Order::Write(line)));
                if !taken {
                    // It broke; its own word for that is on the way.
                    tracing::debug!(?link, "a line for a connection that is gone");
                }
            }
            Output::Close { link, reason } => {
                tracing::debug!(?link, ?reason, "closing a connection");
                if let Some(outlet) = self.outlets.remove(&link)
                    && (reason != CloseReason::SlowConsumer)
                {
                    outlet.order(Order::Close);
                }
            }
            Output::Event(event) => {
                remarks::log(&event);
                if matches!(event, Told::NeighborUp { .. } | Told::NeighborDown { .. }) {
                    self.refresh_completions();
                }
                self.interface.show_event(&event);
            }
            Output::Quit => self.node_done = true,
        }
    }

    fn dial(&self, dial: DialId, address: SocketAddr) {
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let connecting = timeout(DIAL_TIMEOUT, TcpStream::connect(address));
            let stream = match connecting.await {
                Ok(Ok(stream)) => {
                    accept::prepare(&stream);
                    Some(stream)
                }
                Ok(Err(error)) => {
                    tracing::debug!(%address, %error, "nobody answers there");
                    None
                }
                Err(_) => {
                    tracing::debug!(%address, "nobody answers there in time");
                    None
                }
            };
            let _ = inbox.send(Event::Dialed { dial, stream }).await;
        });
    }

    fn on_client_output(&mut self, output: client::Output) {
        let now = now(self.started);
        match output {
            client::Output::Send { request } => self.ask(request),
            client::Output::Peers(listed) => {
                let listed: Vec<Listed> = listed.iter().filter_map(known).collect();
                tracing::debug!(peers = listed.len(), "the rendezvous lists");
                self.node.handle(now, Input::Discovered(listed));
                self.refresh_completions();
            }
            client::Output::Later { .. } => {}
            client::Output::Status(status) => {
                if status == ClientStatus::Gone
                    && let Some(registration) = &mut self.client
                {
                    registration.done = true;
                }
                self.interface.rendezvous_changed(&RendezvousState::of(&status, now));
            }
            client::Output::Remark(remark) => remarks::log_rendezvous(&remark),
        }
    }

    /// Makes a request to the rendezvous. One that is still out is dropped, and nobody hears of it.
    fn ask(&mut self, request: Vec<u8>) {
        let inbox = self.inbox.clone();
        let Some(registration) = &mut self.client else { return };
        if let Some(out) = registration.out.take() {
            out.abort();
        }
        registration.request += 1;
        let number = registration.request;
        let server = registration.server.clone();
        let task = tokio::spawn(async move {
            let reply = exchange(&server, &request, RENDEZVOUS_REQUEST_DEADLINE).await;
            if let Err(error) = &reply {
                tracing::debug!(%server, %error, "the rendezvous does not answer");
            }
            let reply = reply.ok();
            let _ = inbox.send(Event::Replied { request: number, reply }).await;
        });
        registration.out = Some(task.abort_handle());
    }

    fn refresh_completions(&mut self) {
        let snapshot = self.node.snapshot(now(self.started));
        let peers: Vec<PeerId> = snapshot.peers.iter().map(|row| row.peer_id.clone()).collect();
        let own = self.node.peer_id().namespace();
        let mut namespaces: Vec<String> = peers.iter().map(|peer| peer.namespace().to_owned()).collect();
        namespaces.push(own.to_owned());
        namespaces.sort();
        namespaces.dedup();
        self.interface.set_completions(&peers, &namespaces);
    }
}

/// A record of the list as the node takes it. Only a signature that was verified says whose key it is.
fn known(listed: &client::Listed) -> Option<Listed> {
    let peer = PeerId::new(&listed.name, &listed.namespace).ok()?;
    let key = listed.record.filter(|record| record.verified).map(|record| record.key);
    Some(Listed {
        peer,
        address: listed.address,
        key,
    })
}

fn now(started: Clock) -> Instant {
    Instant::from_micros(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX))
}

async fn accepted(listener: Option<&TcpListener>) -> (TcpStream, SocketAddr) {
    match listener {
        Some(listener) => accept::next(listener).await,
        None => std::future::pending().await,
    }
}

async fn at(due: Option<Clock>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
