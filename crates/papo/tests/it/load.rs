//! Clients that speak much or read nothing.

use crate::support::hub::Hub;
use crate::support::tcp::TcpClient;

#[test]
fn a_client_that_never_reads_is_cut_and_delays_nobody() {
    /// Far more than every buffer between the hub and a client can hold.
    const MOST: usize = 8000;
    const SLOW: &str = "slow consumer";
    let hub = Hub::start(&["--session-rate", "off"]);
    let (mut speaker, mut listener) = (hub.tcp(), hub.tcp());
    let deaf = TcpClient::enter_small(hub.tcp);
    let padding = "x".repeat(4000);
    let mut number = 0;
    while !hub.has_logged(SLOW) {
        assert!(
            number < MOST,
            "{MOST} lines of 4 KB wait for a client that reads nothing"
        );
        let line = format!("{number} {padding}");
        speaker.send(format!("{line}\n"));
        speaker.expect("127.0.0.1", &line);
        listener.expect("127.0.0.1", &line);
        number += 1;
    }
    let got = deaf.drain();
    assert!(
        got < number as u64 * 4000,
        "it got {got} bytes of {number} lines, all of them"
    );
    speaker.send("/who\n");
    speaker.expect("*", "2 people in lobby on this hub: 127.0.0.1, 127.0.0.1");
}

#[test]
fn a_websocket_that_never_reads_is_cut_and_seen_to_leave() {
    const MOST: usize = 8000;
    let hub = Hub::start(&["--session-rate", "off"]);
    let mut speaker = hub.tcp();
    let _deaf = hub.ws(7);
    speaker.expect("*", "Client #7 joined the chat");
    let padding = "x".repeat(4000);
    let left = ("*".to_owned(), "Client #7 left the chat".to_owned());
    for number in 0..MOST {
        let line = format!("{number} {padding}");
        speaker.send(format!("{line}\n"));
        let mut heard = speaker.next();
        if heard == left {
            return;
        }
        if heard.1 != line {
            heard = speaker.next();
        }
        assert_eq!(heard.1, line);
    }
    panic!("{MOST} lines of 4 KB wait for a client that reads nothing");
}

#[test]
fn what_is_said_faster_than_the_rate_is_held_back_and_not_lost() {
    const LINES: usize = 30;
    let hub = Hub::start(&[]);
    let (mut speaker, mut listener) = (hub.tcp(), hub.tcp());
    let lines: Vec<String> = (0..LINES).map(|number| number.to_string()).collect();
    speaker.send(lines.join("\n") + "\n");
    for line in &lines {
        speaker.expect("127.0.0.1", line);
        listener.expect("127.0.0.1", line);
    }
}

#[test]
fn whoever_speaks_too_fast_and_goes_has_still_said_it() {
    const LINES: usize = 25;
    let hub = Hub::start(&[]);
    let mut listener = hub.tcp();
    let mut speaker = TcpClient::connect(hub.tcp);
    let lines: Vec<String> = (0..LINES).map(|number| number.to_string()).collect();
    speaker.send(lines.join("\n"));
    speaker.end_input();
    for line in &lines {
        listener.expect("127.0.0.1", line);
    }
    let heard: Vec<String> = speaker.rest().into_iter().map(|(_, text)| text).collect();
    assert_eq!(heard, lines);
}
