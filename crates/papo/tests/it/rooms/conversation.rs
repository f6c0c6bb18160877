//! Sessions among themselves and with the text doors.

use serde_json::{Value, json};

use crate::support::hub::Hub;
use crate::support::session::{Said, Session};

#[test]
fn everybody_in_a_room_hears_everybody_whatever_the_door() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    assert_eq!((ana.nick(), &ana.hello["durable"]), ("ana", &json!(false)));
    let mut bia = hub.tcp_as("bia");
    let mut seven = hub.ws(7);

    ana.say("lobby", "oi do navegador");
    bia.until("ana", "oi do navegador");
    seven.until("ana: oi do navegador");

    bia.send("oi do nc\n");
    let heard = ana.hears("oi do nc");
    assert_eq!((&heard["src"], &heard["dst"]), (&json!("bia@lobby"), &json!("#lobby")));
    assert_eq!((&heard["seq"], &heard["hops"]), (&json!(2), &json!(0)));
    assert_eq!(heard["origin"], ana.hello["hub"]);
    assert!(heard["label"].is_null() && heard["msg_id"].is_string(), "{heard}");
    seven.until("bia: oi do nc");

    seven.say("oi da página velha");
    bia.until("Client #7", "oi da página velha");
    let heard = ana.hears("oi da página velha");
    assert_eq!(
        (&heard["src"], &heard["label"]),
        (&json!("client-7@lobby"), &json!("Client #7"))
    );
    assert!(ana.book.gaps.is_empty());
}

#[test]
fn a_session_is_in_several_rooms_and_hears_only_those() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    let mut rui = Session::enter(hub.http, "rui@quintal");
    ana.join("jardim", None);
    bia.join("jardim", None);

    rui.publish("lobby", "de fora");
    rui.expect_error("not_joined", "rui.quintal-1");
    rui.say("quintal", "só aqui");
    ana.say("jardim", "entre flores");
    ana.say("lobby", "na sala");
    bia.hears("na sala");
    bia.settle();
    assert_eq!(bia.book.payloads("jardim"), ["entre flores"]);
    assert_eq!(bia.book.payloads("lobby"), ["na sala"]);
    assert_eq!(bia.book.payloads("quintal"), [""; 0]);

    bia.send(&json!({"type": "PART", "room": "jardim"}));
    bia.settle();
    ana.say("jardim", "ninguém mais ouve");
    ana.say("lobby", "todos ouvem");
    bia.hears("todos ouvem");
    assert_eq!(bia.book.payloads("jardim"), ["entre flores"]);
    bia.publish("jardim", "já saí");
    bia.expect_error("not_joined", "bia.lobby-1");
}

#[test]
fn an_ack_stands_where_the_message_stands_in_the_room() {
    const EACH: usize = 200;
    for options in [
        &["--session-rate", "off"][..],
        &["--session-rate", "off", "--data", "DATA"],
    ] {
        let folder = crate::support::folder::Folder::new();
        let data = folder.file("hub");
        let options: Vec<&str> = options
            .iter()
            .map(|&word| if word == "DATA" { &data } else { word })
            .collect();
        let hub = Hub::start(&options);
        let mut sessions = ["ana", "bia", "rui"].map(|nick| Session::enter(hub.http, &format!("{nick}@lobby")));
        for number in 0..EACH {
            for session in &mut sessions {
                session.publish("lobby", &number.to_string());
            }
        }
        let seen: Vec<Vec<Said>> = sessions
            .iter_mut()
            .map(|session| {
                while session.book.said.len() < EACH * 3 {
                    session.next("all that was said");
                }
                session.book.said.clone()
            })
            .collect();
        assert!(
            seen[0] == seen[1] && seen[1] == seen[2],
            "not the same order: {seen:#?}"
        );
    }
}

#[test]
fn a_session_that_comes_again_takes_its_nick_from_its_older_connection() {
    let hub = Hub::start(&[]);
    let mut rui = Session::enter(hub.http, "rui@lobby");
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut again = Session::new("ana@lobby");
    again.secret.clone_from(&ana.secret);
    again.resume(hub.http);
    assert_eq!((again.nick(), &again.hello["session"]), ("ana", &ana.hello["session"]));
    assert_eq!(again.hello["previous"], Value::Null, "it knows that by itself");
    ana.expect_close(4000);
    again.say("lobby", "sou eu de novo");
    assert_eq!(rui.hears("sou eu de novo")["src"], "ana@lobby");

    // Her nick is given back when she goes.
    again.send(&json!({"type": "BYE"}));
    again.expect_close(1000);
    let other = Session::enter(hub.http, "ana@lobby");
    assert_eq!(other.nick(), "ana");
    assert_ne!(other.hello["session"], ana.hello["session"]);
}

#[test]
fn a_nick_that_is_taken_gets_a_number() {
    let hub = Hub::start(&[]);
    let mut first = Session::enter(hub.http, "ana@lobby");
    let _text = hub.tcp_as("Bia");
    let mut second = Session::enter(hub.http, "Ana@lobby");
    let third = Session::enter(hub.http, "bia@lobby");
    assert_eq!((second.nick(), third.nick()), ("Ana-2", "bia-2"));
    assert_eq!(second.hello["peer_id"], "Ana-2@lobby");
    second.say("lobby", "quem sou eu");
    assert_eq!(first.hears("quem sou eu")["src"], "Ana-2@lobby");
}

#[test]
fn direct_messages_are_confirmed_by_whom_they_reach() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@jardim");
    let mut rui = hub.tcp_as("rui");
    let send =
        |id: &str, dst: &str, payload: &str| json!({"type": "SEND", "msg_id": id, "dst": dst, "payload": payload});
    ana.send(&send("d1", "bia@lobby", "só para você"));
    let got = bia.until("the direct message", |frame| frame["type"] == "SEND");
    assert_eq!(
        (&got["src"], &got["msg_id"], &got["payload"]),
        (&json!("ana@lobby"), &json!("d1"), &json!("só para você"))
    );
    // What answers for her is read behind the message.
    bia.settle();
    let ack = ana.until("ACK of d1", |frame| frame["type"] == "ACK");
    assert_eq!((&ack["msg_id"], &ack["from"]), (&json!("d1"), &json!("bia@lobby")));
    assert!(ack["seq"].is_null(), "{ack}");

    // The same again is not shown again.
    ana.send(&send("d1", "bia@lobby", "só para você"));
    ana.until("ACK of d1", |frame| frame["type"] == "ACK" && frame["msg_id"] == "d1");
    ana.send(&send("d2", "bia@lobby", "outra"));
    let got = bia.until("the next direct message", |frame| frame["type"] == "SEND");
    assert_eq!(got["msg_id"], "d2");

    ana.send(&send("d3", "rui@lobby", "você está no nc"));
    ana.until("ACK of d3", |frame| frame["type"] == "ACK" && frame["msg_id"] == "d3");
    rui.until("*", "ana says to you alone: você está no nc");

    ana.send(&send("d4", "ninguem@lobby", "alô?"));
    assert!(ana.expect_error("no_route", "d4").contains("ninguem"));
    ana.send(&json!({"type": "SEND", "msg_id": "d5", "src": "bia@lobby", "dst": "rui@lobby", "payload": "falso"}));
    ana.expect_error("unauthorized", "d5");
}

#[test]
fn who_comes_and_who_goes_is_told_and_who_writes_too() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut bia = Session::enter(hub.http, "bia@lobby");
    let rui = hub.tcp_as("rui");
    let names = |frame: &Value, key: &str| frame[key].as_array().cloned().unwrap_or_default();
    let mut came = Vec::new();
    while !came.contains(&json!("rui")) || !came.contains(&json!("bia")) {
        let told = ana.until("PRESENCE", |frame| frame["type"] == "PRESENCE");
        assert_eq!(told["room"], "lobby");
        came.extend(names(&told, "joined"));
    }
    drop(rui);
    ana.until("that Rui went", |frame| {
        frame["type"] == "PRESENCE"
            && frame["left"]
                .as_array()
                .is_some_and(|left| left.contains(&json!("rui")))
    });
    ana.send(&json!({"type": "TYPING", "room": "lobby"}));
    let typing = bia.until("TYPING", |frame| frame["type"] == "TYPING");
    assert_eq!(
        (&typing["room"], &typing["src"]),
        (&json!("lobby"), &json!("ana@lobby"))
    );
    let third = Session::enter(hub.http, "caio@lobby");
    let joined = &third.book.heads["lobby"];
    assert!(joined.is_empty(), "nothing was said: {joined:?}");
}
