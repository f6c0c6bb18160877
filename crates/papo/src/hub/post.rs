//! The outgoing side of hub links: `POST /relay` to each, and the addresses that their hosts have.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use papo_core::hub::PostOutcome;
use papo_core::id::{HubId, LinkId};
use papo_core::limits::{LINK_RESOLVE_INTERVAL, RELAY_POST_DEADLINE};
use papo_core::wire::signature::SIGNATURE_HEADER;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{Event, Inbox};
use crate::config::LinkUrl;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Time to connect: within [`RELAY_POST_DEADLINE`], so that a host that never answers counts as not sent to.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
/// What is read of a reply.
const REPLY_BYTES: usize = 64 * 1024;

/// Posts to hub links.
#[derive(Debug)]
pub(crate) struct Poster {
    links: Arc<[LinkUrl]>,
    /// Keeps connections between requests.
    keeping: HttpClient,
    /// A connection for each request: one that was kept may be closed by the other side just as a request goes out, and
    /// then nobody knows whether it arrived.
    fresh: HttpClient,
    inbox: Inbox,
}

impl Poster {
    pub(crate) fn new(links: Arc<[LinkUrl]>, inbox: Inbox) -> Self {
        let client = |kept| {
            Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(kept)
                .build(connector())
        };
        Self {
            links,
            keeping: client(1),
            fresh: client(0),
            inbox,
        }
    }

    /// The URL of a link, for people.
    pub(crate) fn url(&self, link: LinkId) -> String {
        self.link(link).map(ToString::to_string).unwrap_or_default()
    }

    /// Sends a body over a link; how it ended comes back as [`Event::Posted`].
    pub(crate) fn post(&self, id: LinkId, body: String, signature: Option<String>, repeatable: bool) {
        let Some(link) = self.link(id) else { return };
        let request = Request::builder()
            .method(Method::POST)
            .uri(link.to_string())
            .header(header::CONTENT_TYPE, "application/json");
        let request = signature
            .into_iter()
            .fold(request, |request, value| request.header(SIGNATURE_HEADER, value));
        let request = request.body(Full::from(body));
        let client = if repeatable { &self.keeping } else { &self.fresh }.clone();
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let outcome = match request {
                Ok(request) => send(&client, request).await,
                Err(_) => PostOutcome::Failed { sent: false },
            };
            inbox.send(Event::Posted { link: id, outcome }).await;
        });
    }

    fn link(&self, id: LinkId) -> Option<&LinkUrl> {
        self.links.get(usize::try_from(id.0).ok()?)
    }
}

fn connector() -> HttpsConnector<HttpConnector> {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT_DEADLINE));
    HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .wrap_connector(http)
}

async fn send(client: &HttpClient, request: Request<Full<Bytes>>) -> PostOutcome {
    let exchange = async {
        let response = match client.request(request).await {
            Ok(response) => response,
            Err(error) => {
                return PostOutcome::Failed {
                    sent: !error.is_connect(),
                };
            }
        };
        let status = response.status();
        match status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => PostOutcome::Failed { sent: true },
            _ if status.is_server_error() => PostOutcome::Failed { sent: true },
            _ if status.is_success() => {
                match Limited::new(response.into_body(), REPLY_BYTES).collect().await {
                    Ok(reply) => PostOutcome::Accepted {
                        hub: hub_id(&reply.to_bytes()),
                    },
                    // Half an answer does not tell who answered.
                    Err(_) => PostOutcome::Failed { sent: true },
                }
            }
            _ => PostOutcome::Rejected {
                status: status.as_u16(),
            },
        }
    };
    tokio::time::timeout(RELAY_POST_DEADLINE, exchange)
        .await
        .unwrap_or(PostOutcome::Failed { sent: true })
}

/// `hub` of a papo hub's reply; an old service has none.
fn hub_id(reply: &[u8]) -> Option<HubId> {
    #[derive(Deserialize)]
    struct Reply {
        hub: HubId,
    }
    serde_json::from_slice::<Reply>(reply).ok().map(|reply| reply.hub)
}

/// Looks up the hosts of hub links: requests to `/relay` are taken from there.
#[derive(Debug)]
pub(crate) struct Resolver {
    links: Arc<[LinkUrl]>,
    inbox: Inbox,
    /// Locked while looking up, so that many who ask at once share one answer.
    last: Mutex<Option<Instant>>,
    /// All addresses found; asked for each request, so no lock that is held while looking up.
    known: std::sync::Mutex<BTreeMap<LinkId, Vec<IpAddr>>>,
}

impl Resolver {
    pub(crate) fn new(links: Arc<[LinkUrl]>, inbox: Inbox) -> Self {
        Self {
            links,
            inbox,
            last: Mutex::new(None),
            known: std::sync::Mutex::default(),
        }
    }

    /// True for an address of a linked hub.
    pub(crate) fn knows(&self, address: IpAddr) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().flatten().any(|&found| found == address)
    }

    /// Looks all of them up, unless that was done a moment ago. What cannot be found keeps its last addresses.
    pub(crate) async fn refresh(&self) {
        const MOMENT: Duration = Duration::from_secs(1);
        const LOOKUP_DEADLINE: Duration = Duration::from_secs(2);
        let mut last = self.last.lock().await;
        if last.is_some_and(|at| at.elapsed() < MOMENT) {
            return;
        }
        for (number, link) in (0..).zip(self.links.iter()) {
            let found =
                tokio::time::timeout(LOOKUP_DEADLINE, tokio::net::lookup_host((link.host(), link.port()))).await;
            if let Ok(Ok(found)) = found {
                let link = LinkId(number);
                let addresses: Vec<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
                self.learn(link, addresses.clone());
                self.inbox.send(Event::LinkAddresses { link, addresses }).await;
            }
        }
        *last = Some(Instant::now());
    }

    fn learn(&self, link: LinkId, addresses: Vec<IpAddr>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(link, addresses);
    }

    /// Looks all of them up again and again.
    pub(crate) async fn run(self: Arc<Self>) {
        if self.links.is_empty() {
            return;
        }
        let mut turn = tokio::time::interval(LINK_RESOLVE_INTERVAL);
        loop {
            turn.tick().await;
            self.refresh().await;
        }
    }
}
