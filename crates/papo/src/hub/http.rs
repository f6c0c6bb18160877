//! The HTTP door: the page, the WebSocket handshake, `/relay`, and whether the hub is well.

mod admit;
mod api;
mod figures;
mod places;
mod upgrade;

pub(crate) use admit::Pacing;
pub(crate) use places::Places;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Json};
use axum::routing::{get, post};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use papo_core::error::Code;
use papo_core::hub::RelayReply;
use papo_core::id::RoomName;
use papo_core::limits::{
    HTTP_BODY_DEADLINE, HTTP_HEAD_DEADLINE, HTTP_LIFE, POST_BYTES, RELAY_BODIES, RELAY_BODY_BYTES,
};
use papo_core::wire::signature::SIGNATURE_HEADER;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tower::ServiceExt;
use utoipa::ToSchema;

use super::archive::Archive;
use super::guard::Guard;
use super::page::{Page, plain};
use super::post::Resolver;
use super::{Event, Inbox};

/// What every request may need.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) inbox: Inbox,
    pub(crate) guard: Guard,
    pub(crate) page: Page,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) hello: Hello,
    /// Bodies of `/relay` in memory: anyone may send one before the hub knows whether it takes it.
    pub(crate) bodies: Bodies,
    pub(crate) trusted: Vec<IpNet>,
    pub(crate) archive: Archive,
    pub(crate) pacing: Pacing,
    /// Who asks for rooms and messages has to bring a token.
    pub(crate) require_token: bool,
    /// There are links, or a secret that hubs share: somebody may have a reason to post to `/relay`.
    pub(crate) federates: bool,
}

/// Places for bodies of `/relay` in memory. Strangers, who may send one little by little and are refused only once it is
/// there, have their own, so that they keep no linked hub waiting.
#[derive(Debug)]
pub(crate) struct Bodies {
    known: Semaphore,
    strangers: Semaphore,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            known: Semaphore::new(RELAY_BODIES),
            strangers: Semaphore::new(RELAY_BODIES),
        }
    }
}

impl App {
    fn trusts(&self, source: IpAddr) -> bool {
        source.is_loopback() || self.trusted.iter().any(|network| network.contains(&source))
    }

    fn bodies_for(&self, source: IpAddr) -> &Semaphore {
        if self.trusts(source) || self.resolver.knows(source) {
            &self.bodies.known
        } else {
            &self.bodies.strangers
        }
    }
}

/// `GET /api/hello`: what the page tells a newcomer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Hello {
    pub(crate) name: String,
    #[schema(value_type = String)]
    pub(crate) room: RoomName,
    pub(crate) http: Vec<String>,
    pub(crate) tcp: Vec<String>,
    pub(crate) lan: bool,
}

/// The address that a request came from.
#[derive(Debug, Clone, Copy)]
struct Source(IpAddr);

/// Serves HTTP connections.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    router: Router,
    /// Connections that are not sessions: without a bound, clients that say nothing would use up the files.
    places: Arc<Places>,
}

impl Door {
    pub(crate) fn new(app: App, places: Places) -> Self {
        let app = Arc::new(app);
        let mut router = Router::new()
            .route("/ws", get(upgrade::session))
            .route("/ws/{client}", get(upgrade::text))
            .route("/relay", post(relay));
        for (path, route) in api::routes() {
            router = router.route(path, route);
        }
        let router = router
            .fallback(page)
            .layer(middleware::map_response(harden))
            .with_state(app);
        Self {
            router,
            places: Arc::new(places),
        }
    }

    /// Serves one connection until it closes, becomes a WebSocket, or has lived for [`HTTP_LIFE`].
    pub(crate) async fn serve(self, stream: TcpStream, address: IpAddr) {
        // Without a place the connection is closed at once; a client that waits for an answer sees why it has none.
        let Some(_place) = self.places.take(address) else {
            return;
        };
        let router = self.router;
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Source(address));
            router.clone().oneshot(request)
        });
        let serving = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HTTP_HEAD_DEADLINE)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        // It is ready as soon as the connection has become a WebSocket: sessions live as long as they like.
        let mut serving = pin!(serving);
        let mut ended = timeout(HTTP_LIFE.saturating_sub(HTTP_BODY_DEADLINE), serving.as_mut()).await;
        if ended.is_err() {
            // Whoever behaves loses nothing: a request in flight is answered, and the next needs a new connection.
            serving.as_mut().graceful_shutdown();
            ended = timeout(HTTP_BODY_DEADLINE, serving).await;
        }
        match ended {
            Ok(Ok(())) => {}
            // What goes wrong (resets, bad requests, deadlines) is the client's, and hyper has answered where it can.
            Ok(Err(error)) => tracing::debug!(%address, %error, "http connection ended"),
            Err(_) => tracing::debug!(%address, "http connection cut at the end of its life"),
        }
    }
}

/// Headers of every response: nothing from elsewhere runs in the page, and no other page can frame it.
async fn harden(mut response: Response<Body>) -> Response<Body> {
    const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                          img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        header::HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    response
}

async fn page(State(app): State<Arc<App>>, method: Method, uri: Uri) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
    }
    app.page.response(uri.path()).await
}

/// `POST /relay` (docs/protocol.md 5.2 to 5.5).
async fn relay(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    if !app.guard.allows(&headers) {
        return foreign_origin();
    }
    if app.require_token && !app.federates {
        let detail = format!(
            "{}: this hub asks for tokens and is linked to no other; start it with --link or --link-secret-file",
            Code::Unauthorized
        );
        return problem(StatusCode::FORBIDDEN, &detail);
    }
    if !is_json(&headers) {
        return problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the message as Content-Type: application/json",
        );
    }
    let (body, _place) = match read_body(&headers, body, app.bodies_for(source)).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let signature = headers
        .get(SIGNATURE_HEADER)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut reply = ask(&app.inbox, source, signature.clone(), body.clone()).await;
    if reply == Some(RelayReply::Forbidden) {
        // The other hub may have started after this one and have an address only now.
        app.resolver.refresh().await;
        reply = ask(&app.inbox, source, signature, body).await;
    }
    match reply {
        Some(RelayReply::Ok { hub }) => Json(serde_json::json!({ "status": "ok", "hub": hub })).into_response(),
        Some(RelayReply::Unauthorized(detail)) => problem(StatusCode::UNAUTHORIZED, &detail),
        Some(RelayReply::Forbidden) => problem(
            StatusCode::FORBIDDEN,
            &format!(
                "{}: this hub takes messages from its links and from trusted networks only; \
                 start it with --link to the sender, --trust its network, or a shared --link-secret-file",
                Code::Unauthorized
            ),
        ),
        Some(RelayReply::Busy) => busy("what it brought cannot be kept now"),
        Some(RelayReply::Unprocessable(detail)) => problem(StatusCode::UNPROCESSABLE_ENTITY, &detail),
        None => busy("the hub is ending"),
    }
}

/// Puts a request to the hub; `None` when it has ended.
async fn ask(inbox: &Inbox, source: IpAddr, signature: Option<String>, body: Bytes) -> Option<RelayReply> {
    let (reply, answer) = oneshot::channel();
    inbox
        .send(Event::Relay {
            source,
            signature,
            body,
            reply,
        })
        .await;
    answer.await.ok()
}

/// The body of a request of the API: it needs no place, since it is small.
async fn read_small(headers: &HeaderMap, body: Body) -> Result<Bytes, Response<Body>> {
    let too_large = || {
        let detail = format!("{}: the limit is {POST_BYTES} bytes", Code::MessageTooLarge);
        problem(StatusCode::PAYLOAD_TOO_LARGE, &detail)
    };
    if announced(headers).is_some_and(|length| length > POST_BYTES) {
        return Err(too_large());
    }
    match timeout(HTTP_BODY_DEADLINE, axum::body::to_bytes(body, POST_BYTES)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(problem(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body, and its place among those in memory.
async fn read_body<'a>(
    headers: &HeaderMap,
    body: Body,
    bodies: &'a Semaphore,
) -> Result<(Bytes, SemaphorePermit<'a>), Response<Body>> {
    let too_large = || {
        problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("{}: the limit is {RELAY_BODY_BYTES} bytes", Code::MessageTooLarge),
        )
    };
    if announced(headers).is_some_and(|length| length > RELAY_BODY_BYTES) {
        return Err(too_large());
    }
    let deadline = Instant::now() + HTTP_BODY_DEADLINE;
    let Ok(Ok(place)) = timeout_at(deadline, bodies.acquire()).await else {
        return Err(busy("too many requests at once"));
    };
    match timeout_at(deadline, axum::body::to_bytes(body, RELAY_BODY_BYTES)).await {
        Ok(Ok(body)) => Ok((body, place)),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(problem(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    (status, Json(serde_json::json!({ "detail": detail }))).into_response()
}

fn busy(why: &str) -> Response<Body> {
    problem(StatusCode::SERVICE_UNAVAILABLE, &format!("{}: {why}", Code::Busy))
}

fn foreign_origin() -> Response<Body> {
    plain(
        StatusCode::FORBIDDEN,
        "this page is not the hub's own; if it should be, start the hub with --allow-host NAME or --allow-origin ORIGIN\n",
    )
}

#[cfg(test)]
mod tests;
