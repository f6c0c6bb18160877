//! What is said at one door is heard at all.

use crate::support::http;
use crate::support::hub::Hub;
use crate::support::old_service::{Manner, OldService};
use crate::support::tcp::TcpClient;

#[test]
fn a_line_spoken_at_each_door_is_heard_at_each_other_with_its_label() {
    let service = OldService::up(Manner::Answers);
    let hub = Hub::start(&["--link", &service.url()]);
    let mut old = TcpClient::enter_old(hub.tcp);
    let mut ana = hub.tcp_as("ana");
    old.expect("*", "ana joined the chat");
    service.hears("ana joined the chat");
    let mut ws = hub.ws(7);
    for tcp in [&mut old, &mut ana] {
        tcp.expect("*", "Client #7 joined the chat");
    }
    service.hears("Client #7 joined the chat");

    old.send("from an old client");
    ws.expect("127.0.0.1: from an old client");
    service.hears("127.0.0.1: from an old client");
    ana.send("from a terminal\n");
    ws.expect("ana: from a terminal");
    service.hears("ana: from a terminal");
    ws.say("from a browser");
    service.hears("Client #7: from a browser");
    assert_eq!(
        http::post_relay(hub.http, r#"{"message":"Client #9: from a service"}"#, &[]).status,
        200
    );
    ws.expect("Client #9: from a service");
    assert_eq!(
        http::post_relay(hub.http, r#"{"message":"anything else"}"#, &[]).status,
        200
    );
    ws.expect("anything else");
    assert_eq!(
        http::post_relay(hub.http, r#"{"message":"Client #9 left the chat"}"#, &[]).status,
        200
    );
    ws.expect("Client #9 left the chat");
    for tcp in [&mut old, &mut ana] {
        tcp.expect("127.0.0.1", "from an old client");
        tcp.expect("ana", "from a terminal");
        tcp.expect("Client #7", "from a browser");
        tcp.expect("Client #9", "from a service");
        tcp.expect("127.0.0.1", "anything else");
        tcp.expect("*", "Client #9 left the chat");
    }

    drop(ws);
    service.hears("Client #7 left the chat");
    // What a service said went to no service.
    assert_eq!(
        service.messages(6),
        [
            "ana joined the chat",
            "Client #7 joined the chat",
            "127.0.0.1: from an old client",
            "ana: from a terminal",
            "Client #7: from a browser",
            "Client #7 left the chat",
        ]
    );
}

#[test]
fn what_could_move_a_cursor_reaches_terminals_as_pictures_and_pages_as_it_is() {
    let hub = Hub::start(&[]);
    let mut tcp = hub.tcp();
    let mut ws = hub.ws(7);
    tcp.expect("*", "Client #7 joined the chat");
    let mut page = hub.ws(8);
    tcp.expect("*", "Client #8 joined the chat");
    ws.expect("Client #8 joined the chat");
    page.say("\x1b[31mred\nnext");
    ws.expect("Client #8: \x1b[31mred\nnext");
    tcp.expect("Client #8", "␛[31mred␊next");
}

#[test]
fn the_page_is_served_with_what_keeps_others_out() {
    let hub = Hub::start(&[]);
    let page = http::get(hub.http, "/", &[]);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'self'")
    );
    assert!(page.body.contains("<html"), "{}", page.body);
    assert_eq!(http::get(hub.http, "/../Cargo.toml", &[]).status, 404);
    assert_eq!(http::get(hub.http, "/nothing", &[]).status, 404);
    assert_eq!(
        http::exchange(hub.http, &http::head("DELETE", hub.http, "/", &[])).status,
        405
    );
}
