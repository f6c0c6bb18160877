//! Conversations with a dialer, one for each rule.

use super::*;
use crate::limits::DIAL_STRANGER_WINDOW;
use crate::rng::Rng;
use proptest::prelude::*;

const NOW: Instant = Instant::from_secs(1000);

fn peer(name: &str) -> PeerId {
    PeerId::new(name, "x").unwrap()
}

fn listed(name: &str, address: &str) -> Listed {
    Listed {
        peer: peer(name),
        address: address.parse().unwrap(),
        key: None,
    }
}

/// A dialer with everything that is asked of it at once.
struct Talk {
    dialer: Dialer,
    rng: Rng,
    now: Instant,
    connected: BTreeSet<PeerId>,
}

impl Talk {
    fn new(dial_private: bool) -> Self {
        Self {
            dialer: Dialer::new(peer("me"), 7000, dial_private),
            rng: Rng::new(7),
            now: NOW,
            connected: BTreeSet::new(),
        }
    }

    fn list(&mut self, list: &[(&str, &str)]) {
        let list: Vec<_> = list.iter().map(|(name, address)| listed(name, address)).collect();
        self.dialer.on_listed(&list, self.now, &mut self.rng);
    }

    fn poll(&mut self) -> Option<(DialId, String)> {
        let connected = &self.connected;
        let polled = self
            .dialer
            .poll(self.now, &mut self.rng, |peer| connected.contains(peer), 0);
        polled.map(|(dial, address, _)| (dial, address.to_string()))
    }

    /// What is dialed next, and after how many milliseconds, within a day.
    fn next(&mut self) -> Option<(DialId, String, u64)> {
        let since = self.now;
        loop {
            if let Some((dial, address)) = self.poll() {
                let waited = u64::try_from(self.now.since(since).as_millis()).unwrap();
                return Some((dial, address, waited));
            }
            let at = self.dialer.next_at()?;
            assert!(at > self.now, "it says that it is due and gives nothing");
            if at.since(since) > Duration::from_secs(86_400) {
                return None;
            }
            self.now = at;
        }
    }

    /// The next, which must go to that address and after a wait in that range.
    fn expect(&mut self, address: &str, waited: std::ops::RangeInclusive<u64>) -> DialId {
        let (dial, found, after) = self.next().expect("something is due");
        assert_eq!(found, address);
        assert!(waited.contains(&after), "after {after} ms");
        dial
    }

    fn fail(&mut self, dial: DialId) {
        self.dialer.failed(dial, self.now, &mut self.rng);
    }

    /// Dials the peer for the first time and is greeted.
    fn greet(&mut self, name: &str, address: &str) {
        let dial = self.expect(address, 0..=3000);
        self.dialer.dialed(dial);
        self.dialer.greeted(dial, &peer(name), self.now);
        self.connected.insert(peer(name));
    }

    fn lose(&mut self, name: &str) {
        self.connected.remove(&peer(name));
        self.dialer.lost(&peer(name), self.now, &mut self.rng);
    }
}

#[test]
fn a_new_peer_is_dialed_after_a_random_moment_and_rests_while_connected() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000")]);
    let dial = talk.expect("203.0.113.1:4000", 500..=3000);
    talk.dialer.dialed(dial);
    talk.dialer.greeted(dial, &peer("a"), talk.now);
    talk.connected.insert(peer("a"));
    talk.list(&[("a", "203.0.113.1:4000")]);
    assert_eq!(talk.next(), None);
    talk.lose("a");
    talk.expect("203.0.113.1:4000", 1000..=2000);
}

#[test]
fn who_connects_to_us_is_not_dialed() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000"), ("b", "203.0.113.2:4000")]);
    talk.connected.insert(peer("a"));
    talk.expect("203.0.113.2:4000", 500..=3000);
    assert_eq!(talk.next(), None);
}

#[test]
fn failures_are_followed_by_longer_and_longer_waits() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000")]);
    talk.greet("a", "203.0.113.1:4000");
    talk.lose("a");
    let mut dial = talk.expect("203.0.113.1:4000", 1000..=2000);
    for most in [1, 2, 4, 8, 16, 32, 60, 60_u64] {
        talk.fail(dial);
        dial = talk.expect("203.0.113.1:4000", most * 500..=most * 1000);
    }
    talk.dialer.greeted(dial, &peer("a"), talk.now);
    talk.lose("a");
    let dial = talk.expect("203.0.113.1:4000", 1000..=2000);
    talk.fail(dial);
    talk.expect("203.0.113.1:4000", 500..=1000);
}

#[test]
fn the_freshest_address_comes_first_and_the_others_at_once_after_it() {
    let mut talk = Talk::new(false);
    let list = [
        ("a", "203.0.113.1:4000"),
        ("a", "203.0.113.2:4000"),
        ("a", "203.0.113.1:4000"),
        ("a", "203.0.113.3:4000"),
        ("a", "203.0.113.4:4000"),
        ("a", "203.0.113.5:4000"),
    ];
    talk.list(&list);
    let dial = talk.expect("203.0.113.1:4000", 500..=3000);
    talk.fail(dial);
    for address in ["203.0.113.2:4000", "203.0.113.3:4000", "203.0.113.4:4000"] {
        let dial = talk.expect(address, 0..=0);
        talk.fail(dial);
    }
    let dial = talk.expect("203.0.113.1:4000", 500..=1000);
    talk.fail(dial);
    let dial = talk.expect("203.0.113.2:4000", 0..=0);
    talk.dialer.greeted(dial, &peer("a"), talk.now);
    talk.lose("a");
    talk.expect("203.0.113.2:4000", 1000..=2000);
}

#[test]
fn a_stranger_is_left_alone_after_two_tries() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000")]);
    let dial = talk.expect("203.0.113.1:4000", 500..=3000);
    let first = talk.now;
    talk.fail(dial);
    let dial = talk.expect("203.0.113.1:4000", 500..=1000);
    talk.fail(dial);
    talk.list(&[]);
    talk.list(&[("a", "203.0.113.1:4000"), ("b", "203.0.113.1:4000")]);
    talk.next();
    assert_eq!(talk.now, first + DIAL_STRANGER_WINDOW);
}

#[test]
fn a_blocked_address_does_not_make_the_others_hasty() {
    let mut talk = Talk::new(false);
    talk.list(&[("b", "203.0.113.2:4000")]);
    talk.greet("b", "203.0.113.2:4000");
    talk.list(&[("a", "203.0.113.1:4000"), ("a", "203.0.113.2:4000")]);
    let mut to_second = Vec::new();
    for _ in 0..12 {
        let (dial, address, _) = talk.next().unwrap();
        if address == "203.0.113.2:4000" {
            to_second.push(talk.now);
        }
        talk.fail(dial);
    }
    // Two went to the first, which is blocked from then on.
    assert_eq!(to_second.len(), 10);
    assert!(
        to_second
            .windows(2)
            .all(|pair| pair[1].since(pair[0]) >= Duration::from_millis(500)),
        "{to_second:?}"
    );
}

#[test]
fn three_are_dialed_at_once_and_an_open_connection_makes_way() {
    let mut talk = Talk::new(false);
    for port in 1..=5 {
        talk.dialer
            .add_address(SocketAddr::from(([203, 0, 113, port], 22)), NOW);
    }
    let first = talk.poll().unwrap().0;
    let second = talk.poll().unwrap().0;
    assert!(talk.poll().is_some() && talk.poll().is_none());
    assert_eq!(talk.dialer.next_at(), None);
    talk.dialer.dialed(first);
    assert_eq!(talk.dialer.next_at(), Some(NOW));
    assert!(talk.poll().is_some() && talk.poll().is_none());
    talk.fail(second);
    assert!(talk.poll().is_some() && talk.poll().is_none());
}

#[test]
fn eight_dials_may_follow_each_other_and_then_one_a_second() {
    let mut talk = Talk::new(false);
    for host in 0..12 {
        talk.dialer
            .add_address(SocketAddr::from(([203, 0, 113, host], 4000)), NOW);
    }
    let waits: Vec<_> = (0..12)
        .map(|_| {
            let (dial, _, waited) = talk.next().unwrap();
            talk.dialer.dialed(dial);
            waited
        })
        .collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 1000, 1000, 1000, 1000]);
}

#[test]
fn nobody_is_dialed_when_there_are_too_many_links() {
    let mut talk = Talk::new(false);
    for host in 1..=2 {
        talk.dialer
            .add_address(SocketAddr::from(([203, 0, 113, host], 4000)), NOW);
    }
    let poll = |dialer: &mut Dialer, links| dialer.poll(NOW, &mut Rng::new(1), |_| false, links).is_some();
    assert!(!poll(&mut talk.dialer, LINKS));
    assert_eq!(talk.dialer.next_at(), None, "no time will help");
    assert!(poll(&mut talk.dialer, LINKS - 1));
    assert!(!poll(&mut talk.dialer, LINKS - 1), "the first may become the last link");
}

#[test]
fn a_given_address_is_dialed_for_ever_whoever_is_there() {
    let mut talk = Talk::new(false);
    talk.dialer.add_address("127.0.0.1:22".parse().unwrap(), NOW);
    talk.dialer.add_address("127.0.0.1:22".parse().unwrap(), NOW);
    for _ in 0..20 {
        let (dial, address, _) = talk.next().unwrap();
        assert_eq!(address, "127.0.0.1:22");
        talk.fail(dial);
    }
    talk.list(&[]);
    let dial = talk.next().unwrap().0;
    talk.dialer.greeted(dial, &peer("z"), talk.now);
    talk.connected.insert(peer("z"));
    assert_eq!(talk.next(), None);
    talk.lose("z");
    talk.expect("127.0.0.1:22", 1000..=2000);
}

#[test]
fn who_is_connected_already_is_no_failure() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000")]);
    let dial = talk.expect("203.0.113.1:4000", 500..=3000);
    talk.dialer.dialed(dial);
    talk.dialer.already_connected(dial, talk.now);
    assert_eq!(talk.dialer.rows(talk.now, |_| false)[0].failures, 0);
    let dial = talk.expect("203.0.113.1:4000", 60_000..=60_000);
    talk.dialer.already_connected(dial, talk.now);
    talk.dialer.strangers.forgive_all();
    talk.lose("a");
    talk.expect("203.0.113.1:4000", 1000..=2000);
}

#[test]
fn this_node_is_not_dialed_again_where_it_found_itself() {
    let mut talk = Talk::new(false);
    talk.dialer.add_address("203.0.113.9:7000".parse().unwrap(), NOW);
    let dial = talk.expect("203.0.113.9:7000", 0..=0);
    talk.dialer.ourselves(dial, talk.now);
    assert_eq!(talk.next(), None);
    talk.list(&[("old", "203.0.113.9:7000"), ("me", "203.0.113.8:7000")]);
    assert_eq!(talk.next(), None, "neither under another name nor elsewhere under ours");
    talk.list(&[("old", "203.0.113.9:7001")]);
    talk.expect("203.0.113.9:7001", 500..=3000);
}

#[test]
fn a_peer_that_moved_is_dialed_soon_and_one_that_left_not_at_all() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000")]);
    for _ in 0..2 {
        let dial = talk.next().unwrap().0;
        talk.fail(dial);
    }
    assert!(talk.poll().is_none());
    talk.list(&[("a", "203.0.113.1:4001"), ("a", "203.0.113.1:4000")]);
    let dial = talk.expect("203.0.113.1:4001", 0..=3000);
    talk.list(&[("b", "203.0.113.2:4000")]);
    talk.fail(dial);
    talk.expect("203.0.113.2:4000", 500..=3000);
    assert_eq!(talk.next(), None);
    assert_eq!(talk.dialer.connect(&peer("a"), talk.now), Err(Unknown));
}

#[test]
fn a_person_may_end_the_waits() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000"), ("b", "203.0.113.2:4000")]);
    for _ in 0..4 {
        let dial = talk.next().unwrap().0;
        talk.fail(dial);
    }
    assert_eq!(talk.dialer.connect(&peer("c"), talk.now), Err(Unknown));
    assert_eq!(talk.dialer.connect(&peer("b"), talk.now), Ok(()));
    let dial = talk.expect("203.0.113.2:4000", 0..=0);
    assert_eq!(talk.dialer.connect(&peer("b"), talk.now), Ok(()), "it is under way");
    talk.fail(dial);
    talk.dialer.reconnect(talk.now);
    talk.expect("203.0.113.1:4000", 0..=0);
    talk.expect("203.0.113.2:4000", 0..=0);
}

#[test]
fn lists_cannot_aim_at_forbidden_addresses() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "127.0.0.1:4000"), ("b", "10.0.0.1:4000"), ("c", "203.0.113.1:22")]);
    assert!(talk.dialer.rows(NOW, |_| false).is_empty() && talk.next().is_none());
    let mut talk = Talk::new(true);
    talk.list(&[
        ("a", "127.0.0.1:4000"),
        ("b", "127.0.0.1:7000"),
        ("c", "[::ffff:10.0.0.1]:4000"),
    ]);
    let rows = talk.dialer.rows(NOW, |_| false);
    let addresses: Vec<_> = rows.iter().map(|row| row.addresses[0].to_string()).collect();
    assert_eq!(addresses, ["127.0.0.1:4000", "10.0.0.1:4000"]);
}

#[test]
fn two_names_for_one_address_are_not_dialed_together() {
    let mut talk = Talk::new(false);
    talk.list(&[("a", "203.0.113.1:4000"), ("b", "203.0.113.1:4000")]);
    let dial = talk.expect("203.0.113.1:4000", 500..=3000);
    let since = talk.now;
    while let Some(at) = talk
        .dialer
        .next_at()
        .filter(|at| at.since(since) < Duration::from_secs(10))
    {
        talk.now = at;
        assert_eq!(talk.poll(), None);
    }
    talk.dialer.greeted(dial, &peer("a"), talk.now);
    talk.expect("203.0.113.1:4000", 0..=1000);
}

#[test]
fn rows_tell_what_is_known_of_each_peer() {
    let mut talk = Talk::new(false);
    talk.list(&[("b", "203.0.113.2:4000"), ("a", "203.0.113.1:4000")]);
    talk.dialer.add_address("203.0.113.3:4000".parse().unwrap(), NOW);
    talk.greet("b", "203.0.113.3:4000");
    let dial = talk.expect("203.0.113.1:4000", 0..=3000);
    talk.fail(dial);
    let rows = talk.dialer.rows(talk.now, |found| *found == peer("b"));
    assert_eq!(
        (rows.len(), &rows[0].peer_id, &rows[1].peer_id),
        (2, &peer("a"), &peer("b"))
    );
    assert_eq!((rows[0].connected, rows[0].failures), (false, 1));
    assert!(rows[0].next_dial.is_some_and(|wait| wait <= Duration::from_secs(1)));
    assert_eq!(
        (rows[1].connected, rows[1].next_dial, rows[1].addresses.len()),
        (true, None, 2)
    );
}

#[test]
fn listed_peers_are_bounded() {
    let mut talk = Talk::new(false);
    let list: Vec<_> = (0..DIALED_PEERS + 9)
        .map(|number| listed(&number.to_string(), "203.0.113.1:4000"))
        .collect();
    talk.dialer.on_listed(&list, NOW, &mut talk.rng);
    assert_eq!(
        (talk.dialer.targets.len(), talk.dialer.listed.len()),
        (DIALED_PEERS, DIALED_PEERS)
    );
    talk.list(&[]);
    assert_eq!((talk.dialer.targets.len(), talk.dialer.due.next()), (0, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_the_bounds_hold(
        steps in proptest::collection::vec((0_u8..12, 0_u8..6, 0_u8..6, 0_u64..4000), 0..200),
    ) {
        let mut talk = Talk::new(false);
        let (mut open, mut dials) = (Vec::new(), Vec::new());
        for (what, one, two, pause) in steps {
            talk.now = talk.now + Duration::from_millis(pause);
            let name = format!("p{one}");
            match what {
                0 | 1 => {
                    let address = |number| format!("203.0.113.{number}:4000");
                    talk.list(&[(&name, &address(one)), (&name, &address(two)), (&format!("p{two}"), &address(one))]);
                }
                2 => talk.lose(&name),
                3 if one == 0 => talk.dialer.reconnect(talk.now),
                4 => _ = talk.dialer.connect(&peer(&name), talk.now),
                5..=8 if !open.is_empty() => {
                    let dial = open.remove(usize::from(two) % open.len());
                    match what {
                        5 => talk.dialer.greeted(dial, &peer(&name), talk.now),
                        6 => talk.dialer.already_connected(dial, talk.now),
                        7 if one == 0 => talk.dialer.ourselves(dial, talk.now),
                        _ => talk.fail(dial),
                    }
                }
                9 if !open.is_empty() => talk.dialer.dialed(open[usize::from(two) % open.len()]),
                _ => {}
            }
            while let Some((dial, _)) = talk.poll() {
                open.push(dial);
                dials.push(talk.now);
            }
            let dialer = &talk.dialer;
            prop_assert!(dialer.next_at().is_none_or(|at| at > talk.now), "what is due was given");
            prop_assert!(dialer.opening() <= DIALS);
            prop_assert_eq!(dialer.attempts.len(), open.len());
            prop_assert!(dialer.targets.iter().all(|(&id, target)| !target.dialing || dialer.due.get(&id).is_none()));
            prop_assert!(dialer.targets.values().all(|target| target.position < target.addresses.len()));
        }
        let burst = usize::try_from(DIAL_BURST).unwrap();
        for window in dials.windows(burst + 1) {
            prop_assert!(window[burst].since(window[0]) >= DIAL_INTERVAL);
        }
    }
}
