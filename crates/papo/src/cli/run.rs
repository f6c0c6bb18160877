//! From a command line to the command itself.

use std::path::Path;

use super::{
    CheckArgs, CheckRendezvousArgs, Checked, Cli, Command, ConnectArgs, SimArgs, command, environment, packaging,
};
use crate::check::{self, Dialect};
use crate::config::{self, ConfigFile, PeerSettings, RendezvousSettings, ServeSettings};
use crate::connect::{self, Door};
use crate::error::{Exit, Failure};
use crate::shutdown::Shutdown;
use crate::text::Texts;
use crate::{health, hub, node, rendezvous, sim};

/// Runs a command to its end.
///
/// # Errors
///
/// Returns what ended it early.
pub async fn run(cli: Cli, texts: Texts) -> Result<Exit, Failure> {
    match cli.command {
        Command::Serve(flags) => {
            let file = config::find(cli.config.as_deref(), environment)?;
            let settings = ServeSettings::merge(&flags, environment, file.as_ref(), texts.lang())?;
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            hub::serve(settings, shutdown).await
        }
        Command::Rendezvous(flags) => {
            let file = config::find(cli.config.as_deref(), environment)?;
            let settings = RendezvousSettings::merge(&flags, environment, file.as_ref(), texts.lang())?;
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            rendezvous::serve(settings, shutdown).await
        }
        Command::Peer(flags) => {
            let file = config::find(cli.config.as_deref(), environment)?;
            let ask = |defaults| node::ask(defaults, &texts);
            let settings = PeerSettings::merge(&flags, environment, file.as_ref(), texts.lang(), ask)?;
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            node::run(settings, texts, shutdown).await
        }
        Command::Connect(arguments) => {
            let door = door(&arguments)?;
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            connect::run(door, arguments.json, texts, shutdown).await
        }
        Command::Health(arguments) => health::check(&arguments.url).await,
        Command::Check(CheckArgs {
            what: Checked::Rendezvous(arguments),
        }) => {
            let settings = check_settings(arguments)?;
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            check::run(settings, texts, shutdown).await
        }
        Command::Sim(arguments) => {
            let shutdown = Shutdown::listen().map_err(Failure::unexpected)?;
            sim::run(sim_settings(arguments)?, texts, shutdown).await
        }
        Command::Export(arguments) => kept(cli.config.as_deref(), |file| arguments.run(file)),
        Command::Import(arguments) => kept(cli.config.as_deref(), |file| arguments.run(file, &texts)),
        Command::Backup(arguments) => kept(cli.config.as_deref(), |file| arguments.run(file, &texts)),
        Command::Token(arguments) => kept(cli.config.as_deref(), |file| arguments.run(file, &texts)),
        Command::Completions(arguments) => {
            packaging::write_out(&packaging::completions(command(&texts), arguments.shell))?;
            Ok(Exit::Done)
        }
        Command::Man(arguments) => {
            let pages = packaging::manual(command(&texts)).map_err(Failure::unexpected)?;
            match arguments.dir {
                Some(directory) => packaging::write_manual(&directory, pages)?,
                None => packaging::write_out(&pages.into_iter().flat_map(|(_, page)| page).collect::<Vec<u8>>())?,
            }
            Ok(Exit::Done)
        }
    }
}

/// A command about what a hub keeps; which hub, may stand in the settings file.
fn kept(
    config: Option<&Path>,
    command: impl FnOnce(Option<&ConfigFile>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let file = config::find(config, environment)?;
    command(file.as_ref()).map(|()| Exit::Done)
}

fn check_settings(arguments: CheckRendezvousArgs) -> Result<check::Settings, Failure> {
    Ok(check::Settings {
        target: check::target(&arguments.address)?,
        dialect: match &arguments.dialect {
            Some(text) => text.parse().map_err(Failure::unexpected)?,
            None => Dialect::default(),
        },
        only: arguments.only,
        json: arguments.json,
    })
}

fn sim_settings(arguments: SimArgs) -> Result<sim::Settings, Failure> {
    let nodes = arguments.nodes.as_deref();
    let keep = arguments.keep.as_deref();
    Ok(sim::Settings {
        scenario: arguments.scenario,
        seeds: sim::Seeds::read(arguments.seed.as_deref(), arguments.seeds.as_deref())?,
        nodes: nodes.map(sim::peers).transpose()?,
        keep: keep.map_or(Ok(sim::Keep::default()), |given| {
            sim::number("--keep", given, "error-sim-keep")
        })?,
        json: arguments.json,
        trace: arguments.trace,
        compare: arguments.compare,
        shrink: !arguments.no_shrink,
        #[cfg(feature = "plant")]
        plant: arguments.plant,
        #[cfg(not(feature = "plant"))]
        plant: None,
    })
}

fn door(arguments: &ConnectArgs) -> Result<Door, Failure> {
    let options = connect::Options {
        nick: arguments.nick.clone(),
        rooms: arguments.room.clone(),
        token: arguments.token.clone(),
        token_file: arguments.token_file.clone(),
    };
    // Four digits of a name that nobody chose.
    let chance = getrandom::u64().unwrap_or(0);
    Door::read(&arguments.address, &options, environment, chance)
}
