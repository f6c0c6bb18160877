//! The HTTP API (docs/protocol.md 6.8): rooms, their messages, the network, figures, and the document that describes it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::{MethodRouter, get};
use papo_core::error::Code;
use papo_core::hub::{Cursor, Post};
use papo_core::id::{HubId, MsgId, Nick, RequestId, RoomName};
use papo_core::limits::{HISTORY_MESSAGES, PAYLOAD_BYTES};
use papo_core::wire::session::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;
use utoipa::{OpenApi, ToSchema};

use super::admit::{admit, admit_as, foreign_host};
use super::figures;
use super::{App, Hello, Source, busy, foreign_origin, is_json, problem, read_small};
use crate::hub::api::{Ask, Network, Room};
use crate::hub::archive::Asked;
use crate::hub::page::plain;
use crate::hub::store::ReadError;
use crate::hub::{Event, Inbox};

/// The document at `/api/openapi.json`.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "papo",
        description = "The HTTP API of a hub. Where the hub asks for tokens, send nick and token as HTTP Basic authentication."
    ),
    paths(rooms, messages, say, network, hello, livez, readyz, metrics, openapi)
)]
struct Document;

/// Every route of the API.
pub(super) fn routes() -> Vec<(&'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("/api/hello", get(hello)),
        ("/api/rooms", get(rooms)),
        ("/api/rooms/{room}/messages", get(messages).post(say)),
        ("/api/network", get(network)),
        ("/api/openapi.json", get(openapi)),
        ("/livez", get(livez)),
        ("/readyz", get(readyz)),
        ("/metrics", get(metrics)),
    ]
}

/// The process runs
#[utoipa::path(get, path = "/livez", responses((status = 200, description = "It runs", body = String)))]
async fn livez() -> &'static str {
    "ok\n"
}

/// The hub answers and can keep what is said
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, description = "It is ready", body = String),
    (status = 503, description = "It ends, or it cannot write to its disk", body = String),
))]
async fn readyz(State(app): State<Arc<App>>) -> Response<Body> {
    match ask(&app.inbox, Ask::Figures).await {
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "the hub is ending\n"),
        Some(figures) if figures.counted.failing => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the hub cannot write to its disk\n")
        }
        Some(_) => plain(StatusCode::OK, "ok\n"),
    }
}

/// Name, home room and addresses of the hub
#[utoipa::path(get, path = "/api/hello", responses((status = 200, body = Hello)))]
async fn hello(State(app): State<Arc<App>>, headers: HeaderMap) -> Response<Body> {
    if !app.guard.knows_host(&headers) {
        return foreign_host();
    }
    Json(app.hello.clone()).into_response()
}

/// Rooms of the hub
#[utoipa::path(get, path = "/api/rooms", responses((status = 200, body = Vec<Room>)))]
async fn rooms(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(refusal) = admit(&app, source, &headers).await {
        return refusal;
    }
    match ask(&app.inbox, Ask::Rooms).await {
        Some(rooms) => Json(rooms).into_response(),
        None => busy("the hub is ending"),
    }
}

/// The hub and its links
#[utoipa::path(get, path = "/api/network", responses((status = 200, body = Network)))]
async fn network(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(refusal) = admit(&app, source, &headers).await {
        return refusal;
    }
    match ask(&app.inbox, Ask::Network).await {
        Some(network) => Json(network).into_response(),
        None => busy("the hub is ending"),
    }
}

/// Figures for Prometheus
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "OpenMetrics text", body = String)))]
async fn metrics(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(refusal) = admit(&app, source, &headers).await {
        return refusal;
    }
    match ask(&app.inbox, Ask::Figures).await {
        Some(figures) => figures::response(&figures),
        None => busy("the hub is ending"),
    }
}

/// This document
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Value)))]
async fn openapi() -> Response<Body> {
    Json(Document::openapi()).into_response()
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `before` of an earlier page: what is older than it.
    before: Option<String>,
    /// How many at most, 1 to 200.
    limit: Option<String>,
    /// Only messages with all of these words; only where the hub keeps them on a disk.
    q: Option<String>,
}

/// A page of messages, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct Messages {
    /// The room.
    room: String,
    /// Objects like PUB of the session protocol.
    #[serde(rename = "messages")]
    page: Vec<Value>,
    /// Nothing that is kept is older.
    complete: bool,
    /// Ask with it for the page before this one.
    before: Option<String>,
}

/// What was said in a room
#[utoipa::path(get, path = "/api/rooms/{room}/messages",
    params(("room" = String, Path, description = "The room's name"), Wanted),
    responses(
        (status = 200, body = Messages),
        (status = 400, description = "The room's name, `before` or `limit` makes no sense"),
        (status = 401, description = "The hub asks for a token"),
        (status = 404, description = "There is no such room"),
        (status = 429, description = "Too many requests from this address"),
        (status = 501, description = "Only a hub with a disk can search"),
    ))]
async fn messages(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    Path(room): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(refusal) = admit(&app, source, &headers).await {
        return refusal;
    }
    let wanted = wanted.map_err(|rejection| rejection.body_text());
    let (room, asked) = match wanted.and_then(|Query(wanted)| understand(&room, wanted)) {
        Ok(understood) => understood,
        Err(detail) => return problem(StatusCode::BAD_REQUEST, &detail),
    };
    if asked.query.is_some() && !app.archive.is_durable() {
        let detail = "this hub keeps nothing on a disk, and only there it can search";
        return problem(StatusCode::NOT_IMPLEMENTED, detail);
    }
    let (reply, answer) = oneshot::channel();
    let name = room.clone();
    app.inbox.send(Event::Ask(Ask::Messages { room, asked, reply })).await;
    match answer.await {
        Err(_) => busy("the hub is ending"),
        Ok(None) => problem(
            StatusCode::NOT_FOUND,
            &format!("{}: nobody has entered #{name}", Code::NotFound),
        ),
        Ok(Some(Err(ReadError::Failed(detail)))) => {
            tracing::warn!(detail, "cannot read what was said");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("{}: the hub cannot read it", Code::Storage),
            )
        }
        Ok(Some(Err(_))) => busy("too many ask at once"),
        Ok(Some(Ok(page))) => {
            let messages = page.entries.iter();
            let messages = messages.filter_map(|entry| serde_json::to_value(Message::new(&name, entry)).ok());
            let oldest = page.entries.first().and_then(|entry| entry.key);
            Json(Messages {
                room: name.to_string(),
                page: messages.collect(),
                complete: page.complete,
                before: oldest.map(|key| format!("{}.{}", key.origin, key.seq)),
            })
            .into_response()
        }
    }
}

/// What a request for messages asks for.
fn understand(room: &str, wanted: Wanted) -> Result<(RoomName, Asked), String> {
    let room = room.parse().map_err(|error| format!("the room's name {error}"))?;
    let limit = match wanted.limit {
        None => HISTORY_MESSAGES,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=HISTORY_MESSAGES).contains(limit))
            .ok_or_else(|| format!("limit is not a number from 1 to {HISTORY_MESSAGES}"))?,
    };
    let before = wanted.before.map(|text| {
        let (origin, seq) = text.split_once('.')?;
        let (origin, seq): (HubId, u64) = (origin.parse().ok()?, seq.parse().ok()?);
        Some(Cursor::from_iter([(origin, seq)]))
    });
    let before = match before {
        None => None,
        Some(Some(cursor)) => Some(cursor),
        Some(None) => return Err("before is not what an earlier page said".to_owned()),
    };
    let query = wanted.q.filter(|words| !words.trim().is_empty());
    Ok((room, Asked { before, limit, query }))
}

/// A message to be said.
#[derive(Debug, Deserialize, ToSchema)]
struct Said {
    /// Who says it: a nick, or `nick@room`.
    src: String,
    /// What: at most 4096 bytes.
    payload: String,
    /// The same id from the same nick is the same message, so it can be sent again without harm.
    msg_id: Option<String>,
}

/// Where a message stands.
#[derive(Debug, Serialize, ToSchema)]
struct Standing {
    /// Its id.
    msg_id: String,
    /// The hub that numbered it.
    origin: String,
    /// Its number in the room.
    seq: u64,
    /// It survives the hub.
    durable: bool,
}

/// Say something
#[utoipa::path(post, path = "/api/rooms/{room}/messages",
    params(("room" = String, Path, description = "The room's name")),
    request_body = Said,
    responses(
        (status = 201, description = "It is said, and kept if the hub keeps anything", body = Standing),
        (status = 400, description = "The room's name makes no sense"),
        (status = 401, description = "The hub asks for a token"),
        (status = 403, description = "A foreign page"),
        (status = 409, description = "Somebody of that nick is on the hub"),
        (status = 413, description = "The body is too large"),
        (status = 415, description = "Not application/json"),
        (status = 422, description = "A field is missing or makes no sense"),
        (status = 429, description = "Too many messages from this address"),
        (status = 503, description = "The hub is busy, or ends"),
        (status = 507, description = "The hub cannot keep it, so it was not said"),
    ))]
async fn say(
    State(app): State<Arc<App>>,
    Extension(Source(source)): Extension<Source>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    if !app.guard.allows(&headers) {
        return foreign_origin();
    }
    if !is_json(&headers) {
        let detail = "send the message as Content-Type: application/json (curl --json does)";
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    }
    let room: RoomName = match room.parse() {
        Ok(room) => room,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("the room's name {error}")),
    };
    let body = match read_small(&headers, body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let post = match read_said(&body, room, source) {
        Ok(post) => post,
        Err(detail) => return problem(StatusCode::UNPROCESSABLE_ENTITY, &detail),
    };
    if let Err(refusal) = admit_as(&app, source, &headers, Some(&post.nick)).await {
        return refusal;
    }
    let (reply, answer) = oneshot::channel();
    app.inbox.send(Event::Post { post, reply }).await;
    match answer.await {
        Err(_) => busy("the hub is ending"),
        Ok(Ok((msg_id, key))) => {
            let standing = Standing {
                msg_id: msg_id.to_string(),
                origin: key.origin.to_string(),
                seq: key.seq.get(),
                durable: app.archive.is_durable(),
            };
            (StatusCode::CREATED, Json(standing)).into_response()
        }
        Ok(Err((code, detail))) => {
            let status = match code {
                Code::OverQuota => StatusCode::TOO_MANY_REQUESTS,
                Code::Unauthorized => StatusCode::CONFLICT,
                Code::Storage => StatusCode::INSUFFICIENT_STORAGE,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            problem(status, &format!("{code}: {detail}"))
        }
    }
}

fn read_said(body: &[u8], room: RoomName, source: std::net::IpAddr) -> Result<Post, String> {
    let said: Said = serde_json::from_slice(body).map_err(|error| format!("{}: {error}", Code::BadFormat))?;
    let name = said.src.split_once('@').map_or(&*said.src, |(name, _)| name);
    let nick: Nick = name.parse().map_err(|error| format!("src {error}"))?;
    let msg_id = said.msg_id.as_deref().map(str::parse::<MsgId>).transpose();
    let msg_id = msg_id.map_err(|error| format!("msg_id {error}"))?;
    if said.payload.trim().is_empty() {
        return Err("payload is empty".to_owned());
    }
    if said.payload.len() > PAYLOAD_BYTES {
        return Err(format!("payload is longer than {PAYLOAD_BYTES} bytes"));
    }
    Ok(Post {
        request: RequestId(0),
        source,
        room,
        nick,
        msg_id,
        payload: said.payload,
    })
}

/// Puts a question to the hub; `None` when it has ended.
async fn ask<T>(inbox: &Inbox, question: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    inbox.send(Event::Ask(question(reply))).await;
    answer.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_describes_every_route_and_nothing_else() {
        let document = Document::openapi();
        let described: BTreeSet<&str> = document.paths.paths.keys().map(String::as_str).collect();
        let routes: BTreeSet<&str> = routes().iter().map(|(path, _)| *path).collect();
        assert_eq!(described, routes);
        let messages = &document.paths.paths["/api/rooms/{room}/messages"];
        assert!(messages.get.is_some() && messages.post.is_some());
    }

    #[test]
    fn requests_for_messages_are_understood_or_refused_with_the_reason() {
        let wanted = |before: Option<&str>, limit: Option<&str>| Wanted {
            before: before.map(str::to_owned),
            limit: limit.map(str::to_owned),
            q: Some("  ".to_owned()),
        };
        let cursor = format!("{:032x}.7", 5);
        let (room, asked) = understand("redes", wanted(Some(&cursor), Some("3"))).unwrap();
        assert_eq!((room.as_str(), asked.limit, asked.query), ("redes", 3, None));
        assert_eq!(asked.before, Some(Cursor::from_iter([(HubId::from_bits(5), 7)])));
        for (room, wanted) in [
            ("a b", wanted(None, None)),
            ("redes", wanted(None, Some("0"))),
            ("redes", wanted(None, Some("201"))),
            ("redes", wanted(None, Some("many"))),
            ("redes", wanted(Some("7"), None)),
            ("redes", wanted(Some("x.7"), None)),
        ] {
            assert!(understand(room, wanted).is_err());
        }
    }
}
