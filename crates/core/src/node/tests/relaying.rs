//! Messages over other nodes: docs/protocol.md 2.3 and 2.5.

use super::*;

#[test]
fn three_in_a_row_talk_over_the_middle_one() {
    let mut net = Net::new();
    let row = net.chain(3);
    net.run(6 * SECOND);
    for &machine in &row {
        net.told(machine);
    }
    net.say(row[0], "n2@UnB", "daqui");
    net.run(5 * SECOND);
    assert_eq!(net.told(row[2]), ["Send n0@UnB → n2@UnB: daqui via n1@UnB"]);
    // A key that is new may be anybody's; from then on it is the one that counts.
    assert_eq!(net.told(row[0]), ["delivered n2@UnB (unverified)"]);
    net.say(row[0], "n2@UnB", "de novo");
    net.run(SECOND);
    assert_eq!(net.told(row[0]), ["delivered n2@UnB"]);
    let routes = net.node_at(row[0]).snapshot(net.now).routes;
    let far = routes.iter().find(|route| route.destination == peer("n2@UnB")).unwrap();
    assert_eq!((far.next_hop.clone(), far.hops), (peer("n1@UnB"), 2));
}

#[test]
fn seven_relays_deliver_and_eight_are_too_many() {
    for (nodes, told) in [(9, "delivered n8@UnB (unverified)"), (10, "failed n9@UnB ttl_expired")] {
        let mut net = Net::new();
        let row = net.chain(nodes);
        net.run(10 * SECOND);
        for &machine in &row {
            net.told(machine);
        }
        let last = format!("n{}@UnB", nodes - 1);
        net.say(row[0], &last, "longe");
        net.run(21 * SECOND);
        assert_eq!(net.told(row[0]), [told], "{nodes} nodes");
        assert_eq!(net.told(row[nodes - 1]).len(), usize::from(nodes == 9));
    }
}

#[test]
fn a_relay_that_dies_is_gone_around() {
    let mut net = Net::new();
    let a = net.node("a@UnB", &[]);
    let r = net.node("r@UnB", &[a]);
    let s = net.node("s@UnB", &[a]);
    let z = net.node("z@UnB", &[r, s]);
    net.run(6 * SECOND);
    net.say(a, "z@UnB", "um");
    net.run(5 * SECOND);
    for machine in [a, z] {
        net.told(machine);
    }
    let via = net.node_at(a).snapshot(net.now).routes;
    let first = via
        .iter()
        .find(|route| route.destination == peer("z@UnB"))
        .unwrap()
        .next_hop
        .clone();
    // The way that is known dies without a word, in the middle of a message.
    let dead = if first == peer("r@UnB") { r } else { s };
    net.say(a, "z@UnB", "dois");
    net.kill(dead);
    net.run(21 * SECOND);
    let other = if dead == r { "s@UnB" } else { "r@UnB" };
    assert!(net.told(z).contains(&format!("Send a@UnB → z@UnB: dois via {other}")));
    assert!(net.told(a).contains(&"delivered z@UnB".to_owned()));
}

#[test]
fn without_another_way_the_sender_is_told_why() {
    let mut net = Net::new();
    let row = net.chain(3);
    net.run(6 * SECOND);
    net.say(row[0], "n2@UnB", "um");
    net.run(5 * SECOND);
    net.told(row[0]);
    net.kill(row[2]);
    net.say(row[0], "n2@UnB", "dois");
    net.run(21 * SECOND);
    let told = net.told(row[0]);
    assert!(told.iter().any(|line| line.starts_with("failed n2@UnB")), "{told:?}");
    assert_eq!(net.node_at(row[0]).unicast.len(), 0);
}

#[test]
fn whoever_nobody_knows_is_not_found_within_the_deadline() {
    let mut net = Net::new();
    let row = net.chain(4);
    net.run(8 * SECOND);
    net.told(row[0]);
    net.say(row[0], "ghost@UnB", "oi");
    net.run(20 * SECOND);
    assert_eq!(net.told(row[0]), ["failed ghost@UnB who_has_timeout"]);
}

#[test]
fn a_ring_of_relays_passes_each_message_once() {
    let mut net = Net::new();
    let row = net.chain(6);
    let last = net.node("z@UnB", &[row[0], row[5]]);
    net.run(10 * SECOND);
    for machine in 0..=last {
        net.told(machine);
    }
    net.say(row[2], "z@UnB", "oi");
    net.run(10 * SECOND);
    let got = net.told(last);
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(net.told(row[2]), ["delivered z@UnB (unverified)"]);
    let relayed: u64 = row.iter().map(|&machine| net.node_at(machine).counters.relayed).sum();
    assert!((1..=4).contains(&relayed), "{relayed}");
}
