//! Budget, backoff and bans.

use super::*;

#[test]
fn in_steady_state_the_list_is_asked_for_once_a_minute_or_so() {
    let mut talk = Talk::settled(config());
    talk.live(3000, |_| NOBODY.to_vec());
    let asked = talk.times(DISCOVER);
    assert!((45..=55).contains(&asked.len()), "{}", asked.len());
    let gaps: Vec<_> = asked.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).collect();
    assert!(gaps.iter().all(|gap| (45..75).contains(gap)), "{gaps:?}");
    assert!(
        gaps.iter().any(|&gap| gap < 55) && gaps.iter().any(|&gap| gap > 65),
        "{gaps:?}"
    );
}

#[test]
fn whoever_asks_for_the_list_gets_it_at_once_until_the_budget_is_spent() {
    let mut talk = Talk::settled(config());
    talk.script(&[
        (0, DiscoverNow, &[DISCOVER]),
        (0, DiscoverNow, &[]),
        (1, reply(NOBODY), &["peers []"]),
        (2, DiscoverNow, &["later 30"]),
        (3, DiscoverNow, &["later 30"]),
    ]);
    assert_eq!(talk.wake_within(30, 30), [DISCOVER]);
    talk.script(&[(31, reply(NOBODY), &["peers []"]), (200, Timeout, &[DISCOVER])]);
}

#[test]
fn short_leases_do_not_keep_the_list_from_being_asked_for() {
    // The first runs out between two turns; the others want every turn, or nearly, for renewing.
    for ttl in [20, 40, 60, 80] {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        talk.live(1200, |request| {
            let ok = format!("{{\"status\":\"OK\",\"ttl\":{ttl}}}");
            if request.starts_with(DISCOVER) {
                NOBODY.to_vec()
            } else {
                ok.into_bytes()
            }
        });
        let (registered, asked) = (talk.times("> {\"type\":\"REGISTER\""), talk.times(DISCOVER));
        assert!(
            asked.len() >= 8 && registered.len() >= 8,
            "{ttl}: {registered:?} {asked:?}"
        );
        assert!(
            registered.len() + asked.len() <= 43,
            "three at once, then one every 30 s"
        );
        if ttl == 20 {
            assert!(
                asked.iter().all(|at| registered.contains(at)),
                "each right after registering"
            );
        }
    }
}

#[test]
fn renewing_goes_before_asking() {
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    talk.say(reply(b"{\"status\":\"OK\",\"ttl\":200}"));
    talk.say(reply(NOBODY));
    // Both are due.
    talk.script(&[
        (110, Timeout, &[REGISTER]),
        (
            110,
            reply(b"{\"status\":\"OK\",\"ttl\":200}"),
            &["lease 7200 became 200", "registered ? 200 until 310", DISCOVER],
        ),
    ]);
}

#[test]
fn failures_are_tried_again_later_and_later_within_the_budget() {
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    let mut gaps = Vec::new();
    for round in 0..40 {
        let failed = talk.now;
        let said = talk.say(Failed);
        assert_eq!(said, ["failing Unreachable"], "round {round}");
        let ClientStatus::Failing { next_try, .. } = *talk.client.status() else {
            panic!("{:?}", talk.client.status());
        };
        assert_eq!(talk.client.poll_timeout(), Some(next_try));
        talk.now = next_try;
        assert_eq!(talk.say(Timeout), [REGISTER]);
        gaps.push(talk.now.since(failed));
    }
    assert!(gaps[0] >= Duration::from_millis(500) && gaps[0] < Duration::from_secs(1));
    assert!(gaps[1] >= Duration::from_secs(1) && gaps[1] < Duration::from_secs(2));
    assert!(
        gaps[2..]
            .iter()
            .all(|gap| *gap >= Duration::from_secs(2) && *gap < Duration::from_secs(60))
    );
    assert!(gaps[8..].iter().all(|gap| *gap >= Duration::from_secs(30)), "{gaps:?}");
    assert!(talk.say(reply(OK_NOV)).contains(&DISCOVER.to_owned()));
    talk.say(Failed);
    let ClientStatus::Failing { next_try, .. } = *talk.client.status() else {
        panic!("{:?}", talk.client.status());
    };
    assert!(
        next_try.since(talk.now) <= Duration::from_secs(30),
        "success starts the waits anew"
    );
}

#[test]
fn a_failed_list_leaves_the_registration_as_it_was() {
    let mut talk = Talk::settled(config());
    talk.script(&[
        (0, DiscoverNow, &[DISCOVER]),
        (1, Failed, &["failing Unreachable", "later 30"]),
    ]);
    assert_eq!(talk.wake_within(30, 30), [DISCOVER]);
    assert_eq!(
        talk.say(reply(NOBODY)),
        ["peers []", "registered 10.0.0.7 7200 until 7200"]
    );
}

#[test]
fn a_lease_that_ran_out_while_the_server_was_away_is_taken_anew_before_asking() {
    let mut talk = Talk::settled(config());
    talk.now = Instant::from_secs(9000);
    assert_eq!(talk.say(Timeout), ["unregistered", REGISTER]);
    assert_eq!(
        talk.say(reply(OK_NOV)),
        ["registered 10.0.0.7 7200 until 16200", DISCOVER]
    );
}

#[test]
fn a_server_that_closes_without_a_word_is_left_alone_for_a_minute() {
    for silence in [&b""[..], b"\n", b" \r\n"] {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        assert_eq!(talk.say(reply(silence)), ["banned"]);
        talk.script(&[
            (1, DiscoverNow, &[&format!("later {}", ban_end(&talk))]),
            (30, Timeout, &[]),
            (59, DiscoverNow, &[&format!("later {}", ban_end(&talk))]),
        ]);
        assert_eq!(talk.wake_within(60, 75), [REGISTER]);
    }
}

#[test]
fn those_who_were_banned_together_do_not_return_together() {
    let ends: Vec<_> = (0..20)
        .map(|seed| {
            let mut talk = Talk::new(config(), seed);
            talk.say(Start);
            talk.say(reply(b""));
            ban_end(&talk)
        })
        .collect();
    assert!(
        ends.iter().any(|&end| end < 70) && ends.iter().any(|&end| end >= 70),
        "{ends:?}"
    );
}

fn ban_end(talk: &Talk) -> u64 {
    let ClientStatus::Banned { until } = *talk.client.status() else {
        panic!("{:?}", talk.client.status());
    };
    seconds(until)
}

#[test]
fn a_ban_that_is_announced_lasts_as_long_as_announced_within_reason() {
    let blocked = "Connection from 10.0.0.7:51234 has been blocked due to excessive login attempts (limit: 50).";
    let cases = [
        (" The block will be lifted in 42 seconds.", 42, 53),
        (" The block will be lifted in 0 seconds.", 1, 2),
        (" The block will be lifted in 9999999 seconds.", 600, 750),
        (" The block will be lifted in 99999999999999999999999 seconds.", 60, 75),
        (" Go away.", 60, 75),
    ];
    for (tail, from, to) in cases {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        assert_eq!(
            talk.say(reply(refusal(&format!("{blocked}{tail}")).as_bytes())),
            ["banned"]
        );
        assert_eq!(talk.wake_within(from, to), [REGISTER], "{tail}");
    }
}

#[test]
fn whoever_wants_the_list_gets_it_before_a_second_renewal() {
    let ok = b"{\"status\":\"OK\",\"ttl\":28}";
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    talk.say(reply(ok));
    talk.say(reply(NOBODY));
    talk.script(&[(14, Timeout, &[REGISTER])]);
    talk.say(reply(ok));
    talk.script(&[(16, DiscoverNow, &["later 30"])]);
    // By then the lease is to be renewed too; it lasts until 42.
    assert_eq!(talk.wake_within(30, 30), [DISCOVER]);
}
