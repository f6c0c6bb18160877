use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::limits::PEER_LINE_BYTES;

fn dialer() -> Identity {
    Identity::from_seed([1; 32])
}

fn acceptor() -> Identity {
    Identity::from_seed([2; 32])
}

fn lines() -> (Vec<u8>, Vec<u8>) {
    let hello = hello(&"ana@CIC".parse().unwrap(), &dialer(), [7; 16]);
    let ok = hello_ok(&"bia@CIC".parse().unwrap(), &acceptor(), [8; 16], Some(&hello));
    (hello, ok)
}

fn x_of(line: &[u8]) -> Option<HelloX> {
    match decode(line) {
        Ok(Message::Hello(greeting) | Message::HelloOk(greeting)) => greeting.x,
        _ => None,
    }
}

/// What a dialer decides that sent `hello` and got `ok`.
fn proven(hello: &[u8], ok: &[u8]) -> bool {
    x_of(ok).is_some_and(|x| verify_hello_ok(hello, ok, &x))
}

fn sig_of(line: &[u8]) -> Signature {
    match decode(line) {
        Ok(Message::XAuth { sig: Some(sig) }) => sig,
        other => panic!("{other:?}"),
    }
}

fn text(line: &[u8]) -> &str {
    std::str::from_utf8(line).unwrap()
}

#[test]
fn both_sides_prove_themselves() {
    let (hello, ok) = lines();
    assert!(proven(&hello, &ok));
    let auth = x_auth(&dialer(), &hello, &ok);
    assert!(verify_x_auth(&dialer().public(), &hello, &ok, &sig_of(&auth)));
    let x = x_of(&ok).unwrap();
    assert_eq!((x.pk, x.nonce), (acceptor().public(), [8; 16]));
    for line in [&hello, &ok, &auth] {
        assert!(line.is_ascii() && line.len() <= PEER_LINE_BYTES);
        assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
    }
}

#[test]
fn the_lines_are_what_old_programs_expect() {
    let (hello, ok) = lines();
    let pk = dialer().public();
    assert_eq!(
        text(&hello),
        format!(
            "{}{}",
            r#"{"type":"HELLO","peer_id":"ana@CIC","version":"1.0","features":["ack","relay","who_has","metrics","papo1"],"ttl":1,"#,
            format_args!("\"x\":{{\"v\":1,\"pk\":\"{pk}\",\"n\":\"BwcHBwcHBwcHBwcHBwcHBw==\",\"f\":[]}}}}\n"),
        )
    );
    assert!(text(&ok).ends_with("\"}}\n") && text(&ok).contains("\"f\":[],\"re\":\""));
    let plain = hello_ok(&"bia@CIC".parse().unwrap(), &acceptor(), [8; 16], None);
    let plain: Value = serde_json::from_slice(&plain).unwrap();
    let expected = r#"{"type":"HELLO_OK","peer_id":"bia@CIC","version":"1.0","features":["ack","relay","who_has","metrics","papo1"],"ttl":1}"#;
    assert_eq!(plain, serde_json::from_str::<Value>(expected).unwrap());
    let auth: Value = serde_json::from_slice(&x_auth(&dialer(), &hello, &ok)).unwrap();
    assert_eq!((&auth["type"], &auth["ttl"]), (&Value::from("X_AUTH"), &Value::from(1)));
}

#[test]
fn the_signatures_are_over_what_the_protocol_says() {
    let (hello, ok) = lines();
    let (hello_hash, ok_hash) = (Sha256::digest(bare(&hello)), Sha256::digest(bare(&ok)));
    let re = x_of(&ok).unwrap().re.unwrap();
    let cut = text(bare(&ok)).replace(&format!(",\"re\":\"{re}\""), "");
    let signed = [b"papo1/ok".as_slice(), &hello_hash, &Sha256::digest(cut)].concat();
    assert!(acceptor().public().verify_raw(&signed, &re));
    let sig = sig_of(&x_auth(&dialer(), &hello, &ok));
    let signed = [b"papo1/au".as_slice(), &hello_hash, &ok_hash].concat();
    assert!(dialer().public().verify_raw(&signed, &sig));
}

#[test]
fn terminators_are_not_signed() {
    let (hello, ok) = lines();
    let ends: [&[u8]; 3] = [b"", b"\n", b"\r\n"];
    for end in ends {
        let (hello, ok) = ([bare(&hello), end].concat(), [bare(&ok), end].concat());
        assert!(proven(&hello, &ok));
        let sig = sig_of(&x_auth(&dialer(), &hello, &ok));
        let (hello, ok) = lines();
        assert!(verify_x_auth(&dialer().public(), &hello, &ok, &sig));
    }
}

#[test]
fn no_byte_of_either_line_can_be_changed() {
    let (hello, ok) = lines();
    let (x, pk) = (x_of(&ok).unwrap(), dialer().public());
    let sig = sig_of(&x_auth(&dialer(), &hello, &ok));
    let altered = |line: &[u8], at: usize| {
        let mut line = line.to_vec();
        line[at] ^= 1;
        line
    };
    for at in 0..bare(&hello).len() {
        let hello = altered(&hello, at);
        assert!(!verify_hello_ok(&hello, &ok, &x), "HELLO {at}");
        assert!(!verify_x_auth(&pk, &hello, &ok, &sig), "HELLO {at}");
    }
    for at in 0..bare(&ok).len() {
        let ok = altered(&ok, at);
        assert!(!verify_hello_ok(&hello, &ok, &x), "HELLO_OK {at}");
        assert!(!proven(&hello, &ok), "HELLO_OK {at}");
        assert!(!verify_x_auth(&pk, &hello, &ok, &sig), "HELLO_OK {at}");
    }
}

#[test]
fn an_answer_serves_for_one_hello_alone() {
    let (_, ok) = lines();
    let again = hello(&"ana@CIC".parse().unwrap(), &dialer(), [9; 16]);
    assert!(!proven(&again, &ok));
}

#[test]
fn echoes_prove_nothing() {
    let (hello, ok) = lines();
    // A program that gives back all that it got, under our own type.
    let echo = text(&hello).replace("\"HELLO\"", "\"HELLO_OK\"");
    assert!(x_of(echo.as_bytes()).is_some());
    assert!(!proven(&hello, echo.as_bytes()));
    // The same with somebody's signature in it.
    let re = x_of(&ok).unwrap().re.unwrap();
    let forged = echo.replace("}}", &format!(",\"re\":\"{re}\"}}}}"));
    assert!(!proven(&hello, forged.as_bytes()));
    // What this node itself answers to its own HELLO, brought back by somebody.
    let mirrored = hello_ok(&"bia@CIC".parse().unwrap(), &dialer(), [8; 16], Some(&hello));
    assert!(!proven(&hello, &mirrored));
}

#[test]
fn without_x_there_is_no_proof() {
    let (hello, ok) = lines();
    let x = x_of(&ok).unwrap();
    let stripped = hello_ok(&"bia@CIC".parse().unwrap(), &acceptor(), [8; 16], None);
    assert_eq!(x_of(&stripped), None);
    assert!(!verify_hello_ok(&hello, &stripped, &x));
    // A HELLO that lost it on the way was answered without.
    let bare_hello = &text(&hello)[..text(&hello).find(",\"x\"").unwrap()];
    let bare_hello = format!("{bare_hello}}}");
    assert!(x_of(bare_hello.as_bytes()).is_none() && decode(bare_hello.as_bytes()).is_ok());
    assert!(!verify_hello_ok(bare_hello.as_bytes(), &ok, &x));
    let sig = sig_of(&x_auth(&dialer(), bare_hello.as_bytes(), &ok));
    assert!(!verify_x_auth(&dialer().public(), bare_hello.as_bytes(), &ok, &sig));
}

#[test]
fn the_proof_stands_in_one_place() {
    let (hello, ok) = lines();
    let ok = text(bare(&ok)).to_owned();
    let re = format!(",\"re\":\"{}\"", x_of(ok.as_bytes()).unwrap().re.unwrap());
    let cut = ok.replace(&re, "");
    let moved = [
        // Within `x`, but not last.
        cut.replace(",\"f\":[]", &format!("{re},\"f\":[]")),
        // Another member behind `x`.
        format!("{},\"y\":{{}}}}", &ok[..ok.len() - 1]),
        // Outside of `x`.
        format!("{}{re}}}", &cut[..cut.len() - 1]),
        // Twice.
        ok.replace(&re, &format!("{re}{re}")),
        ok.replace("\"ttl\":1,", &format!("\"ttl\":1,\"y\":{{\"z\":1{re}}},")),
        // Spaces in between.
        ok.replace(",\"re\":\"", ", \"re\":\""),
        ok.replace("}}", "} }"),
        // Nowhere.
        cut.clone(),
    ];
    assert!(proven(hello.as_slice(), ok.as_bytes()));
    for line in moved {
        assert_ne!(line, ok);
        assert!(!proven(&hello, line.as_bytes()), "{line}");
    }
}

#[test]
fn the_proof_stands_in_one_place_whatever_its_owner_signs() {
    let (hello, ok) = lines();
    let signed = |before: &str| {
        let re = acceptor().sign_raw(&transcript(ACCEPTOR, &hello, &[before.as_bytes(), CLOSING]));
        format!("{before},\"re\":\"{re}\"}}}}")
    };
    let (before, re) = without_re(bare(&ok)).unwrap();
    let before = text(before);
    assert_eq!(signed(before).as_bytes(), bare(&ok));
    // Behind `x`; behind an `x` that has another; twice.
    let behind = signed(&format!("{before}}},\"y\":{{\"z\":1"));
    let other = signed(&format!("{before}, \"re\":\"{re}\"}},\"y\":{{\"z\":1"));
    let twice = signed(&before.replace("\"ttl\":1", "\"y\":{\"z\":1,\"re\":\"\"},\"ttl\":1"));
    for line in [behind, other, twice] {
        assert!(x_of(line.as_bytes()).is_some(), "{line}");
        assert!(!proven(&hello, line.as_bytes()), "{line}");
    }
}

#[test]
fn only_what_stands_in_the_line_is_proven() {
    let (hello, ok) = lines();
    let x = x_of(&ok).unwrap();
    let more = HelloX {
        features: vec!["more".to_owned()],
        ..x.clone()
    };
    assert!(verify_hello_ok(&hello, &ok, &x));
    assert!(!verify_hello_ok(&hello, &ok, &more));
}

#[test]
fn the_signature_of_one_side_is_none_of_the_other() {
    let (hello, ok) = lines();
    let re = x_of(&ok).unwrap().re.unwrap();
    assert!(!verify_x_auth(&acceptor().public(), &hello, &ok, &re));
    assert!(!verify_x_auth(&dialer().public(), &hello, &ok, &re));
    // Somebody else than the HELLO says, with a good signature.
    let sig = sig_of(&x_auth(&acceptor(), &hello, &ok));
    assert!(
        acceptor()
            .public()
            .verify_raw(&transcript(DIALER, &hello, &[bare(&ok)]), &sig)
    );
    assert!(!verify_x_auth(&acceptor().public(), &hello, &ok, &sig));
}

proptest! {
    #[test]
    fn any_names_and_nonces_can_be_proven(
        names in ("[^@\\p{Cc}]{1,64}", "[^@\\p{Cc}]{1,64}"),
        nonces: ([u8; 16], [u8; 16]),
    ) {
        let (ana, bia) = (PeerId::new(&names.0, &names.1).unwrap(), PeerId::new(&names.1, &names.0).unwrap());
        let hello = hello(&ana, &dialer(), nonces.0);
        let ok = hello_ok(&bia, &acceptor(), nonces.1, Some(&hello));
        prop_assert!(proven(&hello, &ok));
        prop_assert!(ok.is_ascii() && ok.len() <= PEER_LINE_BYTES);
    }

    #[test]
    fn no_bytes_make_the_proof_panic(hello in any::<Vec<u8>>(), tail in any::<Vec<u8>>(), at in 0_usize..400) {
        let (_, ok) = lines();
        let x = x_of(&ok).unwrap();
        let ok = [&ok[..at.min(ok.len())], tail.as_slice()].concat();
        prop_assert!(!verify_hello_ok(&hello, &ok, &x));
        let _ = x_auth(&dialer(), &hello, &ok);
    }
}
