//! What makes no sense is answered with what is wrong, and the hub goes on.

use serde_json::json;
use tungstenite::Message;

use crate::support::folder::Folder;
use crate::support::hub::Hub;
use crate::support::session::{Cursor, Session};

/// A frame, and what it is answered with: a code, what it is about, and a word of the explanation.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("isto não é JSON", "bad_format", "", "JSON"),
    ("", "bad_format", "", "JSON"),
    ("[]", "bad_format", "", "object"),
    ("17", "bad_format", "", "object"),
    ("{}", "bad_format", "", "type"),
    (r#"{"type":7}"#, "bad_format", "", "type"),
    (r#"{"type":"SHOUT"}"#, "bad_format", "", "SHOUT"),
    (r#"{"type":"JOIN"}"#, "bad_format", "", "room"),
    (r#"{"type":"JOIN","room":["lobby"]}"#, "bad_format", "", "room"),
    (r#"{"type":"JOIN","room":"a b"}"#, "bad_format", "", "room"),
    (r#"{"type":"JOIN","room":"lobby","after":7}"#, "bad_format", "", "after"),
    (
        r#"{"type":"JOIN","room":"lobby","after":{"x":7}}"#,
        "bad_format",
        "",
        "after",
    ),
    (
        r##"{"type":"PUB","dst":"#lobby","payload":"x"}"##,
        "bad_format",
        "",
        "msg_id",
    ),
    (
        r#"{"type":"PUB","msg_id":"a","dst":"lobby","payload":"x"}"#,
        "bad_format",
        "a",
        "dst",
    ),
    (
        r##"{"type":"PUB","msg_id":"b","dst":"#lobby","payload":7}"##,
        "bad_format",
        "b",
        "payload",
    ),
    (
        r##"{"type":"PUB","msg_id":"c","dst":"#lobby","payload":" "}"##,
        "bad_format",
        "c",
        "payload",
    ),
    (
        r##"{"type":"PUB","msg_id":"d","dst":"#nenhuma","payload":"x"}"##,
        "not_joined",
        "d",
        "nenhuma",
    ),
    (
        r##"{"type":"PUB","msg_id":"e","src":"bia@lobby","dst":"#lobby","payload":"x"}"##,
        "unauthorized",
        "e",
        "src",
    ),
    (
        r#"{"type":"SEND","msg_id":"f","dst":"bia","payload":"x"}"#,
        "bad_format",
        "f",
        "dst",
    ),
    (
        r#"{"type":"HISTORY","room":"lobby","limit":0}"#,
        "bad_format",
        "",
        "limit",
    ),
    (
        r#"{"type":"HISTORY","room":"lobby","limit":201}"#,
        "bad_format",
        "",
        "limit",
    ),
    (
        r#"{"type":"HELLO","peer_id":"ana@lobby"}"#,
        "bad_format",
        "HELLO",
        "HELLO",
    ),
    (r#"{"type":"PART","room":"nenhuma"}"#, "not_joined", "PART", "nenhuma"),
];

#[test]
fn each_mistake_is_answered_with_what_is_wrong() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub")]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    let deep = "[".repeat(20_000) + &"]".repeat(10_000);
    let long = json!({"type": "PUB", "msg_id": "g", "dst": "#lobby", "payload": "é".repeat(2049)}).to_string();
    let large = [
        (deep.as_str(), "bad_format", "", "JSON"),
        (&long, "message_too_large", "g", "payload"),
    ];
    for &(text, code, reference, words) in MISTAKES.iter().chain(&large) {
        ana.send_text(text);
        let detail = ana.expect_error(code, reference);
        assert!(detail.contains(words), "{text:.80}: {detail}");
    }
    // Unknown keys are for those who know them.
    ana.send_text(r#"{"type":"PING","later":{"a":[1]}}"#);
    ana.until("PONG", |frame| frame["type"] == "PONG");
    ana.say("lobby", "ainda aqui");
    bia.hears("ainda aqui");
    assert_eq!(bia.book.payloads("lobby"), ["ainda aqui"]);
    let (_, log) = {
        hub.signal(rustix::process::Signal::TERM);
        hub.end()
    };
    let complaints = log.iter().filter(|line| line.contains("makes no sense")).count();
    assert_eq!(complaints, 1, "{log:#?}");
}

#[test]
fn who_has_not_said_hello_gets_nothing() {
    let hub = Hub::start(&[]);
    let mut mute = Session::silent(hub.http);
    for (frame, reference) in [
        (json!({"type": "JOIN", "room": "lobby"}), "JOIN"),
        (
            json!({"type": "PUB", "msg_id": "a", "dst": "#lobby", "payload": "x"}),
            "a",
        ),
        (json!({"type": "HISTORY", "room": "lobby"}), "HISTORY"),
    ] {
        mute.send(&frame);
        mute.expect_error("unauthorized", reference);
    }
    for (text, words) in [
        (r#"{"type":"HELLO","peer_id":"ana"}"#, "ana@lobby"),
        (r#"{"type":"HELLO","peer_id":"a b@lobby"}"#, "peer_id"),
        (r#"{"type":"HELLO","peer_id":"ana@lobby","session":"x"}"#, "session"),
    ] {
        mute.send_text(text);
        assert!(mute.expect_error("bad_format", "").contains(words));
    }
    mute.send(&json!({"type": "HELLO", "peer_id": "ana@lobby"}));
    mute.until("HELLO_OK", |frame| frame["type"] == "HELLO_OK");
}

#[test]
fn numbers_that_nobody_said_yet_are_refused_and_nothing_is_missed() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub")]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    ana.say("lobby", "um");
    let origin = ana.hello["hub"].as_str().unwrap().to_owned();
    let mut bia = Session::enter(hub.http, "bia@lobby");
    let ahead = Cursor::from([(origin.clone(), 99)]);
    bia.send(&json!({"type": "JOIN", "room": "lobby", "after": ahead}));
    assert!(bia.expect_error("bad_format", "JOIN").contains("99"));
    // A hub that nobody has heard of is no mistake.
    bia.send(&json!({"type": "JOIN", "room": "lobby", "after": {"ab".repeat(16): 7, origin: 1}}));
    bia.settle();
    ana.say("lobby", "dois");
    bia.hears("dois");
}

#[test]
fn frames_that_are_too_large_or_of_another_kind_end_the_connection() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut large = Session::enter(hub.http, "bia@lobby");
    // The hub closes before it has read all of it.
    let _ = large.try_send(Message::text("x".repeat(10_000_000)));
    large.expect_close(1009);
    let mut binary = Session::enter(hub.http, "rui@lobby");
    binary.try_send(Message::binary(b"{}".to_vec())).unwrap();
    binary.expect_close(1003);
    let mut ended = Session::new("rui@lobby");
    ended.secret.clone_from(&binary.secret);
    ended.resume(hub.http);
    assert_eq!(ended.hello["previous"], "binary");
    ana.say("lobby", "tudo bem");
}

#[test]
fn whoever_asks_too_much_waits_and_holds_nobody_up() {
    const ASKED: usize = 150;
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub"), "--session-rate", "off"]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    for number in 0..250 {
        ana.publish("lobby", &format!("{number} {}", "x".repeat(300)));
    }
    ana.say("lobby", "fim");
    let mut greedy = Session::enter(hub.http, "rui@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    for _ in 0..ASKED {
        greedy.send(&json!({"type": "HISTORY", "room": "lobby"}));
    }
    ana.say("lobby", "posso falar");
    bia.hears("posso falar");
    let mut answered = 0;
    while answered < ASKED {
        let frame = greedy.next("an answer to each HISTORY");
        match frame["type"].as_str() {
            Some("HISTORY") => {
                assert_eq!(frame["messages"].as_array().unwrap().len(), 200);
                answered += 1;
            }
            Some("ERROR") => {
                assert_eq!(frame["code"], "busy", "{frame}");
                answered += 1;
            }
            _ => {}
        }
    }
    greedy.say("lobby", "e eu também");
    bia.hears("e eu também");
}

#[test]
fn many_questions_in_one_write_are_answered_while_others_talk() {
    const ASKED: usize = 30;
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub"), "--session-rate", "off"]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    for _ in 0..220 {
        // Two bytes each on the wire.
        ana.publish("lobby", &"\"".repeat(1000));
    }
    ana.say("lobby", "fim");
    let mut greedy = Session::enter(hub.http, "rui@lobby");
    let question = json!({"type": "HISTORY", "room": "lobby"}).to_string();
    greedy.send_all(&vec![question; ASKED]);
    for _ in 0..20 {
        ana.say("lobby", "e a conversa segue");
    }
    let mut answered = 0;
    while answered < ASKED {
        let frame = greedy.next(&format!("answer {answered}"));
        answered += usize::from(frame["type"] == "HISTORY" || frame["code"] == "busy");
    }
}
