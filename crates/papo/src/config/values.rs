//! Texts that people write, parsed; the error is the end of a sentence that began with the text itself.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use ipnet::IpNet;
use papo_core::id::RoomName;
use papo_core::limits::{NAME_CHARS, RENDEZVOUS_PER_MINUTE_MAX};
use papo_core::wire::rendezvous::{Dialect, ParseDialectError};
use papo_core::wire::signature::{LinkSecret, SECRET_BYTES, SecretError};

use super::loopback;
use super::rooms::DAY;
use crate::text::Message;

/// `127.0.0.1:8000`, and the shorter forms that people write: a port (`8000`, `:8000`) stays on loopback, an address
/// alone gets the usual port.
pub(super) fn address(text: &str, usual_port: u16) -> Result<SocketAddr, Message> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, usual_port));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => ("", Some(text)),
        None => (text, None),
    };
    let known = host.is_empty() || host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok();
    if text.is_empty() || !known {
        return Err(Message::new("error-address").showing("suggestion", loopback(usual_port)));
    }
    match port {
        None => Ok(loopback(usual_port)),
        // A host that is an address has been read above with every port that there is.
        Some(port) => match self::port(port) {
            Some(port) if host.is_empty() || host.eq_ignore_ascii_case("localhost") => Ok(loopback(port)),
            _ => Err(Message::new("error-port")),
        },
    }
}

/// A port in plain digits: the standard library would take a sign, too.
pub(super) fn port(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

pub(super) fn address_or_off(text: &str, usual_port: u16) -> Result<Option<SocketAddr>, Message> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    address(text, usual_port).map(Some)
}

pub(super) fn hub_name(text: &str) -> Result<String, Message> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Message::new("name-empty"));
    }
    if name.chars().count() > NAME_CHARS {
        return Err(Message::new("name-too-long").with("limit", NAME_CHARS));
    }
    match name.chars().find(|character| character.is_control()) {
        Some(character) => Err(Message::new("name-forbidden").showing("character", character.escape_unicode())),
        None => Ok(name.to_owned()),
    }
}

pub(super) fn room(text: &str) -> Result<RoomName, Message> {
    text.parse::<RoomName>().map_err(Message::from)
}

/// The secret in a file, without the newline that editors put at its end.
pub(super) fn secret(path: &str) -> Result<LinkSecret, Message> {
    let mut secret =
        fs::read(path).map_err(|error| Message::new("error-secret-unreadable").showing("detail", error))?;
    while matches!(secret.last(), Some(b'\n' | b'\r')) {
        secret.pop();
    }
    if secret.is_empty() {
        return Err(Message::new("error-secret-empty"));
    }
    LinkSecret::new(&secret).map_err(|SecretError::TooShort(bytes)| {
        Message::new("error-secret-short")
            .with("bytes", bytes)
            .with("least", SECRET_BYTES)
    })
}

pub(super) fn rate(text: &str) -> Result<Option<u32>, Message> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    match text.parse() {
        Ok(rate) if rate > 0 => Ok(Some(rate)),
        _ => Err(Message::new("error-rate")),
    }
}

pub(super) fn per_minute(text: &str) -> Result<Option<u32>, Message> {
    match rate(text) {
        Ok(count) if count.is_none_or(|count| count <= RENDEZVOUS_PER_MINUTE_MAX) => Ok(count),
        _ => Err(Message::new("error-per-minute").showing("most", RENDEZVOUS_PER_MINUTE_MAX)),
    }
}

pub(super) fn dialect(text: &str) -> Result<Dialect, Message> {
    text.parse().map_err(|ParseDialectError| Message::new("error-dialect"))
}

/// The name of a file that may not exist yet.
pub(super) fn file(text: &str) -> Result<PathBuf, Message> {
    let path = PathBuf::from(text);
    if path.file_name().is_none() || text.ends_with(std::path::is_separator) {
        return Err(Message::new("error-file-name"));
    }
    Ok(path)
}

/// The name of a folder that may not exist yet.
pub(super) fn folder(text: &str) -> Result<PathBuf, Message> {
    if text.is_empty() {
        return Err(Message::new("error-folder-name"));
    }
    Ok(PathBuf::from(text))
}

/// How many, at least one.
pub(super) fn count(text: &str) -> Result<u64, Message> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Message::new("error-count")),
    }
}

/// Days, possibly none.
pub(crate) fn days(text: &str) -> Result<Duration, Message> {
    let days = text.parse::<u32>().ok().filter(|&days| days <= DAYS);
    days.map(|days| DAY * days)
        .ok_or_else(|| Message::new("error-days").showing("most", DAYS))
}

/// `268435456`, `256M` or `1G`; a letter counts in steps of 1024.
pub(super) fn bytes(text: &str) -> Result<u64, Message> {
    let units = [('K', 10), ('M', 20), ('G', 30)];
    let unit = units.iter().find_map(|&(unit, bits)| {
        let number = text.strip_suffix([unit, unit.to_ascii_lowercase()])?;
        Some((number, bits))
    });
    let (number, bits) = unit.unwrap_or((text, 0));
    let bytes = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << bits));
    bytes
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| Message::new("error-bytes"))
}

/// A hundred years: more than anybody keeps a chat.
const DAYS: u32 = 36_500;

/// A network, or an address for itself alone.
pub(super) fn network(text: &str) -> Result<IpNet, Message> {
    text.parse::<IpNet>()
        .map(|network| network.trunc())
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| Message::new("error-network"))
}

pub(super) fn host(text: &str) -> Result<String, Message> {
    match text.parse::<Uri>() {
        Ok(uri) if uri.scheme().is_none() && uri.port().is_none() && uri.host() == Some(text) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err(Message::new("error-host")),
    }
}

pub(super) fn origin(text: &str) -> Result<String, Message> {
    let bare = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let known = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://"));
    match known.map(|rest| (rest, rest.parse::<Uri>())) {
        Some((rest, Ok(uri))) if uri.authority().is_some_and(|authority| authority.as_str() == rest) => Ok(bare),
        _ => Err(Message::new("error-origin")),
    }
}

pub(super) fn directory(text: &str) -> Result<PathBuf, Message> {
    let path = PathBuf::from(text);
    if path.join("index.html").is_file() {
        Ok(path)
    } else {
        Err(Message::new("error-directory"))
    }
}
