//! Messages to one session.

use super::*;
use crate::limits::DIRECT_DEADLINE;

fn sends(hub: &mut Kept, from: SessionId, id: &str, to: &str) {
    let send = Request::Send {
        msg_id: id.parse().unwrap(),
        src: None,
        to: Address::parse(to).unwrap(),
        payload: "oi".to_owned(),
    };
    hub.asks(from, &send);
}

/// Ana and Bia, who have read all that there was.
fn two() -> (Kept, SessionId, SessionId) {
    let mut hub = Kept::new();
    let (ana, bia) = (hub.arrive("ana"), hub.arrive("bia"));
    hub.pass(Duration::from_secs(1));
    hub.hear(ana);
    hub.hear(bia);
    (hub, ana, bia)
}

#[test]
fn it_is_confirmed_when_it_has_arrived_and_not_shown_again() {
    let (mut hub, ana, bia) = two();
    sends(&mut hub, ana, "m1", "bia@lobby");
    assert_eq!(hub.hear(bia), ["SEND m1 ana@lobby: oi"]);
    assert_eq!(hub.hear(ana), NOTHING);
    let number = hub.direct;
    // Only whom it went to can confirm it.
    hub.step(Input::Confirmed { session: ana, number });
    assert_eq!(hub.hear(ana), NOTHING);
    hub.step(Input::Confirmed { session: bia, number });
    hub.step(Input::Confirmed { session: bia, number });
    sends(&mut hub, ana, "m1", "bia@lobby");
    assert_eq!(hub.hear(ana), ["ACK m1 from bia@lobby"; 2]);
    assert_eq!(hub.hear(bia), NOTHING);
    hub.pass(DIRECT_DEADLINE * 2);
    assert_eq!(hub.hear(ana), NOTHING);
}

#[test]
fn it_fails_when_nobody_is_there_or_confirms_or_stays() {
    let (mut hub, ana, bia) = two();
    sends(&mut hub, ana, "m1", "nobody@lobby");
    assert_eq!(hub.hear(ana), ["ERROR no_route m1"]);
    sends(&mut hub, ana, "m2", "bia@lobby");
    hub.pass(DIRECT_DEADLINE);
    assert_eq!(hub.hear(ana), ["ERROR ack_timeout m2"]);
    sends(&mut hub, ana, "m3", "bia@lobby");
    hub.cut(bia);
    assert_eq!(hub.hear(ana), ["ERROR peer_unreachable m3"]);
    let bia = hub.arrive("bia");
    sends(&mut hub, ana, "m3", "bia@lobby");
    assert_eq!(hub.hear(bia), ["SEND m3 ana@lobby: oi"]);
}

#[test]
fn who_comes_back_meanwhile_is_told() {
    let (mut hub, ana, bia) = two();
    let secret = hub.secret(ana);
    sends(&mut hub, ana, "m1", "bia@lobby");
    let number = hub.direct;
    hub.cut(ana);
    let ana = hub.hello("ana@lobby", secret);
    sends(&mut hub, ana, "m1", "bia@lobby");
    hub.hear(ana);
    hub.step(Input::Confirmed { session: bia, number });
    assert_eq!(hub.hear(ana), ["ACK m1 from bia@lobby"]);
    let shown = hub.hear(bia).iter().filter(|line| line.starts_with("SEND")).count();
    assert_eq!(shown, 1);
}

#[test]
fn an_id_is_of_one_message() {
    let (mut hub, ana, bia) = two();
    sends(&mut hub, ana, "m1", "bia@lobby");
    hub.says(ana, "m1", "oi");
    hub.says(ana, "m2", "oi");
    sends(&mut hub, ana, "m2", "bia@lobby");
    hub.sync();
    assert_eq!(
        hub.hear(ana),
        ["ERROR bad_format m1", "ACK m2 1", "ERROR bad_format m2"]
    );
    assert_eq!(hub.hear(bia).len(), 2);
}

#[test]
fn who_sent_it_may_be_gone_when_it_arrives() {
    let (mut hub, ana, bia) = two();
    sends(&mut hub, ana, "m1", "bia@lobby");
    hub.asks(ana, &Request::Bye);
    let number = hub.direct;
    hub.step(Input::Confirmed { session: bia, number });
    assert_eq!(hub.hear(ana), NOTHING);
}
