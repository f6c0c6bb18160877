//! `papo health`: is that hub ready?

use std::time::Duration;

use axum::http::{StatusCode, Uri};
use bytes::Bytes;
use http_body_util::Empty;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::error::{Exit, Failure};
use crate::text::Message;

/// A container's own health check gives up soon after.
const DEADLINE: Duration = Duration::from_secs(3);
/// The page's port, for an address that names neither scheme nor port.
const USUAL_PORT: u16 = 8000;

/// Asks the hub at `given` whether it is ready.
///
/// # Errors
///
/// When `given` is no URL, and when the hub is not ready or does not answer within 3 seconds.
pub async fn check(given: &str) -> Result<Exit, Failure> {
    let url = ready_url(given)
        .ok_or_else(|| Failure::usage(Message::new("error-health-url").with("given", given.to_owned())))?;
    let connector = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let about = |key| Message::new(key).showing("url", &url);
    match tokio::time::timeout(DEADLINE, client.get(url.clone())).await {
        Ok(Ok(response)) if response.status() == StatusCode::OK => Ok(Exit::Done),
        Ok(Ok(response)) => Err(Failure::network(
            about("error-health-status").showing("status", response.status()),
        )),
        Ok(Err(error)) => Err(Failure::network(
            about("error-health-unreachable").with("detail", root_cause(&error)),
        )),
        Err(_) => Err(Failure::network(
            about("error-health-slow").with("seconds", DEADLINE.as_secs()),
        )),
    }
}

/// `127.0.0.1`, `hub:8000` and `https://hub` all mean a hub; its answer is at `/readyz`.
fn ready_url(given: &str) -> Option<Uri> {
    let (scheme, rest) = match given.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, given),
    };
    if !matches!(scheme, None | Some("http" | "https")) {
        return None;
    }
    let base: Uri = format!("{}://{rest}", scheme.unwrap_or("http")).parse().ok()?;
    let authority = base.authority()?;
    if authority.host().is_empty() {
        return None;
    }
    let authority = match (scheme, authority.port()) {
        (None, None) => format!("{authority}:{USUAL_PORT}"),
        _ => authority.to_string(),
    };
    let path = base.path().trim_end_matches('/');
    Uri::builder()
        .scheme(scheme.unwrap_or("http"))
        .authority(authority)
        .path_and_query(format!("{path}/readyz"))
        .build()
        .ok()
}

/// The innermost error says what happened; those around it only say where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        let cases = [
            ("127.0.0.1", Some("http://127.0.0.1:8000/readyz")),
            ("hub:9000", Some("http://hub:9000/readyz")),
            ("[::1]", Some("http://[::1]:8000/readyz")),
            ("http://hub", Some("http://hub/readyz")),
            ("https://hub.example/", Some("https://hub.example/readyz")),
            ("http://hub:8000/chat/", Some("http://hub:8000/chat/readyz")),
            ("ftp://hub", None),
            ("http://", None),
            ("", None),
            ("a b", None),
        ];
        for (given, expected) in cases {
            assert_eq!(
                ready_url(given).map(|url| url.to_string()).as_deref(),
                expected,
                "{given:?}"
            );
        }
    }
}
