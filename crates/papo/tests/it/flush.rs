//! Nothing that has arrived is lost on the way out: not at the end of a hub, not in a burst, not around a close.

use rustix::process::Signal;
use serde_json::json;
use tungstenite::Message;

use crate::support::http;
use crate::support::hub::Hub;

#[test]
fn what_arrived_before_sigterm_is_heard() {
    let hub = Hub::start(&["--session-rate", "off"]);
    let mut listener = hub.ws(1);
    let mut speakers: Vec<_> = (0..20).map(|_| hub.tcp()).collect();
    // Everyone is known to the hub before the lines that matter are written.
    for (number, speaker) in speakers.iter_mut().enumerate() {
        speaker.send(format!("hello {number}\n"));
        listener.until(&format!("127.0.0.1: hello {number}"));
    }
    let mut expected: Vec<String> = Vec::new();
    for (number, speaker) in speakers.iter_mut().enumerate() {
        let lines: Vec<String> = (0..100).map(|line| format!("{number}/{line}")).collect();
        speaker.send(lines.join("\n") + "\n");
        expected.extend(lines.into_iter().map(|line| format!("127.0.0.1: {line}")));
    }
    hub.signal(Signal::TERM);
    let mut heard: Vec<String> = Vec::new();
    while let Message::Text(text) = listener.next("every line, then the close") {
        heard.push(text.to_string());
    }
    expected.sort();
    heard.sort();
    assert_eq!(heard, expected);
    assert_eq!(hub.end().0, Some(0));
}

#[test]
fn a_whole_batch_of_a_hub_link_cuts_nobody_who_reads() {
    let hub = Hub::start(&[]);
    let mut listener = hub.tcp();
    let text = "x".repeat(4000);
    let origin = "0123456789abcdef0123456789abcdef";
    let messages: Vec<_> = (1..=110)
        .map(|seq| {
            json!({
                "message": format!("ana: {text}"), "v": 1, "id": format!("id{seq}"), "kind": "said", "room": "lobby",
                "src": "ana@lobby", "label": "ana", "payload": text, "origin": origin, "seq": seq, "sent_at": 0, "hops": 1,
            })
        })
        .collect();
    let body = json!({ "v": 1, "from": origin, "messages": messages }).to_string();
    assert!(body.len() > 800_000, "a batch near its bound: {}", body.len());
    assert_eq!(http::post_relay(hub.http, &body, &[]).status, 200);
    for _ in 0..messages.len() {
        listener.expect("ana", &text);
    }
    listener.send("still here\n");
    listener.expect("127.0.0.1", "still here");
}

#[test]
fn the_answer_to_a_close_is_the_last_frame() {
    let hub = Hub::start(&[]);
    let mut other = hub.tcp();
    let mut leaver = hub.ws(7);
    other.expect("*", "Client #7 joined the chat");
    // More than the rate lets through at once, then a close: what is held back is said after it.
    for number in 0..25 {
        leaver.say(&number.to_string());
    }
    leaver.send(Message::Close(None));
    other.until("Client #7", "19");
    other.send("meanwhile\n");
    other.until("127.0.0.1", "meanwhile");
    assert!(matches!(leaver.next("the line that came before"), Message::Text(_)));
    assert!(matches!(leaver.next("the answer to its close"), Message::Close(_)));
    other.until("*", "Client #7 left the chat");
}
