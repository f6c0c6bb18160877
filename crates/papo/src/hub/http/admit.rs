//! Who may ask the HTTP API, and how often (docs/protocol.md 6.8 and 6.9).

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant as Clock;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use base64ct::{Base64, Encoding};
use papo_core::address::counted_address;
use papo_core::error::Code;
use papo_core::hub::TokenVerdict;
use papo_core::id::Nick;
use papo_core::limits::{API_BURST, API_RATE};
use papo_core::pace::{Paces, Rate, TOKEN_RATE};
use papo_core::time::Instant;
use tokio::sync::Semaphore;

use super::{App, busy, problem};
use crate::hub::page::plain;

/// How often each address asked of late.
#[derive(Debug)]
pub(crate) struct Pacing {
    started: Clock,
    asked: Mutex<Paces>,
    tried: Mutex<Paces>,
    /// Tokens that come by HTTP are checked one at a time: sessions, which have their own places, do not wait behind them.
    checking: Semaphore,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            started: Clock::now(),
            asked: Mutex::default(),
            tried: Mutex::default(),
            checking: Semaphore::new(1),
        }
    }
}

impl Pacing {
    fn take(&self, paces: &Mutex<Paces>, address: IpAddr, rate: Rate) -> bool {
        let now = Instant::ZERO + self.started.elapsed();
        let mut paces = paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.take(counted_address(address), rate, now)
    }

    fn token_was_right(&self, address: IpAddr) {
        let mut paces = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        paces.give_back(counted_address(address), TOKEN_RATE);
    }
}

/// Lets in who asks for what was said or is: under a name of the hub, not too often, and with a token where that is asked
/// for.
pub(super) async fn admit(app: &App, source: IpAddr, headers: &HeaderMap) -> Result<(), Response<Body>> {
    if !app.guard.knows_host(headers) {
        return Err(foreign_host());
    }
    let rate = Rate::new(API_RATE, API_BURST);
    if !app.trusts(source) && !app.pacing.take(&app.pacing.asked, source, rate) {
        return Err(too_often("too many requests from this address"));
    }
    admit_as(app, source, headers, None).await
}

/// Where the hub asks for tokens, nick and token have to come as HTTP Basic authentication.
pub(super) async fn admit_as(
    app: &App,
    source: IpAddr,
    headers: &HeaderMap,
    nick: Option<&Nick>,
) -> Result<(), Response<Body>> {
    if !app.require_token {
        return Ok(());
    }
    let Some((name, token)) = credentials(headers) else {
        return Err(unauthorized("send nick and token, as curl -u NICK:TOKEN does"));
    };
    if nick.is_some_and(|nick| *nick != name) {
        return Err(unauthorized("the token is not the one of src"));
    }
    let counted = !app.trusts(source);
    if counted && !app.pacing.take(&app.pacing.tried, source, TOKEN_RATE) {
        return Err(too_often("too many tokens tried; wait a minute"));
    }
    let Ok(_place) = app.pacing.checking.acquire().await else {
        return Err(busy("the hub is ending"));
    };
    match app.archive.verdict(name, token).await {
        TokenVerdict::Good => {
            if counted {
                app.pacing.token_was_right(source);
            }
            Ok(())
        }
        TokenVerdict::Unknown => Err(unauthorized("this token is not the one of this nick")),
        TokenVerdict::Expired => Err(unauthorized("this token has expired")),
        TokenVerdict::Unchecked => Err(busy("the hub cannot read its tokens now")),
    }
}

fn unauthorized(detail: &str) -> Response<Body> {
    let mut response = problem(StatusCode::UNAUTHORIZED, &format!("{}: {detail}", Code::Unauthorized));
    let challenge = header::HeaderValue::from_static("Basic realm=\"papo\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn too_often(detail: &str) -> Response<Body> {
    problem(StatusCode::TOO_MANY_REQUESTS, &format!("{}: {detail}", Code::OverQuota))
}

fn credentials(headers: &HeaderMap) -> Option<(Nick, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(Base64::decode_vec(encoded.trim()).ok()?).ok()?;
    let (nick, token) = text.split_once(':')?;
    Some((nick.parse().ok()?, token.to_owned()))
}

pub(super) fn foreign_host() -> Response<Body> {
    plain(
        StatusCode::FORBIDDEN,
        "this is not a name of the hub; if it should be, start the hub with --allow-host NAME\n",
    )
}
