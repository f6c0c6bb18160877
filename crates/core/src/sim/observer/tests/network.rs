use super::*;
use Invariant::{B3, Heals};

/// Nodes in a row that have been connected for long.
fn row(nodes: usize) -> Story {
    let mut story = Story::of(nodes);
    for actor in 1..nodes {
        story.join(actor - 1, actor);
    }
    story.wait(15_000);
    story
}

fn displays(story: &mut Story, actors: impl IntoIterator<Item = usize>) {
    for actor in actors {
        story.shown(actor, "n0@x", "*", "p1", "all", true);
    }
}

/// Time goes by, and somebody tells something.
fn later(story: &mut Story) {
    story.wait(10_000).event(0, &up("old@x", false));
}

#[test]
fn everybody_in_reach_gets_what_is_published() {
    let mut story = row(4);
    story.sent(0, "*", "p1", "all").wait(20);
    displays(&mut story, 1..4);
    later(&mut story);
    story.kept(B3);

    let mut story = row(4);
    story.sent(0, "*", "p1", "all").wait(20);
    displays(&mut story, [1, 3]);
    later(&mut story);
    assert_eq!(story.broken(), Some(B3));

    // Nine hops are too far; and who is not meant need not show it.
    let mut story = row(10);
    story.sent(0, "*", "p1", "all").wait(20);
    displays(&mut story, 1..9);
    later(&mut story);
    story.kept(B3);
    let mut story = row(3);
    story.sent(0, "#other", "p1", "all");
    later(&mut story);
    story.kept(B3);
}

/// Node 2 never shows it; is that held against anybody?
fn judged(disturb: impl FnOnce(&mut Story), after: impl FnOnce(&mut Story)) -> bool {
    let mut story = row(3);
    disturb(&mut story);
    story.sent(0, "*", "p1", "all").wait(20);
    displays(&mut story, [1]);
    after(&mut story);
    later(&mut story);
    story.broken() == Some(B3)
}

#[test]
fn around_faults_nobody_is_judged() {
    let calm = |_: &mut Story| {};
    assert!(judged(calm, calm));
    let fault = |story: &mut Story| {
        story.observer.fault(story.now, story.now);
    };
    assert!(!judged(fault, calm) && !judged(calm, fault));
    let long_ago = |story: &mut Story| {
        story.observer.fault(story.now, story.now);
        story.wait(15_000);
    };
    assert!(judged(long_ago, calm));
    let lasting = |story: &mut Story| {
        story.observer.fault(story.now, story.now + Duration::from_secs(60));
        story.wait(15_000);
    };
    assert!(!judged(lasting, calm));
    let healed = |story: &mut Story| {
        story.observer.fault(story.now, story.now + Duration::from_secs(60));
        story.wait(1);
        story.observer.calm(story.now);
        story.wait(15_000);
    };
    assert!(judged(healed, calm));
    let lost = |story: &mut Story| {
        story.observer.on_links(story.now, 1, BTreeMap::new());
    };
    assert!(!judged(calm, lost));
    let dies = |story: &mut Story| story.observer.died(story.now, 2);
    assert!(!judged(calm, dies));
    let wrong_key = |story: &mut Story| {
        let memory = story.observer.memory(2).unwrap();
        memory.keys.insert(peer("n0@x"), key(9).public());
    };
    assert!(!judged(wrong_key, calm), "it cannot believe it");
    let one_sided = |story: &mut Story| {
        story.observer.memory(2).unwrap().proven.clear();
    };
    assert!(!judged(one_sided, calm));
}

#[test]
fn who_is_too_fast_may_lose_some() {
    assert_eq!(crowded(true), None);
    assert_eq!(crowded(false), Some(B3), "nobody says that it was too fast");
}

/// One of many publications of a source is missing somewhere.
fn crowded(too_fast: bool) -> Option<Invariant> {
    let mut story = row(2);
    for number in 0..=PUBS {
        story
            .sent(0, "*", &format!("p{number}"), &format!("all {number}"))
            .wait(500);
    }
    story.observer.too_fast = too_fast.then_some(story.now);
    for number in 0..PUBS {
        story.shown(1, "n0@x", "*", &format!("p{number}"), &format!("all {number}"), true);
    }
    later(&mut story);
    story.broken()
}

const PUBS: u32 = crate::limits::PUB_BURST_TAKEN;

#[test]
fn the_network_becomes_one_again() {
    row(4).finish(true).kept(Heals);
    let mut story = row(4);
    story.event(1, &down("n2@x")).event(2, &down("n1@x")).finish(true);
    assert_eq!(story.broken(), Some(Heals));
    let mut story = row(4);
    story.event(1, &down("n2@x")).finish(true);
    assert_eq!(story.broken(), Some(Heals), "one side alone is no link");
    let mut story = row(3);
    story.event(1, &down("n2@x")).event(2, &down("n1@x"));
    story
        .observer
        .memory(0)
        .unwrap()
        .keys
        .insert(peer("n2@x"), key(9).public());
    story.finish(true).kept(Heals);
}

fn empty() -> crate::sim::Report {
    serde_json::from_str(
        r#"{"scenario":"","seed":0,"nodes":0,"legacy":0,"hubs":0,"virtual_ms":0,"steps":0,"trace_hash":"",
        "publications":0,"sends":0,"searches":0,"said":0,"checked":{}}"#,
    )
    .unwrap()
}

/// A row of four in which this and that happens.
fn eventful() -> Story {
    let mut story = row(4);
    story.observer.seat(Seat {
        name: peer("old@x"),
        papo: false,
        hostile: false,
    });
    story.sent(0, "*", "p1", "all").wait(20);
    displays(&mut story, [1]);
    story.wait(20);
    let far = Event::Message {
        kind: Kind::Pub,
        msg_id: "p1".to_owned(),
        src: peer("n0@x"),
        dst: "*".to_owned(),
        payload: "all".to_owned(),
        ttl: Ttl::new(6),
        verified: true,
        via: None,
    };
    story
        .event(3, &far)
        .sent(0, "n1@x", "m1", "12345")
        .sent(0, "n2@x", "m2", "12");
    story
        .shown(1, "n0@x", "n1@x", "m1", "12345", true)
        .delivered(0, "n1@x", "m1", true);
    story
        .wrote(0, 7, 1, &encode::ping("1", UTC))
        .wrote(0, 7, 1, &SEND.line(1, None));
    story.wrote(
        0,
        8,
        1,
        &encode::who_has(&id("w1"), &peer("n0@x"), &peer("n2@x"), Ttl::NEIGHBOR, None),
    );
    story.observer.counted(Tallies {
        copies: 6,
        first_copies: 3,
        passed_on_again: 1,
        searches: 2,
    });
    later(&mut story);
    story.observer.fault(story.now, story.now);
    story
        .wait(1500)
        .event(1, &down("n2@x"))
        .event(2, &down("n1@x"))
        .join(1, 2);
    story
}

#[test]
fn figures_say_what_happened() {
    let story = eventful();
    let mut report = empty();
    story.observer.figures(&[true; 5], &mut report);
    let control = encode::ping("1", UTC).len()
        + encode::who_has(&id("w1"), &peer("n0@x"), &peer("n2@x"), Ttl::NEIGHBOR, None).len();
    assert_eq!(
        (report.nodes, report.legacy, report.publications, report.sends),
        (4, 1, 1, 2)
    );
    assert_eq!(report.delivery, Some(0.666_667));
    assert_eq!(
        (report.redundancy, report.redundancy_first_arrival),
        (Some(1.0), Some(0.666_667))
    );
    assert_eq!((report.last_hop_mean, report.last_hop_max), (Some(3.0), Some(3)));
    assert_eq!(
        (report.last_peer_ms_mean, report.last_peer_ms_max),
        (Some(40.0), Some(40.0))
    );
    assert_eq!((report.send_delivery, report.send_ms_mean), (Some(0.5), Some(30.0)));
    let per_byte = f64::from(u32::try_from(control).unwrap()) / 10.0;
    assert_eq!(report.control_per_payload, Some(per_byte));
    assert_eq!((report.searches, report.messages_per_search), (2, Some(0.5)));
    assert_eq!((report.degree_mean, report.healing_ms), (Some(1.75), Some(1500)));
}

#[test]
fn without_checks_only_figures_are_kept() {
    let mut story = Story::of(2);
    story.observer = Observer::new(story.observer.seats.clone(), false);
    for actor in 0..2 {
        story.observer.born(story.now, actor, None);
    }
    story.event(0, &up("n1@x", true)).event(1, &up("n0@x", true));
    story.sent(0, "*", "p1", "all").shown(1, "n0@x", "*", "p1", "all", true);
    story
        .shown(1, "n0@x", "*", "p1", "other", true)
        .wrote(0, 1, 1, b"no line");
    later(&mut story);
    story.finish(true);
    let mut report = empty();
    story.observer.figures(&[true; 2], &mut report);
    assert_eq!(
        (report.delivery, report.publications, report.healing_ms),
        (Some(1.0), 1, None)
    );
    assert_eq!(story.broken(), None);
}
