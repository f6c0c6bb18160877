//! The door over loopback, in virtual time: it passes only while everyone waits for it.

use std::net::Ipv4Addr;
use std::time::Duration;

use papo_core::id::HubId;
use papo_core::limits::{HTTP_CONNECTIONS, HTTP_PER_ADDRESS, RELAY_BODIES};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const WELL: &[u8] = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A door, and what comes through it to the hub.
struct House {
    door: Door,
    listener: TcpListener,
    events: mpsc::Receiver<Event>,
}

impl House {
    async fn new() -> Self {
        let (inbox, events) = Inbox::new();
        let app = App {
            resolver: Arc::new(Resolver::new(Vec::new().into(), inbox.clone())),
            inbox,
            guard: Guard::new(Vec::new(), Vec::new()),
            page: Page::Embedded,
            hello: Hello {
                name: "north".to_owned(),
                room: "lobby".parse().unwrap(),
                http: Vec::new(),
                tcp: Vec::new(),
                lan: false,
            },
            bodies: Bodies::default(),
            trusted: vec![],
            archive: Archive::default(),
            pacing: Pacing::default(),
            require_token: false,
            federates: true,
        };
        Self {
            door: Door::new(app, Places::new(HTTP_CONNECTIONS, HTTP_PER_ADDRESS, Vec::new())),
            listener: TcpListener::bind((LOOPBACK, 0)).await.unwrap(),
            events,
        }
    }

    /// A client that the door takes to be at `address`.
    async fn enter_from(&self, address: IpAddr) -> TcpStream {
        let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = self.listener.accept().await.unwrap();
        tokio::spawn(self.door.clone().serve(stream, address));
        client
    }

    async fn enter(&self) -> TcpStream {
        self.enter_from(LOOPBACK).await
    }

    fn places_taken(&self) -> bool {
        // Every place holds its places.
        Arc::strong_count(&self.door.places) > 1
    }
}

/// What comes until the connection ends, in one way or another; panics when it never does.
async fn rest(client: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = timeout(HTTP_LIFE * 10, client.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the connection never ends");
    String::from_utf8(bytes).unwrap()
}

/// One response whose head and body come at once.
async fn response(client: &mut TcpStream) -> String {
    let mut bytes = vec![0; 16 * 1024];
    let length = timeout(HTTP_LIFE * 10, client.read(&mut bytes)).await;
    bytes.truncate(length.expect("no response ever comes").unwrap());
    String::from_utf8(bytes).unwrap()
}

fn post(length: usize, body: &str) -> String {
    format!(
        "POST /relay HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Virtual time is exact to the millisecond, the unit of tokio's timers.
fn assert_after(start: Instant, expected: Duration) {
    let passed = start.elapsed();
    assert!(
        passed >= expected && passed <= expected + Duration::from_millis(10),
        "after {passed:?} instead of {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_cut_at_its_deadline() {
    let house = House::new().await;
    let start = Instant::now();
    let mut client = house.enter().await;
    client.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    rest(&mut client).await;
    assert_after(start, HTTP_HEAD_DEADLINE);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_answered_at_its_deadline() {
    let house = House::new().await;
    let mut client = house.enter().await;
    let start = Instant::now();
    client.write_all(post(100, "{").as_bytes()).await.unwrap();
    let answer = response(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_after(start, HTTP_BODY_DEADLINE);
}

#[tokio::test(start_paused = true)]
async fn requests_without_an_end_are_served_for_one_life() {
    let house = House::new().await;
    let start = Instant::now();
    let mut client = house.enter().await;
    // Often enough for no head to be late.
    let mut turn = tokio::time::interval(HTTP_HEAD_DEADLINE / 2);
    let mut answers = 0;
    loop {
        turn.tick().await;
        if client.write_all(WELL).await.is_err() || response(&mut client).await.is_empty() {
            break;
        }
        answers += 1;
        assert!(start.elapsed() < HTTP_LIFE, "{answers} answers and no end");
    }
    assert!(answers > 1);
    assert!(!house.places_taken());
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_never_reads_is_cut_at_the_end_of_one_life() {
    let house = House::new().await;
    let start = Instant::now();
    let mut client = house.enter().await;
    let asking = async { while client.write_all(WELL).await.is_ok() {} };
    let cut = timeout(HTTP_LIFE * 10, asking).await;
    assert!(cut.is_ok(), "the connection never ends");
    assert!(
        start.elapsed() <= HTTP_LIFE + Duration::from_millis(10),
        "{:?}",
        start.elapsed()
    );
    assert!(!house.places_taken());
}

#[tokio::test(start_paused = true)]
async fn a_websocket_needs_no_place_and_outlives_the_life_of_a_request() {
    let mut house = House::new().await;
    let mut client = house.enter().await;
    let head = "GET /ws/7 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let welcome = response(&mut client).await;
    assert!(welcome.starts_with("HTTP/1.1 101 "), "{welcome}");
    let connection = match house.events.recv().await {
        Some(Event::Opened { connection, .. }) => connection,
        other => panic!("waited for the session and got {other:?}"),
    };
    assert!(!house.places_taken());

    tokio::time::advance(HTTP_LIFE * 10).await;
    // A text frame with a mask of zeros.
    client.write_all(b"\x81\x82\0\0\0\0oi").await.unwrap();
    loop {
        match timeout(HTTP_LIFE, house.events.recv()).await {
            Ok(Some(Event::Texts { texts, .. })) if texts.is_empty() => connection.release(),
            Ok(Some(Event::Texts { texts, .. })) => break assert_eq!(texts, ["oi"]),
            other => panic!("waited for the text and got {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_address_cannot_close_the_door_for_others() {
    let house = House::new().await;
    let [greedy, other] = [[203, 0, 113, 1], [203, 0, 113, 2]].map(IpAddr::from);
    let mut held = Vec::new();
    for _ in 0..HTTP_PER_ADDRESS {
        let mut client = house.enter_from(greedy).await;
        client.write_all(WELL).await.unwrap();
        assert!(response(&mut client).await.starts_with("HTTP/1.1 200 "));
        held.push(client);
    }
    let mut refused = house.enter_from(greedy).await;
    let _ = refused.write_all(WELL).await;
    assert_eq!(rest(&mut refused).await, "");
    for address in [other, LOOPBACK] {
        let mut client = house.enter_from(address).await;
        client.write_all(WELL).await.unwrap();
        assert!(response(&mut client).await.starts_with("HTTP/1.1 200 "), "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_bodies_of_strangers_are_in_memory_and_they_keep_no_hub_waiting() {
    let mut house = House::new().await;
    let body = r#"{"message":"oi"}"#;
    let mut clients = Vec::new();
    let mut replies = Vec::new();
    for _ in 0..RELAY_BODIES {
        let mut client = house.enter_from(STRANGER).await;
        client.write_all(post(body.len(), body).as_bytes()).await.unwrap();
        match house.events.recv().await {
            Some(Event::Relay { reply, .. }) => replies.push(reply),
            other => panic!("waited for the request and got {other:?}"),
        }
        clients.push(client);
    }
    let start = Instant::now();
    let mut late = house.enter_from(STRANGER).await;
    late.write_all(post(body.len(), body).as_bytes()).await.unwrap();
    let answer = response(&mut late).await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains(r#""busy: "#),
        "{answer}"
    );
    assert_after(start, HTTP_BODY_DEADLINE);
    assert!(house.events.try_recv().is_err(), "the hub was asked all the same");

    let hub = HubId::from_bits(1);
    replies.pop().unwrap().send(RelayReply::Ok { hub }).unwrap();
    let mut next = house.enter_from(STRANGER).await;
    next.write_all(post(body.len(), body).as_bytes()).await.unwrap();
    let asked = house.events.recv().await;
    assert!(matches!(asked, Some(Event::Relay { .. })), "{asked:?}");

    // Every place of strangers is taken again, and a linked hub, here on loopback, is heard all the same.
    let mut hub = house.enter().await;
    hub.write_all(post(body.len(), body).as_bytes()).await.unwrap();
    let asked = house.events.recv().await;
    assert!(matches!(asked, Some(Event::Relay { .. })), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_pointed_here_gets_no_greeting() {
    let house = House::new().await;
    for (host, status) in [
        ("127.0.0.1:8000", 200),
        ("192.168.1.20", 200),
        ("evil.example:8000", 403),
    ] {
        let mut client = house.enter().await;
        let head = format!("GET /api/hello HTTP/1.1\r\nHost: {host}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = response(&mut client).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
}
