//! Whatever happens, in whatever order.

use super::*;
use crate::limits::RENDEZVOUS_REQUEST_BURST;
use proptest::prelude::*;

/// Things that happen, with the milliseconds that pass before each.
#[derive(Debug, Clone)]
enum Happening {
    Say(Input<'static>),
    Reply(Vec<u8>),
    /// Sleep until the client wakes by itself.
    Sleep,
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let said = prop_oneof![
        Just(Start),
        Just(Failed),
        Just(DiscoverNow),
        Just(Reconnect),
        Just(Timeout),
        any::<u64>().prop_map(|millis| WallClock(UtcMillis::new(millis))),
    ];
    let replies = prop_oneof![
        4 => Just(OK_NOV.to_vec()),
        2 => Just(NOBODY.to_vec()),
        1 => any::<u64>().prop_map(|ttl| format!("{{\"status\":\"OK\",\"ttl\":{ttl}}}").into_bytes()),
        1 => (0_u64..100).prop_map(|ttl| format!("{{\"status\":\"OK\",\"ttl\":\"{ttl}\"}}").into_bytes()),
        1 => Just(refusal("peer_not_registered").into_bytes()),
        1 => Just(refusal("x has been blocked, lifted in 7 seconds").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => Just(b"{\"status\":\"OK\",\"peers\":[{\"ip\":\"1.2.3.4\",\"port\":1,\"name\":\"b\",\"namespace\":\"c\"},7]}".to_vec()),
    ];
    let happening = prop_oneof![
        2 => said.prop_map(Happening::Say),
        4 => replies.prop_map(Happening::Reply),
        4 => Just(Happening::Sleep),
        1 => Just(Happening::Say(Leave)),
    ];
    let pause = prop_oneof![4 => Just(0), 3 => 0_u64..3000, 1 => 0_u64..100_000];
    proptest::collection::vec((pause, happening), 1..120).prop_map(|mut all| {
        // Nobody goes on after leaving: at most one leaves, late.
        let half = all.len() / 2;
        all.retain({
            let mut place = 0;
            move |(_, happening)| {
                place += 1;
                place > half || !matches!(happening, Happening::Say(Leave))
            }
        });
        all.insert(0, (0, Happening::Say(Start)));
        all
    })
}

fn play(config: Config, seed: u64, all: &[(u64, Happening)]) -> (Vec<String>, Talk, bool) {
    let mut talk = Talk::new(config, seed);
    let mut trace = Vec::new();
    let (mut registered, mut hasty) = (false, false);
    for (pause, happening) in all {
        talk.now = talk.now + Duration::from_millis(*pause);
        let in_flight = talk.client.in_flight;
        let said = match happening {
            Happening::Say(input) => talk.say(*input),
            Happening::Reply(bytes) => talk.say(reply(bytes)),
            Happening::Sleep => {
                talk.now = talk.now.max(talk.client.poll_timeout().unwrap_or(talk.now));
                talk.say(Timeout)
            }
        };
        registered |= said.iter().any(|text| text.starts_with("registered"));
        hasty |= !registered && said.iter().any(|text| text.starts_with("> {\"type\":\"DISCOVER\""));
        if in_flight.is_none() && !matches!(happening, Happening::Say(Leave)) {
            assert!(
                said.iter().filter(|text| text.starts_with('>')).count() <= 1,
                "{said:?}"
            );
        }
        let next = talk.client.poll_timeout();
        assert!(
            next.is_none_or(|at| at > talk.now),
            "a deadline that is over: {next:?} {}",
            talk.now
        );
        trace.extend(said);
    }
    (trace, talk, hasty)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_budget_holds_and_nobody_asks_before_registering(all in happenings(), seed in any::<u64>()) {
        let (trace, talk, hasty) = play(config(), seed, &all);
        prop_assert!(!hasty, "{:?}", trace);
        let counted: Vec<_> = talk.sent.iter().filter(|(_, text)| text != UNREGISTER).map(|&(at, _)| at).collect();
        let minute = Duration::from_secs(60);
        for (place, &first) in counted.iter().enumerate() {
            let within = counted[place..].iter().take_while(|at| at.since(first) < minute).count();
            prop_assert!(within <= usize::try_from(RENDEZVOUS_REQUEST_BURST).unwrap() + 1, "{within} from {first}");
        }
        prop_assert!(talk.sent.len() - counted.len() <= 1);
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(all in happenings(), seed in any::<u64>()) {
        let identity = Some(crate::identity::Identity::from_seed([5; 32]));
        let config = Config { identity, ..config() };
        let (first, again) = (play(config.clone(), seed, &all[..all.len().min(30)]), play(config, seed, &all[..all.len().min(30)]));
        prop_assert_eq!(first.0, again.0);
    }
}
