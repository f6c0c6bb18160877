use papo_core::hub::Key;
use papo_core::id::HubId;
use papo_core::limits::CLIENT_OUTBOX;
use serde_json::{Value, json};

use super::*;

const HUB: HubId = HubId::from_bits(0xab);

/// A conversation, its clock, and what it did.
struct Bench {
    conversation: Conversation,
    now: Instant,
    frames: Vec<Value>,
    events: Vec<Event>,
    dials: usize,
    hung_up: bool,
    end: Option<Ending>,
}

impl Bench {
    fn new(rooms: &[&str], interactive: bool) -> Self {
        let opening = Opening {
            nick: "ana".parse().unwrap(),
            rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
            token: Some("secret".to_owned()),
            interactive,
        };
        let mut bench = Self {
            conversation: Conversation::new(opening, 1, Instant::ZERO),
            now: Instant::ZERO,
            frames: Vec::new(),
            events: Vec::new(),
            dials: 0,
            hung_up: false,
            end: None,
        };
        bench.collect();
        bench
    }

    /// In the room, where message 10 was the last one.
    fn entered() -> Self {
        let mut bench = Self::new(&["lobby"], false);
        bench.connect("ana", 10);
        bench.frames.clear();
        bench.events.clear();
        bench
    }

    fn give(&mut self, input: Input<'_>) {
        self.conversation.handle(self.now, input);
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(output) = self.conversation.poll_output() {
            assert_eq!(self.end, None, "{output:?} came after the end");
            match output {
                Output::Dial => self.dials += 1,
                Output::Send(text) => self.frames.push(text.parse().unwrap()),
                Output::HangUp => self.hung_up = true,
                Output::Tell(event) => self.events.push(event),
                Output::End(ending) => self.end = Some(ending),
            }
        }
    }

    fn connect(&mut self, nick: &str, head: u64) {
        self.give(Input::Connected);
        self.welcome(nick);
        self.joined("lobby", head);
    }

    fn welcome(&mut self, nick: &str) {
        self.frame(
            &json!({"type": "HELLO_OK", "peer_id": format!("{nick}@lobby"), "nick": nick, "hub": HUB,
            "name": "north", "durable": true, "features": ["search"], "session": format!("{:032x}", 7)}),
        );
    }

    fn joined(&mut self, room: &str, head: u64) {
        let head = if head == 0 {
            json!({})
        } else {
            json!({HUB.to_string(): head})
        };
        self.frame(&json!({"type": "JOINED", "room": room, "members": ["ana"], "count": 1, "head": head}));
    }

    fn frame(&mut self, frame: &Value) {
        self.give(Input::Frame(&frame.to_string()));
    }

    fn said(&mut self, seq: u64, msg_id: &str) {
        self.frame(
            &json!({"type": "PUB", "msg_id": msg_id, "src": "bia@lobby", "dst": "#lobby",
            "payload": seq.to_string(), "origin": HUB, "seq": seq, "sent_at": 1, "hops": 0}),
        );
    }

    fn ack(&mut self, msg_id: &str, seq: u64) {
        self.frame(&json!({"type": "ACK", "msg_id": msg_id, "origin": HUB, "seq": seq}));
    }

    fn error(&mut self, code: &str, reference: &str) {
        self.frame(&json!({"type": "ERROR", "code": code, "ref": reference, "detail": "because"}));
    }

    fn line(&mut self, line: &str) {
        self.give(Input::Line(line));
    }

    fn lose(&mut self) {
        self.give(Input::Lost(Loss::Broken("reset".to_owned())));
    }

    /// Lets time pass, stopping at every moment that the conversation asked for.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let mut steps = 0;
        while let Some(at) = self.conversation.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.give(Input::Tick);
            steps += 1;
            assert!(steps < 1000, "it asks for the same moment again and again");
        }
        self.now = end;
    }

    /// Waits for the next try.
    fn redial(&mut self) {
        let dials = self.dials;
        let until = self.conversation.poll_timeout().unwrap();
        self.now = until;
        self.give(Input::Tick);
        assert_eq!(self.dials, dials + 1);
    }

    fn taken(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.frames)
    }

    fn ids(&mut self) -> Vec<String> {
        let frames = self.taken();
        let ids = frames.iter().map(|frame| frame["msg_id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    /// The texts that were shown, and whether each was said before the connection.
    fn shown(&mut self) -> Vec<(String, bool)> {
        let events = std::mem::take(&mut self.events);
        let shown = events.into_iter().filter_map(|event| match event {
            Event::Message { said, replayed } => Some((said.payload, replayed)),
            _ => None,
        });
        shown.collect()
    }

    fn sentences(&mut self) -> Vec<&'static str> {
        let events = std::mem::take(&mut self.events);
        let said = events.iter().filter_map(|event| match event {
            Event::Say(message) => Some(message.key()),
            _ => None,
        });
        said.collect()
    }
}

#[test]
fn it_says_hello_enters_its_rooms_and_talks_in_the_first() {
    let mut bench = Bench::new(&["lobby", "UnB"], false);
    assert_eq!(bench.dials, 1);
    bench.line("early");
    assert!(bench.frames.is_empty());
    bench.give(Input::Connected);
    let frames = bench.taken();
    assert_eq!(frames[0]["peer_id"], "ana@lobby");
    assert_eq!(
        (&frames[0]["token"], &frames[0]["session"]),
        (&json!("secret"), &Value::Null)
    );
    assert_eq!(frames[1..], [json!({"type": "JOIN", "room": "UnB"})]);
    bench.welcome("ana");
    let frames = bench.taken();
    assert_eq!(
        (&frames[0]["dst"], &frames[0]["payload"]),
        (&json!("#lobby"), &json!("early"))
    );
    bench.joined("lobby", 10);
    bench.joined("UnB", 3);
    let kinds = |event: &Event| match event {
        Event::Ready { .. } => "ready",
        Event::Joined { .. } => "joined",
        Event::Sent { .. } => "sent",
        _ => "other",
    };
    let kinds: Vec<_> = bench.events.iter().map(kinds).collect();
    assert_eq!(kinds, ["sent", "ready", "joined", "joined"]);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_in_order_and_nothing_is_shown_twice() {
    let mut bench = Bench::entered();
    for line in ["one", "two", "three"] {
        bench.line(line);
    }
    let ids = bench.ids();
    bench.said(11, "theirs");
    bench.ack(&ids[0], 12);
    bench.lose();
    assert!(matches!(
        bench.events.last(),
        Some(Event::Reconnecting { attempt: 1, .. })
    ));
    assert_eq!(bench.shown(), [("11".to_owned(), false)]);
    bench.line("four");
    bench.redial();
    bench.give(Input::Connected);
    let frames = bench.taken();
    assert_eq!(frames[0]["session"], format!("{:032x}", 7));
    assert_eq!(
        frames[1..],
        [json!({"type": "JOIN", "room": "lobby", "after": {HUB.to_string(): 12}})]
    );
    bench.welcome("ana");
    let again = bench.ids();
    assert_eq!(again[..2], ids[1..]);
    assert_eq!(again.len(), 3, "and what was typed meanwhile");
    bench.joined("lobby", 15);
    bench.joined("lobby", 15);
    // The replay brings one's own, whose ACK was lost, and one that was heard; then it goes on live.
    bench.said(12, &ids[0]);
    bench.said(13, "missed");
    bench.said(14, &ids[1]);
    bench.said(13, "missed");
    bench.said(15, "missed-too");
    bench.ack(&ids[1], 14);
    bench.said(16, "live");
    assert_eq!(
        bench.shown(),
        [("13", true), ("15", true), ("16", false)].map(|(text, old)| (text.to_owned(), old))
    );
    assert_eq!(bench.conversation.waiting(), 2);
    // An ACK that comes twice is nobody's.
    bench.ack(&ids[1], 14);
    assert!(bench.events.is_empty(), "{:?}", bench.events);
}

#[test]
fn gaps_and_acknowledgments_move_the_cursor() {
    let mut bench = Bench::entered();
    bench.frame(&json!({"type": "GAP", "room": "lobby", "origin": HUB, "from": 11, "to": 14, "reason": "lost"}));
    assert!(matches!(bench.events.pop(), Some(Event::Gap { .. })));
    bench.line("mine");
    let ids = bench.ids();
    bench.ack(&ids[0], 15);
    let delivered = bench.events.pop();
    let key = Key {
        origin: HUB,
        seq: papo_core::id::Seq::new(15).unwrap(),
    };
    assert!(matches!(delivered, Some(Event::Delivered { key: Some(at), .. }) if at == key));
    bench.lose();
    bench.redial();
    bench.give(Input::Connected);
    assert_eq!(bench.taken()[1]["after"], json!({HUB.to_string(): 15}));
}

#[test]
fn waits_grow_and_a_good_connection_makes_them_short_again() {
    let mut bench = Bench::entered();
    let waits = |bench: &mut Bench, count: usize| {
        let mut waits = Vec::new();
        for _ in 0..count {
            let Some(Event::Reconnecting { attempt, after, .. }) = bench.events.pop() else {
                panic!("no wait was told");
            };
            waits.push((attempt, after.as_millis()));
            bench.redial();
            bench.give(Input::Unreachable(Message::new("error-connect-closed")));
        }
        waits
    };
    bench.lose();
    for (at, (attempt, millis)) in waits(&mut bench, 8).into_iter().enumerate() {
        let full = (250 << at).min(10_000);
        assert_eq!(attempt as usize, at + 1);
        assert!((full / 2..=full).contains(&millis), "{attempt}: {millis}");
    }
    bench.redial();
    bench.connect("ana", 10);
    bench.pass(1000);
    bench.lose();
    assert!(matches!(
        bench.events.last(),
        Some(Event::Reconnecting { attempt: 10.., .. })
    ));
    bench.redial();
    bench.connect("ana", 10);
    bench.pass(6000);
    bench.lose();
    assert!(matches!(
        bench.events.last(),
        Some(Event::Reconnecting { attempt: 1, .. })
    ));
}

#[test]
fn the_end_of_the_input_waits_for_every_acknowledgment() {
    let mut bench = Bench::new(&["lobby"], false);
    bench.line("one");
    bench.give(Input::Finished);
    assert!(!bench.conversation.wants_line());
    bench.connect("ana", 10);
    let id = bench.taken()[1]["msg_id"].as_str().unwrap().to_owned();
    assert_eq!(bench.end, None);
    bench.pass(20_000);
    bench.ack(&id, 11);
    assert_eq!(bench.end, Some(Ending::Left));
    assert_eq!(bench.taken().last().unwrap()["type"], "BYE");
    assert_eq!(bench.conversation.poll_timeout(), None);
}

#[test]
fn what_is_not_acknowledged_in_time_is_told() {
    for (interactive, patience) in [(false, 30_000), (true, 3000)] {
        let mut bench = Bench::new(&["lobby"], interactive);
        bench.connect("ana", 10);
        for line in ["one", "two"] {
            bench.line(line);
        }
        bench.line("/quit");
        let ids: Vec<_> = bench.taken().into_iter().skip(1).collect();
        bench.pass(patience - 1);
        // Whatever else the hub says is no progress.
        bench.said(11, "theirs");
        assert_eq!(bench.end, None);
        bench.ack(ids[0]["msg_id"].as_str().unwrap(), 12);
        bench.pass(patience - 1);
        assert_eq!(bench.end, None, "an acknowledgment is progress");
        bench.pass(1);
        assert_eq!(bench.end, Some(Ending::Unacknowledged(1)));
    }
}

#[test]
fn questions_are_answered_before_the_end_of_the_input_is() {
    let mut bench = Bench::entered();
    bench.line("/history 5");
    bench.line("/search two words");
    bench.line("/who");
    bench.give(Input::Finished);
    let lobby = json!({HUB.to_string(): 10});
    assert_eq!(
        bench.taken(),
        [
            json!({"type": "HISTORY", "room": "lobby", "limit": 5}),
            json!({"type": "HISTORY", "room": "lobby", "limit": 20, "query": "two words"}),
            json!({"type": "JOIN", "room": "lobby", "after": lobby}),
        ]
    );
    let answer = json!({"type": "HISTORY", "room": "lobby", "messages": [], "complete": true});
    bench.frame(&answer);
    // Asked again on the next connection.
    bench.lose();
    bench.redial();
    bench.give(Input::Connected);
    assert_eq!(bench.taken()[2]["query"], "two words");
    bench.welcome("ana");
    bench.joined("lobby", 10);
    bench.joined("lobby", 10);
    assert_eq!(bench.end, None);
    bench.error("busy", "HISTORY");
    assert_eq!(bench.end, Some(Ending::Left));
}

#[test]
fn rooms_are_entered_left_and_turned_to() {
    let mut bench = Bench::entered();
    bench.line("/join UnB");
    bench.line("there");
    bench.line("/room lobby");
    bench.line("here");
    let frames = bench.taken();
    assert_eq!(frames[0], json!({"type": "JOIN", "room": "UnB"}));
    assert_eq!(
        (&frames[1]["dst"], &frames[2]["dst"]),
        (&json!("#UnB"), &json!("#lobby"))
    );
    bench.joined("UnB", 0);
    bench.line("/part");
    assert_eq!(bench.taken(), [json!({"type": "PART", "room": "lobby"})]);
    bench.line("/part lobby");
    bench.line("/part");
    bench.line("nowhere");
    assert_eq!(
        bench.sentences(),
        [
            "rooms-active",
            "rooms-parted",
            "rooms-not-in",
            "rooms-parted-last",
            "rooms-none"
        ]
    );
    bench.frames.clear();
    // HELLO names a room all the same, and it is left at once.
    bench.lose();
    bench.redial();
    bench.give(Input::Connected);
    let frames = bench.taken();
    assert_eq!(frames[0]["peer_id"], "ana@lobby");
    assert_eq!(frames[1], json!({"type": "PART", "room": "lobby"}));
    bench.welcome("ana");
    bench.joined("lobby", 10);
    bench.said(11, "theirs");
    assert_eq!(bench.shown(), []);
}

#[test]
fn a_room_that_is_refused_is_not_kept() {
    let mut bench = Bench::entered();
    bench.line("/join full");
    bench.line("hello");
    bench.error("over_quota", "JOIN");
    let id = bench.taken()[1]["msg_id"].as_str().unwrap().to_owned();
    bench.error("not_joined", &id);
    assert!(matches!(bench.events.last(), Some(Event::Failed { code, .. }) if code == "not_joined"));
    bench.line("again");
    assert_eq!(bench.taken()[0]["dst"], "#lobby");
}

#[test]
fn direct_messages_are_acknowledged_or_fail() {
    let mut bench = Bench::entered();
    bench.line("/msg bia oi");
    bench.line("/msg rui@UnB oi");
    let frames = bench.taken();
    let targets: Vec<_> = frames.iter().map(|frame| frame["dst"].as_str().unwrap()).collect();
    assert_eq!(targets, ["bia@lobby", "rui@UnB"]);
    bench.frame(&json!({"type": "ACK", "msg_id": frames[0]["msg_id"], "from": "bia@lobby"}));
    assert!(matches!(
        bench.events.last(),
        Some(Event::Delivered {
            key: None,
            from: Some(_),
            ..
        })
    ));
    bench.error("no_route", frames[1]["msg_id"].as_str().unwrap());
    assert!(matches!(bench.events.last(), Some(Event::Failed { .. })));
    assert_eq!(bench.conversation.waiting(), 0);
    bench.frame(
        &json!({"type": "SEND", "msg_id": "m", "src": "bia@lobby", "dst": "ana@lobby", "payload": "olá",
        "sent_at": 1}),
    );
    assert!(matches!(bench.events.last(), Some(Event::Direct(_))));
}

#[test]
fn a_hub_without_room_is_asked_again_and_what_follows_waits() {
    let mut bench = Bench::entered();
    bench.line("one");
    let ids = bench.ids();
    bench.error("busy", &ids[0]);
    bench.line("two");
    assert!(bench.frames.is_empty());
    bench.pass(500);
    let again = bench.ids();
    assert_eq!((again.len(), &again[0]), (2, &ids[0]));
}

#[test]
fn a_silent_hub_is_asked_and_then_left() {
    let mut bench = Bench::entered();
    bench.pass(19_999);
    assert!(bench.frames.is_empty());
    bench.pass(1);
    assert_eq!(bench.taken(), [json!({"type": "PING"})]);
    bench.frame(&json!({"type": "PONG"}));
    bench.pass(20_000);
    assert_eq!(bench.taken(), [json!({"type": "PING"})]);
    bench.pass(19_999);
    assert!(!bench.hung_up);
    bench.pass(1);
    assert!(bench.hung_up);
    assert!(matches!(bench.events.last(), Some(Event::Reconnecting { .. })));
}

#[test]
fn a_hello_without_an_answer_ends_too() {
    let mut bench = Bench::new(&["lobby"], true);
    bench.give(Input::Connected);
    bench.pass(10_000);
    assert!(bench.hung_up);
    assert!(matches!(bench.end, Some(Ending::Unreachable(_))));
}

#[test]
fn what_cannot_be_mended_ends_it() {
    let unreachable = Message::new("error-rooms-refused");
    let mut bench = Bench::new(&["lobby"], true);
    bench.give(Input::Unreachable(unreachable.clone()));
    assert_eq!(bench.end, Some(Ending::Unreachable(unreachable)));

    let mut bench = Bench::new(&["lobby"], true);
    bench.give(Input::Connected);
    bench.error("unauthorized", "HELLO");
    assert_eq!(bench.end, Some(Ending::Unauthorized("because".to_owned())));

    let mut bench = Bench::new(&["lobby"], true);
    bench.give(Input::Connected);
    bench.error("busy", "HELLO");
    assert!(matches!(bench.end, Some(Ending::Unreachable(_))));

    let mut bench = Bench::entered();
    let closed = |code, words: &str| {
        Input::Lost(Loss::Closed {
            code,
            words: words.to_owned(),
        })
    };
    bench.give(closed(Some(4000), "elsewhere"));
    assert_eq!(bench.end, Some(Ending::Replaced));
    let mut bench = Bench::entered();
    bench.give(closed(Some(4001), "stay out"));
    assert_eq!(bench.end, Some(Ending::Unauthorized("stay out".to_owned())));
    let mut bench = Bench::entered();
    bench.give(closed(Some(1001), "back soon"));
    assert_eq!(bench.end, None);

    let mut bench = Bench::entered();
    bench.give(Input::Leave);
    assert_eq!(bench.end, Some(Ending::Left));
    assert_eq!(bench.taken(), [json!({"type": "BYE"})]);
}

#[test]
fn another_name_and_another_hub_are_told() {
    let mut bench = Bench::new(&["lobby"], true);
    bench.connect("ana-2", 10);
    assert_eq!(bench.sentences(), ["rooms-nick-taken"]);
    bench.lose();
    bench.redial();
    bench.give(Input::Connected);
    assert_eq!(bench.taken()[1]["peer_id"], "ana-2@lobby");
    bench.frame(
        &json!({"type": "HELLO_OK", "peer_id": "ana-2@lobby", "nick": "ana-2", "hub": HubId::from_bits(1),
        "previous": "slow_consumer"}),
    );
    assert_eq!(bench.sentences(), ["rooms-other-hub", "rooms-previous"]);
}

#[test]
fn others_come_and_go_and_oneself_is_no_news() {
    let mut bench = Bench::entered();
    let presence =
        |joined: &[&str], left: &[&str]| json!({"type": "PRESENCE", "room": "lobby", "joined": joined, "left": left});
    bench.frame(&presence(&["ana"], &[]));
    assert!(bench.events.is_empty());
    bench.frame(&presence(&["ana", "bia"], &[]));
    bench.frame(&presence(&[], &["bia"]));
    let told =
        [(vec!["bia"], vec![]), (vec![], vec!["bia"])].map(|(joined, left): (Vec<&str>, Vec<&str>)| Event::Presence {
            room: "lobby".parse().unwrap(),
            joined: joined.into_iter().map(str::to_owned).collect(),
            left: left.into_iter().map(str::to_owned).collect(),
        });
    assert_eq!(bench.events, told);
}

#[test]
fn lines_that_cannot_be_sent_are_told() {
    let mut bench = Bench::entered();
    for line in ["", "  ", "/dance", "/nick bia", "/search", "/msg bia"] {
        bench.line(line);
    }
    bench.line(&"x".repeat(4097));
    bench.give(Input::TooLong(9000));
    assert!(bench.frames.is_empty());
    assert_eq!(
        bench.sentences(),
        [
            "say-unknown-command",
            "rooms-nick",
            "rooms-want-words",
            "rooms-want-text",
            "say-too-long",
            "say-too-long"
        ]
    );
    bench.line("//dance");
    assert_eq!(bench.taken()[0]["payload"], "/dance");
    bench.frame(&json!({"type": "PUB"}));
    assert!(
        matches!(bench.events.last(), Some(Event::Error { .. })),
        "a frame is never lost in silence"
    );
}

#[test]
fn the_input_waits_while_enough_messages_do() {
    let mut bench = Bench::entered();
    bench.lose();
    for _ in 0..CLIENT_OUTBOX {
        assert!(bench.conversation.wants_line());
        bench.line("x");
    }
    assert!(!bench.conversation.wants_line());
}
