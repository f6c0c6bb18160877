//! The same seed, the same peer; and no input is too much.

use super::*;

const WORDS: [&[u8]; 6] = [
    b"{\"type\":\"HELLO\",\"peer_id\":\"me@UnB\",\"features\":[\"papo1\"]}\n",
    b"{\"type\":\"HELLO_OK\",\"peer_id\":\"me@UnB\",\"x\":{}}\n{\"type\":\"PING\",",
    b"{\"type\":\"SEND\",\"msg_id\":7,\"x\":7,\"payload\":{}}\n\n\n{}\n",
    b"{\"type\":\"PUB\",\"dst\":\"*\",\"x\":{\"t\":1}}\r\n{\"type\":\"WHO_HAS\"}\n",
    b"{\"type\":\"BYE\"}\n",
    b"\xff\xfe\n[[[[[\n\"\n{\"type\":[]}\n",
];

/// Anything may happen to a peer, whether it makes sense or not.
fn happen(peer: &mut Legacy, rng: &mut Rng, now: Instant, last: &mut u64, others: &[(PeerId, SocketAddr)]) {
    let link = PeerLinkId(rng.below(*last + 2));
    let word = usize::try_from(rng.below(WORDS.len() as u64)).unwrap();
    let to = "me@UnB".parse().unwrap();
    let (dial, new) = (DialId(rng.below(50)), PeerLinkId(*last + 1));
    let text = "oi".to_owned();
    *last += 1;
    peer.handle(
        now,
        match rng.below(9) {
            0 => Input::Listed(others),
            1 => Input::Accepted { link: new },
            2 => Input::Closed { link },
            3 => Input::Send { to, text },
            4 => Input::Publish {
                dst: "#UnB".to_owned(),
                text,
            },
            5 => Input::DialFailed { dial },
            6 => Input::Dialed { dial, link: new },
            _ => Input::Read {
                link,
                bytes: WORDS[word],
            },
        },
    );
}

/// Everything that a peer does about all that.
fn life(program: Program, seed: u64) -> Vec<(Instant, Output)> {
    let (mut now, mut last) = (Instant::from_secs(1), 0);
    let mut peer = Legacy::new(program, peer("old@UnB"), 7070, vec![wires::address(200)], seed, now);
    let others: Vec<_> = (0..100)
        .map(|number| (super::peer(&format!("n{number}@UnB")), wires::address(number)))
        .collect();
    let mut rng = Rng::new(seed);
    let mut outputs = Vec::new();
    for _ in 0..600 {
        now = now + Duration::from_millis(rng.below(200));
        happen(&mut peer, &mut rng, now, &mut last, &others);
        peer.handle(now, Input::Timeout);
        assert!(peer.poll_timeout().is_none_or(|at| at > now), "{program:?}");
        outputs.extend(std::iter::from_fn(|| peer.poll_output()).map(|output| (now, output)));
    }
    peer.handle(now, Input::Quit);
    outputs.extend(std::iter::from_fn(|| peer.poll_output()).map(|output| (now, output)));
    outputs
}

#[test]
fn the_same_seed_gives_the_same_life() {
    for program in Program::LEGACY
        .into_iter()
        .chain([Program::Hostile, Program::AnyLegacy])
    {
        for seed in 0..3 {
            assert!(life(program, seed) == life(program, seed), "{program:?} {seed}");
        }
        assert!(life(program, 1) != life(program, 2), "{program:?}");
    }
}

#[test]
fn any_old_program_is_one_of_them_and_none_that_means_harm() {
    let now = Instant::from_secs(1);
    let mut drawn = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let legacy = Legacy::new(Program::AnyLegacy, peer("old@UnB"), 7070, vec![], seed, now);
        let Mind::Old(old) = &legacy.mind else {
            panic!("it means harm")
        };
        drawn.insert(old.program());
    }
    assert_eq!(drawn.len(), Program::LEGACY.len());
}
