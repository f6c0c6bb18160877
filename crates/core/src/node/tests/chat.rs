//! Two and more nodes that reach each other: docs/protocol.md 2.2, 2.3 and 3.6.

use super::*;

#[test]
fn two_nodes_prove_who_they_are_and_talk() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[]);
    let bob = net.node("bob@UnB", &[alice]);
    net.run(4 * SECOND);
    assert_eq!(net.told(alice), ["up bob@UnB"]);
    assert_eq!(net.told(bob), ["up alice@UnB"]);
    let known = net.node_at(alice).snapshot(net.now).peers;
    assert_eq!(known.len(), 1, "whoever came by itself is known too");
    assert!(known[0].connected && known[0].addresses.is_empty());
    net.say(alice, "bob@UnB", "olá");
    net.run(SECOND);
    assert_eq!(net.told(bob), ["Send alice@UnB → bob@UnB: olá"]);
    assert_eq!(net.told(alice), ["delivered bob@UnB"]);
}

#[test]
fn both_dial_at_once_and_one_link_stays() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[1]);
    let bob = net.node("bob@UnB", &[0]);
    net.run(10 * SECOND);
    for (machine, other) in [(alice, "bob@UnB"), (bob, "alice@UnB")] {
        assert_eq!(net.told(machine), [format!("up {other}")]);
        assert_eq!(net.node_at(machine).snapshot(net.now).conns.len(), 1);
    }
    net.say(bob, "alice@UnB", "oi");
    net.run(SECOND);
    assert_eq!(net.told(alice), ["Send bob@UnB → alice@UnB: oi"]);
    assert_eq!(net.told(bob), ["delivered alice@UnB"]);
}

#[test]
fn what_is_published_is_shown_once_to_everyone_it_is_for() {
    let mut net = Net::new();
    let a = net.node("a@UnB", &[]);
    let b = net.node("b@UnB", &[a]);
    let c = net.node("c@USP", &[a, b]);
    let d = net.node("d@UnB", &[c]);
    net.run(6 * SECOND);
    for machine in [a, b, c, d] {
        net.told(machine);
    }
    let text = "a todos".to_owned();
    let scope = Scope::Broadcast;
    net.command(a, Command::Publish { scope, text });
    net.run(SECOND);
    for machine in [b, c] {
        assert_eq!(net.told(machine), ["Pub a@UnB → *: a todos"]);
    }
    assert_eq!(net.told(d), ["Pub a@UnB → *: a todos via c@USP"]);
    assert_eq!(net.told(a), [""; 0]);
    let scope = Scope::Namespace("UnB".to_owned());
    let text = "só nós".to_owned();
    net.command(a, Command::Publish { scope, text });
    net.run(SECOND);
    assert_eq!(net.told(b), ["Pub a@UnB → #UnB: só nós"]);
    assert_eq!(net.told(c), [""; 0]);
    assert_eq!(net.told(d), ["Pub a@UnB → #UnB: só nós via c@USP"]);
}

#[test]
fn a_node_publishes_as_fast_as_others_take_it_and_loses_nothing() {
    let mut net = Net::new();
    let a = net.node("a@UnB", &[]);
    let b = net.node("b@UnB", &[a]);
    net.run(4 * SECOND);
    net.told(b);
    for number in 0..20 {
        let scope = Scope::Broadcast;
        let text = number.to_string();
        net.command(a, Command::Publish { scope, text });
    }
    net.run(SECOND / 2);
    assert_eq!(net.told(b).len(), 5);
    net.run(20 * SECOND);
    assert_eq!(net.told(b).len(), 15);
}

#[test]
fn goodbye_is_said_and_answered() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[]);
    let bob = net.node("bob@UnB", &[alice]);
    net.run(4 * SECOND);
    net.told(alice);
    net.command(bob, Command::Quit);
    net.run(SECOND);
    assert_eq!(net.told(alice), ["down bob@UnB TheirBye"]);
    assert!(net.node_at(bob).snapshot(net.now).conns.is_empty());
}

#[test]
fn a_dead_neighbor_is_noticed_within_two_intervals_and_dialed_again() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[]);
    let bob = net.node("bob@UnB", &[alice]);
    net.run(4 * SECOND);
    net.told(alice);
    // The cable is cut: nothing closes, nothing arrives.
    net.wires.clear();
    net.run(15 * SECOND);
    assert_eq!(
        net.node_at(alice).snapshot(net.now).conns.len(),
        1,
        "a new link is there"
    );
    assert_eq!(net.told(alice), ["down bob@UnB Silent", "up bob@UnB"]);
    net.told(bob);
}

#[test]
fn round_trip_times_are_measured() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[]);
    net.node("bob@UnB", &[alice]);
    net.run(20 * SECOND);
    let rtts = net.node_at(alice).snapshot(net.now).rtts;
    assert_eq!(rtts.len(), 1);
    assert_eq!(rtts[0].smoothed, 2 * LATENCY);
    net.told(alice);
    net.command(alice, Command::Ping(peer("bob@UnB")));
    net.run(SECOND);
    assert!(net.told(alice).contains(&"pong bob@UnB".to_owned()));
}

#[test]
fn commands_that_make_no_sense_are_refused_with_a_reason() {
    let mut net = Net::new();
    let alice = net.node("alice@UnB", &[]);
    net.say(alice, "alice@UnB", "eu");
    net.say(alice, "bob@UnB", "");
    net.say(alice, "bob@UnB", &"x".repeat(4097));
    net.command(alice, Command::Ping(peer("bob@UnB")));
    net.command(alice, Command::Connect(peer("bob@UnB")));
    net.say(alice, "bob@UnB", "oi");
    assert_eq!(
        net.told(alice),
        [
            "refused alice@UnB bad_format",
            "refused bob@UnB bad_format",
            "refused bob@UnB message_too_large",
            "refused bob@UnB no_route",
            "refused bob@UnB no_route",
            "failed bob@UnB no_route",
        ]
    );
}
