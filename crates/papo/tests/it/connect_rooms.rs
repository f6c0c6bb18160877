//! `papo connect http://…`, the real binary, against a hub that does what the test tells it, and against our own.

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::connect::Client;
use crate::support::folder::Folder;
use crate::support::hub::{Hub, papo};
use crate::support::port::Port;
use crate::support::scripted_hub::{HUB, ScriptedHub};

fn connect(hub: &ScriptedHub, options: &[&str]) -> Client {
    let url = hub.url();
    let mut arguments = vec!["connect", &url, "--nick", "ana"];
    if !options.contains(&"--lang") {
        arguments.extend(["--lang", "en"]);
    }
    arguments.extend(options);
    Client::start(papo(&arguments))
}

fn next(client: &Client) -> Value {
    client.shown().parse().unwrap()
}

#[test]
fn people_talk_in_rooms_and_to_each_other() {
    let hub = ScriptedHub::start();
    let mut client = connect(&hub, &["--room", "lobby"]);
    let mut guest = hub.guest();
    let hello = guest.welcome("ana", "lobby", 10);
    assert_eq!(
        (&hello["peer_id"], &hello["token"]),
        (&json!("ana@lobby"), &Value::Null)
    );
    client.told(&["north", "ana", "#lobby"]);
    client.told(&["#lobby", "ana, bia"]);
    guest.say("lobby", 11, "Olá \u{1b}[2J");
    assert_eq!(client.shown(), "[bia@lobby → #lobby] Olá ␛[2J");
    guest.tell(
        &json!({"type": "PUB", "src": "", "label": "Client #7", "dst": "#lobby", "payload": "old",
        "sent_at": 1, "hops": 1}),
    );
    assert_eq!(client.shown(), "[Client #7 → #lobby] old");
    guest.tell(
        &json!({"type": "SEND", "msg_id": "d", "src": "bia@lobby", "dst": "ana@lobby", "payload": "psst",
        "sent_at": 1}),
    );
    assert_eq!(client.shown(), "[bia@lobby] psst");
    guest.tell(&json!({"type": "GAP", "room": "lobby", "origin": HUB, "from": 12, "to": 13, "reason": "lost"}));
    client.told(&["#lobby", "2 messages", "missing"]);
    guest.tell(&json!({"type": "PRESENCE", "room": "lobby", "joined": ["rui"], "left": []}));
    client.told(&["rui", "came"]);
    client.type_line("oi");
    assert_eq!(guest.acknowledge(14)["dst"], "#lobby");
    client.type_line("/msg bia segredo");
    let send = guest.expect("SEND");
    assert_eq!(
        (&send["dst"], &send["payload"]),
        (&json!("bia@lobby"), &json!("segredo"))
    );
    guest.tell(&json!({"type": "ERROR", "code": "no_route", "ref": send["msg_id"], "detail": "bia is gone"}));
    client.told(&["bia@lobby", "segredo", "bia is gone"]);
    client.type_line("/jion UnB");
    client.told(&["/jion", "/join"]);
    client.type_line("/history 2");
    assert_eq!(guest.expect("HISTORY")["limit"], 2);
    let old = json!({"type": "PUB", "src": "bia@lobby", "dst": "#lobby", "payload": "before", "sent_at": 0, "hops": 0});
    guest.tell(&json!({"type": "HISTORY", "room": "lobby", "messages": [old], "complete": true}));
    let line = client.shown();
    assert!(line.ends_with(" [bia@lobby → #lobby] before"), "{line}");
    client.type_line("/quit");
    guest.expect("BYE");
    guest.expect_end();
    assert_eq!(client.end().2, Some(0));
}

#[test]
fn a_lost_connection_loses_no_message_and_repeats_none() {
    let hub = ScriptedHub::start();
    let mut client = connect(&hub, &["--room", "lobby", "--room", "UnB", "--json"]);
    let mut guest = hub.guest();
    guest.welcome("ana", "lobby", 10);
    assert_eq!(guest.expect("JOIN"), json!({"type": "JOIN", "room": "UnB"}));
    guest.joined("UnB", 0);
    let ready = next(&client);
    assert_eq!(
        (&ready["event"], &ready["rooms"]),
        (&json!("ready"), &json!(["lobby", "UnB"]))
    );
    assert_eq!(
        (&next(&client)["room"], &next(&client)["room"]),
        (&json!("lobby"), &json!("UnB"))
    );
    for line in ["one", "two"] {
        client.type_line(line);
    }
    guest.acknowledge(11);
    let two = guest.expect("PUB");
    let sent = [next(&client), next(&client), next(&client)];
    let events: Vec<_> = sent.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events.iter().filter(|&&event| event == "sent").count(), 2, "{events:?}");
    drop(guest);
    let lost = next(&client);
    assert_eq!((&lost["event"], &lost["attempt"]), (&json!("reconnecting"), &json!(1)));

    let mut guest = hub.guest();
    let hello = guest.welcome("ana", "lobby", 14);
    assert_eq!(hello["session"], "00000000000000000000000000000007");
    let joins = [guest.expect("JOIN"), guest.expect("JOIN")];
    assert_eq!(joins[0]["after"], json!({HUB: 11}));
    guest.say("lobby", 15, "live before the replay");
    guest.joined("lobby", 14);
    guest.joined("UnB", 0);
    for seq in 11..=13 {
        guest.say("lobby", seq, &seq.to_string());
    }
    let again = guest.expect("PUB");
    assert_eq!((&again["msg_id"], &again["payload"]), (&two["msg_id"], &json!("two")));
    guest.ack(&again["msg_id"], 14);
    assert_eq!(next(&client)["event"], "reconnected");
    let mut shown = Vec::new();
    loop {
        let event = next(&client);
        match event["event"].as_str().unwrap() {
            "message" => shown.push((event["seq"].as_u64().unwrap(), event["replayed"].as_bool().unwrap())),
            "delivered" => {
                assert_eq!((&event["msg_id"], &event["seq"]), (&two["msg_id"], &json!(14)));
                break;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(shown, [(15, false), (12, true), (13, true)]);
    client.end_input();
    guest.expect("BYE");
    let closed = next(&client);
    assert_eq!(closed, json!({"event": "closed", "reason": "left"}));
    assert_eq!(client.end().2, Some(0));
}

#[test]
fn what_is_piped_in_is_acknowledged_before_the_end() {
    let hub = ScriptedHub::start();
    let mut client = connect(&hub, &[]);
    client.type_line("one\n//two\nthree");
    client.end_input();
    hub.tell_home_room("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"room\":\"sala\"}");
    let mut guest = hub.guest();
    guest.welcome("ana", "sala", 10);
    for (seq, text) in [(11, "one"), (12, "/two"), (13, "three")] {
        let message = guest.acknowledge(seq);
        assert_eq!((&message["payload"], &message["dst"]), (&json!(text), &json!("#sala")));
    }
    guest.expect("BYE");
    assert_eq!(client.end().2, Some(0));
}

#[test]
fn a_hub_that_does_not_tell_its_home_room_is_asked_for_the_lobby() {
    let hub = ScriptedHub::start();
    let client = connect(&hub, &["--token", "secret"]);
    hub.tell_home_room("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let mut guest = hub.guest();
    let hello = guest.expect("HELLO");
    assert_eq!(
        (&hello["peer_id"], &hello["token"]),
        (&json!("ana@lobby"), &json!("secret"))
    );
    guest.tell(&json!({"type": "ERROR", "code": "unauthorized", "ref": "HELLO", "detail": "no such token"}));
    let (_, told, code) = client.end();
    assert!(told.iter().any(|line| line.contains("no such token")), "{told:?}");
    assert_eq!(code, Some(2));
}

#[test]
fn a_session_that_goes_on_elsewhere_ends_here() {
    let hub = ScriptedHub::start();
    let client = connect(&hub, &["--room", "lobby", "--lang", "pt-BR"]);
    let mut guest = hub.guest();
    guest.welcome("ana", "lobby", 10);
    client.told(&["conectado"]);
    guest.close(4000, "elsewhere");
    let (_, told, code) = client.end();
    assert!(told.iter().any(|line| line.contains("outro lugar")), "{told:?}");
    assert_eq!(code, Some(3));
}

#[test]
fn nobody_there_and_no_papo_there_are_network_failures() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = format!("http://{free}");
    for options in [&["--room", "lobby"][..], &[]] {
        let arguments = [&["connect", &refused, "--lang", "en"], options].concat();
        let (_, told, code) = Client::start(papo(&arguments)).end();
        assert!(told.last().unwrap().contains("nobody listens"), "{told:?}");
        assert_eq!(code, Some(3));
    }
    let hub = ScriptedHub::start();
    let client = connect(&hub, &[]);
    hub.tell_home_room("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    hub.refuse("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let (_, told, code) = client.end();
    assert!(told.last().unwrap().contains("does not speak papo.v1"), "{told:?}");
    assert_eq!(code, Some(3));
}

#[test]
fn options_that_do_not_fit_the_door_are_refused() {
    let arguments = ["connect", "hub:4333", "--nick", "ana", "--lang", "en"];
    let (_, told, code) = Client::start(papo(&arguments)).end();
    assert!(told.last().unwrap().contains("--nick"), "{told:?}");
    assert_eq!(code, Some(2));
}

#[test]
fn our_own_hub_may_be_killed_and_everybody_goes_on_where_they_were() {
    let (folder, port) = (Folder::new(), Port::reserve());
    let data = folder.file("hub");
    let options = ["--data", data.as_str()];
    let hub = Hub::start_at(&port, &options);
    let url = format!("http://{}", port.address());
    let start = |nick: &str| {
        let client = Client::start(papo(&["connect", &url, "--nick", nick, "--json"]));
        assert_eq!(until(&client, "ready")["durable"], true);
        client
    };
    let (mut ana, mut bia) = (start("ana"), start("bia"));
    ana.type_line("before");
    until(&ana, "delivered");
    assert_eq!(until(&bia, "message")["payload"], "before");
    ana.type_line("/msg bia psst");
    assert_eq!(until(&bia, "direct")["payload"], "psst");
    until(&ana, "delivered");

    hub.signal(Signal::KILL);
    drop(hub);
    for client in [&ana, &bia] {
        until(client, "reconnecting");
    }
    ana.type_line("while it was down");
    bia.type_line("me too");
    let hub = Hub::start_at(&port, &options);
    ana.type_line("after");
    // Each hears the other once, and no end comes before the last acknowledgment.
    assert_eq!(until(&ana, "message")["payload"], "me too");
    let heard = [until(&bia, "message"), until(&bia, "message")];
    assert_eq!(
        heard.map(|message| message["payload"].clone()),
        [json!("while it was down"), json!("after")]
    );
    for mut client in [ana, bia] {
        client.end_input();
        let (shown, _, code) = client.end();
        assert!(
            !shown.iter().any(|line| line.contains(r#""event":"message""#)),
            "{shown:?}"
        );
        assert_eq!(code, Some(0));
    }
    hub.terminate();
}

/// Reads on until this event comes.
fn until(client: &Client, event: &str) -> Value {
    loop {
        let next = next(client);
        if next["event"] == event {
            return next;
        }
    }
}
