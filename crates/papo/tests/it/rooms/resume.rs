//! What a session missed while it was away: all of it, once, in order, and a GAP for what is kept no more.

use serde_json::json;

use crate::support::folder::Folder;
use crate::support::http::post_relay;
use crate::support::hub::Hub;
use crate::support::port::Port;
use crate::support::session::{Cursor, Session};

/// More than a room keeps in memory where there is a disk.
const MANY: usize = 300;
const LONG: usize = 2000;

/// Bia misses what Ana says in two rooms, in one of them much; between the two the hub may be another one.
fn miss(options: &[&str], messages: usize, bytes: usize, between: impl Fn(Hub, &Port) -> Hub) {
    let port = Port::reserve();
    let mut all = vec!["--session-rate", "off"];
    all.extend(options);
    let hub = Hub::start_at(&port, &all);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    for session in [&mut ana, &mut bia] {
        session.join("jardim", None);
    }
    ana.say("lobby", "antes");
    ana.say("jardim", "antes no jardim");
    bia.hears("antes");
    bia.hears("antes no jardim");
    bia.vanish();
    for number in 0..messages {
        ana.publish("lobby", &format!("{number} {}", "x".repeat(bytes)));
    }
    ana.say("jardim", "enquanto isso");
    ana.say("lobby", "agora");

    let hub = between(hub, &port);
    bia.resume(hub.http);
    // Speaks at once, behind what it has not read yet.
    let own = bia.publish("lobby", "voltei");
    bia.acked(&own);
    bia.catch_up();
    ana.resume(hub.http);
    ana.say("lobby", "depois");
    bia.hears("depois");
    let said = |session: &Session| {
        session
            .book
            .said
            .iter()
            .filter(|said| said.room == "lobby")
            .cloned()
            .collect()
    };
    let (hers, his): (Vec<_>, Vec<_>) = (said(&ana), said(&bia));
    assert_eq!(hers.len(), messages + 4);
    assert!(hers == his, "not the same: {:#?}", bia.book.payloads("lobby"));
    assert_eq!(bia.book.payloads("jardim"), ["antes no jardim", "enquanto isso"]);
    assert!(bia.book.gaps.is_empty());

    let newcomer = Session::enter_from_start(hub.http, "caio@lobby");
    assert!(newcomer.book.said == hers, "a newcomer sees something else");
    hub.terminate();
}

#[test]
fn without_a_disk_it_comes_from_memory() {
    miss(&[], MANY, LONG, |hub, _| hub);
}

#[test]
fn a_little_comes_from_memory() {
    let folder = Folder::new();
    miss(&["--data", &folder.file("hub")], 10, 10, |hub, _| hub);
}

#[test]
fn what_memory_does_not_hold_comes_from_the_disk() {
    let folder = Folder::new();
    miss(&["--data", &folder.file("hub")], MANY, LONG, |hub, _| hub);
}

#[test]
fn a_hub_that_ended_well_still_has_it() {
    let folder = Folder::new();
    let data = folder.file("hub");
    miss(&["--data", &data], MANY, LONG, |hub, port| {
        hub.terminate();
        Hub::start_at(port, &["--data", &data])
    });
}

#[test]
fn a_hub_that_was_killed_still_has_it() {
    let folder = Folder::new();
    let data = folder.file("hub");
    miss(&["--data", &data], MANY, LONG, |hub, port| {
        hub.kill();
        Hub::start_at(port, &["--data", &data])
    });
}

#[test]
fn what_is_kept_no_more_is_a_gap() {
    const KEPT: u64 = 10;
    const SAID: u64 = 100;
    let (folder, port) = (Folder::new(), Port::reserve());
    let data = folder.file("hub");
    let keeping = [
        "--data",
        &data,
        "--session-rate",
        "off",
        "--retention-messages",
        "10",
        "--retention-days",
        "0",
    ];
    let hub = Hub::start_at(&port, &keeping);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    ana.say("lobby", "1");
    bia.hears("1");
    bia.vanish();
    for number in 2..=SAID {
        ana.say("lobby", &number.to_string());
    }
    // Memory holds nothing of it any more, and the disk only the end.
    hub.kill();
    let hub = Hub::start_at(&port, &keeping);
    bia.resume(hub.http);
    bia.catch_up();
    let kept: Vec<String> = (SAID - KEPT + 1..=SAID).map(|number| number.to_string()).collect();
    assert_eq!(bia.book.gaps, [(2, SAID - KEPT, "not_kept".to_owned())]);
    assert_eq!(bia.book.payloads("lobby")[1..], kept);
    let newcomer = Session::enter_from_start(hub.http, "caio@lobby");
    assert_eq!(newcomer.book.payloads("lobby"), kept);
    assert!(
        newcomer.book.gaps.is_empty(),
        "whoever asks for what there is misses nothing"
    );
}

#[test]
fn a_message_that_is_sent_again_is_said_once_restarts_included() {
    let (folder, port) = (Folder::new(), Port::reserve());
    let data = folder.file("hub");
    let hub = Hub::start_at(&port, &["--data", &data]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let seq = ana.say("lobby", "uma vez");
    let id = ana.last_id();
    ana.resend(&id);
    assert_eq!(ana.acked(&id), seq);
    ana.resume(hub.http);
    ana.resend(&id);
    assert_eq!(ana.acked(&id), seq);
    hub.kill();
    let hub = Hub::start_at(&port, &["--data", &data]);
    ana.resume(hub.http);
    ana.resend(&id);
    assert_eq!(ana.acked(&id), seq);
    assert_eq!(ana.say("lobby", "outra"), seq + 1);

    // The same id from somebody else is another message.
    let mut bia = Session::enter(hub.http, "bia@lobby");
    let own = crate::support::session::Own {
        room: "lobby".to_owned(),
        payload: "de outra pessoa".to_owned(),
        key: None,
    };
    bia.book.own.insert(id.clone(), own);
    bia.resend(&id);
    assert_eq!(bia.acked(&id), seq + 2);
    hub.terminate();
}

#[test]
fn catching_up_in_a_room_that_it_is_in_shows_nothing_twice() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub")]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    for text in ["um", "dois", "três"] {
        ana.say("lobby", text);
    }
    let mut bia = Session::enter(hub.http, "bia@lobby");
    ana.say("lobby", "quatro");
    bia.hears("quatro");
    // Its book begins anew with the past, which ends where live began.
    bia.book = crate::support::session::Book::default();
    bia.join("lobby", Some(Cursor::new()));
    ana.say("lobby", "cinco");
    let mut told = Vec::new();
    while told.last().is_none_or(|last| last != "cinco") {
        // The book would want "quatro" in its place; it was shown before.
        let frame = bia.raw_next();
        if frame["type"] == "PUB" {
            told.push(frame["payload"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(told, ["um", "dois", "três", "cinco"]);
}

#[test]
fn a_long_past_is_read_while_the_room_goes_on() {
    const PAST: usize = 2000;
    const MORE: usize = 300;
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub"), "--session-rate", "off"]);
    let mut ana = Session::enter_from_start(hub.http, "ana@lobby");
    for number in 0..PAST {
        ana.publish("lobby", &format!("{number} {}", "x".repeat(LONG)));
        if number % 100 == 99 {
            ana.say("lobby", "e assim por diante");
        }
    }
    let address = hub.http;
    let reader = std::thread::spawn(move || {
        let mut bia = Session::new("bia@lobby");
        bia.book.read.insert("lobby".to_owned(), Cursor::new());
        // Whoever falls too far behind is cut, comes again, and has lost nothing.
        let mut connections = 0;
        while bia.try_resume(address).and_then(|()| bia.try_has_heard("fim")).is_err() {
            connections += 1;
            assert!(connections < 20, "{:?}", bia.closed);
        }
        bia
    });
    for number in 0..MORE {
        ana.say("lobby", &format!("{number} {}", "y".repeat(LONG)));
    }
    ana.say("lobby", "fim");
    let bia = reader.join().unwrap();
    assert!(bia.book.said == ana.book.said, "she saw something else");
    assert!(bia.book.gaps.is_empty());
    assert!(!hub.has_logged("slow consumer"), "she reads as fast as she can");
}

#[test]
fn what_another_hub_said_is_found_behind_pages_that_were_read_already() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub"), "--session-rate", "off"]);
    let origin = "0123456789abcdef0123456789abcdef";
    let elsewhere = |seq: u64, payload: &str| {
        let body = json!({
            "message": format!("eva: {payload}"), "v": 1, "id": format!("e{seq}"), "kind": "said", "room": "lobby",
            "src": "eva@lobby", "label": "eva", "payload": payload, "origin": origin, "seq": seq,
            "sent_at": 1_763_683_199_000_u64, "hops": 1, "from": origin,
        });
        assert_eq!(post_relay(hub.http, &body.to_string(), &[]).status, 200);
    };
    let mut ana = Session::enter(hub.http, "ana@lobby");
    elsewhere(1, "um");
    // More than a page, and more than memory holds.
    for number in 0..MANY {
        ana.publish("lobby", &format!("{number} {}", "x".repeat(LONG)));
    }
    ana.say("lobby", "lido");
    elsewhere(2, "dois");
    let own = ana.hello["hub"].as_str().unwrap().to_owned();
    let read = ana.book.read["lobby"][&own];

    let mut bia = Session::enter(hub.http, "bia@lobby");
    bia.join("lobby", Some(Cursor::from([(own, read)])));
    assert_eq!(bia.hears("um")["seq"], 1);
    assert_eq!(bia.hears("dois")["seq"], 2);
}
