//! What `papo rendezvous` was asked to do, and where a registry keeps its data.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use papo_core::wire::rendezvous::Dialect;

use super::data::{self, Place};
use super::layer::Layers;
use super::{ConfigFile, HubData, REGISTRY_PORT, folder, values};
use crate::cli::RendezvousArgs;
use crate::error::Failure;
use crate::text::Lang;

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
            data: match data::place(&layers, values::file)? {
                Some(Place::At(file)) => Data::File(file),
                Some(Place::Nowhere) => Data::Ephemeral,
                None => Data::usual(listen.port(), variable),
            },
            json: layers.switch("json"),
            lang,
        })
    }
}

impl Data {
    /// The file of a registry at `port` in the data directory of whoever runs it. Without such a directory nothing is
    /// kept; nor at port 0, where the next start has another address.
    fn usual(port: u16, variable: impl Fn(&str) -> Option<String>) -> Self {
        let base = folder::base("XDG_DATA_HOME", "share", variable);
        base.map_or(Self::Ephemeral, |base| Self::in_folder(port, &base.join("papo")))
    }

    /// The file of a registry at `port` inside a hub: it lies beside the hub's rooms, if those are kept.
    pub(super) fn inside(port: u16, hub: &HubData) -> Self {
        match hub {
            HubData::Ephemeral => Self::Ephemeral,
            HubData::Folder(folder) => Self::in_folder(port, folder),
        }
    }

    fn in_folder(port: u16, folder: &Path) -> Self {
        if port == 0 {
            return Self::Ephemeral;
        }
        Self::File(folder.join(format!("rendezvous-{port}.jsonl")))
    }
}

#[cfg(test)]
mod tests;
