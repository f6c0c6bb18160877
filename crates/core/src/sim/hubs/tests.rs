//! Whole runs; `checks` shows that each check can fail.

mod checks;

use super::*;
use crate::sim::Invariant;
use crate::sim::scenario::{
    Bytes, Fault, Few, Network, Overlay, Reads, Saying, Shape, Share, Span, State, Time, Traffic, Wrong,
};

/// A small world in which so many things go wrong at random.
fn small(seed: u64, faults: u32) -> Scenario {
    let shapes = [Shape::Ring, Shape::Chain, Shape::Star];
    Scenario {
        duration: Time(Duration::from_secs(12)),
        settle: Time(Duration::ZERO),
        network: Network {
            latency: Span::millis(1, 40),
            jitter: Span::millis(0, 10),
            bandwidth: Bytes(0),
            buffer: Bytes(65_536),
            loss: Share {
                from: 20_000,
                to: 20_000,
            },
            reads: Reads::Any,
        },
        peers: Vec::new(),
        overlay: Overlay::default(),
        hubs: Some(Hubs {
            count: Few { from: 2, to: 4 },
            shape: shapes[usize::try_from(seed % 3).unwrap()],
            sessions: Few::exactly(3),
            old_services: Few { from: 0, to: 1 },
            durable: false,
        }),
        traffic: vec![talk(30, 64)],
        faults: Vec::new(),
        random_faults: Few::exactly(faults),
        check: true,
    }
}

fn talk(count: u32, bytes: u32) -> Traffic {
    Traffic {
        what: Saying::Say,
        count: Few::exactly(count),
        from: Time(Duration::from_secs(2)),
        every: Span::millis(10, 500),
        bytes: Few::exactly(bytes),
        by: None,
        to: None,
    }
}

fn fault(what: Wrong, at: u64, lasting: u64) -> Fault {
    Fault {
        what,
        at: Time(Duration::from_millis(at)),
        lasting: Some(Span::millis(lasting, lasting)),
        share: Share::whole(),
        who: Vec::new(),
        state: State::Old,
        median: None,
        times: Few::exactly(1),
    }
}

fn go(scenario: &Scenario, seed: u64) -> Outcome {
    run("test", scenario, seed, &Options::default(), false)
}

/// Shows what happened before a violation.
fn expect_kept(scenario: &Scenario, seed: u64) -> Report {
    let outcome = go(scenario, seed);
    if outcome.violation.is_some() {
        let again = run("test", scenario, seed, &Options::default(), true);
        let violation = again.violation.unwrap();
        panic!("seed {seed}: {violation}\n{}", violation.last.join("\n"));
    }
    outcome.report
}

#[test]
fn nothing_that_goes_wrong_breaks_a_promise() {
    let mut looked_at: BTreeMap<Invariant, u64> = BTreeMap::new();
    let mut said = 0;
    for seed in 0..200 {
        let report = expect_kept(&small(seed, 6), seed);
        said += report.said;
        for (invariant, count) in report.checked {
            *looked_at.entry(invariant).or_default() += count;
        }
    }
    assert!(said > 4000, "{said}");
    for invariant in [
        Invariant::R2,
        Invariant::R3,
        Invariant::R4,
        Invariant::R7,
        Invariant::R8,
        Invariant::R9,
        Invariant::B4,
        Invariant::Truth,
    ] {
        assert!(looked_at[&invariant] > 100, "{invariant}: {}", looked_at[&invariant]);
    }
    assert_eq!(
        [
            looked_at[&Invariant::R1],
            looked_at[&Invariant::R5],
            looked_at[&Invariant::R6]
        ],
        [0; 3]
    );
}

/// The same with disks.
fn kept(seed: u64, faults: u32) -> Scenario {
    let scenario = small(seed, faults);
    let hubs = scenario.hubs.clone().map(|hubs| Hubs { durable: true, ..hubs });
    Scenario { hubs, ..scenario }
}

#[test]
fn nothing_that_goes_wrong_breaks_a_promise_of_rooms_that_are_kept() {
    let mut looked_at: BTreeMap<Invariant, u64> = BTreeMap::new();
    for seed in 0..200 {
        let report = expect_kept(&kept(seed, 8), seed);
        for (invariant, count) in report.checked {
            *looked_at.entry(invariant).or_default() += count;
        }
    }
    for invariant in [
        Invariant::R1,
        Invariant::R2,
        Invariant::R5,
        Invariant::R6,
        Invariant::R7,
    ] {
        assert!(looked_at[&invariant] > 1000, "{invariant}: {}", looked_at[&invariant]);
    }
}

#[test]
fn without_faults_everybody_is_shown_everything() {
    for seed in 0..30 {
        let report = expect_kept(&small(seed, 0), seed);
        assert_eq!(
            (report.said_delivery, report.healing_ms),
            (Some(1.0), None),
            "seed {seed}"
        );
    }
}

#[test]
fn same_seed_same_run_and_other_seed_another() {
    let mut hashes = BTreeSet::new();
    for seed in 0..20 {
        let scenario = small(0, 6);
        let options = Options {
            trace: true,
            ..Options::default()
        };
        let first = run("test", &scenario, seed, &options, false);
        assert_eq!(first, run("test", &scenario, seed, &options, false), "seed {seed}");
        assert!(!first.trace.as_ref().unwrap().hops.is_empty());
        // Neither a trace nor notes change what happens.
        assert_eq!(
            first.report,
            run("test", &scenario, seed, &Options::default(), true).report
        );
        assert!(hashes.insert(first.report.trace_hash));
    }
}

#[test]
fn what_was_said_in_a_partition_comes_afterwards() {
    let hubs = Hubs {
        count: Few::exactly(3),
        old_services: Few::exactly(0),
        durable: false,
        ..small(0, 0).hubs.unwrap()
    };
    for seed in 0..10 {
        let scenario = Scenario {
            hubs: Some(hubs.clone()),
            faults: vec![fault(Wrong::Partition, 3000, 6000)],
            ..small(seed, 0)
        };
        let report = expect_kept(&scenario, seed);
        assert!(report.healing_ms.unwrap() > 0, "seed {seed}");
        // Links that never carried anything before lose what they tried with: hubs speak from the start here.
        assert!(report.said_delivery.unwrap() > 0.9, "seed {seed}: {report:?}");
    }
}

#[test]
fn in_a_ring_one_dead_link_delays_nobody_and_in_a_chain_it_does() {
    for (shape, waits) in [(Shape::Ring, false), (Shape::Chain, true)] {
        let scenario = Scenario {
            hubs: Some(Hubs {
                count: Few::exactly(3),
                shape,
                sessions: Few::exactly(3),
                old_services: Few::exactly(0),
                durable: false,
            }),
            faults: vec![Fault {
                who: vec!["h0".to_owned(), "h1".to_owned()],
                ..fault(Wrong::HalfOpen, 4000, 6000)
            }],
            ..small(0, 0)
        };
        let report = expect_kept(&scenario, 1);
        assert_eq!(report.said_delivery, Some(1.0), "{shape:?}");
        assert_eq!(report.healing_ms.unwrap() > 0, waits, "{shape:?}: {report:?}");
    }
}

#[test]
fn who_reads_nothing_is_cut_and_others_are_not_delayed() {
    let mut cut = 0;
    for seed in 0..5 {
        let scenario = Scenario {
            faults: vec![Fault {
                share: Share {
                    from: 300_000,
                    to: 300_000,
                },
                ..fault(Wrong::Stall, 1500, 10_000)
            }],
            traffic: vec![Traffic {
                every: Span::millis(1, 10),
                ..talk(600, 4000)
            }],
            ..small(seed, 0)
        };
        let options = Options {
            trace: true,
            ..Options::default()
        };
        let outcome = run("test", &scenario, seed, &options, false);
        assert_eq!(outcome.violation, None, "seed {seed}");
        let marks = outcome.trace.unwrap().marks;
        cut += marks
            .iter()
            .filter(|mark| mark.text.starts_with("cuts session"))
            .count();
    }
    assert!(cut > 0);
}

#[test]
fn a_part_of_a_schedule_can_be_kept() {
    let scenario = Scenario {
        hubs: Some(Hubs {
            count: Few::exactly(3),
            ..small(0, 0).hubs.unwrap()
        }),
        ..small(0, 6)
    };
    let kept = |keep: &str| {
        let options = Options {
            keep: keep.parse().unwrap(),
            trace: false,
        };
        let outcome = run("test", &scenario, 3, &options, false);
        assert_eq!(outcome.violation, None, "{keep}");
        outcome.report
    };
    let whole = kept("");
    assert_eq!(whole, go(&scenario, 3).report);
    assert_eq!(kept("a=").said, 0);
    let two = kept("a=6-15/n=0-1");
    assert!(two.hubs == 2 && two.said > 0 && two.said <= 10, "{two:?}");
    assert_eq!(kept("t=5000000").virtual_ms, 5000);
}
