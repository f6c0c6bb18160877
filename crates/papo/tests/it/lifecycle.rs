//! How a hub begins and ends.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;

use crate::support::http;
use crate::support::hub::{Hub, papo, serve};
use crate::support::old_service::{Manner, OldService};
use crate::support::port::Port;
use crate::support::tcp::TcpClient;

#[test]
fn the_ready_line_tells_where_the_doors_really_are() {
    let hub = Hub::start(&["--name", "north", "--room", "garden"]);
    for (address, port) in [(hub.http, "http_port"), (hub.tcp, "tcp_port")] {
        assert_ne!(address.port(), 0);
        assert_eq!(hub.ready[port], address.port());
    }
    assert_eq!(
        (&hub.ready["event"], &hub.ready["name"], &hub.ready["room"]),
        (&"ready".into(), &"north".into(), &"garden".into())
    );
    assert_eq!(hub.ready["hub"].as_str().map(str::len), Some(32));
    assert_eq!(http::get(hub.http, "/readyz", &[]).status, 200);
    let mut client = hub.tcp();
    client.send("/who\n");
    client.expect("*", "1 person in garden on this hub: 127.0.0.1");
}

#[test]
fn sigterm_flushes_everything_and_says_goodbye() {
    let hub = Hub::start(&[]);
    let mut speaker = hub.tcp();
    let quiet = hub.tcp();
    let mut ws = hub.ws(7);
    speaker.expect("*", "Client #7 joined the chat");
    let lines: Vec<String> = (0..15).map(|number| format!("line {number}")).collect();
    speaker.send(lines.join("\n") + "\n");
    speaker.expect("127.0.0.1", "line 0");
    speaker.until("127.0.0.1", "line 14");
    hub.signal(Signal::TERM);
    for line in &lines {
        ws.expect(&format!("127.0.0.1: {line}"));
    }
    ws.expect_close(1001);
    let (code, log) = hub.end();
    assert_eq!(code, Some(0), "{log:#?}");
    // This client has read nothing since it came: all of it was sent before the hub ended.
    let rest = quiet.rest();
    let texts: Vec<&str> = rest.iter().map(|(_, text)| text.as_str()).collect();
    let mut expected = vec!["Client #7 joined the chat"];
    expected.extend(lines.iter().map(String::as_str));
    expected.push("the hub is going down");
    assert_eq!(texts, expected);
    let goodbye = ("*".to_owned(), "the hub is going down".to_owned());
    assert_eq!(speaker.rest(), [goodbye]);
}

#[test]
fn a_message_without_its_end_is_said_before_the_hub_ends() {
    let hub = Hub::start(&[]);
    let mut speaker = hub.tcp();
    let mut ws = hub.ws(7);
    speaker.expect("*", "Client #7 joined the chat");
    // In one write, so that whoever has heard the line knows that the rest has arrived too.
    speaker.send("whole\nunfinished");
    ws.expect("127.0.0.1: whole");
    hub.signal(Signal::TERM);
    ws.expect("127.0.0.1: unfinished");
    ws.expect_close(1001);
    assert_eq!(hub.end().0, Some(0));
}

#[test]
fn sigint_is_an_interruption() {
    let hub = Hub::start(&[]);
    let ws = hub.ws(7);
    hub.signal(Signal::INT);
    ws.expect_close(1001);
    let (code, log) = hub.end();
    assert_eq!(code, Some(130), "{log:#?}");
}

#[test]
fn an_unreachable_link_does_not_keep_a_hub_from_ending() {
    let nobody = Port::reserve();
    let hub = Hub::start(&["--link", &nobody.relay_url()]);
    let mut client = hub.tcp();
    client.send("for nobody\n");
    client.expect("127.0.0.1", "for nobody");
    hub.logs("link down");
    hub.signal(Signal::TERM);
    let (code, log) = hub.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("waiting=1")), "{log:#?}");
}

#[test]
fn neither_stalled_clients_nor_a_link_that_never_answers_keep_a_hub_from_ending() {
    /// Far more than every buffer between the hub and a client can hold.
    const MOST: usize = 8000;
    let service = OldService::up(Manner::Held);
    let hub = Hub::start(&["--session-rate", "off", "--link", &service.url()]);
    let mut speaker = hub.tcp();
    let padding = "x".repeat(4000);
    let mut say = |number: usize| {
        let line = format!("{number} {padding}");
        speaker.send(format!("{line}\n"));
        speaker.expect("127.0.0.1", &line);
    };
    // How much it takes until a client that never reads is cut, less a part of what waits for it in the hub: so much
    // leaves the next one stalled and not cut yet.
    let _cut = TcpClient::enter_small(hub.tcp);
    let enough = (0..MOST).find(|&number| {
        say(number);
        hub.has_logged("slow consumer")
    });
    let _stalled = TcpClient::enter_small(hub.tcp);
    for number in 20..enough.unwrap() {
        say(number);
    }
    let mut asking = TcpStream::connect(hub.http).unwrap();
    asking.write_all(&http::head("GET", hub.http, "/", &[])).unwrap();
    service.messages(1);
    hub.terminate();
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for option in ["--http", "--tcp"] {
        let command = match option {
            "--http" => serve(&["--http", &address]),
            _ => papo(&[
                "serve",
                "--ephemeral",
                "--lang",
                "en",
                "--http",
                "127.0.0.1:0",
                "--tcp",
                &address,
            ]),
        };
        let output = { command }.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert_eq!(output.stdout, b"", "no ready line");
        let sentence = told
            .lines()
            .find(|line| line.starts_with("papo: cannot listen on "))
            .unwrap();
        for words in [&*address, "another program", &format!("papo serve {option} 127.0.0.1:")] {
            assert!(sentence.contains(words), "{words:?} is not in {sentence:?}");
        }
    }
}

#[test]
fn health_tells_a_hub_that_runs_from_one_that_does_not() {
    let hub = Hub::start(&[]);
    let url = format!("http://{}", hub.http);
    let output = papo(&["health", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    hub.terminate();
    let output = papo(&["--lang", "en", "health", &url]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains(&url) && told.contains("papo serve"), "{told}");
}

#[test]
fn heads_that_never_end_disturb_nobody() {
    let hub = Hub::start(&[]);
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(hub.http).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
        slow.push(stream);
    }
    let mut one = hub.ws(1);
    let mut two = hub.ws(2);
    one.expect("Client #2 joined the chat");
    two.say("oi");
    one.expect("Client #2: oi");
    assert_eq!(http::get(hub.http, "/", &[]).status, 200);
    hub.terminate();
}
