//! The WebSocket text door.

use tungstenite::Message;

use crate::support::http;
use crate::support::hub::Hub;
use crate::support::websocket::{WsClient, frame};

const TEXT: u8 = 0x81;

#[test]
fn the_three_texts_are_exact_and_authors_hear_no_echo() {
    let hub = Hub::start(&[]);
    let mut seven = hub.ws(7);
    let mut minus = hub.ws(-3);
    seven.expect("Client #-3 joined the chat");
    seven.say("oi <b>olá</b>");
    minus.expect("Client #7: oi <b>olá</b>");
    minus.say("resposta: sim");
    // The first text that reaches the author is the other's.
    seven.expect("Client #-3: resposta: sim");
    drop(minus);
    seven.expect("Client #-3 left the chat");
}

#[test]
fn handshakes_are_taken_from_integers_and_own_pages_only() {
    let hub = Hub::start(&[]);
    let own = format!("Origin: http://{}", hub.http);
    let upgrade = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let cases: [(&str, Option<&str>, u16); 9] = [
        ("/ws/7", None, 101),
        ("/ws/7", Some(&own), 101),
        ("/ws/-7?room=garden", None, 101),
        ("/ws/7", Some("Origin: http://evil.example"), 403),
        ("/ws/7", Some("Origin: null"), 403),
        ("/ws/abc", None, 403),
        ("/ws/7.0", None, 403),
        ("/ws/99999999999999999999", None, 403),
        ("/ws/7?room=a%20b", None, 400),
    ];
    for (path, origin, status) in cases {
        let headers: Vec<&str> = upgrade.into_iter().chain(origin).collect();
        let response = http::get(hub.http, path, &headers);
        assert_eq!(response.status, status, "{path} {origin:?}: {response:?}");
        if status == 101 {
            // The answer to this key is the example of RFC 6455 section 1.3.
            assert_eq!(
                response.header("sec-websocket-accept"),
                Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            );
        }
    }
    let response = http::get(hub.http, "/ws/7", &[]);
    assert_eq!((response.status, response.header("upgrade")), (426, Some("websocket")));
}

#[test]
fn whoever_breaks_a_rule_is_told_which_and_seen_to_leave() {
    let cases = [
        ("a binary frame", frame(0x82, b"x"), 1003),
        ("text that is no UTF-8", frame(TEXT, b"ol\xff"), 1007),
        ("a frame of 64 KiB", frame(TEXT, &vec![b'x'; 64 * 1024]), 1009),
        ("a reserved opcode", frame(0x83, b"x"), 1002),
        ("a frame without a mask", vec![TEXT, 1, b'x'], 1002),
    ];
    let hub = Hub::start(&[]);
    let mut witness = hub.ws(1);
    for (what, bytes, code) in cases {
        let mut client = hub.ws(2);
        witness.expect("Client #2 joined the chat");
        // What was said before, in the same write, still counts.
        client.raw(&[frame(TEXT, what.as_bytes()), bytes].concat());
        witness.expect(&format!("Client #2: {what}"));
        witness.expect("Client #2 left the chat");
        client.expect_close(code);
    }
}

#[test]
fn a_message_above_the_limit_is_refused_and_its_sender_stays() {
    let hub = Hub::start(&[]);
    let mut listener = hub.ws(1);
    let mut speaker = hub.ws(2);
    listener.expect("Client #2 joined the chat");
    let longest = "é".repeat(2048);
    speaker.say(&"x".repeat(5000));
    speaker.say(&longest);
    speaker.say("short");
    match speaker.next("a notice of the limit") {
        Message::Text(text) => {
            assert!(
                text.starts_with("* ") && text.contains("5000") && text.contains("4096"),
                "{text}"
            );
        }
        other => panic!("waited for a notice of the limit and got {other:?}"),
    }
    listener.expect(&format!("Client #2: {longest}"));
    listener.expect("Client #2: short");
}

#[test]
fn a_ping_is_answered_with_what_it_carried() {
    let hub = Hub::start(&[]);
    let mut client = hub.ws(1);
    client.send(Message::Ping("here?".into()));
    assert_eq!(client.next("the pong"), Message::Pong("here?".into()));
}

#[test]
fn frames_come_in_single_bytes_and_messages_in_fragments() {
    let hub = Hub::start(&[]);
    let mut listener = hub.ws(1);
    let mut speaker = hub.ws(2);
    listener.expect("Client #2 joined the chat");
    let mut clock = hub.ws(3);
    for client in [&mut listener, &mut speaker] {
        client.expect("Client #3 joined the chat");
    }
    for (number, byte) in frame(TEXT, "olá".as_bytes()).into_iter().enumerate() {
        // Another client's text lies between two pieces, so that they cannot arrive as one.
        clock.say(&number.to_string());
        listener.expect(&format!("Client #3: {number}"));
        speaker.raw(&[byte]);
    }
    listener.expect("Client #2: olá");
    let fragments = [
        frame(0x01, b"one "),
        frame(0x89, b"p"),
        frame(0x00, "tw\u{f5}".as_bytes().split_last().unwrap().1),
        frame(0x80, &[0xb5]),
    ];
    for fragment in &fragments {
        speaker.raw(fragment);
    }
    listener.expect("Client #2: one tw\u{f5}");
}

#[test]
fn a_close_is_echoed_and_what_came_before_it_is_said() {
    let hub = Hub::start(&[]);
    let mut listener = hub.ws(1);
    let mut client = hub.ws(2);
    listener.expect("Client #2 joined the chat");
    client.raw(&[frame(TEXT, b"bye"), frame(0x88, &1000_u16.to_be_bytes())].concat());
    listener.expect("Client #2: bye");
    listener.expect("Client #2 left the chat");
    client.expect_close(1000);
}

#[test]
fn a_handshake_may_ask_for_a_room() {
    let hub = Hub::start(&[]);
    let mut lobby = hub.ws(1);
    let mut garden = WsClient::connect(hub.http, "/ws/2?room=garden");
    garden.expect("Client #2 joined the chat");
    let mut tcp = hub.tcp();
    tcp.send("/join garden\n");
    tcp.expect_notice("You are in the room garden now.");
    garden.say("among flowers");
    tcp.expect("Client #2", "among flowers");
    let mut second = hub.ws(3);
    second.say("in the lobby");
    // Nothing of the garden came between these.
    lobby.expect("Client #3 joined the chat");
    lobby.expect("Client #3: in the lobby");
}
