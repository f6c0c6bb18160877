//! `POST /relay`: what it takes and what it refuses.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use papo_core::limits::RELAY_BODY_BYTES;
use papo_core::wire::signature::{LinkSecret, SIGNATURE_HEADER};

use crate::support::http::{self, Response};
use crate::support::hub::Hub;

const JSON: &str = "Content-Type: application/json";

#[test]
fn the_reply_names_the_hub() {
    let hub = Hub::start(&[]);
    let mut ws = hub.ws(1);
    let response = http::post_relay(hub.http, r#"{"message":"Client #9: oi"}"#, &[]);
    assert_eq!(response.status, 200);
    let expected = serde_json::json!({ "status": "ok", "hub": hub.ready["hub"] });
    assert_eq!(response.json(), expected);
    ws.expect("Client #9: oi");
}

#[test]
fn a_body_of_the_wrong_shape_is_refused_and_shown_to_nobody() {
    let hub = Hub::start(&[]);
    let mut ws = hub.ws(1);
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5000));
    let cases = [
        "",
        "oi",
        "[]",
        "null",
        r#""oi""#,
        "{}",
        r#"{"message":null}"#,
        r#"{"message":7}"#,
        r#"{"message":["oi"]}"#,
        r#"{"Message":"oi"}"#,
        r#"{"message":"oi""#,
        r#"{"messages":{}}"#,
        r#"{"messages":[7]}"#,
        r#"{"messages":[{"message":"oi"}]}"#,
        r#"{"id":"x","message":"oi"}"#,
        &long,
    ];
    for body in cases {
        let response = http::post_relay(hub.http, body, &[]);
        assert_eq!(response.status, 422, "{body}: {response:?}");
        assert!(response.json()["detail"].is_string(), "{response:?}");
    }
    assert_eq!(http::post_relay(hub.http, r#"{"message":"good"}"#, &[]).status, 200);
    ws.expect("good");
}

#[test]
fn other_methods_types_and_pages_are_refused() {
    let hub = Hub::start(&[]);
    let mut ws = hub.ws(1);
    for method in ["GET", "PUT", "DELETE"] {
        let response = http::exchange(hub.http, &http::head(method, hub.http, "/relay", &[]));
        assert_eq!(response.status, 405, "{method}");
    }
    let own = format!("Origin: http://{}", hub.http);
    let cases: [(&[&str], u16); 7] = [
        (&[], 415),
        (&["Content-Type: text/plain"], 415),
        (&["Content-Type: application/x-www-form-urlencoded"], 415),
        (&[JSON, "Origin: http://evil.example"], 403),
        (&[JSON, "Origin: null"], 403),
        (&["Content-Type: application/json; charset=utf-8"], 200),
        (&[JSON, &own], 200),
    ];
    for (headers, status) in cases {
        let body = format!(r#"{{"message":"{status}"}}"#);
        let length = format!("Content-Length: {}", body.len());
        let headers: Vec<&str> = headers.iter().copied().chain([length.as_str()]).collect();
        let head = http::head("POST", hub.http, "/relay", &headers);
        let response = http::exchange(hub.http, &[head, body.into_bytes()].concat());
        assert_eq!(response.status, status, "{headers:?}: {response:?}");
    }
    // Of all that, only what was taken is shown.
    ws.expect("200");
    ws.expect("200");
    assert_eq!(http::post_relay(hub.http, r#"{"message":"end"}"#, &[]).status, 200);
    ws.expect("end");
}

#[test]
fn a_body_above_the_limit_is_refused_announced_or_not() {
    let hub = Hub::start(&[]);
    let announced = format!("Content-Length: {}", RELAY_BODY_BYTES + 1);
    let response = http::exchange(hub.http, &http::head("POST", hub.http, "/relay", &[JSON, &announced]));
    assert_eq!(response.status, 413, "{response:?}");

    let mut request = http::head("POST", hub.http, "/relay", &[JSON, "Transfer-Encoding: chunked"]);
    request.extend(format!("{:x}\r\n", RELAY_BODY_BYTES + 1).into_bytes());
    request.extend(vec![b' '; RELAY_BODY_BYTES + 1]);
    let response = http::exchange(hub.http, &request);
    assert_eq!(response.status, 413, "{response:?}");

    // A body that just fits is read to its end.
    let mut body = r#"{"message":"fits"}"#.to_owned();
    body.push_str(&" ".repeat(RELAY_BODY_BYTES - body.len()));
    assert_eq!(http::post_relay(hub.http, &body, &[]).status, 200);
}

#[test]
fn with_a_link_secret_each_request_is_signed_and_counts_once() {
    const SECRET: &[u8] = b"correct horse battery staple\n";
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/relay-secret");
    fs::write(file, SECRET).unwrap();
    let hub = Hub::start(&["--link-secret-file", file]);
    let mut ws = hub.ws(1);
    let body = r#"{"message":"Client #9: signed"}"#;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let post = |secret: &[u8], at: u64, nonce: u128, body: &str, sent: &str| -> Response {
        let signature = LinkSecret::new(secret).unwrap().sign(at, nonce, body.as_bytes());
        http::post_relay(hub.http, sent, &[&format!("{SIGNATURE_HEADER}: {signature}")])
    };
    assert_eq!(http::post_relay(hub.http, body, &[]).status, 401);
    assert_eq!(
        http::post_relay(hub.http, body, &["Papo-Signature: t=1,n=2,sig=3"]).status,
        401
    );
    assert_eq!(post(b"some other long secret", now, 1, body, body).status, 401);
    assert_eq!(
        post(SECRET, now, 2, body, r#"{"message":"Client #9: forged"}"#).status,
        401
    );
    assert_eq!(post(SECRET, now - 600, 3, body, body).status, 401);
    assert_eq!(post(SECRET, now, 4, body, body).status, 200);
    ws.expect("Client #9: signed");
    let replayed = post(SECRET, now, 4, body, body);
    assert_eq!(replayed.status, 401);
    assert!(replayed.json()["detail"].as_str().unwrap().contains("already received"));
    let end = r#"{"message":"end"}"#;
    assert_eq!(post(SECRET, now, 5, end, end).status, 200);
    ws.expect("end");
}
