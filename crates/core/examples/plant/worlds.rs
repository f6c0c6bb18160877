//! Small worlds in which planted bugs are looked for. Each seed draws another world of its kind.

use std::time::Duration;

use papo_core::planted::Bug;
use papo_core::sim::Scenario;
use papo_core::sim::scenario::{
    Bytes, Fault, Few, Hubs, Network, Overlay, Peers, Program, Reads, Saying, Shape, Share, Span, State, Time, Traffic,
    Wrong,
};
use papo_core::wire::rendezvous::Dialect;

/// A name and what it stands for.
type World = (&'static str, fn() -> Scenario);

/// Every world.
pub(crate) const WORLDS: [World; 15] = [
    ("rendezvous", || mixed(Shape::Rendezvous)),
    ("random", || mixed(Shape::Random)),
    ("chain", || mixed(Shape::Chain)),
    ("legacy", legacy),
    ("hostile", hostile),
    ("recordings", recordings),
    ("relays", relays),
    ("broken", broken),
    ("crowded", crowded),
    ("funnel", funnel),
    ("wide", wide),
    ("newcomers", newcomers),
    ("hubs", hubs),
    ("old-services", old_services),
    ("rooms", rooms),
];

/// The world of that name.
pub(crate) fn world(name: &str) -> Option<Scenario> {
    let named = WORLDS.iter().find(|(known, _)| *known == name);
    named.map(|(_, scenario)| scenario())
}

/// Where a bug is looked for: the first seed in the first of them, the second in the second, and so on around. A bug
/// that needs something rare has a world where that is common.
pub(crate) const fn worlds_for(bug: Bug) -> &'static [&'static str] {
    match bug {
        Bug::NoDedup
        | Bug::OwnShown
        | Bug::RelayedBack
        | Bug::PubTtlKept
        | Bug::PubTtlRaised
        | Bug::SendTtlKept
        | Bug::ShownByRelay
        | Bug::ShownTwice
        | Bug::EndedTwice
        | Bug::AckForOthers => &["rendezvous", "random", "chain"],
        Bug::PendingDropped => &["relays", "broken", "random"],
        Bug::RouteKept | Bug::DeadlineForgotten => &["relays", "random", "broken"],
        Bug::LegacyUnpaced | Bug::LegacyNotAscii | Bug::LegacyTwoLines => &["legacy"],
        Bug::ForwardUnverified
        | Bug::ShowForged
        | Bug::UnsignedBelieved
        | Bug::AckUnverified
        | Bug::PanicsOnGarbage => &["hostile"],
        Bug::RelayLoops => &["hostile", "legacy"],
        Bug::ReplayAccepted => &["recordings"],
        Bug::FirstArrival => &["wide"],
        Bug::QueueUnbounded => &["crowded"],
        Bug::RelayUnbounded => &["funnel"],
        Bug::NeverRedials => &["broken"],
        Bug::NeverRegistersAgain => &["newcomers"],
        Bug::BareRelayedOn => &["old-services"],
        Bug::HubNoDedup
        | Bug::HeadOffByOne
        | Bug::HubRelayedBack
        | Bug::OutboxLost
        | Bug::ResumeOffByOne
        | Bug::GapNotShown
        | Bug::SeqSkipped
        | Bug::SeqRepeated => &["hubs"],
        Bug::AckBeforeStored
        | Bug::ReplayOffByOne
        | Bug::WaitingForgotten
        | Bug::AcksForgotten
        | Bug::NumbersLost
        | Bug::HeadsKept
        | Bug::StagedReversed => &["rooms"],
    }
}

/// A few peers of all kinds, of which somebody may mean harm, and anything goes wrong.
fn mixed(shape: Shape) -> Scenario {
    Scenario {
        peers: vec![
            Peers {
                legacy: percent(0, 50),
                ..peers("n", 3, 8)
            },
            harmful(0, 1),
        ],
        overlay: overlay(shape, 2, 4),
        traffic: vec![sends(10, 40), publications(5, 20)],
        random_faults: Few { from: 0, to: 6 },
        ..world_of(60, 180)
    }
}

/// Many old programs, which also talk through relays.
fn legacy() -> Scenario {
    Scenario {
        peers: vec![Peers {
            legacy: percent(30, 50),
            ..peers("n", 4, 8)
        }],
        overlay: overlay(Shape::Random, 2, 4),
        traffic: vec![sends(20, 40), publications(10, 20)],
        random_faults: Few { from: 0, to: 2 },
        ..world_of(60, 180)
    }
}

/// Somebody means harm, and has every occasion.
fn hostile() -> Scenario {
    Scenario {
        peers: vec![peers("n", 3, 6), harmful(1, 2)],
        overlay: overlay(Shape::Random, 2, 4),
        traffic: vec![sends(30, 60), publications(10, 30)],
        random_faults: Few { from: 0, to: 2 },
        ..world_of(60, 180)
    }
}

/// Somebody means harm and has minutes to use what it heard again.
fn recordings() -> Scenario {
    Scenario {
        peers: vec![peers("n", 3, 5), harmful(1, 1)],
        overlay: overlay(Shape::Random, 2, 4),
        traffic: vec![
            every(sends(20, 40), 1_000, 10_000),
            every(publications(20, 40), 1_000, 10_000),
        ],
        ..world_of(420, 60)
    }
}

/// Most messages need a relay, and links break all the time.
fn relays() -> Scenario {
    Scenario {
        peers: vec![peers("n", 5, 8)],
        overlay: overlay(Shape::Random, 2, 3),
        traffic: vec![sends(60, 90)],
        faults: vec![
            Fault {
                lasting: Some(Span::millis(10_000, 30_000)),
                share: percent(10, 40),
                ..fault(Wrong::HalfOpen, 20)
            },
            Fault {
                share: percent(10, 50),
                ..fault(Wrong::Reset, 35)
            },
            Fault {
                lasting: Some(Span::millis(10_000, 30_000)),
                share: percent(10, 40),
                ..fault(Wrong::Stall, 40)
            },
        ],
        random_faults: Few { from: 0, to: 3 },
        ..world_of(70, 180)
    }
}

/// papo alone, and much goes wrong.
fn broken() -> Scenario {
    Scenario {
        peers: vec![peers("n", 4, 8)],
        overlay: overlay(Shape::Rendezvous, 2, 4),
        traffic: vec![sends(10, 40), publications(5, 20)],
        faults: vec![
            Fault {
                lasting: Some(Span::millis(10_000, 40_000)),
                share: percent(20, 80),
                ..fault(Wrong::Vanish, 20)
            },
            Fault {
                lasting: Some(Span::millis(15_000, 40_000)),
                ..fault(Wrong::Partition, 25)
            },
        ],
        random_faults: Few { from: 2, to: 6 },
        ..world_of(70, 800)
    }
}

/// One says more than its neighbors can get rid of: who it is for reads nothing.
fn crowded() -> Scenario {
    let much = Traffic {
        by: Some("n0".to_owned()),
        to: Some("n2".to_owned()),
        bytes: Few { from: 2_000, to: 4_000 },
        from: seconds(12),
        ..every(sends(600, 900), 1, 10)
    };
    Scenario {
        peers: vec![peers("n", 3, 4)],
        overlay: overlay(Shape::Chain, 2, 2),
        traffic: vec![much],
        faults: vec![Fault {
            who: vec!["n2".to_owned()],
            ..fault(Wrong::Stall, 11)
        }],
        ..world_of(45, 60)
    }
}

/// Several speak to one who reads nothing, all over the same link, and little at a time: what waits is many messages
/// and few bytes.
fn funnel() -> Scenario {
    let much = |by: &str| Traffic {
        by: Some(by.to_owned()),
        to: Some("n4".to_owned()),
        bytes: Few { from: 8, to: 24 },
        from: seconds(12),
        ..every(sends(150, 250), 1, 10)
    };
    Scenario {
        peers: vec![peers("n", 5, 5)],
        overlay: overlay(Shape::Chain, 2, 2),
        traffic: vec![much("n0"), much("n1"), much("n2")],
        faults: vec![Fault {
            who: vec!["n4".to_owned()],
            ..fault(Wrong::Stall, 11)
        }],
        ..world_of(30, 60)
    }
}

/// Far enough for the ttl to matter, with links of very different speed: the fastest way is rarely the shortest.
fn wide() -> Scenario {
    Scenario {
        network: Network {
            latency: Span::millis(1, 400),
            ..Network::default()
        },
        peers: vec![peers("n", 30, 40)],
        overlay: overlay(Shape::Random, 2, 3),
        traffic: vec![Traffic {
            from: seconds(25),
            ..every(publications(8, 12), 500, 1_500)
        }],
        ..world_of(45, 30)
    }
}

/// A rendezvous forgets everybody, and then others come who know it alone.
fn newcomers() -> Scenario {
    Scenario {
        peers: vec![peers("n", 3, 6)],
        overlay: Overlay {
            dialect: Dialect::November,
            ..Overlay::default()
        },
        traffic: vec![sends(5, 10), publications(5, 10)],
        faults: vec![
            Fault {
                state: State::Empty,
                lasting: Some(Span::millis(100, 1_000)),
                ..fault(Wrong::RendezvousRestart, 20)
            },
            Fault {
                times: Few { from: 1, to: 2 },
                ..fault(Wrong::Join, 30)
            },
        ],
        ..world_of(60, 800)
    }
}

/// Hubs in a ring whose links fail.
fn hubs() -> Scenario {
    Scenario {
        hubs: Some(ring(2, 4, 0, 0)),
        traffic: vec![every(says(30, 80), 20, 800)],
        random_faults: Few::exactly(6),
        ..world_of(40, 60)
    }
}

/// Hubs with services that have no ids.
fn old_services() -> Scenario {
    Scenario {
        hubs: Some(ring(2, 3, 1, 2)),
        traffic: vec![every(says(20, 60), 50, 1_000)],
        random_faults: Few { from: 0, to: 4 },
        ..world_of(40, 60)
    }
}

/// Hubs with disks, which fail as links and hubs do.
fn rooms() -> Scenario {
    let hubs = Hubs {
        durable: true,
        ..ring(1, 4, 0, 1)
    };
    Scenario {
        hubs: Some(hubs),
        traffic: vec![every(says(30, 80), 20, 500)],
        random_faults: Few { from: 3, to: 8 },
        ..world_of(40, 30)
    }
}

/// Nobody, for so many seconds, and so many more until all has to be well.
fn world_of(duration: u64, settle: u64) -> Scenario {
    Scenario {
        duration: seconds(duration),
        settle: seconds(settle),
        network: Network {
            latency: Span::millis(2, 60),
            jitter: Span::millis(0, 20),
            bandwidth: Bytes(0),
            loss: percent(0, 2),
            reads: Reads::Any,
            ..Network::default()
        },
        peers: Vec::new(),
        overlay: Overlay::default(),
        hubs: None,
        traffic: Vec::new(),
        faults: Vec::new(),
        random_faults: Few::default(),
        check: true,
    }
}

fn peers(name: &str, from: u32, to: u32) -> Peers {
    Peers {
        count: Few { from, to },
        name: name.to_owned(),
        namespaces: vec!["CIC".to_owned(), "ENE".to_owned()],
        program: Program::Papo,
        legacy: Share::default(),
        nat: false,
        one_address: false,
        network: None,
    }
}

fn harmful(from: u32, to: u32) -> Peers {
    Peers {
        program: Program::Hostile,
        ..peers("evil", from, to)
    }
}

fn overlay(shape: Shape, from: u32, to: u32) -> Overlay {
    Overlay {
        shape,
        degree: Few { from, to },
        ..Overlay::default()
    }
}

fn ring(from: u32, to: u32, fewest_old: u32, most_old: u32) -> Hubs {
    Hubs {
        count: Few { from, to },
        shape: Shape::Ring,
        sessions: Few { from: 2, to: 3 },
        old_services: Few {
            from: fewest_old,
            to: most_old,
        },
        durable: false,
    }
}

fn sends(from: u32, to: u32) -> Traffic {
    traffic(Saying::Send, from, to)
}

fn publications(from: u32, to: u32) -> Traffic {
    traffic(Saying::Publish, from, to)
}

fn says(from: u32, to: u32) -> Traffic {
    traffic(Saying::Say, from, to)
}

fn traffic(what: Saying, from: u32, to: u32) -> Traffic {
    Traffic {
        what,
        count: Few { from, to },
        from: seconds(5),
        every: Span::millis(50, 1_500),
        bytes: Few { from: 8, to: 200 },
        by: None,
        to: None,
    }
}

fn every(traffic: Traffic, least: u64, most: u64) -> Traffic {
    Traffic {
        every: Span::millis(least, most),
        ..traffic
    }
}

fn fault(what: Wrong, at: u64) -> Fault {
    Fault {
        what,
        at: seconds(at),
        lasting: None,
        share: Share::whole(),
        who: Vec::new(),
        state: State::Old,
        median: None,
        times: Few::default(),
    }
}

fn percent(from: u32, to: u32) -> Share {
    let one = Share::WHOLE / 100;
    Share {
        from: from * one,
        to: to * one,
    }
}

const fn seconds(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}
