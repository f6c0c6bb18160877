//! A hub that is killed again and again while many speak: what it acknowledged is there, once and in order.
//!
//! Covers R1 to R6 of docs/semantics.md, across restarts. `PAPO_KILLS` sets how often, `PAPO_SEED` when.

use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use papo_core::rng::Rng;

use crate::support::PATIENCE;
use crate::support::folder::Folder;
use crate::support::hub::Hub;
use crate::support::port::Port;
use crate::support::session::Session;

const SPEAKERS: u64 = 20;
const KILLS: u64 = 50;
/// ACKs between a start and the next kill, at most.
const ACKS: u64 = 60;
/// Messages of one speaker that wait for their ACK.
const WINDOW: usize = 3;

/// What the one who kills and those who speak know of each other.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Debug)]
struct State {
    /// How often the hub was started.
    starts: u64,
    acks: u64,
    /// It will not be killed any more.
    last: bool,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// Waits until something holds; returns how often the hub was started.
    fn wait(&self, what: &str, holds: impl Fn(&State) -> bool) -> u64 {
        let state = self.state.lock().unwrap();
        let (state, timeout) = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !holds(state))
            .unwrap();
        assert!(!timeout.timed_out(), "waited in vain for {what}: {state:?}");
        state.starts
    }

    fn is_last(&self) -> bool {
        self.state.lock().unwrap().last
    }
}

/// Speaks through all lives of the hub, and ends when all that it said in the last one is acknowledged.
fn speak(mut session: Session, address: SocketAddr, shared: &Shared) -> Session {
    let mut unacked = VecDeque::new();
    let mut life = 0;
    loop {
        life = shared.wait("the next start", |state| state.starts > life);
        // What ends it is the end of the hub; the book has noted everything before it.
        if talk(&mut session, address, &mut unacked, shared).is_ok() {
            return session;
        }
    }
}

fn talk(
    session: &mut Session,
    address: SocketAddr,
    unacked: &mut VecDeque<String>,
    shared: &Shared,
) -> Result<(), String> {
    session.try_resume(address)?;
    session.try_catch_up()?;
    for msg_id in &*unacked {
        session.try_resend(msg_id)?;
    }
    loop {
        let last = shared.is_last();
        while !last && unacked.len() < WINDOW {
            let payload = format!("{} says {}", session.peer_id, session.book.own.len());
            // Sent or not: it may have arrived.
            let sent = session.try_publish("lobby", &payload);
            unacked.push_back(session.last_id());
            sent?;
        }
        let Some(oldest) = unacked.front().cloned() else {
            return Ok(());
        };
        session.try_until(|frame| {
            assert!(frame["type"] != "ERROR", "{frame}");
            frame["type"] == "ACK" && frame["msg_id"] == *oldest
        })?;
        unacked.pop_front();
        shared.change(|state| state.acks += 1);
    }
}

#[test]
fn what_was_acknowledged_survives_every_kill_once_and_in_order() {
    let number = |name: &str, usual: u64| env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (kills, seed) = (number("PAPO_KILLS", KILLS), number("PAPO_SEED", 20_261_121));
    eprintln!("PAPO_KILLS={kills} PAPO_SEED={seed}");
    let mut rng = Rng::new(seed);
    let (folder, port) = (Folder::new(), Port::reserve());
    let data = folder.file("hub");
    let options = [
        "--data",
        data.as_str(),
        "--session-rate",
        "off",
        "--trust",
        "127.0.0.0/8",
    ];
    let shared = Arc::new(Shared::default());
    let speakers: Vec<_> = (0..SPEAKERS)
        .map(|number| {
            let mut session = Session::new(&format!("s{number}@lobby"));
            // From the first message on.
            session.book.read.insert("lobby".to_owned(), BTreeMap::new());
            let (address, shared) = (port.address(), Arc::clone(&shared));
            thread::spawn(move || speak(session, address, &shared))
        })
        .collect();
    let mut hub = Hub::start_at(&port, &options);
    for _ in 0..kills {
        let until = shared.state.lock().unwrap().acks + 1 + rng.below(ACKS);
        shared.change(|state| state.starts += 1);
        shared.wait("ACKs", |state| state.acks >= until);
        hub.kill();
        hub = Hub::start_at(&port, &options);
    }
    shared.change(|state| {
        state.starts += 1;
        state.last = true;
    });
    let mut speakers: Vec<Session> = speakers.into_iter().map(|speaker| speaker.join().unwrap()).collect();

    let newcomer = Session::enter_from_start(hub.http, "newcomer@lobby");
    let all = &newcomer.book.said;
    for (said, seq) in all.iter().zip(1..) {
        assert_eq!((said.seq, &said.origin), (seq, &all[0].origin), "{said:?}");
    }
    let mut sent = 0;
    for speaker in &mut speakers {
        let last = all.last().unwrap();
        while speaker.book.said.last() != Some(last) {
            speaker.next("the last message");
        }
        assert_eq!(speaker.book.said, *all, "what {} saw", speaker.peer_id);
        assert!(speaker.book.gaps.is_empty());
        for (msg_id, own) in &speaker.book.own {
            let (_, seq) = own.key.as_ref().unwrap_or_else(|| panic!("{msg_id} is lost"));
            let said = &all[usize::try_from(*seq).unwrap() - 1];
            assert_eq!((&said.msg_id, &said.payload), (msg_id, &own.payload));
            sent += 1;
        }
    }
    assert_eq!(all.len(), sent, "something was said that nobody sent");
    hub.terminate();
}
