//! SEND and PUB: to whom, and by whom.

use proptest::prelude::*;

use super::round_trip::checked;
use super::*;

#[test]
fn speech_is_read_as_old_programs_write_it() {
    let full = spoken(
        r##"{"type":"PUB","msg_id":"0b7c2f6e-aa11-4c06-9c2e-1f0f6d9d4f10","src":"bia@CIC","dst":"#CIC","payload":"ol\u00e1 \ud83e\udd80","require_ack":false,"ttl":1,"timestamp":"2025-11-20T23:59:59Z"}"##,
    );
    let expected = Speech {
        msg_id: Some(msg_id("0b7c2f6e-aa11-4c06-9c2e-1f0f6d9d4f10")),
        src: Some(peer("bia@CIC")),
        dst: Target::Namespace("CIC".to_owned()),
        payload: "olá \u{1f980}".to_owned(),
        require_ack: false,
        ttl: Ttl::NEIGHBOR,
        via: None,
        seal: None,
    };
    assert_eq!(full, expected);
    let bare = Speech {
        msg_id: None,
        src: None,
        dst: Target::Nobody,
        payload: String::new(),
        require_ack: false,
        ttl: Ttl::NEIGHBOR,
        via: None,
        seal: None,
    };
    for line in [
        r#"{"type":"SEND"}"#,
        r#"{"type":"SEND","msg_id":null,"src":"bia","dst":7,"via":"@","require_ack":null,"x":{"pk":1}}"#,
        r#"{"type":"PUB","src":["bia@CIC"],"dst":"a@b@c","require_ack":"yes","x":[]}"#,
    ] {
        assert_eq!(spoken(line), bare, "{line}");
    }
    let relayed = spoken(r#"{"type":"SEND","msg_id":4711,"via":"caio@CIC","require_ack":true,"ttl":"3"}"#);
    assert_eq!(relayed.msg_id, Some(msg_id("4711")));
    assert_eq!((relayed.via, relayed.require_ack), (Some(peer("caio@CIC")), true));
    assert_eq!(relayed.ttl, Ttl::new(3));
}

#[test]
fn a_payload_that_is_no_text_is_shown_as_json() {
    for (payload, text) in [
        (r#""a\"b\n""#, "a\"b\n"),
        ("12", "12"),
        (r#"{"text":"é","n":[1, 2]}"#, r#"{"n":[1,2],"text":"é"}"#),
        ("null", "null"),
    ] {
        let line = format!(r#"{{"type":"SEND","payload":{payload}}}"#);
        assert_eq!(spoken(&line).payload, text);
    }
    assert_eq!(
        decode(b"{\"type\":\"SEND\",\"payload\":\"a\xff\"}")
            .map(|message| matches!(message, Message::Send(speech) if speech.payload == "a\u{fffd}")),
        Ok(true)
    );
}

#[test]
fn targets_are_told_apart_and_written_back() {
    let long = "é".repeat(64);
    for (text, target, written) in [
        ("*", Target::Everyone, "*"),
        ("ana@CIC", Target::Peer(peer("ana@CIC")), "ana@CIC"),
        ("#ana@CIC", Target::Peer(peer("#ana@CIC")), "#ana@CIC"),
        ("#CIC", Target::Namespace("CIC".to_owned()), "#CIC"),
        ("CIC", Target::Namespace("CIC".to_owned()), "#CIC"),
        (&long, Target::Namespace(long.clone()), &format!("#{long}")),
        ("", Target::Nobody, ""),
        ("#", Target::Nobody, ""),
        ("##CIC", Target::Nobody, ""),
        ("#*", Target::Nobody, ""),
        ("a@", Target::Nobody, ""),
        ("a\u{1b}", Target::Nobody, ""),
        (&format!("{long}e"), Target::Nobody, ""),
    ] {
        assert_eq!(Target::read(text), target, "{text}");
        assert_eq!(target.to_string(), written);
    }
}

#[test]
fn a_seal_holds_for_its_own_fields_alone() {
    let sealed = Sealed {
        kind: "SEND",
        src: "ana@unb",
        dst: "bia@unb",
        msg_id: "m1",
        q: 7,
        t: UtcMillis::new(1_763_683_199_999),
        payload: "oi",
    };
    let seal = seal();
    assert!(sealed.is_signed_by(&seal));
    assert!(sealed.is_signed_by(&Seal { attempt: 9, ..seal }));
    let parts = [
        "papo1/msg",
        "SEND",
        "ana@unb",
        "bia@unb",
        "m1",
        "7",
        "1763683199999",
        "oi",
    ]
    .map(str::as_bytes);
    assert!(seal.pk.verify(&parts, &seal.sig));
    let others = [
        Sealed { kind: "PUB", ..sealed },
        Sealed {
            src: "an@unb",
            ..sealed
        },
        Sealed {
            dst: "caio@unb",
            ..sealed
        },
        Sealed { msg_id: "m2", ..sealed },
        Sealed {
            payload: "oi!",
            ..sealed
        },
        Sealed { q: 8, ..sealed },
        Sealed {
            t: UtcMillis::new(1_763_683_200_000),
            ..sealed
        },
    ];
    for other in others {
        assert!(!other.is_signed_by(&seal), "{other:?}");
        let claimed = Seal {
            q: other.q,
            t: other.t,
            ..seal
        };
        assert!(!other.is_signed_by(&claimed), "{other:?}");
    }
    let t = UtcMillis::new(0);
    assert!(!sealed.is_signed_by(&Seal { q: 8, ..seal }) && !sealed.is_signed_by(&Seal { t, ..seal }));
    let pk = Identity::from_seed([4; 32]).public();
    assert!(!sealed.is_signed_by(&Seal { pk, ..seal }));
}

#[test]
fn half_a_seal_is_none() {
    let Seal { pk, sig, .. } = seal();
    let with = |x: String| spoken(&format!(r#"{{"type":"SEND","x":{x}}}"#)).seal;
    let whole = format!(r#"{{"pk":"{pk}","q":7,"t":1763683199999,"sig":"{sig}","try":2}}"#);
    assert_eq!(with(whole.clone()), Some(seal()));
    for (part, other) in [
        ("\"q\":7", "\"q\":-7"),
        ("\"q\":7", "\"q\":7.5"),
        ("\"t\":1763683199999", "\"t\":253402300800000"),
        ("\"t\":1763683199999", "\"t\":\"1763683199999\""),
        ("\"pk\":\"", "\"pk\":\"A"),
        ("\"sig\":\"", "\"sig\":\"A"),
        ("\"sig\"", "\"gis\""),
    ] {
        assert_eq!(with(whole.replace(part, other)), None, "{other}");
    }
    let first = Some(Seal { attempt: 0, ..seal() });
    assert_eq!(with(whole.replace(",\"try\":2", "")), first);
}

proptest! {
    #[test]
    fn speech_is_read_as_it_was_written(
        payload in proptest::collection::vec(any::<char>(), 0..400).prop_map(String::from_iter),
        name in "[^@\\p{Cc}]{1,64}",
        id in "[!-~]{1,64}",
        ttl in 1..=8_u8,
        require_ack: bool,
    ) {
        let (id, src) = (msg_id(&id), PeerId::new(&name, &name).unwrap());
        let dst = Target::Peer(src.clone());
        let (ttl, seal) = (Ttl::new(ttl), seal());
        let line = encode::speech("PUB", &encode::Speech {
            msg_id: &id,
            src: &src,
            dst: &dst.to_string(),
            payload: &payload,
            require_ack,
            ttl,
            via: Some(&src),
            seal: Some(&seal),
        }).unwrap();
        checked(&line);
        let expected = Speech {
            msg_id: Some(id),
            src: Some(src.clone()),
            dst,
            payload,
            require_ack,
            ttl,
            via: Some(src),
            seal: Some(seal),
        };
        prop_assert_eq!(decode(&line), Ok(Message::Pub(expected)));
    }
}
