//! The way to a hub: HTTP, TLS where the URL wants it, and the WebSocket handshake (docs/protocol.md 6.1).

use std::error::Error;
use std::fmt;
use std::io;
use std::str::FromStr;

use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::upgrade::Upgraded;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use papo_core::id::RoomName;
use papo_core::limits::CLIENT_CONNECT;
use papo_core::wire::session::SUBPROTOCOL;
use serde::Deserialize;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use crate::text::Message;

/// An open connection, its handshake done.
pub(super) type Stream = TokioIo<Upgraded>;

/// What is read of a hub's description of itself.
const HELLO_BYTES: usize = 64 * 1024;

/// Where a hub is: `http://host:8000`, perhaps with a path in front of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubUrl {
    /// Scheme, host and port, and a path that ends without a slash.
    base: String,
    host_port: String,
}

impl FromStr for HubUrl {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let wrong = || Message::new("error-connect-url").with("given", text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(wrong());
        }
        let uri: Uri = format!("{scheme}://{rest}").parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        // `host:` and `host:99999` are read as hosts without a port.
        let named = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let port = match named.strip_prefix(':') {
            None => None,
            Some(port) => Some(port.parse::<u16>().ok().filter(|&port| port != 0).ok_or_else(wrong)?),
        };
        if authority.host().is_empty() || authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong());
        }
        let usual = if scheme == "http" { 80 } else { 443 };
        Ok(Self {
            base: format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')),
            host_port: format!("{}:{}", authority.host(), port.unwrap_or(usual)),
        })
    }
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Connects to one hub, as often as it takes.
#[derive(Debug, Clone)]
pub(super) struct Dialer {
    url: HubUrl,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Dialer {
    pub(super) fn new(url: HubUrl) -> Self {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector);
        Self { url, client }
    }

    pub(super) fn url(&self) -> &HubUrl {
        &self.url
    }

    /// A WebSocket of the session protocol.
    ///
    /// # Errors
    ///
    /// A sentence for people.
    pub(super) async fn connect(&self) -> Result<Stream, Message> {
        let deadline = tokio::time::timeout(CLIENT_CONNECT, self.upgrade());
        deadline.await.unwrap_or_else(|_| Err(self.slow()))
    }

    /// The room that the hub lets everyone enter first; `None` if it does not tell.
    ///
    /// # Errors
    ///
    /// A sentence for people, when there is nobody.
    pub(super) async fn home_room(&self) -> Result<Option<RoomName>, Message> {
        let deadline = tokio::time::timeout(CLIENT_CONNECT, self.ask_home_room());
        deadline.await.unwrap_or_else(|_| Err(self.slow()))
    }

    async fn upgrade(&self) -> Result<Stream, Message> {
        let key = generate_key();
        let request = self.request("/ws", |request| {
            request
                .header(CONNECTION, "Upgrade")
                .header(UPGRADE, "websocket")
                .header(SEC_WEBSOCKET_VERSION, "13")
                .header(SEC_WEBSOCKET_KEY, &key)
                .header(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL)
        })?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| self.failed(&error))?;
        let (status, headers) = (response.status(), response.headers());
        let has = |name: HeaderName, wanted: &str| value(headers, &name) == Some(wanted);
        let agreed = status == StatusCode::SWITCHING_PROTOCOLS
            && has(SEC_WEBSOCKET_ACCEPT, &derive_accept_key(key.as_bytes()))
            && has(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        if !agreed {
            return Err(self.about("error-rooms-status").showing("status", status));
        }
        let upgraded = hyper::upgrade::on(response).await;
        upgraded.map(TokioIo::new).map_err(|error| self.failed(&error))
    }

    async fn ask_home_room(&self) -> Result<Option<RoomName>, Message> {
        #[derive(Deserialize)]
        struct Hello {
            room: RoomName,
        }
        let request = self.request("/api/hello", |request| request)?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| self.failed(&error))?;
        let body = Limited::new(response.into_body(), HELLO_BYTES).collect().await;
        let hello = body.ok().map(|body| serde_json::from_slice::<Hello>(&body.to_bytes()));
        Ok(hello.and_then(Result::ok).map(|hello| hello.room))
    }

    fn request(
        &self,
        path: &str,
        with: impl FnOnce(axum::http::request::Builder) -> axum::http::request::Builder,
    ) -> Result<Request<Empty<Bytes>>, Message> {
        let request = with(Request::builder().uri(format!("{}{path}", self.url.base)));
        request
            .body(Empty::new())
            .map_err(|error| self.about("error-connect-failed").showing("detail", error))
    }

    fn failed(&self, error: &(dyn Error + 'static)) -> Message {
        let mut cause = error;
        loop {
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            if kind == Some(io::ErrorKind::ConnectionRefused) {
                return self.about("error-rooms-refused");
            }
            match cause.source() {
                Some(inner) => cause = inner,
                // The innermost error says what happened; those around it only say where.
                None => return self.about("error-connect-failed").showing("detail", cause),
            }
        }
    }

    fn slow(&self) -> Message {
        let port = self.url.host_port.rsplit_once(':').map_or("", |(_, port)| port);
        self.about("error-connect-slow").with("port", port)
    }

    fn about(&self, key: &'static str) -> Message {
        Message::new(key).showing("address", &self.url)
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_as_people_write_them() {
        let cases = [
            ("http://hub:8000", "http://hub:8000", "hub:8000"),
            ("http://hub:8000/", "http://hub:8000", "hub:8000"),
            (
                "HTTPS://hub.example/chat/",
                "https://hub.example/chat",
                "hub.example:443",
            ),
            ("http://[::1]:8000", "http://[::1]:8000", "[::1]:8000"),
            ("http://hub", "http://hub", "hub:80"),
        ];
        for (given, base, host_port) in cases {
            let url: HubUrl = given.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.host_port.as_str()), (base, host_port));
        }
        for bad in [
            "hub:8000",
            "ftp://hub",
            "ws://hub/ws",
            "http://",
            "http://a b",
            "http://me:pw@hub",
            "http://hub:99999",
            "http://hub:0",
            "http://hub/?x=1",
        ] {
            assert_eq!(bad.parse::<HubUrl>().unwrap_err().key(), "error-connect-url", "{bad}");
        }
    }
}
