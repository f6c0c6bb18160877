//! Peers that mean harm, among nodes and an old program.

use super::*;
use crate::node::{Command, Scope};
use crate::sim::legacy::hostile::INVENTED;

const NODES: [usize; 3] = [0, 1, 2];
const OLD: usize = 3;
const BAD: [usize; 2] = [4, 5];

fn crowd(seed: u64) -> Wires {
    let mut wires = Wires::new();
    wires.node("n0@UnB", &[]);
    wires.node("n1@UnB", &[0]);
    wires.node("n2@UnB", &[1]);
    wires.legacy(Program::Strict, "old@UnB", &[0, 2], seed);
    for (name, &number) in ["bad0@UnB", "bad1@UnB"].iter().zip(&BAD) {
        wires.legacy(Program::Hostile, name, &NODES, seed + number as u64);
    }
    wires
}

fn talk(wires: &mut Wires) {
    for round in 0..60 {
        for number in NODES {
            let (to, text) = (
                peer(&format!("n{}@UnB", (number + 1 + round % 2) % 3)),
                format!("s{round}"),
            );
            wires.command(number, Command::Send { to, text });
            if round % 4 == number {
                let (scope, text) = (Scope::Broadcast, format!("p{round}"));
                wires.command(number, Command::Publish { scope, text });
            }
        }
        wires.run(SECOND);
    }
}

#[test]
fn what_is_invalid_goes_no_further_and_there_is_no_end_of_it() {
    let mut marked = [0; 3];
    for seed in 0..2 {
        let mut wires = crowd(100 * seed);
        talk(&mut wires);
        let lines = |wires: &Wires, who: &[usize]| -> Vec<String> {
            let of = wires.wrote.iter().filter(|(actor, ..)| who.contains(actor));
            of.map(|(_, _, bytes)| String::from_utf8_lossy(bytes).into_owned())
                .collect()
        };
        let bad = lines(&wires, &BAD);
        assert!((500..15_000).contains(&bad.len()), "{} lines", bad.len());
        for (mark, count) in [INVALID, INVENTED, "\"sig\""].into_iter().zip(&mut marked) {
            *count += bad.iter().filter(|line| line.contains(mark)).count();
        }
        let spoken = |line: &&String| line.contains("\"SEND\"") || line.contains("\"PUB\"");
        let passed: Vec<_> = lines(&wires, &NODES).into_iter().filter(|line| spoken(&line)).collect();
        let worst: Vec<_> = passed.iter().filter(|line| line.contains(INVALID)).collect();
        assert!(worst.is_empty(), "{worst:?}");
        assert!(
            passed.iter().any(|line| line.contains(INVENTED)),
            "what looks true is passed on"
        );
        for number in NODES {
            let shown = wires.told[number].iter().find(|line| line.contains(INVALID));
            assert_eq!(shown, None);
        }
        let complaints: Vec<_> = wires.out[OLD]
            .iter()
            .filter(|out| matches!(out, Output::Complaint(_)))
            .collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        assert!(wires.neighbors(0).iter().any(|name| name == "n1@UnB"));
    }
    assert!(marked.iter().all(|&count| count > 20), "{marked:?}");
}

#[test]
fn every_deed_comes_up() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..2 {
        let mut wires = crowd(1000 + seed);
        talk(&mut wires);
        for (_, _, bytes) in wires.wrote.iter().filter(|(actor, ..)| BAD.contains(actor)) {
            let kind = serde_json::from_slice::<serde_json::Value>(bytes).ok();
            let kind = kind.and_then(|line| Some(line.get("type")?.as_str()?.to_owned()));
            seen.insert(kind.unwrap_or_else(|| if bytes.len() > 32_768 { "long" } else { "noise" }.to_owned()));
        }
    }
    for kind in [
        "HELLO",
        "HELLO_OK",
        "X_AUTH",
        "SEND",
        "PUB",
        "ACK",
        "RELAY_FAIL",
        "TTL_EXPIRED",
        "RELAY_OK",
        "ERROR",
        "WHO_HAS",
        "WHO_HAS_HIT",
        "PONG",
        "BYE",
        "METRICS_REQ",
        "long",
        "noise",
    ] {
        assert!(seen.contains(kind), "{kind} in {seen:?}");
    }
}
