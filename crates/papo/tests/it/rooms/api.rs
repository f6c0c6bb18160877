//! The HTTP API.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::folder::Folder;
use crate::support::http::{Response, exchange, get, head};
use crate::support::hub::Hub;
use crate::support::session::Session;

const MESSAGES: &str = "/api/rooms/lobby/messages";

fn post(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Response {
    let headers = [
        format!("Content-Type: {kind}"),
        format!("Content-Length: {}", body.len()),
    ];
    let headers = headers.each_ref().map(String::as_str);
    exchange(address, &[&head("POST", address, path, &headers), body].concat())
}

fn say(address: SocketAddr, path: &str, body: &Value) -> Response {
    post(address, path, "application/json", body.to_string().as_bytes())
}

fn payloads(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap_or_else(|| panic!("{page}"));
    messages
        .iter()
        .map(|message| message["payload"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_program_says_something_with_one_request() {
    let folder = Folder::new();
    let data = folder.file("hub");
    let hub = Hub::start(&["--data", &data]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let mut nc = hub.tcp();
    let said = say(
        hub.http,
        MESSAGES,
        &json!({"src": "robô", "payload": "a compilação falhou"}),
    );
    assert_eq!(said.status, 201, "{said:?}");
    let standing = said.json();
    assert_eq!((&standing["seq"], &standing["durable"]), (&json!(1), &json!(true)));
    assert_eq!(standing["origin"], hub.ready["hub"]);
    let heard = ana.hears("a compilação falhou");
    assert_eq!(
        (&heard["src"], &heard["msg_id"]),
        (&json!("robô@lobby"), &standing["msg_id"])
    );
    nc.until("robô", "a compilação falhou");

    // With an id of its own it may be sent again.
    let body = json!({"src": "robô@lobby", "payload": "uma vez", "msg_id": "b-1"});
    let first = say(hub.http, MESSAGES, &body);
    let again = say(hub.http, MESSAGES, &body);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    hub.kill();
    let hub = Hub::start(&["--data", &data]);
    assert_eq!(say(hub.http, MESSAGES, &body).json(), first.json());
    let page = get(hub.http, MESSAGES, &[]).json();
    assert_eq!(payloads(&page), ["a compilação falhou", "uma vez"]);
    assert_eq!((&page["room"], &page["complete"]), (&json!("lobby"), &json!(true)));

    // A room that nobody has entered begins with what is said there.
    let made = say(
        hub.http,
        "/api/rooms/avisos/messages",
        &json!({"src": "robô", "payload": "primeiro"}),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let page = get(hub.http, "/api/rooms/avisos/messages", &[]);
    assert_eq!(
        (page.status, payloads(&page.json())),
        (200, vec!["primeiro".to_owned()])
    );
}

#[test]
fn rooms_and_their_messages_are_listed() {
    const SAID: usize = 30;
    let folder = Folder::new();
    let data = folder.file("hub");
    for options in [
        &["--session-rate", "off"][..],
        &["--session-rate", "off", "--data", &data],
    ] {
        let hub = Hub::start(options);
        let mut ana = Session::enter(hub.http, "ana@lobby");
        ana.join("jardim", None);
        for number in 0..SAID {
            ana.say("lobby", &number.to_string());
        }
        let rooms = get(hub.http, "/api/rooms", &[]).json();
        let lobby = rooms
            .as_array()
            .unwrap()
            .iter()
            .find(|room| room["room"] == "lobby")
            .unwrap();
        assert_eq!(lobby["members"], 1);
        assert_eq!(lobby["head"], json!({ana.hello["hub"].as_str().unwrap(): SAID}));
        assert!(
            rooms.as_array().unwrap().iter().any(|room| room["room"] == "jardim"),
            "{rooms}"
        );

        let mut found: Vec<String> = Vec::new();
        let mut path = format!("{MESSAGES}?limit=7");
        loop {
            let page = get(hub.http, &path, &[]).json();
            found.splice(0..0, payloads(&page));
            if page["complete"] == true {
                break;
            }
            path = format!("{MESSAGES}?limit=7&before={}", page["before"].as_str().unwrap());
        }
        let all: Vec<String> = (0..SAID).map(|number| number.to_string()).collect();
        assert_eq!(found, all, "{options:?}");

        let network = get(hub.http, "/api/network", &[]).json();
        assert_eq!((&network["hub"], &network["sessions"]), (&ana.hello["hub"], &json!(1)));
        assert_eq!(network["durable"], options.len() > 2);
        if options.len() > 2 {
            ana.say("lobby", "Não sei");
            let found = get(hub.http, &format!("{MESSAGES}?q=nao"), &[]).json();
            assert_eq!(payloads(&found), ["Não sei"]);
        } else {
            assert_eq!(get(hub.http, &format!("{MESSAGES}?q=nao"), &[]).status, 501);
        }
    }
}

#[test]
fn what_makes_no_sense_has_its_own_status() {
    let hub = Hub::start(&[]);
    let good = json!({"src": "ana", "payload": "oi"});
    for (path, status) in [
        ("/api/rooms/nenhuma/messages", 404),
        ("/api/rooms/a%20b/messages", 400),
        ("/api/rooms/lobby/messages?limit=0", 400),
        ("/api/rooms/lobby/messages?limit=201", 400),
        ("/api/rooms/lobby/messages?limit=x", 400),
        ("/api/rooms/lobby/messages?before=x", 400),
        ("/api/rooms/lobby/messages?before=", 400),
        ("/api/rooms/lobby/messages?limit=1&limit=2", 400),
        ("/api/nothing", 404),
        (MESSAGES, 200),
    ] {
        let response = get(hub.http, path, &[]);
        assert_eq!(response.status, status, "{path}: {response:?}");
        if status == 400 {
            assert!(response.json()["detail"].is_string(), "{path}: {response:?}");
        }
    }
    for (body, status) in [
        (json!({"src": "ana"}), 422),
        (json!({"payload": "oi"}), 422),
        (json!({"src": "a b", "payload": "oi"}), 422),
        (json!({"src": "ana", "payload": " "}), 422),
        (json!({"src": "ana", "payload": 7}), 422),
        (json!({"src": "ana", "payload": "x".repeat(4097)}), 422),
        (json!({"src": "ana", "payload": "oi", "msg_id": ""}), 422),
        (json!([good]), 422),
        (good.clone(), 201),
    ] {
        let response = say(hub.http, MESSAGES, &body);
        assert_eq!(response.status, status, "{body}: {response:?}");
        assert!(status == 201 || response.json()["detail"].is_string(), "{response:?}");
    }
    assert_eq!(say(hub.http, "/api/rooms/a%20b/messages", &good).status, 400);
    assert_eq!(post(hub.http, MESSAGES, "text/plain", b"oi").status, 415);
    assert_eq!(post(hub.http, MESSAGES, "application/json", b"{").status, 422);
    // The answer comes before the body is sent.
    let headers = ["Content-Type: application/json", "Content-Length: 10000000"];
    let large = exchange(hub.http, &head("POST", hub.http, MESSAGES, &headers));
    assert_eq!(large.status, 413, "{large:?}");
    let headers = [
        "Content-Type: application/json",
        "Content-Length: 2",
        "Origin: http://elsewhere.example",
    ];
    let request = [&head("POST", hub.http, MESSAGES, &headers)[..], b"{}"].concat();
    assert_eq!(exchange(hub.http, &request).status, 403);
    let page = get(hub.http, MESSAGES, &[]).json();
    assert_eq!(payloads(&page), ["oi"]);
}

#[test]
fn the_document_describes_what_answers() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub")]);
    let _ana = Session::enter(hub.http, "ana@lobby");
    let document = get(hub.http, "/api/openapi.json", &[]).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."), "{document}");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 8);
    for (path, methods) in paths {
        let path = path.replace("{room}", "lobby");
        assert!(methods["get"].is_object(), "{path}");
        let response = get(hub.http, &path, &[]);
        assert_eq!(response.status, 200, "{path}");
        assert!(methods["get"]["responses"]["200"].is_object(), "{path}");
    }
}

#[test]
fn figures_are_there_for_machines() {
    let folder = Folder::new();
    let hub = Hub::start(&["--data", &folder.file("hub")]);
    assert_eq!(get(hub.http, "/livez", &[]).body, "ok\n");
    assert_eq!(get(hub.http, "/readyz", &[]).body, "ok\n");
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let _nc = hub.tcp();
    ana.say("lobby", "conta");
    let metrics = get(hub.http, "/metrics", &[]);
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let lines: Vec<&str> = metrics.body.lines().collect();
    assert_eq!(lines.last(), Some(&"# EOF"));
    let value = |name: &str| {
        let line = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {}", metrics.body))
            .parse::<f64>()
            .unwrap()
    };
    assert!((value("papo_sessions{door=\"session\"}") - 1.0).abs() < 0.5);
    assert!((value("papo_sessions{door=\"tcp\"}") - 1.0).abs() < 0.5);
    assert!(value("papo_rooms") > 0.5 && value("papo_entries_total") > 0.5);
    for line in &lines {
        let sample = line.starts_with("# ") || line.rsplit(' ').next().is_some_and(|last| last.parse::<f64>().is_ok());
        assert!(sample, "{line:?}");
    }
}
