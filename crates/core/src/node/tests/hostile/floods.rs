//! Who sends too much, too fast, or takes too little.

use super::*;
use crate::limits::{
    DIAL_DELAY_MAX, DIALED_PEERS, FLOOD_IDS, HELLO_DEADLINE, LINK_QUEUE_BYTES, LINK_WINDOW_BYTES, LINK_WRITE_DEADLINE,
    LINKS_UNGREETED, LINKS_UNGREETED_PER_ADDRESS, PENDING_SENDS, PUB_BURST_TAKEN, RELAYED_PER_LINK, SEARCH_BURST,
};

#[test]
fn what_is_too_fast_goes_no_further_whatever_its_ttl() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    let other = solo.papo("other@UnB", 3);
    for number in 0..40 {
        for ttl in [2, 8] {
            let mut line = publication(&format!("p{number}"), "novo@UnB", "*", "spam");
            line["ttl"] = json!(ttl);
            let line = of_novo(&solo, number + 1, line);
            solo.says(relay, &line);
        }
    }
    let told = solo.told();
    let burst = PUB_BURST_TAKEN as usize;
    assert_eq!(told.iter().filter(|line| line.starts_with("Pub")).count(), burst);
    assert_eq!(told.len(), burst + 1, "told once: {told:?}");
    // Each of the burst may go again with more hops left.
    let passed = only(solo.hears(other), "PUB").len();
    assert_eq!(passed, 2 * burst);
}

#[test]
fn what_is_invalid_causes_nothing() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    let other = solo.papo("other@UnB", 3);
    let good = of_novo(&solo, 1, publication("p", "novo@UnB", "*", "oi")).to_string();
    for line in [
        good.replacen("\"ttl\":8", "\"ttl\":\"x\"", 1),
        good.replacen("{\"dst\"", "{\"payload\":\"a\",\"dst\"", 1),
        good.replacen("oi", "io", 1),
        good[..good.len() - 1].to_owned(),
        format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
        r#"{"type":"WHO_HAS","ttl":8}"#.to_owned(),
        r#"{"type":"SEND","src":"a@UnB","dst":"other@UnB","payload":"sem id","ttl":8}"#.to_owned(),
    ] {
        solo.says_raw(relay, &line);
    }
    assert_eq!(solo.hears(other), [Value::Null; 0]);
    assert!(!solo.told().iter().any(|line| line.starts_with("Pub")));
    assert_eq!(solo.why_closed(relay), None);
}

#[test]
fn searches_of_one_link_are_held_to_a_rate() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    let other = solo.papo("other@UnB", 3);
    for number in 0..200 {
        let line =
            json!({"type": "WHO_HAS", "msg_id": format!("w{number}"), "src": "novo@UnB", "dst": "ghost@UnB", "ttl": 8});
        solo.says(relay, &of_novo(&solo, number + 1, line));
    }
    assert_eq!(only(solo.hears(other), "WHO_HAS").len(), SEARCH_BURST as usize);
}

#[test]
fn a_search_that_was_too_fast_on_one_link_goes_on_from_another() {
    let mut solo = Solo::new();
    let [relay, patient, other] =
        [("relay@UnB", 2), ("patient@UnB", 4), ("other@UnB", 3)].map(|(name, key)| solo.papo(name, key));
    let search = |solo: &Solo, number: u64, ttl: u8| {
        let line = json!({"type": "WHO_HAS", "msg_id": format!("w{number}"), "src": "novo@UnB", "dst": "ghost@UnB", "ttl": ttl});
        of_novo(solo, number + 1, line)
    };
    let burst = u64::from(SEARCH_BURST);
    solo.says(relay, &search(&solo, 0, 4));
    for number in 1..=burst {
        solo.says(relay, &search(&solo, number, 8));
    }
    // The last was too fast, and so is a copy of the first that may go farther.
    solo.says(relay, &search(&solo, 0, 8));
    assert_eq!(solo.counter("too_fast"), 2);
    solo.hears(other);
    for number in [0, 1, burst] {
        solo.says(patient, &search(&solo, number, 8));
    }
    let ids: Vec<_> = only(solo.hears(other), "WHO_HAS")
        .iter()
        .map(|line| line["msg_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["w0".to_owned(), format!("w{burst}")]);
}

#[test]
fn a_line_that_is_too_long_ends_the_link_with_a_word() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let papo = solo.papo("novo@UnB", 1);
    let ungreeted = solo.accept(host(99));
    solo.says(old, &json!({"type": "PING", "msg_id": "p"}));
    for link in [old, papo, ungreeted] {
        solo.hears(link);
        solo.input(Input::TooLong { link });
        let heard = solo.hears(link);
        assert_eq!(
            (types(&heard), &heard[0]["code"]),
            (vec!["ERROR"], &json!("line_too_long"))
        );
        assert_eq!(heard[0]["limit"], 32_768);
        assert_eq!(solo.why_closed(link), Some(CloseReason::LineTooLong));
    }
}

#[test]
fn connections_that_do_not_say_who_they_are_are_few_and_short() {
    let mut solo = Solo::new();
    let mut links = Vec::new();
    for number in 0..40_u8 {
        for _ in 0..=LINKS_UNGREETED_PER_ADDRESS {
            links.push(solo.accept(host(number)));
        }
    }
    let open = links.iter().filter(|&&link| solo.why_closed(link).is_none()).count();
    assert_eq!(open, LINKS_UNGREETED);
    let from_one = links[..=LINKS_UNGREETED_PER_ADDRESS]
        .iter()
        .filter(|&&link| solo.why_closed(link).is_none());
    assert_eq!(from_one.count(), LINKS_UNGREETED_PER_ADDRESS);
    // A drip of signs of life is no greeting.
    for _ in 0..20 {
        solo.run(HELLO_DEADLINE / 20);
        if solo.why_closed(links[0]).is_none() {
            solo.says(links[0], &json!({"type": "PING", "msg_id": "p"}));
        }
    }
    assert!(solo.node.links.is_empty());
    assert_eq!(solo.why_closed(links[0]), Some(CloseReason::NoHello));
    let here = SocketAddr::from(([127, 0, 0, 1], 4000));
    let class: Vec<_> = (0..20).map(|_| solo.accept(here)).collect();
    assert!(class.iter().all(|&link| solo.why_closed(link).is_none()));
    solo.says_raw(class[0], "GET / HTTP/1.1");
    assert_eq!(solo.why_closed(class[0]), Some(CloseReason::NotAPeer));
    let late = class[1];
    solo.run(HELLO_DEADLINE);
    solo.says(late, &json!({"type": "HELLO", "peer_id": OLD}));
    assert_eq!(
        (solo.told(), solo.why_closed(late)),
        (vec![], Some(CloseReason::NoHello))
    );
}

#[test]
fn whoever_does_not_read_is_cut_off_and_nobody_else_notices() {
    let mut solo = Solo::new();
    let deaf = solo.papo("deaf@UnB", 1);
    let fine = solo.papo("fine@UnB", 2);
    solo.deaf.push(deaf);
    let begin = solo.now;
    let mut q = 0;
    for _ in 0..12 {
        for _ in 0..40 {
            q += 1;
            let line = send(&format!("s{q}"), "fine@UnB", "deaf@UnB", &"x".repeat(4000));
            solo.says(fine, &signed(2, q, solo.utc(), line));
            let queued = solo.counter("queued_bytes");
            assert!(queued <= LINK_QUEUE_BYTES as u64, "{queued}");
        }
        solo.run(SECOND);
        solo.says(fine, &json!({"type": "PING", "msg_id": "p"}));
        assert_eq!(only(solo.hears(fine), "PONG").len(), 1);
    }
    let (at, reason) = solo.closed(deaf).unwrap();
    assert_eq!(reason, CloseReason::SlowConsumer);
    assert!(at.since(begin) <= LINK_WRITE_DEADLINE + SECOND);
    let given: usize = solo.hears(deaf).iter().map(|line| line.to_string().len()).sum();
    assert!(given <= LINK_WINDOW_BYTES + 2 * 4500, "{given}");
    assert_eq!(solo.why_closed(fine), None);
}

#[test]
fn tables_have_their_bounds() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    let other = solo.papo("other@UnB", 3);
    for number in 0..RELAYED_PER_LINK as u64 + 50 {
        let line = send(&format!("s{number}"), "relay@UnB", "other@UnB", "oi");
        solo.says(relay, &signed(2, number + 1, solo.utc(), line));
    }
    assert_eq!(only(solo.hears(other), "SEND").len(), RELAYED_PER_LINK);
    let failed = only(solo.hears(relay), "RELAY_FAIL");
    assert_eq!((failed.len(), &failed[0]["code"]), (50, &json!("over_quota")));
    solo.run(SECOND);
    solo.says(
        other,
        &signed(3, 1, solo.utc(), send("later", "other@UnB", "relay@UnB", "oi")),
    );
    solo.run(31 * SECOND);
    assert_eq!(
        solo.node.paths.next_end(),
        None,
        "forgotten in time, without another message"
    );
    for number in 0..PENDING_SENDS + 10 {
        let (to, text) = (peer("other@UnB"), number.to_string());
        solo.command(Command::Send { to, text });
    }
    assert!(solo.node.unicast.len() <= PENDING_SENDS && FLOOD_IDS > 0);
    solo.run(21 * SECOND);
    assert_eq!(solo.node.unicast.len(), 0);
}

#[test]
fn a_try_is_passed_on_once_however_often_and_from_whom_it_comes() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    let other = solo.papo("other@UnB", 3);
    let third = solo.papo("third@UnB", 4);
    let line = signed(2, 1, solo.utc(), send("s", "relay@UnB", "other@UnB", "oi"));
    for from in [relay, relay, third] {
        solo.says(from, &line);
    }
    assert_eq!(only(solo.hears(other), "SEND").len(), 1);
}

#[test]
fn a_list_that_lies_makes_few_dials_and_none_where_no_peer_can_be() {
    let mut solo = Solo::dialing(&[], false);
    let victim = |port: u16| SocketAddr::from(([203, 0, 113, 7], port));
    let mut listed = Vec::new();
    let mut add = |name: String, address: SocketAddr| {
        listed.push(Listed {
            peer: name.parse().unwrap(),
            address,
            key: None,
        });
    };
    for (number, ip) in [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
    ]
    .into_iter()
    .enumerate()
    {
        add(format!("p{number}@x"), SocketAddr::new(ip.parse().unwrap(), 7070));
    }
    for port in [22, 80, 443, 1023, 6379, 5432] {
        add(format!("low{port}@x"), victim(port));
    }
    add(ME.to_owned(), victim(7070));
    for number in 0..5000_u16 {
        add(format!("v{number}@x"), victim(2000 + number));
    }
    solo.input(Input::Discovered(listed));
    let mut dialed = Vec::new();
    for _ in 0..3600 {
        solo.run(SECOND);
        let dials = std::mem::take(&mut solo.dials);
        assert!(dials.len() <= 3, "at once");
        for (_, dial, address) in dials {
            assert!(address.ip() == victim(0).ip() && address.port() >= 2000, "{address}");
            dialed.push(address);
            solo.input(Input::DialFailed { dial });
        }
    }
    // Eight ports, twice each, in each ten minutes.
    assert!(
        (1..=8 * 2 * 6).contains(&dialed.len()),
        "{} dials in an hour",
        dialed.len()
    );
    assert!(solo.node.snapshot(solo.now).peers.len() <= DIALED_PEERS && DIAL_DELAY_MAX > Duration::ZERO);
}
