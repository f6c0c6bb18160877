use papo_core::error::Code;
use papo_core::id::MsgId;
use papo_core::node::{CloseReason, Conn, Direction, DropCause, Event, Kind, PeerRow, RouteRow, Rtt, Snapshot};
use papo_core::rendezvous::client::{ClientStatus, Trouble};
use papo_core::time::Instant;
use papo_core::wire::peer::Ttl;

use super::*;
use crate::node::commands::PeersOf;

pub(in crate::node) fn peer(text: &str) -> PeerId {
    text.parse().unwrap()
}

pub(in crate::node) fn view(lang: Lang, dress: Dress) -> View {
    View {
        texts: Texts::new(lang),
        own: peer("bob@CIC"),
        dress,
    }
}

pub(in crate::node) fn msg_id() -> MsgId {
    "m-1".parse().unwrap()
}

/// A message of alice's.
pub(in crate::node) fn message(kind: Kind, dst: &str, verified: bool, via: Option<&str>) -> Event {
    Event::Message {
        kind,
        msg_id: "m-1".to_owned(),
        src: peer("alice@CIC"),
        dst: dst.to_owned(),
        payload: "Olá".to_owned(),
        ttl: Ttl::new(7),
        verified,
        via: via.map(peer),
    }
}

/// A small network.
pub(in crate::node) fn snapshot() -> Snapshot {
    let millis = Duration::from_millis;
    Snapshot {
        conns: vec![Conn {
            peer_id: peer("alice@CIC"),
            address: "10.0.0.7:7070".parse().unwrap(),
            direction: Direction::Outbound,
            proven: true,
            age: Duration::from_secs(63),
            received: (12, 3456),
            sent: (1, 90),
            queued: 0,
            rtt: Some(Duration::from_micros(1_250)),
        }],
        routes: vec![RouteRow {
            destination: peer("caio@UnB"),
            next_hop: peer("alice@CIC"),
            hops: 2,
            age: Duration::from_secs(3_700),
            rtt: None,
        }],
        rtts: vec![Rtt {
            peer_id: peer("alice@CIC"),
            smoothed: Duration::from_micros(1_250),
            jitter: Duration::from_micros(49),
            last: millis(2),
            samples: 3,
        }],
        peers: vec![
            PeerRow {
                peer_id: peer("alice@CIC"),
                addresses: vec!["10.0.0.7:7070".parse().unwrap()],
                connected: true,
                failures: 0,
                next_dial: None,
            },
            PeerRow {
                peer_id: peer("caio@UnB"),
                addresses: Vec::new(),
                connected: false,
                failures: 2,
                next_dial: Some(millis(4_900)),
            },
        ],
        counters: vec![("sent", 10), ("queued_bytes", 0)],
    }
}

fn data(view: &View, event: &Event) -> String {
    match view.event(event) {
        Some(Shown::Data(text)) => text,
        other => panic!("{event:?} shows {other:?}"),
    }
}

fn notice(lang: Lang, event: &Event) -> String {
    match view(lang, Dress::Plain).event(event) {
        Some(Shown::Notice(text)) => text,
        other => panic!("{event:?} shows {other:?}"),
    }
}

#[test]
fn plain_messages_have_the_shape_that_scripts_know() {
    for lang in [Lang::En, Lang::PtBr] {
        let view = view(lang, Dress::Plain);
        for (verified, via) in [
            (true, None),
            (false, None),
            (false, Some("caio@UnB")),
            (true, Some("caio@UnB")),
        ] {
            let shown = |kind, dst| data(&view, &message(kind, dst, verified, via));
            assert_eq!(shown(Kind::Send, "bob@CIC"), "[alice@CIC] Olá");
            assert_eq!(shown(Kind::Pub, "#CIC"), "[alice@CIC → #CIC] Olá");
            assert_eq!(shown(Kind::Pub, "*"), "[alice@CIC → *] Olá");
        }
    }
}

#[test]
fn a_terminal_tells_what_is_doubtful() {
    let shown = |lang, verified, via| {
        let view = view(lang, Dress::Terminal { dim: false });
        data(&view, &message(Kind::Pub, "*", verified, via))
    };
    let via = Some("caio@UnB");
    assert_eq!(shown(Lang::En, true, None), "[alice@CIC → *] Olá");
    assert_eq!(shown(Lang::En, false, None), "[alice@CIC → *] Olá  (unverified)");
    assert_eq!(shown(Lang::En, true, via), "[alice@CIC → *] Olá  (via caio@UnB)");
    assert_eq!(
        shown(Lang::PtBr, false, via),
        "[alice@CIC → *] Olá  (não verificada, via caio@UnB)"
    );
    let dim = view(Lang::En, Dress::Terminal { dim: true });
    assert_eq!(
        data(&dim, &message(Kind::Send, "bob@CIC", false, None)),
        "[alice@CIC] Olá  \x1b[2m(unverified)\x1b[0m"
    );
}

#[test]
fn what_strangers_write_stays_in_its_place() {
    let event = Event::Message {
        kind: Kind::Pub,
        msg_id: "m".to_owned(),
        src: peer("eve] oi [alice \u{202e}@CIC"),
        dst: "#a] [b → *".to_owned(),
        payload: "one\n[alice@CIC] two\x1b[2J".to_owned(),
        ttl: Ttl::NEIGHBOR,
        verified: false,
        via: None,
    };
    assert_eq!(
        data(&view(Lang::En, Dress::Plain), &event),
        "[eve<U+005D> oi <U+005B>alice <U+202E>@CIC → #a<U+005D> <U+005B>b <U+2192> *] one␊[alice@CIC] two␛[2J"
    );
    assert_eq!(name("ana maria#1/2@UnB-ç"), "ana maria#1/2@UnB-ç");
    let error = Event::PeerError {
        peer: peer("eve@x"),
        code: "no\nroute".to_owned(),
        detail: "x".repeat(5000),
    };
    let shown = notice(Lang::En, &error);
    assert!(shown.contains("no␊route") && shown.len() < 400, "{shown}");
}

#[test]
fn the_end_of_a_message_is_told() {
    let delivered = |verified| Event::Delivered {
        msg_id: msg_id(),
        dst: peer("alice@CIC"),
        after: Duration::from_micros(12_340),
        verified,
    };
    assert_eq!(notice(Lang::En, &delivered(true)), "alice@CIC has it, after 12.3 ms");
    assert_eq!(
        notice(Lang::PtBr, &delivered(false)),
        "alice@CIC recebeu, após 12,3 ms (não verificado)"
    );
    let failed = |code, detail: &str| Event::Failed {
        msg_id: msg_id(),
        dst: peer("alice@CIC"),
        code,
        detail: detail.to_owned(),
    };
    assert_eq!(
        notice(Lang::En, &failed(Code::TtlExpired, "at caio@UnB")),
        "Not delivered to alice@CIC: it is too many hops away. Dial it with /connect. (at caio@UnB)"
    );
    assert_eq!(
        notice(Lang::PtBr, &failed(Code::NoRoute, "")),
        "Não entregue a alice@CIC: nenhum caminho até ele é conhecido. Veja com /peers se ele está presente e tente de novo."
    );
    let sent = |dst: &str| Event::Sent {
        msg_id: msg_id(),
        dst: dst.to_owned(),
    };
    assert_eq!(notice(Lang::En, &sent("*")), "sent to everyone");
    assert_eq!(notice(Lang::PtBr, &sent("#CIC")), "enviada a #CIC");
    assert_eq!(view(Lang::En, Dress::Plain).event(&sent("alice@CIC")), None);
}

#[test]
fn every_code_and_reason_has_a_sentence_of_its_own() {
    for lang in [Lang::En, Lang::PtBr] {
        let mut sentences = std::collections::BTreeSet::new();
        let mut count = 0;
        let mut put = |event: &Event| {
            count += 1;
            sentences.insert(notice(lang, event));
        };
        for &code in Code::ALL {
            put(&Event::Refused {
                code,
                about: "alice@CIC".to_owned(),
            });
            put(&Event::PeerError {
                peer: peer("alice@CIC"),
                code: code.as_str().to_owned(),
                detail: String::new(),
            });
        }
        for reason in [
            CloseReason::Ended,
            CloseReason::TheirBye,
            CloseReason::OurBye,
            CloseReason::NoHello,
            CloseReason::NotAPeer,
            CloseReason::AlreadyConnected,
            CloseReason::Duplicate,
            CloseReason::Ourselves,
            CloseReason::Unauthorized,
            CloseReason::Silent,
            CloseReason::SlowConsumer,
            CloseReason::LineTooLong,
            CloseReason::TooMany,
        ] {
            put(&Event::NeighborDown {
                peer: peer("alice@CIC"),
                direction: Direction::Inbound,
                reason,
            });
        }
        for cause in [
            DropCause::Forged,
            DropCause::Replayed,
            DropCause::BadFormat,
            DropCause::TooFast,
        ] {
            put(&Event::Dropped {
                src: Some(peer("alice@CIC")),
                via: None,
                cause,
            });
        }
        assert_eq!(sentences.len(), count, "{sentences:#?}");
    }
}

#[test]
fn neighbors_come_go_answer_and_are_impersonated() {
    let up = |direction, proven| Event::NeighborUp {
        peer: peer("alice@CIC"),
        direction,
        proven,
        address: "10.0.0.7:7070".parse().unwrap(),
    };
    assert_eq!(
        notice(Lang::En, &up(Direction::Outbound, true)),
        "connected to alice@CIC at 10.0.0.7:7070, which proved its key"
    );
    assert_eq!(
        notice(Lang::PtBr, &up(Direction::Inbound, false)),
        "alice@CIC conectou-se de 10.0.0.7:7070, sem provar chave"
    );
    let down = Event::NeighborDown {
        peer: peer("alice@CIC"),
        direction: Direction::Inbound,
        reason: CloseReason::TheirBye,
    };
    assert_eq!(
        notice(Lang::En, &down),
        "alice@CIC is no neighbor any more: it said goodbye"
    );
    let impostor = Event::Impostor {
        peer: peer("alice@CIC"),
        address: "10.0.0.9:1".parse().unwrap(),
    };
    let shown = notice(Lang::PtBr, &impostor);
    assert!(shown.starts_with("Alguém em 10.0.0.9:1 diz ser alice@CIC"), "{shown}");
    let pong = Event::Pong {
        peer: peer("alice@CIC"),
        rtt: Duration::from_secs(2),
    };
    assert_eq!(
        data(&view(Lang::En, Dress::Plain), &pong),
        "alice@CIC answered after 2 s"
    );
}

#[test]
fn lists_stand_in_columns() {
    let (english, portuguese) = (view(Lang::En, Dress::Plain), view(Lang::PtBr, Dress::Plain));
    let snapshot = snapshot();
    assert_eq!(
        english.peers(&PeersOf::All, &snapshot),
        "PEER       ADDRESS        STATE\n\
         alice@CIC  10.0.0.7:7070  connected\n\
         caio@UnB   –              failed 2 times, dialed in 4 s"
    );
    assert_eq!(
        portuguese.peers(&PeersOf::Namespace("UnB".to_owned()), &snapshot),
        "PEER      ENDEREÇO  ESTADO\n\
         caio@UnB  –         falhou 2 vezes, será discado em 4 s"
    );
    assert_eq!(
        english.peers(&PeersOf::Namespace("X".to_owned()), &snapshot),
        "No peer of #X is known yet."
    );
    assert_eq!(
        english.conns(&snapshot),
        "PEER       ADDRESS        OPENED BY  KEY     AGE        RTT     RECEIVED          SENT          WAITING\n\
         alice@CIC  10.0.0.7:7070  us         proven  1 min 3 s  1.3 ms  12 lines, 3456 B  1 line, 90 B  0 B"
    );
    assert_eq!(
        portuguese.routes(&snapshot),
        "PARA      PRÓXIMO SALTO  SALTOS  IDADE      RTT\n\
         caio@UnB  alice@CIC      2       1 h 1 min  –"
    );
    assert_eq!(
        portuguese.rtts(&snapshot),
        "PEER       MÉDIA   VARIAÇÃO  ÚLTIMO  MEDIÇÕES\n\
         alice@CIC  1,3 ms  0,0 ms    2,0 ms  3"
    );
    let nothing = Snapshot {
        conns: Vec::new(),
        routes: Vec::new(),
        rtts: Vec::new(),
        peers: Vec::new(),
        counters: Vec::new(),
    };
    for view in [english, portuguese] {
        for text in [
            view.peers(&PeersOf::All, &nothing),
            view.conns(&nothing),
            view.routes(&nothing),
            view.rtts(&nothing),
        ] {
            assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
        }
    }
}

#[test]
fn status_tells_how_it_stands_with_the_rendezvous() {
    let at = Instant::from_secs(100);
    let registered = ClientStatus::Registered {
        observed: Some("10.0.0.2".parse().unwrap()),
        lease: Duration::from_secs(7200),
        until: Instant::from_secs(100 + 7199),
    };
    let state = RendezvousState::of(&registered, at);
    assert_eq!(
        view(Lang::En, Dress::Plain).status(&snapshot(), &state, "h:5000"),
        "This is bob@CIC.\n\
         Rendezvous: h:5000, registered for 1 h 59 min, seen as 10.0.0.2\n\
         Neighbors: 1; known peers: 2; routes: 1\n\
         Counters:\n  sent          10\n  queued_bytes  0"
    );
    let state = |status| RendezvousState::of(&status, at);
    let failing = |reason| ClientStatus::Failing {
        reason,
        next_try: Instant::from_secs(130),
    };
    for (state, text) in [
        (RendezvousState::Off, "nenhum"),
        (state(ClientStatus::Unregistered), "h:5000, ainda sem registro"),
        (
            state(failing(Trouble::Unreachable)),
            "h:5000, ninguém responde lá: o papo rendezvous está rodando?; nova tentativa em 30 s",
        ),
        (
            state(failing(Trouble::Refused("no\x1b".to_owned()))),
            "h:5000, ele recusou: no␛; nova tentativa em 30 s",
        ),
        (
            state(ClientStatus::Banned {
                until: Instant::from_secs(160),
            }),
            "h:5000 não ouve este endereço por 1 min 0 s",
        ),
        (state(ClientStatus::Gone), "h:5000, registro retirado"),
    ] {
        let shown = view(Lang::PtBr, Dress::Plain).rendezvous_changed(&state, "h:5000");
        assert_eq!(shown, format!("Rendezvous: {text}"));
    }
}

#[test]
fn help_names_every_command() {
    for lang in [Lang::En, Lang::PtBr] {
        let help = view(lang, Dress::Plain).help();
        for command in crate::node::commands::beginning_with("/") {
            assert!(help.contains(&command), "{command} is not in: {help}");
        }
        assert!(help.contains("bob@CIC"), "{help}");
    }
}
