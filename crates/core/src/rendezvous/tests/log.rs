//! What is read back after a restart: docs/protocol.md 1.10.

use proptest::prelude::*;

use super::*;

/// A registry made of the complete lines of a log, at the moment at which `world` is.
fn replayed(world: &World, log: &[u8]) -> World {
    let utc = UTC.after(world.now.since(Instant::ZERO));
    let mut other = World::with(Config {
        utc,
        ..config(world.registry.dialect)
    });
    // Another process: its clock starts anew.
    for line in log
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
    {
        let entry = Entry::decode(line).expect("a complete line is an entry");
        other.registry.handle(other.now, Input::Restored(entry));
        assert_eq!(other.registry.poll_output(), None);
    }
    other
}

fn encode(log: &[Entry]) -> Vec<u8> {
    log.iter().flat_map(Entry::encode).collect()
}

/// The log as compaction leaves it: of each key the last line, in any order.
fn compacted(log: &[Entry], utc: UtcMillis) -> Vec<Entry> {
    let mut kept = BTreeMap::new();
    for entry in log {
        let line = entry.kept();
        kept.insert(line.key, (line.gone, line.until, entry.clone()));
    }
    let mut kept: Vec<_> = kept
        .into_values()
        .filter(|(gone, until, _)| !gone && *until > utc)
        .collect();
    kept.reverse();
    kept.into_iter().map(|(_, _, entry)| entry).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Put {
        name: u8,
        ip: u8,
        port: u16,
        ttl: u32,
        owner: Option<u8>,
    },
    Gone {
        name: Option<u8>,
        ip: u8,
        owner: Option<u8>,
    },
    Wait(u16),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..4, 1_u8..4, 1_u16..5, 1_u32..600, prop::option::weighted(0.3, 1_u8..3))
            .prop_map(|(name, ip, port, ttl, owner)| Step::Put { name, ip, port, ttl, owner }),
        2 => (prop::option::of(0_u8..4), 1_u8..4, prop::option::weighted(0.3, 1_u8..3))
            .prop_map(|(name, ip, owner)| Step::Gone { name, ip, owner }),
        2 => (0_u16..300).prop_map(Step::Wait),
    ]
}

fn play(world: &mut World, step: &Step, seq: u64) {
    match *step {
        Step::Put {
            name,
            ip,
            port,
            ttl,
            owner,
        } => {
            let name = format!("p{name}");
            let mut request = json!({"type": "REGISTER", "name": name, "namespace": "UnB", "port": port, "ttl": ttl});
            if let Some(owner) = owner {
                request["x"] = json!(sign(owner, Purpose::Register, &name, port, seq));
            }
            world.ask(&format!("192.0.2.{ip}:5000"), request);
        }
        Step::Gone { name, ip, owner } => {
            let name = name.map(|name| format!("p{name}"));
            let mut request = json!({"type": "UNREGISTER", "namespace": "UnB", "name": name});
            if let (Some(owner), Some(name)) = (owner, &name) {
                request["x"] = json!(sign(owner, Purpose::Unregister, name, 1, seq));
            }
            world.ask(&format!("192.0.2.{ip}:5000"), request);
        }
        Step::Wait(seconds) => {
            world.wait(seconds.into());
            world.registry.handle(world.now, Input::Timeout);
        }
    }
}

fn same(world: &World, other: &World) -> Result<(), TestCaseError> {
    prop_assert_eq!(other.view(), world.view());
    let owners = |world: &World| {
        ["p0", "p1", "p2", "p3"].map(|name| {
            let owner = world.registry.owners.get("UnB", name);
            owner.map(|owner| (owner.key, owner.seq, owner.until.since(world.now)))
        })
    };
    prop_assert_eq!(owners(other), owners(world));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_log_replays_to_the_same_registry_after_a_cut_at_any_byte(
        steps in prop::collection::vec(any_step(), 1..15),
    ) {
        let mut world = World::new(SEP);
        for (seq, step) in (1..).zip(&steps) {
            play(&mut world, step, seq);
            let log = encode(&world.log);
            same(&world, &replayed(&world, &log))?;
            same(&world, &replayed(&world, &encode(&compacted(&world.log, UTC.after(world.now.since(Instant::ZERO))))))?;
        }
        // A cut within a line loses that line and no other.
        let log = encode(&world.log);
        let mut whole = replayed(&world, &[]).view();
        for cut in 1..=log.len() {
            let view = replayed(&world, &log[..cut]).view();
            if log[cut - 1] == b'\n' {
                whole = view;
            } else {
                prop_assert_eq!(&view, &whole);
            }
        }
    }

    #[test]
    fn a_lease_ends_neither_early_nor_late_across_a_restart(ttl in 1_u32..90_000, restart in 0_u64..90_000_000, step in 0_u64..2_000) {
        let mut world = World::new(SEP);
        world.register("192.0.2.1", "a", "UnB", 1, ttl);
        world.now = Instant::from_millis(restart);
        let mut other = replayed(&world, &encode(&world.log));
        let end = u64::from(ttl.min(86_400)) * 1000;
        prop_assert_eq!(other.registry.is_empty(), restart >= end);
        if restart < end {
            let left = end - restart;
            other.registry.handle(Instant::from_millis(left.saturating_sub(step + 1)), Input::Timeout);
            prop_assert!(!other.registry.is_empty());
            other.registry.handle(Instant::from_millis(left), Input::Timeout);
            prop_assert!(other.registry.is_empty());
        }
    }
}

#[test]
fn a_clock_that_was_set_back_makes_no_lease_longer() {
    let mut world = World::new(SEP);
    world.register("192.0.2.1", "a", "UnB", 1, 60);
    let mut other = World::with(Config {
        utc: UtcMillis::new(UTC.get() - 3_600_000),
        ..config(SEP)
    });
    for entry in world.log {
        other.registry.handle(Instant::ZERO, Input::Restored(entry));
    }
    assert_eq!(other.listed("192.0.2.9", "UnB"), ["a:1/60"]);
    assert_eq!(other.registry.poll_timeout(), Some(Instant::from_secs(60)));
}

/// A registration of `alice` that its owner signs.
fn owned(world: &mut World, seq: u64, ttl: u32) {
    let request = json!({
        "type": "REGISTER", "name": "alice", "namespace": "UnB", "port": 1, "ttl": ttl,
        "x": sign(1, Purpose::Register, "alice", 1, seq),
    });
    assert_eq!(world.ask("192.0.2.1:5000", request)["status"], "OK");
}

#[test]
fn an_owner_who_shortened_the_lease_does_not_come_back_with_the_longer_one() {
    let mut world = World::new(SEP);
    owned(&mut world, 1, 86_400);
    owned(&mut world, 2, 1);
    // The second registration has ended and its owner's day is over, which it would not be for the first.
    world.wait(24 * 3600 + 2);
    let mut other = replayed(&world, &encode(&world.log));
    other.register("192.0.2.2", "alice", "UnB", 1, 60);
}

#[test]
fn a_clock_that_was_set_back_keeps_no_name_for_longer() {
    let mut world = World::new(SEP);
    owned(&mut world, 1, 86_400);
    let mut other = World::with(Config {
        utc: UtcMillis::new(UTC.get() - 30 * 86_400_000),
        ..config(SEP)
    });
    for entry in world.log {
        other.registry.handle(Instant::ZERO, Input::Restored(entry));
    }
    other.wait(2 * 86_400);
    other.register("192.0.2.2", "alice", "UnB", 1, 60);
}

#[test]
fn lines_that_are_no_entry_are_not_read() {
    for line in ["", "{}", "{\"put\":{}}", "{\"put\":{\"ip\":\"x\"}}", "\0\0\0\0"] {
        assert_eq!(Entry::decode(line.as_bytes()), None, "{line:?}");
    }
}

#[test]
fn whoever_takes_back_what_is_gone_waits_for_the_disk_too() {
    // The first answer may not have arrived, and the entry not be on the disk: the second must not say more than that.
    let mut world = World::new(SEP);
    world.register("203.0.113.7", "ana", "UnB", 4000, 7200);
    let request = unregister("UnB", "ana", 4000).to_string();
    for stores in [1, 0] {
        let (connection, _) = world.open("203.0.113.7:50000");
        let line = request.as_bytes();
        world.registry.handle(world.now, Input::Line { connection, line });
        let outputs: Vec<Output> = std::iter::from_fn(|| world.registry.poll_output()).collect();
        assert_eq!(outputs.len(), stores + 1, "{outputs:?}");
        assert!(
            matches!(outputs.last(), Some(Output::Reply { stored: true, .. })),
            "{outputs:?}"
        );
    }
}

#[test]
fn a_signed_record_whose_owner_a_crash_cut_off_is_nobody_elses() {
    let mut world = World::new(SEP);
    let x = sign(1, Purpose::Register, "ana", 4000, 1);
    let unsigned = json!({"type": "REGISTER", "name": "ana", "namespace": "UnB", "port": 4001});
    let mut signed = unsigned.clone();
    signed["port"] = json!(4000);
    signed["x"] = json!(x);
    world.ask("192.0.2.1:5000", signed);
    let mut restarted = replayed(&world, &encode(&world.log[..1]));
    assert!(restarted.registry.owners.get("UnB", "ana").is_none());
    assert_eq!(restarted.ask("192.0.2.1:5000", unsigned), error(SEP, "unauthorized"));
    assert_eq!(restarted.view(), world.view());
}
