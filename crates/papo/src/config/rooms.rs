//! Where a hub keeps its rooms, and how much of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use papo_core::hub::Retention;

use super::data::{self, Place};
use super::layer::Layers;
use super::{ConfigFile, DEFAULT_NAME, folder, values};
use crate::cli::ServeArgs;
use crate::error::Failure;
use crate::text::Message;

/// Where a hub keeps its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubData {
    /// Nowhere: they end with it.
    Ephemeral,
    /// In this folder, which no other hub has.
    Folder(PathBuf),
}

impl HubData {
    /// What the layers say, else the folder of that hub in the data directory of whoever runs it. Without such a
    /// directory nothing is kept.
    pub(super) fn read(layers: &Layers, hub: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        Ok(match data::place(layers, values::folder)? {
            Some(Place::At(folder)) => Self::Folder(folder),
            Some(Place::Nowhere) => Self::Ephemeral,
            None => folder::base("XDG_DATA_HOME", "share", variable).map_or(Self::Ephemeral, |base| {
                Self::Folder(base.join("papo").join(folder::named(hub)))
            }),
        })
    }
}

/// What the layers say of how much is kept.
pub(super) fn retention(layers: &Layers) -> Result<Retention, Failure> {
    let usual = Retention::default();
    Ok(Retention {
        messages: layers
            .one("retention-messages", values::count)?
            .unwrap_or(usual.messages),
        age: layers.one("retention-days", values::days)?.unwrap_or(usual.age),
        bytes: layers.one("retention-bytes", values::bytes)?.unwrap_or(usual.bytes),
    })
}

/// The folder of a hub that is named as for `papo serve`: by these flags, else by the environment and the settings file.
///
/// # Errors
///
/// When a value makes no sense, or that hub keeps nothing.
pub(crate) fn hub_folder(
    data: Option<&Path>,
    name: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
    file: Option<&ConfigFile>,
) -> Result<PathBuf, Failure> {
    let flags = ServeArgs {
        data: data.map(Path::to_path_buf),
        name: name.map(str::to_owned),
        ..ServeArgs::default()
    };
    let layers = Layers::new(&flags, &variable, file)?;
    let name = layers.one("name", values::hub_name)?;
    match HubData::read(&layers, name.as_deref().unwrap_or(DEFAULT_NAME), variable)? {
        HubData::Folder(folder) => Ok(folder),
        HubData::Ephemeral => Err(Failure::usage(Message::new("error-hub-ephemeral"))),
    }
}

/// A day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests;
