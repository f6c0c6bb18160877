//! Sessions of the session protocol at a durable hub: what they send, and what the disk and the clock do meanwhile.
//!
//! Each line of the input is one step. No step makes the hub panic, whatever a session is told can be read, and nobody
//! is shown a message before it is safe.
#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use papo_core::hub::{
    Change, CloseReason, Config, Door, EntryKind, Hub, Input, Output, Position, Rate, SessionLimits, Ticket,
};
use papo_core::id::{HubId, SessionId};
use papo_core::time::{Instant, UtcMillis};
use papo_core::wire::session::{Reply, Request};

struct World {
    hub: Hub,
    now: Instant,
    opened: u64,
    /// Records that were not written yet, with the places of their messages.
    waiting: Vec<(Ticket, u32, Option<Position>)>,
    safe: BTreeSet<Position>,
}

impl World {
    fn new() -> Self {
        let config = Config {
            id: HubId::from_bits(1),
            name: "papo".to_owned(),
            durable: true,
            require_token: false,
            session_key: [7; 32],
            messages_per_second: Some(5),
            home: "lobby".parse().expect("a room's name"),
            session_rate: Some(Rate::new(5, 20)),
            session_limits: SessionLimits {
                total: 8,
                per_address: 8,
                per_window: 1000,
            },
            trusted: Vec::new(),
            unlimited: Vec::new(),
            links: 1,
            link_secret: None,
            utc: UtcMillis::new(1_763_683_200_000),
        };
        Self {
            hub: Hub::new(config, 42, Instant::ZERO),
            now: Instant::ZERO,
            opened: 0,
            waiting: Vec::new(),
            safe: BTreeSet::new(),
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        self.hub.handle(self.now, input);
        while let Some(output) = self.hub.poll_output() {
            self.act(output);
        }
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Store(record) => {
                let place = match &record.change {
                    Change::Said(said) => Some(said.entry.position),
                    Change::Sent { .. } => None,
                };
                self.waiting.push((record.ticket, record.epoch, place));
            }
            Output::Append { entry, .. } if entry.kind == EntryKind::Said && entry.key.is_some() => {
                assert!(
                    self.safe.contains(&entry.position),
                    "shown before it was safe: {entry:?}"
                );
            }
            Output::Reply { frame, .. } | Output::Direct { frame, .. } => {
                let reply = Reply::parse(&frame).expect("what a hub says can be read");
                assert!(!matches!(reply, Reply::Unknown { .. }), "{frame}");
            }
            _ => {}
        }
    }

    fn step(&mut self, line: &[u8]) {
        let Some((&what, rest)) = line.split_first() else {
            return;
        };
        let number = rest.first().copied().unwrap_or(0);
        let session = SessionId(u64::from(number) % (self.opened + 1));
        match what % 8 {
            0 => {
                self.opened += 1;
                self.tell(Input::Opened {
                    session: SessionId(self.opened),
                    door: if number.is_multiple_of(3) {
                        Door::TcpText
                    } else {
                        Door::Session
                    },
                    address: [127, 0, 0, 1].into(),
                    room: None,
                });
            }
            1..=3 => {
                let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned();
                if let Ok(request) = Request::parse(&text) {
                    let again = Request::parse(&request.to_json());
                    assert_eq!(again, Ok(request), "{text}");
                }
                self.tell(Input::Text { session, text });
            }
            4 => {
                let count = usize::from(number) % (self.waiting.len() + 1);
                let written: Vec<_> = self.waiting.drain(..count).collect();
                self.safe.extend(written.iter().filter_map(|(_, _, place)| *place));
                if let Some(&(through, ..)) = written.last() {
                    self.tell(Input::Stored { through });
                }
            }
            5 => {
                if let Some(&(_, epoch, _)) = self.waiting.first() {
                    self.waiting.retain(|(_, of, _)| *of != epoch);
                    let detail = "disk full".to_owned();
                    self.tell(Input::StoreFailed { epoch, detail });
                    self.waiting.retain(|(_, of, _)| *of != epoch);
                }
            }
            6 => {
                self.now = self.now + Duration::from_millis(u64::from(number) * 100);
                if self.hub.poll_timeout().is_some_and(|at| at <= self.now) {
                    self.tell(Input::Timeout);
                }
            }
            _ => self.tell(Input::Closed {
                session,
                reason: CloseReason::Lost,
            }),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut world = World::new();
    for line in data.split(|&byte| byte == b'\n') {
        world.step(line);
    }
});
