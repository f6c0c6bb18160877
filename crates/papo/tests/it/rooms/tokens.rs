//! A hub that asks for tokens.

use std::process::Output;

use base64ct::{Base64, Encoding};
use serde_json::json;

use crate::support::folder::Folder;
use crate::support::http::{Response, exchange, get, head, post_relay};
use crate::support::hub::{Hub, papo};
use crate::support::session::Session;
use crate::support::tcp::TcpClient;
use crate::support::websocket::WsClient;

fn token(data: &str, arguments: &[&str]) -> String {
    let all = [&["token"], arguments, &["--data", data]].concat();
    let Output { status, stdout, stderr } = papo(&all).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

fn basic(nick: &str, token: &str) -> String {
    format!(
        "Authorization: Basic {}",
        Base64::encode_string(format!("{nick}:{token}").as_bytes())
    )
}

fn say(hub: &Hub, src: &str, authorization: &[&str]) -> Response {
    let body = json!({"src": src, "payload": "pela API"}).to_string();
    let length = format!("Content-Length: {}", body.len());
    let headers = [&["Content-Type: application/json", &length][..], authorization].concat();
    let mut request = head("POST", hub.http, "/api/rooms/lobby/messages", &headers);
    request.extend(body.as_bytes());
    exchange(hub.http, &request)
}

#[test]
fn only_who_shows_the_token_of_a_nick_gets_it() {
    let folder = Folder::new();
    let data = folder.file("hub");
    let good = token(&data, &["add", "ana"]);
    let hub = Hub::start(&["--data", &data, "--require-token"]);
    let come = |nick: &str, token: Option<&str>| {
        let mut session = Session::silent(hub.http);
        session.peer_id = format!("{nick}@lobby");
        session.token = token.map(str::to_owned);
        let hello = session.hello_frame();
        session.send(&hello);
        session
    };
    for (nick, token) in [
        ("ana", None),
        ("ana", Some("0".repeat(32))),
        ("bia", Some(good.clone())),
    ] {
        let mut refused = come(nick, token.as_deref());
        refused.expect_error("unauthorized", "HELLO");
        refused.expect_close(4001);
    }
    let mut ana = Session::new("ana@lobby");
    ana.token = Some(good.clone());
    ana.resume(hub.http);
    assert_eq!(ana.nick(), "ana");
    ana.say("lobby", "entrei");

    // The text doors have no place for a token.
    let refused = TcpClient::connect(hub.tcp).rest();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].0 == "*" && refused[0].1.contains("token"), "{refused:?}");
    WsClient::connect(hub.http, "/ws/7").expect_close(4001);

    // A token that was made while the hub runs is good at once, and one that was taken back no more.
    let second = token(&data, &["add", "bia"]);
    let mut bia = Session::new("bia@lobby");
    bia.token = Some(second);
    bia.resume(hub.http);
    token(&data, &["remove", "bia"]);
    bia.vanish();
    let mut refused = come("bia", bia.token.as_deref());
    refused.expect_error("unauthorized", "HELLO");
}

#[test]
fn the_api_asks_for_nick_and_token() {
    let folder = Folder::new();
    let data = folder.file("hub");
    let good = token(&data, &["add", "ana"]);
    let hub = Hub::start(&["--data", &data, "--require-token"]);
    let mut ana = Session::new("ana@lobby");
    ana.token = Some(good.clone());
    ana.resume(hub.http);
    for (authorization, status) in [
        (vec![], 401),
        (vec![basic("ana", "0")], 401),
        (vec![basic("bia", &good)], 401),
        (vec!["Authorization: Bearer x".to_owned()], 401),
        (vec![basic("ana", &good)], 201),
    ] {
        let lines: Vec<&str> = authorization.iter().map(String::as_str).collect();
        let response = say(&hub, "ana@lobby", &lines);
        assert_eq!(response.status, status, "{lines:?}: {response:?}");
        if status == 401 {
            assert!(response.header("www-authenticate").unwrap().starts_with("Basic"));
        }
    }
    ana.hears("pela API");
    assert_eq!(
        say(&hub, "caio", &[&basic("ana", &good)]).status,
        401,
        "the token of another nick"
    );
    for path in ["/api/rooms", "/api/network", "/api/rooms/lobby/messages"] {
        assert_eq!(get(hub.http, path, &[]).status, 401, "{path}");
        assert_eq!(get(hub.http, path, &[&basic("ana", &good)]).status, 200, "{path}");
    }
    for path in ["/livez", "/readyz", "/api/openapi.json", "/api/hello"] {
        assert_eq!(get(hub.http, path, &[]).status, 200, "{path}");
    }
}

#[test]
fn a_token_whose_time_is_over_is_named_as_that() {
    let folder = Folder::new();
    let data = folder.file("hub");
    let good = token(&data, &["add", "ana", "--days", "1"]);
    let kept = rusqlite::Connection::open(folder.path().join("hub/rooms.db")).unwrap();
    assert_eq!(kept.execute("UPDATE tokens SET expires_at = made_at", []), Ok(1));
    drop(kept);
    let hub = Hub::start(&["--data", &data, "--require-token"]);
    let mut ana = Session::silent(hub.http);
    ana.send(&json!({"type": "HELLO", "peer_id": "ana@lobby", "token": good}));
    assert!(ana.expect_error("token_expired", "HELLO").contains("new one"));
    ana.expect_close(4001);
}

#[test]
fn where_tokens_are_asked_for_nobody_speaks_through_the_relay_unless_hubs_are_linked() {
    let body = r#"{"message":"ana: nobody asked me"}"#;
    let folder = Folder::new();
    let alone = Hub::start(&["--data", &folder.file("alone"), "--require-token"]);
    assert_eq!(post_relay(alone.http, body, &[]).status, 403);
    let data = folder.file("linked");
    let linked = Hub::start(&["--data", &data, "--require-token", "--link", &alone.relay_url()]);
    assert_eq!(post_relay(linked.http, body, &[]).status, 200);
}
