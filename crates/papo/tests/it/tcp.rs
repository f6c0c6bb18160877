//! The TCP text door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::hub::Hub;
use crate::support::tcp::TcpClient;

const HERE: &str = "127.0.0.1";

#[test]
fn clients_with_and_without_newlines_share_the_room() {
    let hub = Hub::start(&[]);
    let mut modern = hub.tcp();
    let mut old = TcpClient::enter_old(hub.tcp);
    modern.send("oi\n");
    modern.expect(HERE, "oi");
    old.expect(HERE, "oi");
    old.send("olá, turma");
    modern.expect(HERE, "olá, turma");
    old.expect(HERE, "olá, turma");
    old.send("até");
    modern.expect(HERE, "até");
    old.expect(HERE, "até");
}

#[test]
fn once_a_newline_was_sent_a_line_may_come_in_any_pieces() {
    let hub = Hub::start(&[]);
    let mut speaker = hub.tcp();
    let mut clock = hub.tcp();
    for (number, byte) in "pão\r\n".bytes().enumerate() {
        // Another client's echo lies between two pieces, so that they cannot arrive as one.
        clock.send(format!("{number}\n"));
        clock.expect(HERE, &number.to_string());
        speaker.expect(HERE, &number.to_string());
        speaker.send([byte]);
    }
    speaker.expect(HERE, "pão");
    clock.expect(HERE, "pão");
}

#[test]
fn the_longest_line_is_said_and_one_byte_more_is_refused() {
    let hub = Hub::start(&[]);
    let (mut speaker, mut listener) = (hub.tcp(), hub.tcp());
    let longest = "x".repeat(4096);
    speaker.send(format!("{longest}\n{longest}y\nafter\n"));
    speaker.expect(HERE, &longest);
    speaker.expect_notice("4097 bytes");
    speaker.expect(HERE, "after");
    listener.expect(HERE, &longest);
    listener.expect(HERE, "after");
}

#[test]
fn what_is_no_text_is_made_visible() {
    let hub = Hub::start(&[]);
    let (mut speaker, mut listener) = (hub.tcp(), hub.tcp());
    let cases: [(&[u8], &str); 5] = [
        (b"ol\xc3 \xff\n", "ol\u{fffd} \u{fffd}"),
        (b"\x1b[2Jred\x07\n", "␛[2Jred␇"),
        (b"crlf\r\n", "crlf"),
        (b"a\rb\n", "a␍b"),
        (b"x\0y\xe2\x80\xae\n", "x␀y<U+202E>"),
    ];
    for (bytes, shown) in cases {
        speaker.send(bytes);
        speaker.expect(HERE, shown);
        listener.expect(HERE, shown);
    }
}

#[test]
fn empty_lines_say_nothing() {
    let hub = Hub::start(&[]);
    let (mut speaker, mut listener) = (hub.tcp(), hub.tcp());
    speaker.send("\n \n\r\nsomething\n");
    speaker.expect(HERE, "something");
    listener.expect(HERE, "something");
}

#[test]
fn a_client_that_ends_its_input_hears_its_last_words() {
    let hub = Hub::start(&[]);
    let mut listener = hub.tcp();
    let mut speaker = TcpClient::connect(hub.tcp);
    speaker.send("first\nlast words");
    speaker.end_input();
    let heard = [(HERE, "first"), (HERE, "last words")].map(|(label, text)| (label.to_owned(), text.to_owned()));
    assert_eq!(speaker.rest(), heard);
    listener.expect(HERE, "first");
    listener.expect(HERE, "last words");
}

#[test]
fn a_reset_connection_leaves_the_others_well() {
    let hub = Hub::start(&[]);
    let (mut ana, mut listener) = (hub.tcp(), hub.tcp());
    let mut zoe = hub.tcp_as("zoe");
    for client in [&mut ana, &mut listener] {
        client.expect("*", "zoe joined the chat");
    }
    zoe.send("brb\n");
    zoe.expect("zoe", "brb");
    zoe.reset();
    for client in [&mut ana, &mut listener] {
        client.expect("zoe", "brb");
        client.expect("*", "zoe left the chat");
    }
    ana.send("still here\n");
    ana.expect(HERE, "still here");
    listener.expect(HERE, "still here");
}

#[test]
fn commands_are_answered() {
    let hub = Hub::start(&[]);
    let mut listener = hub.tcp();
    let mut ana = hub.tcp_as("ana");
    listener.expect("*", "ana joined the chat");
    ana.send("oi\n");
    listener.expect("ana", "oi");
    ana.expect("ana", "oi");
    ana.send("/who\n");
    ana.expect("*", "2 people in lobby on this hub: 127.0.0.1, ana");
    ana.send("/nikc bia\n");
    ana.expect_notice("Did you mean /nick?");
    ana.send("//nick\n");
    ana.expect("ana", "/nick");
    listener.expect("ana", "/nick");
    let mut other = hub.tcp();
    other.send("/nick ANA\n");
    for client in [&mut ana, &mut listener, &mut other] {
        client.expect("*", "ANA-2 joined the chat");
    }
    other.expect_notice("Somebody here is ANA already: you are ANA-2 now.");
    ana.send("/join garden\n");
    listener.expect("*", "ana left the chat");
    other.expect("*", "ana left the chat");
    ana.expect_notice("You are in the room garden now.");
    ana.expect("*", "ana joined the chat");
    ana.send("alone\n");
    ana.expect("ana", "alone");
    ana.send("/join lobby\n");
    ana.expect_notice("You are in the room lobby now.");
    ana.expect("*", "ana joined the chat");
    listener.expect("*", "ana joined the chat");
    ana.send("/quit\n");
    listener.expect("*", "ana left the chat");
    ana.expect("*", "Goodbye!");
    assert_eq!(ana.rest(), []);
}

#[test]
fn an_answer_stands_behind_the_echo_of_what_it_follows() {
    let hub = Hub::start(&["--session-rate", "off"]);
    let mut client = hub.tcp();
    let script: Vec<String> = (0..20).map(|number| format!("{number}\n/who\n/nick\n")).collect();
    client.send(script.concat());
    for number in 0..20 {
        client.expect(HERE, &number.to_string());
        client.expect("*", "1 person in lobby on this hub: 127.0.0.1");
        client.expect_notice("such as /nick");
    }
    client.send("before\n/help\nbehind\n");
    client.expect(HERE, "before");
    client.expect_notice("What you can write here:");
    for command in ["/nick", "/join", "/who", "/help", "/quit"] {
        client.expect_notice(command);
    }
    client.expect_notice("//x says /x");
    client.expect(HERE, "behind");
}

#[test]
fn whoever_changes_rooms_hears_each_room_only_while_in_it() {
    const ROUNDS: usize = 60;
    const JOURNEYS: usize = 10;
    let hub = Hub::start(&["--session-rate", "off"]);
    let (mut speaker, mut traveller) = (hub.tcp(), hub.tcp());
    let arrived = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&arrived);
    // Somebody in the lobby never stops talking.
    let talking = thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            for number in 0..20 {
                speaker.send(format!("{number}\n"));
            }
            for number in 0..20 {
                speaker.expect(HERE, &number.to_string());
            }
        }
    });
    for _ in 0..ROUNDS {
        traveller.send("/join garden\n/join lobby\n".repeat(JOURNEYS));
        let mut changes = 0;
        while changes < 2 * JOURNEYS {
            let (label, text) = traveller.next();
            let room = if changes % 2 == 0 { "garden" } else { "lobby" };
            if text == format!("You are in the room {room} now.") {
                changes += 1;
            } else {
                assert!(
                    changes % 2 == 0 && label == HERE,
                    "heard {text:?} from {label:?} in the garden"
                );
            }
        }
    }
    arrived.store(true, Ordering::Relaxed);
    talking.join().unwrap();
}

#[test]
fn a_goodbye_arrives_although_the_hub_leaves_the_rest_unread() {
    let hub = Hub::start(&[]);
    let mut client = hub.tcp();
    client.send(format!("oi\n/quit\n{}", "never said ".repeat(20_000)));
    let heard = [(HERE, "oi"), ("*", "Goodbye!")].map(|(label, text)| (label.to_owned(), text.to_owned()));
    assert_eq!(client.rest(), heard);
}
