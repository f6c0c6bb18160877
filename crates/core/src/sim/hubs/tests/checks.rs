//! Each check, against a history that is wrong.

use super::*;
use crate::hub::{Entry, EntryKind, Key};
use crate::id::Seq;
use crate::sim::hubs::checker::Place;

/// Two hubs; `ana`, session 1, speaks at the first, and session 2 listens at the second.
struct History {
    checker: Checker,
    rec: Recorder,
    now: Instant,
}

const HERE: HubId = HubId::from_bits(1);
const THERE: HubId = HubId::from_bits(2);
const ANA: SessionId = SessionId(1);
const BIA: SessionId = SessionId(2);

fn place(hub: usize, room: usize) -> Place {
    let id = [HERE, THERE][hub];
    Place { hub, id, room }
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn said(number: u64, text: &str) -> Entry {
    Entry {
        payload: text.into(),
        key: Some(Key {
            origin: HERE,
            seq: seq(number),
        }),
        hops: 1,
        ..Entry::notice(EntryKind::Said, "ana".into(), BEGIN)
    }
}

fn gap(from: u64, to: u64) -> Entry {
    Entry {
        kind: EntryKind::Gap {
            origin: HERE,
            from: seq(from),
            to: seq(to),
        },
        key: None,
        ..said(1, "")
    }
}

impl History {
    /// So many messages were said at the first hub, and shown there.
    fn of(messages: u32) -> Self {
        let mut history = Self {
            checker: Checker::new(None),
            rec: Recorder::new(false, false),
            now: Instant::from_secs(1),
        };
        history.checker.named(ANA, "ana".to_owned());
        history.checker.attached(ANA, place(0, 0), Instant::ZERO);
        history.checker.attached(BIA, place(1, 0), Instant::ZERO);
        for number in 1..=messages {
            history.speaks(number);
            let own = Entry {
                author: Some(ANA),
                hops: 0,
                ..said(number.into(), &format!("m{number} x"))
            };
            history.log(place(0, 0), &own);
            history.shows(ANA, own);
        }
        assert_eq!(history.found(), None);
        history
    }

    fn speaks(&mut self, number: u32) {
        self.checker.sent(number, 0, ANA, format!("m{number} x"));
    }

    fn log(&mut self, place: Place, entry: &Entry) {
        self.checker.appended(&mut self.rec, self.now, place, entry);
    }

    fn shows(&mut self, session: SessionId, entry: Entry) {
        self.checker
            .displayed(&mut self.rec, self.now, (session, 0), &(self.now, entry), true);
    }

    /// The second hub gets a message, and its listener reads it.
    fn relays(&mut self, number: u64) {
        let entry = said(number, &format!("m{number} x"));
        self.log(place(1, 0), &entry);
        self.shows(BIA, entry);
    }

    fn finish(&mut self, waiting: usize) {
        let hubs = BTreeMap::from([(0, HERE), (1, THERE)]);
        let ending = Ending {
            hubs: &hubs,
            links: &[(0, 1)],
            waiting,
            disks: &BTreeMap::new(),
        };
        self.checker.finish(&mut self.rec, self.now, &ending);
    }

    fn found(&mut self) -> Option<Invariant> {
        let rec = std::mem::replace(&mut self.rec, Recorder::new(false, false));
        rec.finish().1.map(|violation| violation.invariant)
    }
}

#[test]
fn a_right_history_is_right() {
    let mut history = History::of(4);
    history.relays(1);
    history.log(place(1, 0), &gap(2, 3));
    history.shows(BIA, gap(2, 3));
    history.relays(4);
    assert_eq!(history.found(), None);
}

#[test]
fn a_hole_is_found_in_a_log_and_at_a_session() {
    let mut history = History::of(3);
    history.relays(1);
    history.relays(3);
    assert_eq!(history.found(), Some(Invariant::R2));
    let mut history = History::of(3);
    history.shows(BIA, said(1, "m1 x"));
    history.shows(BIA, said(3, "m3 x"));
    assert_eq!(history.found(), Some(Invariant::R2));
    // A gap that tells of fewer than are missing.
    let mut history = History::of(5);
    history.relays(1);
    history.log(place(1, 0), &gap(2, 3));
    history.relays(5);
    assert_eq!(history.found(), Some(Invariant::R2));
    // Its own words begin at 1.
    let mut history = History::of(0);
    history.speaks(2);
    let own = Entry {
        author: Some(ANA),
        ..said(2, "m2 x")
    };
    history.log(place(0, 0), &own);
    assert_eq!(history.found(), Some(Invariant::R2));
}

#[test]
fn what_comes_before_the_first_is_found() {
    let mut history = History::of(2);
    history.relays(2);
    history.relays(1);
    assert_eq!(history.found(), Some(Invariant::R3));
}

#[test]
fn what_is_shown_twice_is_found() {
    let mut history = History::of(2);
    history.relays(1);
    history.relays(2);
    history.relays(1);
    assert_eq!(history.found(), Some(Invariant::R4));
    // Announced as missing, and shown after all.
    let mut history = History::of(3);
    history.relays(1);
    history.log(place(1, 0), &gap(2, 2));
    history.relays(3);
    assert_eq!(
        history.found(),
        Some(Invariant::R2),
        "the listener was not told of the gap"
    );
    let mut history = History::of(3);
    for entry in [said(1, "m1 x"), gap(2, 2), said(3, "m3 x"), said(2, "m2 x")] {
        history.shows(BIA, entry);
    }
    assert_eq!(history.found(), Some(Invariant::R4));
    // Somebody who comes twice.
    let mut history = History::of(0);
    let joined = Entry {
        kind: EntryKind::Joined,
        key: None,
        payload: "".into(),
        ..said(1, "")
    };
    history.log(place(1, 0), &joined);
    history.log(place(1, 0), &joined);
    assert_eq!(history.found(), Some(Invariant::R4));
    // An old service that is given the same again.
    let mut history = History::of(0);
    for _ in 0..2 {
        history.checker.old_shows(&mut history.rec, history.now, 3, HERE, "a");
    }
    assert_eq!(history.found(), Some(Invariant::R4));
}

#[test]
fn what_nobody_said_is_found() {
    let own = |author, text: &str| Entry {
        author,
        ..said(2, text)
    };
    let wrong = [
        (place(1, 0), said(1, "m1 y")),
        (place(1, 0), said(2, "m2 x")),
        (place(1, 1), said(1, "m1 x")),
        (
            place(1, 0),
            Entry {
                label: "bia".into(),
                ..said(1, "m1 x")
            },
        ),
        (place(1, 0), gap(1, 2)),
        (place(0, 0), own(Some(ANA), "m2 x")),
        (place(0, 0), own(Some(BIA), "m3 x")),
        (place(0, 0), own(Some(ANA), "m3 y")),
        (
            place(0, 0),
            Entry {
                key: None,
                ..said(1, "b7 x")
            },
        ),
        (
            place(0, 0),
            Entry {
                kind: EntryKind::Left,
                label: "caio".into(),
                key: None,
                ..said(1, "")
            },
        ),
    ];
    for (place, entry) in wrong {
        let mut history = History::of(1);
        history.speaks(3);
        history.log(place, &entry);
        assert_eq!(history.found(), Some(Invariant::Truth), "{entry:?}");
    }
}

#[test]
fn a_line_of_an_old_service_that_goes_on_or_comes_again_is_found() {
    let bare = Entry {
        key: None,
        ..said(1, "b7 x")
    };
    for (second, expected) in [(place(0, 0), Invariant::R9), (place(1, 0), Invariant::R9)] {
        let mut history = History::of(0);
        history.checker.bare_sent(7, 0, "b7 x".to_owned());
        history.log(place(0, 0), &bare);
        assert_eq!(history.found(), None);
        history.log(second, &bare);
        assert_eq!(history.found(), Some(expected));
    }
    let mut history = History::of(0);
    history.checker.bare_sent(7, 0, "b7 x".to_owned());
    history.log(place(0, 0), &said(1, "b7 x"));
    assert_eq!(history.found(), Some(Invariant::Truth), "it has no number");
}

#[test]
fn what_never_comes_or_crosses_a_link_again_is_found() {
    // Nothing came over.
    let mut history = History::of(1);
    history.finish(0);
    assert_eq!(history.found(), Some(Invariant::R7));
    // The log has it and the listener does not.
    let mut history = History::of(1);
    history.log(place(1, 0), &said(1, "m1 x"));
    history.finish(0);
    assert_eq!(history.found(), Some(Invariant::R7));
    // Something waits for ever.
    let mut history = History::of(1);
    history.relays(1);
    history.finish(1);
    assert_eq!(history.found(), Some(Invariant::R7));
    // A session's words are never said.
    let mut history = History::of(1);
    history.relays(1);
    history.speaks(2);
    history.finish(0);
    assert_eq!(history.found(), Some(Invariant::R2));
    let mut history = History::of(1);
    history.relays(1);
    let ids = ["a".to_owned()];
    for link in [0, 1, 0] {
        assert_eq!(history.found(), None);
        history
            .checker
            .crossed(&mut history.rec, history.now, HERE, LinkId(link), &ids);
    }
    assert_eq!(history.found(), Some(Invariant::R7));
}

#[test]
fn what_was_lost_for_a_reason_is_owed_to_nobody() {
    let key = (
        0,
        Key {
            origin: HERE,
            seq: seq(1),
        },
    );
    let mut history = History::of(1);
    history.checker.lost(&[key]);
    history.finish(0);
    assert_eq!(history.found(), None);
    let mut history = History::of(1);
    history.checker.crashed(1, history.now);
    history.finish(0);
    assert_eq!(history.found(), None);
    // A crash before it was said is no reason.
    let mut history = History::of(1);
    history.checker.crashed(1, Instant::ZERO);
    history.finish(0);
    assert_eq!(history.found(), Some(Invariant::R7));
}

#[test]
fn a_late_display_is_found_unless_the_session_did_not_read() {
    for (prompt, expected) in [(true, Some(Invariant::R8)), (false, None)] {
        let mut history = History::of(1);
        let late = history.now + Duration::from_millis(61);
        let entry = (history.now, said(1, "m1 x"));
        history
            .checker
            .displayed(&mut history.rec, late, (BIA, 0), &entry, prompt);
        assert_eq!(history.found(), expected);
    }
}
