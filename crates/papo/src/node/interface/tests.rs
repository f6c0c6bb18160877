use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use papo_core::limits::SHOWN_LINES;
use papo_core::node::{Direction, Kind, Scope};
use serde_json::{Value, json};

use super::super::outlet::Outlet;
use super::super::view::tests::{message, peer, snapshot, view};
use super::*;
use crate::text::Lang;

/// Keeps what would be shown: notices with a mark before them.
struct Recorder(SyncSender<String>);

impl Outlet for Recorder {
    fn data(&mut self, line: &str) -> io::Result<()> {
        self.0.send(line.to_owned()).map_err(io::Error::other)
    }

    fn notice(&mut self, line: &str) {
        self.0.send(format!("! {line}")).unwrap();
    }
}

struct Bench {
    interface: Interface,
    shown: Receiver<String>,
}

impl Bench {
    fn new(json: bool) -> Self {
        let (recorder, shown) = sync_channel(SHOWN_LINES);
        let (events, _) = mpsc::channel(1);
        let lines = Lines::start(Recorder(recorder), |lost| format!("{lost} lost"), events).unwrap();
        let view = view(Lang::En, Dress::Plain);
        let server = Some("h:5000".to_owned());
        Self {
            interface: Interface::new(view, json, lines, Shared::default(), server, None),
            shown,
        }
    }

    fn line(&mut self, line: &str) -> Option<Request> {
        self.interface.take(Typed::Line(line.to_owned()))
    }

    /// What was shown since the last time.
    fn shown(&self) -> Vec<String> {
        self.interface.lines.flush();
        self.shown.try_iter().collect()
    }

    /// The same, as objects.
    fn objects(&self) -> Vec<Value> {
        let shown = self.shown();
        shown.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn up() -> Event {
    Event::NeighborUp {
        peer: peer("alice@CIC"),
        direction: Direction::Inbound,
        proven: true,
        address: "10.0.0.7:1".parse().unwrap(),
    }
}

fn measured() -> Event {
    Event::RttMeasured {
        peer: peer("alice@CIC"),
        rtt: std::time::Duration::from_millis(1),
    }
}

#[test]
fn lines_become_requests() {
    let mut bench = Bench::new(false);
    let send = Command::Send {
        to: peer("alice@CIC"),
        text: "oi".to_owned(),
    };
    let publish = Command::Publish {
        scope: Scope::Broadcast,
        text: "oi".to_owned(),
    };
    let cases = [
        ("/msg alice oi", Request::Do(send)),
        ("/pub * oi", Request::Do(publish)),
        ("/connect alice", Request::Do(Command::Connect(peer("alice@CIC")))),
        ("/ping alice", Request::Do(Command::Ping(peer("alice@CIC")))),
        ("/reconnect", Request::Do(Command::Reconnect)),
        ("/peers", Request::Show(Report::Peers(PeersOf::All))),
        ("/conn", Request::Show(Report::Conn)),
        ("/routes", Request::Show(Report::Routes)),
        ("/rtt", Request::Show(Report::Rtt)),
        ("/status", Request::Show(Report::Status)),
        ("/quit", Request::Quit),
    ];
    for (line, request) in cases {
        assert_eq!(bench.line(line), Some(request), "{line}");
    }
    assert_eq!(bench.line(""), None);
    assert_eq!(bench.shown(), ["! dialing everyone again"]);
    // A pipe that ends does not end the node.
    assert_eq!(bench.interface.take(Typed::End), None);
    assert_eq!(bench.interface.take(Typed::Failed("x".to_owned())), None);
    assert_eq!(bench.interface.take(Typed::Interrupt), Some(Request::Interrupt));
    assert_eq!(bench.interface.take(Typed::Unheard), Some(Request::Quit));
}

#[test]
fn data_and_notices_go_separate_ways() {
    let mut bench = Bench::new(false);
    bench.interface.ready(7070, &["127.0.0.1:7070".parse().unwrap()]);
    bench.interface.show_event(&message(Kind::Send, "bob@CIC", true, None));
    bench.interface.show_event(&up());
    assert_eq!(bench.line("/pers"), None);
    assert_eq!(bench.line("oi"), None);
    bench
        .interface
        .show_snapshot(&Report::Rtt, &snapshot(), &RendezvousState::Off);
    let shown = bench.shown();
    let begins = [
        "! bob@CIC is ready; /help lists the commands\n  other peers connect to 127.0.0.1:7070",
        "[alice@CIC] Olá",
        "! alice@CIC connected from",
        "! There is no command “/pers”",
        "! There is no command “oi”",
        "PEER ",
    ];
    assert_eq!(shown.len(), begins.len(), "{shown:#?}");
    for (line, begin) in shown.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}");
    }
    bench.interface.ready(7070, &[]);
    assert!(bench.shown()[0].ends_with("it only dials"));
    bench.line("help");
    assert!(bench.shown()[0].starts_with("/msg PEER"));
}

#[test]
fn watching_is_turned_on_and_off() {
    let mut bench = Bench::new(false);
    let show_all = |bench: &mut Bench| {
        bench.shown();
        bench.interface.show_event(&up());
        bench.interface.show_event(&measured());
        bench.interface.show_event(&message(Kind::Pub, "*", true, None));
        bench.shown().len()
    };
    assert_eq!(show_all(&mut bench), 2, "neighbors and messages");
    bench.line("/watch on");
    assert_eq!(show_all(&mut bench), 3, "everything");
    bench.line("/watch");
    assert_eq!(show_all(&mut bench), 1, "messages");
    bench.line("/watch");
    assert_eq!(show_all(&mut bench), 3, "everything again");
}

#[test]
fn programs_get_objects_and_nothing_else() {
    let mut bench = Bench::new(true);
    bench.interface.ready(7070, &[]);
    bench.line("/watch off");
    bench.interface.show_event(&up());
    bench.interface.show_event(&measured());
    bench.line("/reconnect");
    for report in [
        Report::Peers(PeersOf::Namespace("UnB".to_owned())),
        Report::Conn,
        Report::Routes,
        Report::Rtt,
        Report::Status,
    ] {
        bench
            .interface
            .show_snapshot(&report, &snapshot(), &RendezvousState::Off);
    }
    bench.line("/help");
    bench.line("/nothing");
    bench.line("/msg alice");
    bench.interface.take(Typed::TooLong(9999));
    let objects = bench.objects();
    let events: Vec<&str> = objects.iter().map(|object| object["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "ready",
            "watch",
            "neighbor_up",
            "peers",
            "conn",
            "routes",
            "rtt",
            "status",
            "help",
            "error",
            "error",
            "error"
        ]
    );
    assert_eq!(objects[3]["items"].as_array().unwrap().len(), 1);
    let codes: Vec<&Value> = objects[9..].iter().map(|object| &object["code"]).collect();
    assert_eq!(
        codes,
        [
            &json!("p2p_unknown_command"),
            &json!("bad_format"),
            &json!("message_too_large")
        ]
    );
    assert!(objects[9]["detail"].as_str().unwrap().contains("/nothing"));
}

#[test]
fn the_rendezvous_is_told_of_when_it_stands_otherwise() {
    let mut bench = Bench::new(false);
    let registered = |left| RendezvousState::Registered {
        observed: None,
        left: std::time::Duration::from_secs(left),
    };
    for state in [
        RendezvousState::Unregistered,
        registered(60),
        registered(59),
        RendezvousState::Gone,
    ] {
        bench.interface.rendezvous_changed(&state);
    }
    assert_eq!(
        bench.shown(),
        [
            "! Rendezvous: h:5000, registered for 1 min 0 s",
            "! Rendezvous: h:5000, registration taken back"
        ]
    );
}
