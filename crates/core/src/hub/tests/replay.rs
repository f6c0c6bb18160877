//! The same inputs give the same outputs, and no inputs break the contract.

use super::network::{Network, Target, Weather};
use super::*;
use crate::wire::signature::LinkSecret;
use proptest::prelude::*;

/// Everything that three hubs put out while people talk, links break and time goes by.
fn scenario(seed: u64) -> Vec<String> {
    let links: [&[Target]; 3] = [
        &[Target::Hub(1), Target::Hub(2)],
        &[Target::Hub(2), Target::Hub(0), Target::Old(0)],
        &[Target::Hub(0)],
    ];
    let mut net = Network::new(&links, seed);
    let ana = net.hubs[0].named("ana");
    let bia = net.hubs[1].ws(7);
    let eva = net.hubs[2].ws_in(8, "redes");
    net.settle();
    for (round, weather) in (0..).zip([
        Weather::Fine,
        Weather::Down,
        Weather::LosesReplies,
        Weather::Refuses(422),
        Weather::Fine,
    ]) {
        net.weather(round % 3, weather);
        net.hubs[0].bytes(ana, format!("oi {round}\n/who\nsem fim").as_bytes());
        net.hubs[1].text(bia, &format!("olá {round}"));
        net.hubs[2].text(eva, "só aqui");
        net.hubs[0].line(ana, if round % 2 == 0 { "/join redes" } else { "/join lobby" });
        net.pass(Duration::from_secs(13));
        net.hubs[1].step(Input::Alive { session: bia });
    }
    net.pass(Duration::from_secs(100));
    net.hubs.iter_mut().for_each(|hub| hub.step(Input::Shutdown));
    net.settle();
    net.hubs.into_iter().flat_map(|hub| hub.trace).collect()
}

#[test]
fn the_same_scenario_twice_gives_the_same_outputs_byte_for_byte() {
    let first = scenario(7);
    assert!(first.len() > 150, "{}", first.len());
    for kind in [
        "Post {",
        "Ping {",
        "Notice {",
        "LinkDown {",
        "LinkRejected {",
        "Detach {",
        "Close {",
    ] {
        assert!(first.iter().any(|line| line.contains(kind)), "{kind}");
    }
    assert_eq!(first, scenario(7));
    assert_ne!(first, scenario(8));
}

#[test]
fn signed_requests_are_drawn_from_the_seed() {
    let run = |seed| {
        let config = Config {
            links: 1,
            link_secret: Some(LinkSecret::new(b"0123456789abcdef").unwrap()),
            ..config(1)
        };
        let mut world = World::seeded(config, seed);
        world.ws(1);
        world.trace
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[derive(Debug, Clone)]
enum Act {
    Tcp(u8),
    Ws(i64, bool),
    Bytes(u64, Vec<u8>),
    Line(u64, &'static str),
    Text(u64, String),
    Alive(u64),
    End(u64),
    Cut(u64),
    RelayBytes(Vec<u8>),
    RelayMessage(u128, u64, u8, bool),
    Posted(u32, PostOutcome),
    Clock(u64),
    Pass(u64),
    Timeout,
    Shutdown,
}

fn act() -> impl Strategy<Value = Act> {
    let line = prop::sample::select(vec![
        "oi",
        "/nick a",
        "/nick A",
        "/nick b",
        "/join x",
        "/join y",
        "/join lobby",
        "/who",
        "/quit",
        "//",
        "/",
        "",
    ]);
    let outcome = prop_oneof![
        Just(PostOutcome::Accepted { hub: None }),
        (0..4u128).prop_map(|bits| PostOutcome::Accepted {
            hub: Some(HubId::from_bits(bits))
        }),
        Just(PostOutcome::Rejected { status: 422 }),
        any::<bool>().prop_map(|sent| PostOutcome::Failed { sent }),
    ];
    let seq = prop_oneof![9 => 0..20u64, 1 => u64::MAX - 2..=u64::MAX];
    prop_oneof![
        3 => any::<u8>().prop_map(Act::Tcp),
        2 => (0..4i64, any::<bool>()).prop_map(|(client, room)| Act::Ws(client, room)),
        2 => (0..12u64, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(at, bytes)| Act::Bytes(at, bytes)),
        6 => (0..12u64, line).prop_map(|(at, line)| Act::Line(at, line)),
        4 => (0..12u64, ".{0,12}").prop_map(|(at, text)| Act::Text(at, text)),
        1 => (0..12u64).prop_map(Act::Alive),
        1 => (0..12u64).prop_map(Act::End),
        1 => (0..12u64).prop_map(Act::Cut),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Act::RelayBytes),
        3 => (0..4u128, seq, any::<u8>(), any::<bool>()).prop_map(|(origin, seq, hops, home)|
            Act::RelayMessage(origin, seq, hops, home)),
        4 => (0..3u32, outcome).prop_map(|(link, outcome)| Act::Posted(link, outcome)),
        1 => any::<u64>().prop_map(Act::Clock),
        3 => prop_oneof![0..2_000_000u64, 0..200_000_000u64].prop_map(Act::Pass),
        1 => Just(Act::Timeout),
        1 => prop::bool::weighted(0.02).prop_map(|end| if end { Act::Shutdown } else { Act::Timeout }),
    ]
}

/// Does what the act says; [`World`] itself checks what comes out. A real driver says nothing of a session after it
/// was closed, this one does.
fn play(world: &mut World, act: &Act) {
    match act {
        Act::Tcp(last) => {
            world.tcp(&format!("203.0.113.{}", last % 4));
        }
        Act::Ws(client, true) => {
            world.ws_in(*client, "x");
        }
        Act::Ws(client, false) => {
            world.ws(*client);
        }
        Act::Bytes(at, bytes) => world.bytes(SessionId(*at), bytes),
        Act::Line(at, line) => world.line(SessionId(*at), line),
        Act::Text(at, text) => world.text(SessionId(*at), text),
        Act::Alive(at) => world.step(Input::Alive {
            session: SessionId(*at),
        }),
        Act::End(at) => world.end(SessionId(*at)),
        Act::Cut(at) => world.cut(SessionId(*at)),
        Act::RelayBytes(body) => {
            world.relay("10.9.0.1", None, body);
        }
        Act::RelayMessage(origin, seq, hops, home) => {
            let room = if *home { "lobby" } else { "x" };
            let body = serde_json::json!({
                "message": "a: b", "id": format!("{origin}-{seq}"), "kind": if *seq % 3 == 0 { "joined" } else { "said" },
                "room": room, "src": "", "label": "a", "payload": "b", "sent_at": seq, "hops": hops,
                "origin": HubId::from_bits(*origin).to_string(), "seq": seq, "from": HubId::from_bits(3).to_string(),
            });
            world.relay("10.9.0.1", None, body.to_string().as_bytes());
        }
        Act::Posted(link, outcome) => world.step(Input::Posted {
            link: LinkId(*link),
            outcome: *outcome,
        }),
        Act::Clock(utc) => world.step(Input::WallClock(UtcMillis::new(*utc))),
        Act::Pass(micros) => world.pass(Duration::from_micros(*micros)),
        Act::Timeout => world.step(Input::Timeout),
        Act::Shutdown => world.step(Input::Shutdown),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_inputs_break_the_contract(acts in prop::collection::vec(act(), 0..200), seed in any::<u64>()) {
        let config = || Config {
            links: 2,
            session_rate: Some(Rate::new(5, 4)),
            session_limits: SessionLimits { total: 10, per_address: 3, per_window: 8 },
            ..config(1)
        };
        let run = || {
            let mut world = World::seeded(config(), seed);
            for act in &acts {
                play(&mut world, act);
                prop_assert!(world.hub.poll_output().is_none());
                prop_assert!(world.hub.poll_timeout().is_none_or(|at| at > world.now)
                    || !matches!(act, Act::Pass(_) | Act::Timeout));
            }
            let open = world.clients.values().filter(|client| client.reads.is_some()).count();
            prop_assert_eq!(open, world.hub.sessions(), "attached are those that the hub knows");
            Ok(world.trace)
        };
        prop_assert_eq!(run()?, run()?);
    }
}
