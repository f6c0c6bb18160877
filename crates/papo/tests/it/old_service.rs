//! Links to a service that knows no message ids.

use crate::support::hub::{Hub, serve};
use crate::support::old_service::{Manner, OldService};
use crate::support::websocket::WsClient;

#[test]
fn the_variables_of_an_old_service_are_understood() {
    let service = OldService::up(Manner::Answers);
    let mut command = serve(&[]);
    command.env("SERVICE_NAME", "north").env("PEER_URL", service.url());
    let hub = Hub::run(command);
    assert_eq!(hub.ready["name"], "north");
    let mut client = hub.ws(7);
    client.say("olá");
    let posted = service.hears("Client #7: olá");
    assert_eq!(posted.content_type, "application/json");
    assert_eq!(posted.body["payload"], "olá");
    drop(client);
    service.hears("Client #7 left the chat");
    assert_eq!(
        service.messages(3),
        ["Client #7 joined the chat", "Client #7: olá", "Client #7 left the chat"]
    );
}

#[test]
fn only_the_first_room_reaches_it() {
    let service = OldService::up(Manner::Answers);
    let hub = Hub::start(&["--link", &service.url()]);
    let mut garden = WsClient::connect(hub.http, "/ws/1?room=garden");
    garden.expect("Client #1 joined the chat");
    garden.say("among flowers");
    let mut lobby = hub.ws(2);
    lobby.say("for everyone");
    service.hears("Client #2: for everyone");
    let shown: Vec<String> = service
        .messages(2)
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(shown, ["Client #2 joined the chat", "Client #2: for everyone"]);
}

#[test]
fn speaking_never_waits_for_a_relay() {
    let service = OldService::up(Manner::Held);
    let hub = Hub::start(&["--link", &service.url()]);
    let mut speaker = hub.tcp();
    let mut listener = hub.ws(7);
    speaker.expect("*", "Client #7 joined the chat");
    service.hears("Client #7 joined the chat");
    let lines = ["one", "two", "three"];
    for line in lines {
        speaker.send(format!("{line}\n"));
        speaker.expect("127.0.0.1", line);
        listener.expect(&format!("127.0.0.1: {line}"));
    }
    // All that was heard while the first request was still in flight: it is answered now, and had not been given up.
    service.release();
    hub.logs("link up");
    assert!(
        !hub.has_logged("link down"),
        "the echo came after the relay was given up"
    );
    service.messages(4);
    service.hears("127.0.0.1: three");
}

#[test]
fn what_is_said_while_it_is_down_arrives_in_order_when_it_is_up() {
    let mut service = OldService::down();
    let hub = Hub::start(&["--link", &service.url()]);
    let mut speaker = hub.tcp();
    let lines = ["one", "two", "three"];
    for line in lines {
        speaker.send(format!("{line}\n"));
        speaker.expect("127.0.0.1", line);
    }
    hub.logs("link down");
    service.start(Manner::Answers);
    assert_eq!(service.messages(3), lines.map(|line| format!("127.0.0.1: {line}")));
    hub.logs("link up");

    service.stop();
    for line in lines {
        speaker.send(format!("again {line}\n"));
        speaker.expect("127.0.0.1", &format!("again {line}"));
    }
    service.start(Manner::Answers);
    let all = service.messages(6);
    assert_eq!(all[3..], lines.map(|line| format!("127.0.0.1: again {line}")));
    // Nothing arrived twice: the next is the next.
    speaker.send("end\n");
    assert_eq!(service.messages(7)[6], "127.0.0.1: end");
}
