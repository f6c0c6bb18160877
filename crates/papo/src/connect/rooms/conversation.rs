//! One conversation in the session protocol, over as many connections as it takes, without socket, clock or terminal
//! (docs/protocol.md 6).
//!
//! Drive it like this: [`Conversation::handle`] one [`Input`], then take every [`Output`] until there is none, and call
//! again with [`Input::Tick`] when the moment of [`Conversation::poll_timeout`] has come.

use std::collections::VecDeque;
use std::time::Duration;

use papo_core::hub::Cursor;
use papo_core::id::{Nick, RoomName};
use papo_core::limits::{
    CLIENT_BACKOFF_MAX, CLIENT_BACKOFF_MIN, CLIENT_CONNECT, CLIENT_LAST_ACKS, CLIENT_LAST_ACKS_PERSON, CLIENT_SILENCE,
    CLIENT_STABLE,
};
use papo_core::rng::Rng;
use papo_core::time::Instant;
use papo_core::wire::session::{Address, Request, Welcome};

use super::event::Event;
use super::outbox::Outbox;
use super::reading::Reading;
use crate::text::Message;

mod replies;
mod typed;

/// Who talks, and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) nick: Nick,
    /// The first one is active; none is no conversation.
    pub(super) rooms: Vec<RoomName>,
    pub(super) token: Option<String>,
    /// Somebody sits there and waits for the end.
    pub(super) interactive: bool,
}

/// What happens to a conversation.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// What [`Output::Dial`] asked for is there.
    Connected,
    /// It could not be had.
    Unreachable(Message),
    /// The connection is over.
    Lost(Loss),
    /// A frame came.
    Frame(&'a str),
    /// A line was typed.
    Line(&'a str),
    /// A line of that many bytes was typed, too many to keep.
    TooLong(usize),
    /// Nothing more will be typed.
    Finished,
    /// It has to end now, whatever waits.
    Leave,
    /// Time has passed.
    Tick,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Loss {
    /// The hub closed it, with a code and words if it said any.
    Closed {
        /// See RFC 6455 section 7.4 and docs/protocol.md 6.1.
        code: Option<u16>,
        words: String,
    },
    /// It broke.
    Broken(String),
}

impl Loss {
    /// It ended without a word.
    pub(super) const fn ended() -> Self {
        Self::Closed {
            code: None,
            words: String::new(),
        }
    }
}

/// What a conversation asks of its driver.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// Connect.
    Dial,
    /// Send a frame.
    Send(String),
    /// The connection is of no use any more.
    HangUp,
    /// Show what happened.
    Tell(Event),
    /// It is over. The last output.
    End(Ending),
}

/// Why a conversation is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The person left, or all of the input was acknowledged.
    Left,
    /// So many messages were not acknowledged.
    Unacknowledged(usize),
    /// There was no first connection.
    Unreachable(Message),
    /// The hub does not let it in.
    Unauthorized(String),
    /// The session goes on elsewhere.
    Replaced,
}

#[derive(Debug)]
enum Link {
    Dialing,
    /// HELLO is sent.
    Greeting {
        since: Instant,
    },
    Open {
        since: Instant,
    },
    /// Until the next try.
    Waiting {
        until: Instant,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// More lines may come.
    Open,
    /// What is under way is waited for; when something was last acknowledged.
    Draining(Instant),
    Over,
}

/// A JOINED that is awaited.
#[derive(Debug)]
struct Awaited {
    room: RoomName,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// HELLO brings it.
    Hello { first: bool },
    /// The room is entered.
    Enter,
    /// It is entered again after a loss.
    Return,
    /// Somebody wants to know who is there.
    Who,
}

#[derive(Debug)]
struct Room {
    name: RoomName,
    reading: Reading,
}

/// The state of one conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    opening: Opening,
    link: Link,
    stage: Stage,
    welcome: Option<Welcome>,
    rooms: Vec<Room>,
    active: Option<RoomName>,
    outbox: Outbox,
    awaited: VecDeque<Awaited>,
    /// Questions for HISTORY that are not answered.
    asked: VecDeque<Request>,
    attempt: u32,
    backoff: Duration,
    /// When the hub last said anything.
    heard: Instant,
    /// It was asked for a sign of life since.
    pinged: bool,
    rng: Rng,
    outputs: VecDeque<Output>,
}

impl Conversation {
    /// A conversation that begins `now` and dials at once.
    pub(super) fn new(opening: Opening, seed: u64, now: Instant) -> Self {
        let rooms = opening.rooms.iter().map(|name| Room {
            name: name.clone(),
            reading: Reading::default(),
        });
        Self {
            link: Link::Dialing,
            stage: Stage::Open,
            welcome: None,
            rooms: rooms.collect(),
            active: opening.rooms.first().cloned(),
            opening,
            outbox: Outbox::default(),
            awaited: VecDeque::new(),
            asked: VecDeque::new(),
            attempt: 0,
            backoff: CLIENT_BACKOFF_MIN,
            heard: now,
            pinged: false,
            rng: Rng::new(seed),
            outputs: VecDeque::from([Output::Dial]),
        }
    }

    /// Takes what happened.
    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        if self.stage == Stage::Over {
            return;
        }
        match input {
            Input::Connected => self.greet(now),
            Input::Unreachable(reason) => self.lose(now, reason),
            Input::Lost(loss) => self.on_lost(now, loss),
            Input::Frame(text) => self.on_frame(now, text),
            Input::Line(line) => self.on_line(now, line),
            Input::TooLong(bytes) => self.say_too_long(bytes),
            Input::Finished => self.stop_reading(now),
            Input::Leave => self.end(Ending::Left),
            Input::Tick => {}
        }
        if self.stage != Stage::Over {
            self.on_time(now);
            self.pump(now);
        }
    }

    /// The next thing to do.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Conversation::handle`] with [`Input::Tick`] if nothing else happens before.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let link = match self.link {
            Link::Dialing => None,
            Link::Greeting { since } => Some(since + CLIENT_CONNECT),
            Link::Open { .. } => Some(self.silent_at()),
            Link::Waiting { until } => Some(until),
        };
        let outbox = self.outbox.wakes().filter(|_| self.is_open());
        let all = [link, outbox, self.given_up_at()];
        all.into_iter().flatten().min().filter(|_| self.stage != Stage::Over)
    }

    /// False while enough messages wait; then the driver leaves the input unread.
    pub(super) fn wants_line(&self) -> bool {
        self.stage == Stage::Open && !self.outbox.is_full()
    }

    /// Messages that are not acknowledged.
    pub(super) fn waiting(&self) -> usize {
        self.outbox.len()
    }

    fn greet(&mut self, now: Instant) {
        self.link = Link::Greeting { since: now };
        self.heard = now;
        self.pinged = false;
        self.awaited.clear();
        let names: Vec<RoomName> = self.rooms.iter().map(|room| room.name.clone()).collect();
        // With no room left, HELLO still has to name one: it is left again at once.
        let Some(room) = names.first().or(self.opening.rooms.first()).cloned() else {
            return;
        };
        self.send_hello(room.clone());
        if names.is_empty() {
            self.send(&Request::Part { room: room.clone() });
        }
        for name in names {
            let after = self.reading(&name).and_then(|reading| reading.cursor().cloned());
            let first = after.is_none();
            if name == room {
                let (room, why) = (name.clone(), Why::Hello { first });
                self.awaited.push_back(Awaited { room, why });
            }
            match after {
                Some(_) => self.join(name, after, Why::Return),
                None if name == room => {}
                None => self.join(name, None, Why::Enter),
            }
        }
        for question in self.asked.clone() {
            self.send(&question);
        }
    }

    fn send_hello(&mut self, room: RoomName) {
        let welcome = self.welcome.as_ref();
        let nick = welcome.map_or(&self.opening.nick, |welcome| &welcome.nick).clone();
        let hello = Request::Hello {
            peer_id: Address { nick, room },
            token: self.opening.token.clone(),
            session: welcome.and_then(|welcome| welcome.session),
        };
        self.send(&hello);
    }

    fn join(&mut self, room: RoomName, after: Option<Cursor>, why: Why) {
        self.send(&Request::Join {
            room: room.clone(),
            after,
        });
        self.awaited.push_back(Awaited { room, why });
    }

    fn on_lost(&mut self, now: Instant, loss: Loss) {
        match loss {
            Loss::Closed { code, words } => match code {
                Some(REPLACED) => self.end(Ending::Replaced),
                Some(UNAUTHORIZED) => self.end(Ending::Unauthorized(clean(&words))),
                _ if words.is_empty() => self.lose(now, Message::new("error-connect-closed")),
                _ => self.lose(now, Message::new("rooms-closed").with("detail", clean(&words))),
            },
            Loss::Broken(detail) => self.lose(now, Message::new("error-connect-lost").with("detail", clean(&detail))),
        }
    }

    /// There is no connection: tries again, unless there never was one.
    fn lose(&mut self, now: Instant, reason: Message) {
        if self.welcome.is_none() {
            return self.end(Ending::Unreachable(reason));
        }
        if matches!(self.link, Link::Open { since } if now.since(since) >= CLIENT_STABLE) {
            self.attempt = 0;
            self.backoff = CLIENT_BACKOFF_MIN;
        }
        self.outbox.disconnected();
        self.awaited.clear();
        for room in &mut self.rooms {
            room.reading.disconnected();
        }
        self.attempt += 1;
        let after = self.rng.jitter(self.backoff);
        self.backoff = (self.backoff * 2).min(CLIENT_BACKOFF_MAX);
        self.link = Link::Waiting { until: now + after };
        let attempt = self.attempt;
        self.tell(Event::Reconnecting { attempt, after, reason });
    }

    fn on_time(&mut self, now: Instant) {
        match self.link {
            Link::Waiting { until } if until <= now => {
                self.link = Link::Dialing;
                self.outputs.push_back(Output::Dial);
            }
            Link::Greeting { since } if since + CLIENT_CONNECT <= now => self.leave_silent(now),
            Link::Open { .. } if self.silent_at() <= now => {
                if self.pinged {
                    self.leave_silent(now);
                } else {
                    self.pinged = true;
                    self.send(&Request::Ping);
                }
            }
            _ => {}
        }
        if self.given_up_at().is_some_and(|at| at <= now) {
            let waiting = self.outbox.len();
            self.end(match waiting {
                0 => Ending::Left,
                count => Ending::Unacknowledged(count),
            });
        }
    }

    fn leave_silent(&mut self, now: Instant) {
        self.outputs.push_back(Output::HangUp);
        let seconds = now.since(self.heard).as_secs();
        self.lose(now, Message::new("rooms-silent").with("seconds", seconds));
    }

    fn silent_at(&self) -> Instant {
        let silence = if self.pinged {
            CLIENT_SILENCE * 2
        } else {
            CLIENT_SILENCE
        };
        self.heard + silence
    }

    fn given_up_at(&self) -> Option<Instant> {
        let patience = if self.opening.interactive {
            CLIENT_LAST_ACKS_PERSON
        } else {
            CLIENT_LAST_ACKS
        };
        match self.stage {
            Stage::Draining(since) => Some(since + patience),
            Stage::Open | Stage::Over => None,
        }
    }

    /// Sends what may be sent, and ends when that is all.
    fn pump(&mut self, now: Instant) {
        if self.stage == Stage::Over {
            return;
        }
        while self.is_open()
            && let Some(request) = self.outbox.next(now)
        {
            self.send(&request);
        }
        let nothing = self.outbox.is_empty() && self.asked.is_empty();
        // Who only comes back into a room has nothing to be told of it.
        let told = |awaited: &Awaited| matches!(awaited.why, Why::Return | Why::Hello { first: false });
        let answered = self.awaited.iter().all(told) || matches!(self.link, Link::Waiting { .. });
        if matches!(self.stage, Stage::Draining(_)) && self.welcome.is_some() && nothing && answered {
            self.end(Ending::Left);
        }
    }

    fn stop_reading(&mut self, now: Instant) {
        if self.stage == Stage::Open {
            self.stage = Stage::Draining(now);
        }
    }

    fn end(&mut self, ending: Ending) {
        if self.is_open() && ending != Ending::Replaced {
            self.send(&Request::Bye);
        }
        self.stage = Stage::Over;
        self.outputs.push_back(Output::End(ending));
    }

    const fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    /// Frames may be sent: HELLO stands before them.
    const fn is_linked(&self) -> bool {
        matches!(self.link, Link::Greeting { .. } | Link::Open { .. })
    }

    fn reading(&mut self, name: &RoomName) -> Option<&mut Reading> {
        let mut rooms = self.rooms.iter_mut();
        rooms.find(|room| room.name == *name).map(|room| &mut room.reading)
    }

    fn send(&mut self, request: &Request) {
        self.outputs.push_back(Output::Send(request.to_json()));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Tell(event));
    }

    fn say(&mut self, message: Message) {
        self.tell(Event::Say(message));
    }
}

/// The code with which a hub closes a connection whose session goes on over another.
const REPLACED: u16 = 4000;
/// And one that it does not let in.
const UNAUTHORIZED: u16 = 4001;

/// What a hub says, fit for a sentence.
fn clean(text: &str) -> String {
    papo_core::wire::text::visible(text).into_owned()
}

#[cfg(test)]
mod tests;
