//! What `papo peer` was asked to do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use papo_core::id::{ParseIdError, PeerId, RoomName};
use papo_core::limits::{LEASE_DEFAULT_SECS, LEASE_MAX_SECS};

use super::layer::Layers;
use super::{ConfigFile, PEER_PORT, REGISTRY_PORT, folder, loopback, values};
use crate::cli::PeerArgs;
use crate::connect::Target;
use crate::error::Failure;
use crate::text::{Lang, Message};

/// What a node was asked to do, every value parsed.
#[derive(Debug, Clone)]
pub struct PeerSettings {
    /// The node's own name.
    pub peer_id: PeerId,
    /// Where it listens, and with [`Self::listen`] off the port that it registers.
    pub bind: SocketAddr,
    /// False for a node that only dials, as one behind a NAT does.
    pub listen: bool,
    /// The server that tells who is there; `None` for none.
    pub rendezvous: Option<Target>,
    /// Whom to dial in any case.
    pub connect: Vec<Target>,
    /// The lease of its registration.
    pub lease: Duration,
    /// The file of its key; `None` where it has no place for one, so that each start has another.
    pub identity: Option<PathBuf>,
    /// The file of the lines that were typed.
    pub history: Option<PathBuf>,
    /// The log goes here instead of to the terminal.
    pub log_file: Option<PathBuf>,
    /// Lines in and out, also at a terminal.
    pub plain: bool,
    /// stdout is for programs.
    pub json: bool,
    /// The language of what it says.
    pub lang: Lang,
}

/// What a person answers who gave no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The node's own name.
    pub peer_id: PeerId,
    /// Where it listens; 0 lets the system choose.
    pub port: u16,
    /// The lease, in seconds.
    pub lease_secs: u32,
}

/// What counts when an answer is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Where it listens.
    pub port: u16,
    /// The lease, in seconds.
    pub lease_secs: u32,
}

impl PeerSettings {
    /// Merges what was typed, the environment and the settings file into settings that make sense. Where none of them
    /// has a name, `ask` is called.
    ///
    /// # Errors
    ///
    /// Names the first value that makes none, where it stands and what to write instead; and whatever `ask` returns.
    pub fn merge(
        flags: &PeerArgs,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&ConfigFile>,
        lang: Lang,
        ask: impl FnOnce(Defaults) -> Result<Answers, Failure>,
    ) -> Result<Self, Failure> {
        let layers = Layers::new(flags, &variable, file)?;
        let defaults = Defaults {
            port: layers.one("port", port)?.unwrap_or(PEER_PORT),
            lease_secs: layers.one("lease", lease)?.unwrap_or(LEASE_DEFAULT_SECS),
        };
        let ip = layers.one("bind", ip)?.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let rendezvous = rendezvous(&layers)?;
        let connect = layers.each("connect", |text| {
            Target::read(text, PEER_PORT)
                .ok_or_else(|| Message::new("error-peer-address").showing("suggestion", loopback(PEER_PORT)))
        })?;
        let identity = layers.one("identity", values::file)?;
        let log_file = layers.one("log-file", values::file)?;
        let answers = match layers.one("peer", own_peer)? {
            Some(peer_id) => Answers {
                peer_id,
                port: defaults.port,
                lease_secs: defaults.lease_secs,
            },
            None => ask(defaults)?,
        };
        let state = folder::base("XDG_STATE_HOME", "state", variable).map(|base| base.join("papo"));
        let own = folder::of_peer(answers.peer_id.as_str());
        let own = state.map(|state| state.join(own));
        Ok(Self {
            peer_id: answers.peer_id,
            bind: SocketAddr::new(ip, answers.port),
            listen: !layers.switch("no-listen"),
            rendezvous,
            connect,
            lease: Duration::from_secs(answers.lease_secs.into()),
            identity: identity.or_else(|| own.as_ref().map(|own| own.join("identity"))),
            history: own.map(|own| own.join("history")),
            log_file,
            plain: layers.switch("plain"),
            json: layers.switch("json"),
            lang,
        })
    }
}

/// The rendezvous, unless a layer that is at least as strong wants none.
fn rendezvous(layers: &Layers) -> Result<Option<Target>, Failure> {
    let mut refused = false;
    for layer in &layers.0 {
        let none = layer.get("no-rendezvous");
        let asked = none.filter(|found| found.given.is_on());
        match (layer.get("rendezvous"), asked) {
            (Some(address), Some(none)) => {
                let message = Message::new("error-rendezvous-none").showing("address", &address.source);
                return Err(Failure::usage(message.showing("none", &none.source)));
            }
            (Some(address), None) => {
                let text = address.given.text();
                return match Target::read(text, REGISTRY_PORT) {
                    Some(address) => Ok(Some(address)),
                    None => Err(address.source.refuse(
                        text,
                        Message::new("error-peer-address").showing("suggestion", loopback(REGISTRY_PORT)),
                    )),
                };
            }
            // A stronger layer may have said no to what a weaker one asks for.
            (None, Some(_)) if !refused => return Ok(None),
            (None, _) => refused |= none.is_some(),
        }
    }
    Ok(Target::read(&loopback(REGISTRY_PORT).to_string(), REGISTRY_PORT))
}

/// A name, or a namespace, for oneself: stricter than what others may have, because a namespace is also a room, and
/// because `#`, `*` and `@` say whom a message is for.
///
/// # Errors
///
/// The end of a sentence that began with the name.
pub(crate) fn own_name(text: &str) -> Result<RoomName, Message> {
    text.parse::<RoomName>().map_err(Message::from)
}

fn own_peer(text: &str) -> Result<PeerId, Message> {
    let Some((name, namespace)) = text.split_once('@') else {
        return Err(Message::new("error-peer-id-half").with("given", text.to_owned()));
    };
    let part = |text: &str, key| own_name(text).map_err(|reason| Message::new(key).with("reason", reason));
    let name = part(name, "error-peer-id-name")?;
    let namespace = part(namespace, "error-peer-id-namespace")?;
    peer_of(&name, &namespace)
}

/// The peer with those two.
///
/// # Errors
///
/// None that is known: both are stricter than what is needed.
pub(crate) fn peer_of(name: &RoomName, namespace: &RoomName) -> Result<PeerId, Message> {
    PeerId::new(name.as_str(), namespace.as_str()).map_err(|problem: ParseIdError| Message::from(problem))
}

/// Any port, 0 included.
///
/// # Errors
///
/// The end of a sentence that began with the text.
pub(crate) fn port(text: &str) -> Result<u16, Message> {
    values::port(text).ok_or_else(|| Message::new("error-port"))
}

/// Seconds of a lease.
///
/// # Errors
///
/// The end of a sentence that began with the text.
pub(crate) fn lease(text: &str) -> Result<u32, Message> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds
        .filter(|seconds| (1..=LEASE_MAX_SECS).contains(seconds))
        .ok_or_else(|| Message::new("error-lease").showing("most", LEASE_MAX_SECS))
}

fn ip(text: &str) -> Result<IpAddr, Message> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_err(|_| Message::new("error-bind-ip"))
}

#[cfg(test)]
mod tests;
