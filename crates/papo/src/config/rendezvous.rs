//! What `papo rendezvous` was asked to do, and where a registry keeps its data.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use papo_core::wire::rendezvous::Dialect;

use super::layer::Layers;
use super::{ConfigFile, REGISTRY_PORT, folder, values};
use crate::cli::RendezvousArgs;
use crate::error::Failure;
use crate::text::{Lang, Message};

/// What a registry was asked to do, every value parsed.
#[derive(Debug, Clone)]
pub struct RendezvousSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Which program it answers like (docs/protocol.md section 1).
    pub dialect: Dialect,
    /// Connections a minute from one address: `None` for what the dialect has, `Some(None)` for any number.
    pub max_per_minute: Option<Option<u32>>,
    /// Networks without limits per address.
    pub trust: Vec<IpNet>,
    /// Where the records are kept.
    pub data: Data,
    /// stdout is for programs.
    pub json: bool,
    /// The language of what it says.
    pub lang: Lang,
}

/// Where a registry keeps its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Nowhere: they end with it.
    Ephemeral,
    /// In this file.
    File(PathBuf),
}

impl RendezvousSettings {
    /// Merges what was typed, the environment and the settings file into settings that make sense.
    ///
    /// # Errors
    ///
    /// Names the first value that makes none, where it stands and what to write instead.
    pub fn merge(
        flags: &RendezvousArgs,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&ConfigFile>,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let layers = Layers::new(flags, &variable, file)?;
        let listen = layers.one("listen", |text| values::address(text, REGISTRY_PORT))?;
        let listen = listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, REGISTRY_PORT)));
        Ok(Self {
            listen,
            dialect: layers.one("dialect", values::dialect)?.unwrap_or_default(),
            max_per_minute: layers.one("max-per-minute", values::per_minute)?,
            trust: layers.each("trust", values::network)?,
            data: match data(&layers)? {
                Some(data) => data,
                None => Data::usual(listen.port(), None, variable),
            },
            json: layers.switch("json"),
            lang,
        })
    }
}

impl Data {
    /// The file of a registry at `port`, alone or inside the hub of that name, in the data directory of whoever runs
    /// it. Without such a directory nothing is kept; nor at port 0, where the next start has another address.
    pub(super) fn usual(port: u16, hub: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Self {
        match folder::base("XDG_DATA_HOME", "share", variable) {
            Some(base) if port != 0 => {
                let own = hub.map_or_else(String::new, folder::named);
                // Joining an empty name would only add a slash.
                let folder = base.join(Path::new("papo").join(own));
                Self::File(folder.join(format!("rendezvous-{port}.jsonl")))
            }
            _ => Self::Ephemeral,
        }
    }
}

/// What the strongest layer says that says where the data lies.
fn data(layers: &Layers) -> Result<Option<Data>, Failure> {
    let mut refused = false;
    for layer in &layers.0 {
        let ephemeral = layer.get("ephemeral");
        let asked = ephemeral.filter(|found| found.given.is_on());
        match (layer.get("data"), asked) {
            (Some(data), Some(ephemeral)) => {
                let message = Message::new("error-data-ephemeral").showing("data", &data.source);
                return Err(Failure::usage(message.showing("ephemeral", &ephemeral.source)));
            }
            (Some(data), None) => {
                let text = data.given.text();
                let file = values::file(text).map_err(|reason| data.source.refuse(text, reason))?;
                return Ok(Some(Data::File(file)));
            }
            // A stronger layer may have said no to what a weaker one asks for.
            (None, Some(_)) if !refused => return Ok(Some(Data::Ephemeral)),
            (None, _) => refused |= ephemeral.is_some(),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
