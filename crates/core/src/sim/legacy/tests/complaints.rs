//! What no node may write to an old program.

use super::habits::greeted;
use super::*;

fn complaints(old: &mut Legacy) -> Vec<String> {
    let outputs = std::iter::from_fn(|| old.poll_output());
    let complaints = outputs.filter_map(|output| match output {
        Output::Complaint(what) => Some(what),
        _ => None,
    });
    complaints.collect()
}

#[test]
fn what_kills_a_program_is_complained_about_once_it_was_read() {
    for program in Program::LEGACY {
        for bytes in [
            b"\n".as_slice(),
            b"[]\n",
            b"nada\n",
            "{\"type\":\"PING\",\"msg_id\":\"\u{e7}\"}\n".as_bytes(),
            b"{\"type\":\"PING\",\"msg_id\":\"a\",\"timestamp\":7,\"ttl\":1}\n",
            b"{\"type\":\"SEND\",\"msg_id\":\"a\",\"ttl\":1}\n",
        ] {
            let mut old = greeted(program);
            let (first, second) = bytes.split_at(bytes.len() / 2);
            let link = PeerLinkId(1);
            old.handle(Instant::from_secs(2), Input::Read { link, bytes: first });
            old.handle(Instant::from_secs(2), Input::Read { link, bytes: second });
            assert_eq!(complaints(&mut old).len(), 1, "{program:?} {bytes:?}");
        }
        let mut old = greeted(program);
        let long = [vec![b'x'; 32_768], vec![b'\n']].concat();
        old.handle(
            Instant::from_secs(2),
            Input::Read {
                link: PeerLinkId(1),
                bytes: &long,
            },
        );
        assert_eq!(complaints(&mut old).len(), 1, "{program:?}");
    }
}

#[test]
fn whoever_speaks_before_the_greeting_should_not_have_if_it_is_a_node() {
    for (features, expected) in [("[\"papo1\"]", 1), ("[\"ack\"]", 0)] {
        let now = Instant::from_secs(1);
        let mut old = Legacy::new(Program::Mute, peer("old@UnB"), 7070, vec![wires::address(0)], 1, now);
        let Some(Output::Dial { dial, .. }) = old.poll_output() else {
            panic!("it dials")
        };
        let link = PeerLinkId(1);
        old.handle(now, Input::Dialed { dial, link });
        let early = b"{\"type\":\"WHO_HAS\",\"msg_id\":\"a\",\"src\":\"a@b\",\"dst\":\"c@d\",\"ttl\":1}\n";
        old.handle(now, Input::Read { link, bytes: early });
        assert_eq!(complaints(&mut old), [""; 0]);
        let ok = format!(
            "{{\"type\":\"HELLO_OK\",\"peer_id\":\"me@UnB\",\"version\":\"1.0\",\"features\":{features},\"ttl\":1}}\n"
        );
        old.handle(
            now,
            Input::Read {
                link,
                bytes: ok.as_bytes(),
            },
        );
        assert_eq!(complaints(&mut old).len(), expected);
    }
}

#[test]
fn what_other_programs_write_is_nobodys_promise() {
    let now = Instant::from_secs(1);
    let mut old = Legacy::new(Program::Mute, peer("old@UnB"), 7070, vec![], 1, now);
    let link = PeerLinkId(1);
    old.handle(now, Input::Accepted { link });
    let lines =
        b"{\"type\":\"HELLO\",\"peer_id\":\"other@UnB\",\"features\":[\"ack\"]}\n\n\nnada\n{\"type\":\"PUB\"}\n";
    old.handle(now, Input::Read { link, bytes: lines });
    assert_eq!(complaints(&mut old), [""; 0]);
}

#[test]
fn a_greeting_with_a_key_has_features() {
    let now = Instant::from_secs(1);
    let mut old = Legacy::new(Program::Mute, peer("old@UnB"), 7070, vec![], 1, now);
    let link = PeerLinkId(1);
    old.handle(now, Input::Accepted { link });
    let hello = b"{\"type\":\"HELLO\",\"peer_id\":\"me@UnB\",\"version\":\"1.0\",\
        \"features\":null,\"ttl\":1,\"x\":{\"pk\":\"a\"}}\n";
    old.handle(now, Input::Read { link, bytes: hello });
    assert_eq!(complaints(&mut old).len(), 1);
}
