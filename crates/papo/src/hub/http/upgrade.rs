//! The WebSocket handshake: the text door and the session protocol.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use papo_core::hub::Door;
use papo_core::id::RoomName;
use papo_core::wire::session::SUBPROTOCOL;
use papo_core::wire::text::parse_client_id;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::{App, Source, foreign_origin};
use crate::hub::page::plain;
use crate::hub::websocket;
use crate::net::connection::Form;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    room: Option<String>,
}

/// `GET /ws/{client_id}` (docs/protocol.md 5.1).
pub(super) async fn text(
    State(app): State<Arc<App>>,
    Extension(Source(address)): Extension<Source>,
    Path(client): Path<String>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Response<Body> {
    if !app.guard.allows(request.headers()) {
        return foreign_origin();
    }
    let Some(client) = parse_client_id(&client) else {
        return plain(StatusCode::FORBIDDEN, "the client id must be an integer, as in /ws/7\n");
    };
    let room = match wanted.room.as_deref().map(str::parse::<RoomName>).transpose() {
        Ok(room) => room,
        Err(problem) => return plain(StatusCode::BAD_REQUEST, format!("the room's name {problem}\n")),
    };
    let door = Door::WebSocketText { client };
    upgrade(&app, request, (Form::WebSocketText, door, room), address)
}

/// `GET /ws` (docs/protocol.md 6.1).
pub(super) async fn session(
    State(app): State<Arc<App>>,
    Extension(Source(address)): Extension<Source>,
    request: Request,
) -> Response<Body> {
    if !app.guard.allows(request.headers()) {
        return foreign_origin();
    }
    if !asks_for(request.headers(), SUBPROTOCOL) {
        return plain(
            StatusCode::BAD_REQUEST,
            format!("ask for the subprotocol {SUBPROTOCOL} (Sec-WebSocket-Protocol); plain text is spoken at /ws/7\n"),
        );
    }
    let mut response = upgrade(&app, request, (Form::Session, Door::Session, None), address);
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

fn asks_for(headers: &HeaderMap, protocol: &str) -> bool {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    offered.any(|offer| offer.trim() == protocol)
}

/// Answers the handshake; what comes behind it is served by itself.
fn upgrade(
    app: &App,
    mut request: Request,
    (form, door, room): (Form, Door, Option<RoomName>),
    address: IpAddr,
) -> Response<Body> {
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return upgrade_required();
    };
    let (head, _) = request.into_parts();
    let head = axum::http::Request::from_parts(head, ());
    let Ok(response) = tungstenite::handshake::server::create_response(&head) else {
        return upgrade_required();
    };
    let inbox = app.inbox.clone();
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        // The connection was made here from exactly this type.
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            return;
        };
        let connection = inbox.open(form, door, address, room).await;
        websocket::serve(parts.io.into_inner(), parts.read_buf, connection, inbox).await;
    });
    response.map(|()| Body::empty())
}

fn upgrade_required() -> Response<Body> {
    let mut response = plain(StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket\n");
    response
        .headers_mut()
        .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response
}
