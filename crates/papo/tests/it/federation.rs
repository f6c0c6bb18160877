//! Hubs that are linked with each other.

use std::fs;

use rustix::process::Signal;

use crate::support::hub::Hub;
use crate::support::old_service::{Manner, OldService};
use crate::support::port::Port;
use crate::support::tcp::TcpClient;

/// Hubs that each link to all others.
fn linked<const COUNT: usize>(options: &[&str]) -> [Hub; COUNT] {
    let ports: [Port; COUNT] = std::array::from_fn(|_| Port::reserve());
    std::array::from_fn(|own| {
        let urls: Vec<String> = ports.iter().map(Port::relay_url).collect();
        let others = urls.iter().enumerate().filter(|&(other, _)| other != own);
        let mut all: Vec<&str> = others.flat_map(|(_, url)| ["--link", url.as_str()]).collect();
        all.extend(options);
        Hub::start_at(&ports[own], &all)
    })
}

#[test]
fn two_hubs_share_what_is_said_and_who_comes_and_goes() {
    let [a, b] = linked(&[]);
    let (mut at_a, mut at_b) = (a.tcp(), b.tcp());
    let mut one = a.ws(1);
    for listener in [&mut at_a, &mut at_b] {
        listener.expect("*", "Client #1 joined the chat");
    }
    let mut two = b.ws(2);
    one.expect("Client #2 joined the chat");
    one.say("from a");
    two.expect("Client #1: from a");
    two.say("from b");
    one.expect("Client #2: from b");
    drop(one);
    two.expect("Client #1 left the chat");
    two.say("alone");
    drop(two);
    for listener in [&mut at_a, &mut at_b] {
        listener.expect("*", "Client #2 joined the chat");
        listener.expect("Client #1", "from a");
        listener.expect("Client #2", "from b");
        listener.expect("*", "Client #1 left the chat");
        listener.expect("Client #2", "alone");
        listener.expect("*", "Client #2 left the chat");
    }
}

#[test]
fn rooms_have_the_same_name_on_every_hub() {
    let [a, b] = linked(&[]);
    let mut at_b = b.tcp();
    let mut in_lobby = b.tcp();
    at_b.send("/join garden\n");
    at_b.expect_notice("You are in the room garden now.");
    let mut at_a = a.tcp();
    at_a.send("/join garden\namong flowers\n/join lobby\neverywhere\n");
    at_b.expect("127.0.0.1", "among flowers");
    in_lobby.expect("127.0.0.1", "everywhere");
}

#[test]
fn in_a_ring_of_three_everything_is_heard_exactly_once_and_in_order() {
    const EACH: usize = 20;
    const NAMES: [&str; 3] = ["ana", "bia", "caio"];
    let hubs: [Hub; 3] = linked(&["--session-rate", "off"]);
    let mut listeners: Vec<TcpClient> = hubs.iter().map(Hub::tcp).collect();
    let mut speakers = Vec::new();
    for (hub, name) in hubs.iter().zip(NAMES) {
        speakers.push(hub.tcp_as(name));
        for listener in &mut listeners {
            listener.expect("*", &format!("{name} joined the chat"));
        }
    }
    for number in 0..EACH {
        for speaker in &mut speakers {
            speaker.send(format!("{number}\n"));
        }
    }
    // The order among speakers may differ from hub to hub; that of one speaker never does.
    for (hub, listener) in listeners.iter_mut().enumerate() {
        let heard: Vec<(String, String)> = (0..EACH * NAMES.len()).map(|_| listener.next()).collect();
        for name in NAMES {
            let of_one = heard.iter().filter(|(label, _)| label == name);
            let texts: Vec<&str> = of_one.map(|(_, text)| text.as_str()).collect();
            let expected: Vec<String> = (0..EACH).map(|number| number.to_string()).collect();
            assert_eq!(texts, expected, "what {name} said, at hub {hub}");
        }
    }
    for name in NAMES {
        drop(speakers.remove(0));
        for listener in &mut listeners {
            listener.expect("*", &format!("{name} left the chat"));
        }
    }
    // A hub that ends has handed everything on before, second copies too: they would stand before this.
    let last = listeners.pop().unwrap();
    let [a, b, c] = hubs;
    a.terminate();
    b.terminate();
    c.terminate();
    let goodbye = ("*".to_owned(), "the hub is going down".to_owned());
    assert_eq!(last.rest(), [goodbye], "heard more than once");
}

#[test]
fn a_hub_that_was_killed_gets_what_was_said_meanwhile_in_order() {
    // What this service hears from the second hub is what that hub heard, whoever was attached to it when.
    let service = OldService::up(Manner::Answers);
    let (port, url) = (Port::reserve(), service.url());
    let b = Hub::start_at(&port, &["--link", &url]);
    let a = Hub::start(&["--link", &port.relay_url()]);
    let mut speaker = a.tcp();
    let mut say = |text: &str| {
        speaker.send(format!("{text}\n"));
        speaker.expect("127.0.0.1", text);
    };
    say("before");
    service.hears("127.0.0.1: before");
    b.signal(Signal::KILL);
    assert_eq!(b.end().0, None, "killed, so no exit code");
    for line in ["one", "two", "three"] {
        say(line);
    }
    a.logs("link down");
    let b = Hub::start_at(&port, &["--link", &url]);
    service.hears("127.0.0.1: three");
    let mut listener = b.tcp();
    say("after");
    listener.until("127.0.0.1", "after");
    let expected = ["before", "one", "two", "three", "after"].map(|text| format!("127.0.0.1: {text}"));
    assert_eq!(service.messages(5), expected);
}

#[test]
fn a_hub_that_is_linked_to_itself_works() {
    let port = Port::reserve();
    let hub = Hub::start_at(&port, &["--link", &port.relay_url()]);
    let mut client = hub.tcp();
    for line in ["one", "two"] {
        client.send(format!("{line}\n"));
        client.expect("127.0.0.1", line);
    }
    hub.logs("leads back to this hub");
    client.send("three\n");
    client.expect("127.0.0.1", "three");
    hub.terminate();
    let goodbye = ("*".to_owned(), "the hub is going down".to_owned());
    assert_eq!(client.rest(), [goodbye], "heard again");
}

#[test]
fn hubs_with_the_same_secret_understand_each_other_and_no_one_else() {
    let path = |name: &str| format!("{}/federation-secret-{name}", env!("CARGO_TARGET_TMPDIR"));
    let (shared, other) = (path("shared"), path("other"));
    fs::write(&shared, "a secret of both hubs\n").unwrap();
    fs::write(&other, "a secret of somebody else\n").unwrap();
    let b = Hub::start(&["--link-secret-file", &shared]);
    let a = Hub::start(&["--link-secret-file", &shared, "--link", &b.relay_url()]);
    let stranger = Hub::start(&["--link-secret-file", &other, "--link", &b.relay_url()]);
    let mut listener = b.tcp();
    let mut outside = stranger.tcp();
    outside.send("let me in\n");
    outside.expect("127.0.0.1", "let me in");
    stranger.logs("status=401");
    let mut inside = a.tcp();
    inside.send("it is me\n");
    listener.expect("127.0.0.1", "it is me");
}

#[test]
fn a_line_reaches_everyone_on_both_hubs() {
    const MANY: i64 = 50;
    let [a, b] = linked(&[]);
    let mut listeners = Vec::new();
    for client in 0..MANY {
        listeners.push(b.ws(100 + client));
    }
    let second = a.ws(2);
    let mut first = a.ws(1);
    for line in ["one", "two", "three"] {
        first.say(line);
    }
    listeners.push(second);
    for listener in &mut listeners {
        listener.until("Client #1: one");
        listener.expect("Client #1: two");
        listener.expect("Client #1: three");
    }
}
