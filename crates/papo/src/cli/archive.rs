//! The commands about what a hub keeps.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::environment;
use crate::archive;
use crate::config::{self, ConfigFile};
use crate::error::Failure;
use crate::text::Texts;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The room
    #[arg(value_name = "ROOM")]
    room: String,
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// File with one message a line, or - for standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    file: PathBuf,
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// File that is to be made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    what: TokenCommand,
}

/// What to do about tokens.
#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token for a nick, in place of the one that it had, and write it to standard output
    #[command(after_help = "Example:\n  papo token add ana --days 180")]
    Add(AddArgs),
    /// Write the nicks that have tokens, when each was made and when it expires
    #[command(after_help = "Example:\n  papo token list --name north")]
    List(ListArgs),
    /// Forget the token of a nick
    #[command(after_help = "Example:\n  papo token remove ana")]
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The nick
    #[arg(value_name = "NICK")]
    nick: String,
    /// Days that it holds (default: for good)
    #[arg(long, value_name = "N")]
    days: Option<String>,
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Args)]
struct RemoveArgs {
    /// The nick
    #[arg(value_name = "NICK")]
    nick: String,
    #[command(flatten)]
    hub: HubArgs,
}

/// Which hub.
#[derive(Debug, Args)]
struct HubArgs {
    /// Folder of the hub (default: as for papo serve)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Name of the hub, whose usual folder is meant (default: as for papo serve)
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    name: Option<String>,
}

impl HubArgs {
    fn folder(&self, file: Option<&ConfigFile>) -> Result<PathBuf, Failure> {
        config::hub_folder(self.data.as_deref(), self.name.as_deref(), environment, file)
    }
}

impl ExportArgs {
    pub(super) fn run(&self, file: Option<&ConfigFile>) -> Result<(), Failure> {
        archive::export(&self.hub.folder(file)?, &self.room)
    }
}

impl ImportArgs {
    pub(super) fn run(&self, file: Option<&ConfigFile>, texts: &Texts) -> Result<(), Failure> {
        archive::import(&self.hub.folder(file)?, &self.file, texts)
    }
}

impl BackupArgs {
    pub(super) fn run(&self, file: Option<&ConfigFile>, texts: &Texts) -> Result<(), Failure> {
        archive::backup(&self.hub.folder(file)?, &self.file, texts)
    }
}

impl TokenArgs {
    pub(super) fn run(&self, file: Option<&ConfigFile>, texts: &Texts) -> Result<(), Failure> {
        match &self.what {
            TokenCommand::Add(add) => {
                let folder = add.hub.folder(file)?;
                archive::token_add(&folder, &add.nick, add.days.as_deref(), texts)
            }
            TokenCommand::List(list) => archive::token_list(&list.hub.folder(file)?),
            TokenCommand::Remove(remove) => archive::token_remove(&remove.hub.folder(file)?, &remove.nick),
        }
    }
}
