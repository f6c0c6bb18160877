//! The command line: what may be asked, in English here and in Portuguese in `locales/help.pt-BR.ftl`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use crate::error::Failure;
use crate::text::{Lang, Message, Texts};

mod archive;
mod explain;
mod localize;
mod packaging;
pub mod run;

/// One chat, many doors: browser, terminal and nc
#[derive(Debug, Parser)]
#[command(
    name = "papo",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Example:\n  papo serve --lan     a hub for everyone on this network\n  papo connect HOST    talk on it from a terminal"
)]
pub struct Cli {
    /// Language of papo's texts: en or pt-BR (default: the locale's)
    #[arg(long, global = true, display_order = 900, value_name = "LANG")]
    lang: Option<String>,

    /// Settings file (default: ./papo.toml, else papo/papo.toml in the configuration directory)
    #[arg(long, global = true, display_order = 901, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

/// What papo can be asked to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run a hub: page, WebSocket, TCP text door and HTTP relay
    #[command(
        after_help = "Example:\n  papo serve --lan --name north --link http://south.example:8000\n\nEach option can also be a variable (PAPO_HTTP=…) or a line of papo.toml (http = \"…\" under [serve])."
    )]
    Serve(Box<ServeArgs>),
    /// Run a registry where peers find each other
    #[command(
        after_help = "Example:\n  papo rendezvous --listen 0.0.0.0:5000 --data peers.jsonl\n\nEach option can also be a variable (PAPO_LISTEN=…) or a line of papo.toml (listen = \"…\" under [rendezvous])."
    )]
    Rendezvous(RendezvousArgs),
    /// Talk in a network of peers, without a server in between
    #[command(
        after_help = "Example, in two terminals on one machine:\n  papo peer alice@CIC --no-rendezvous\n  papo peer bob@CIC --port 7071 --no-rendezvous --connect 127.0.0.1:7070\nthen bob writes: /msg alice hello\n\nOn a network, where somebody runs papo rendezvous:\n  papo peer alice@CIC --rendezvous 192.168.0.10:5000\n\nEach option can also be a variable (PAPO_PORT=…, the name is PAPO_PEER) or a line of papo.toml (port = … under [peer])."
    )]
    Peer(PeerArgs),
    /// Talk in a terminal: in the rooms of a hub, or through its TCP text door
    #[command(
        after_help = "Example:\n  papo connect http://192.168.0.10:8000 --nick ana --room lobby --room UnB\n  echo \"hello\" | papo connect http://192.168.0.10:8000\n  papo connect 192.168.0.10:4333\n\nA URL means the rooms of a hub: nothing is lost when the connection is, and the input ends only when\nall of it is acknowledged. The token can also be in the variable PAPO_TOKEN."
    )]
    Connect(ConnectArgs),
    /// Tell whether a hub is ready: exit code 0 when it is, 3 when it is not
    #[command(after_help = "Example:\n  papo health http://127.0.0.1:8000")]
    Health(HealthArgs),
    /// Check whether a server of another program does what its protocol asks for
    #[command(after_help = "Example:\n  papo check rendezvous 127.0.0.1:5000")]
    Check(CheckArgs),
    /// Run a network of simulated nodes that one number decides, faults included, and check every promise
    #[command(
        after_help = "Example:\n  papo sim                                 what there is to simulate\n  papo sim two-peers --trace ways.svg      draw the ways of messages\n  papo sim my.toml --seeds 1..1000         look for a broken promise: exit code 5 when there is one"
    )]
    Sim(SimArgs),
    /// Write the messages of a room to standard output, one JSON object a line
    #[command(after_help = "Example:\n  papo export lobby > lobby.jsonl")]
    Export(archive::ExportArgs),
    /// Put messages that papo export wrote at the end of the rooms of a hub that is not running
    #[command(after_help = "Example:\n  papo import lobby.jsonl\n  papo export lobby | papo import --name other")]
    Import(archive::ImportArgs),
    /// Write all that a hub keeps into a new file, while it runs or not
    #[command(after_help = "Example:\n  papo backup rooms-monday.db")]
    Backup(archive::BackupArgs),
    /// Say who may take which nick on a hub that runs with --require-token
    #[command(after_help = "Example:\n  papo token add ana\n  papo token list")]
    Token(archive::TokenArgs),
    /// Write a shell's completion script to standard output
    #[command(after_help = "Example:\n  papo completions bash > ~/.local/share/bash-completion/completions/papo")]
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(after_help = "Example:\n  papo man --dir ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// Options of `papo serve`, as they were typed: [`crate::config`] gives them their meaning.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ServeArgs {
    /// Name of this hub, shown to people (default: papo)
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Address of the page, WebSocket and relay (default: 127.0.0.1:8000)
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<String>,
    /// Address of the TCP text door, or off (default: 127.0.0.1:4333)
    #[arg(long, value_name = "ADDR|off")]
    pub(crate) tcp: Option<String>,
    /// Open all doors to the network: on 0.0.0.0, with the ports kept
    #[arg(long)]
    pub(crate) lan: bool,
    /// Room that everyone enters first (default: lobby)
    #[arg(long, value_name = "NAME")]
    pub(crate) room: Option<String>,
    /// Another hub to share the rooms with; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) link: Vec<String>,
    /// File with the secret that linked hubs sign their messages with
    #[arg(long, value_name = "FILE")]
    pub(crate) link_secret_file: Option<PathBuf>,
    /// Address of a registry of peers that runs inside this hub, or off (default: off)
    #[arg(long, value_name = "ADDR|off")]
    pub(crate) rendezvous_listen: Option<String>,
    /// Folder that keeps the rooms (default: one for each hub name in the data directory)
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Keep nothing: the rooms end with this process
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Messages of each room that are kept at least, however old (default: 10000)
    #[arg(long, value_name = "N")]
    pub(crate) retention_messages: Option<String>,
    /// Days that messages are kept at least, however many (default: 7)
    #[arg(long, value_name = "DAYS")]
    pub(crate) retention_days: Option<String>,
    /// Bytes of each room that are kept at most, such as 64M or 1G (default: 256M)
    #[arg(long, value_name = "BYTES")]
    pub(crate) retention_bytes: Option<String>,
    /// Let nobody take a nick without the token that papo token add made for it
    #[arg(long)]
    pub(crate) require_token: bool,
    /// Messages a second that one session may say in the long run (default: 5)
    #[arg(long, value_name = "N|off")]
    pub(crate) session_rate: Option<String>,
    /// Network without limits per address that may also relay, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub(crate) trust: Vec<String>,
    /// For a class: no limits per address for private networks, higher ones for others; nobody may relay by it
    #[arg(long)]
    pub(crate) classroom: bool,
    /// Name under which this hub may be reached over HTTP; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// Origin whose pages may use this hub, such as https://chat.example; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Print where the doors are as one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Serve the page's files from this directory, to develop them
    #[arg(long, value_name = "DIR")]
    pub(crate) web_dir: Option<PathBuf>,
}

/// Options of `papo rendezvous`, as they were typed: [`crate::config`] gives them their meaning.
#[derive(Debug, Default, Args)]
pub struct RendezvousArgs {
    /// Address where peers register (default: 0.0.0.0:5000)
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Program to answer like: 2025-09 or 2025-11 (default: 2025-09)
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,
    /// Connections a minute from one address (default: what the dialect has)
    #[arg(long, value_name = "N|off")]
    pub(crate) max_per_minute: Option<String>,
    /// Network without limits per address, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub(crate) trust: Vec<String>,
    /// File that keeps the records (default: rendezvous-PORT.jsonl in the data directory)
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Keep no file: the records end with this process
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Print where it listens as one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `papo peer`, as they were typed: [`crate::config`] gives them their meaning.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct PeerArgs {
    /// Who you are, such as alice@CIC; without it a terminal asks
    #[arg(value_name = "NAME@NAMESPACE")]
    pub(crate) peer: Option<String>,
    /// Port where other peers connect; 0 takes any (default: 7070)
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<String>,
    /// Address of this machine to listen on (default: 0.0.0.0, all of them)
    #[arg(long, value_name = "IP")]
    pub(crate) bind: Option<String>,
    /// Server that tells who is there (default: 127.0.0.1:5000)
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) rendezvous: Option<String>,
    /// How long the rendezvous keeps this peer without hearing of it (default: 7200)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) lease: Option<String>,
    /// Only dial, as behind a router; the port is registered all the same
    #[arg(long)]
    pub(crate) no_listen: bool,
    /// Peer to dial whatever the rendezvous says; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) connect: Vec<String>,
    /// Ask no rendezvous: only dial --connect, and be dialed
    #[arg(long)]
    pub(crate) no_rendezvous: bool,
    /// File with the key that proves who you are (default: one for each name in the state directory)
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Write the log to the end of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// Plain lines in and out, also in a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    /// Print one JSON object for each event
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
struct ConnectArgs {
    /// URL of a hub, such as http://127.0.0.1:8000, or host and port of a TCP text door; without a port, 4333
    #[arg(value_name = "URL|ADDR")]
    address: String,
    /// With a URL: the name to talk under (default: the login name)
    #[arg(long, value_name = "NAME")]
    nick: Option<String>,
    /// With a URL: a room to enter, the first one to talk in; may be repeated (default: the hub's home room)
    #[arg(long, value_name = "NAME")]
    room: Vec<String>,
    /// With a URL: what proves that you may enter; others on this machine can see it, so better use a file
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// With a URL: file with the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print one JSON object for each event
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct HealthArgs {
    /// Address of the hub's page, such as http://127.0.0.1:8000
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(subcommand)]
    what: Checked,
}

/// What papo can check.
#[derive(Debug, Subcommand)]
enum Checked {
    /// Check a rendezvous server: exit code 0 when it does what it must, 5 when it does not
    #[command(
        after_help = "Example:\n  papo check rendezvous 127.0.0.1:5000\n  papo check rendezvous 10.0.0.7 --only line-32768"
    )]
    Rendezvous(CheckRendezvousArgs),
}

#[derive(Debug, Args)]
struct CheckRendezvousArgs {
    /// Host and port of the server; without a port, 5000
    #[arg(value_name = "ADDR")]
    address: String,
    /// Dialect that the server speaks: 2025-09 or 2025-11 (default: 2025-09)
    #[arg(long, value_name = "DIALECT", value_parser = ["2025-09", "2025-11"], hide_possible_values = true)]
    dialect: Option<String>,
    /// Carry out only the case of this name, or those whose names begin so
    #[arg(long, value_name = "CASE")]
    only: Option<String>,
    /// Print one JSON object for each case
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SimArgs {
    /// A file, or the name of a built-in scenario; without it, those are listed
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// Number that decides all that happens (default: 1)
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// Run all seeds from A to B, both included, up to the first that breaks a promise
    #[arg(long, value_name = "A..B", conflicts_with_all = ["seed", "trace", "keep"])]
    seeds: Option<String>,
    /// So many peers in all: makes the largest group of them larger or smaller
    #[arg(long, value_name = "N")]
    nodes: Option<String>,
    /// Print one JSON object for each seed
    #[arg(long, conflicts_with = "compare")]
    json: bool,
    /// Write the ways of messages to FILE.svg and FILE.txt, and to FILE.json if that is the name
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Show the figures beside those that an earlier --json wrote to this file
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Let only a part of it happen, as a run that failed tells
    #[arg(long, value_name = "PART")]
    keep: Option<String>,
    /// Do not look for a smaller part of it that fails too
    #[arg(long)]
    no_shrink: bool,
    /// Plant this bug first, which the run should then find
    #[cfg(feature = "plant")]
    #[arg(long, value_name = "BUG", hide = true)]
    plant: Option<papo_core::planted::Bug>,
}

#[derive(Debug, Args)]
struct CompletionsArgs {
    /// The shell: bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

#[derive(Debug, Args)]
struct ManArgs {
    /// Write one file for each page into this directory instead of standard output
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Refusal {
    /// Help or the version was asked for (or, with nothing asked for, is needed).
    Help(clap::Error),
    /// What was typed makes no sense.
    Mistake(Failure),
}

/// Reads a command line, the program's name first.
///
/// # Errors
///
/// Returns a [`Refusal`] when there is nothing to run.
pub fn parse(arguments: &[OsString], texts: &Texts) -> Result<Cli, Refusal> {
    let cli = command(texts)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Refusal::Help(error),
            _ => Refusal::Mistake(explain::explain(&error)),
        })?;
    match &cli.lang {
        Some(given) if given.parse::<Lang>().is_err() => Err(Refusal::Mistake(Failure::usage(
            Message::new("error-lang").with("given", given.clone()),
        ))),
        _ => Ok(cli),
    }
}

/// The language to speak, found before anything else is read: help and errors are in it too.
pub fn language(arguments: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Lang {
    let mut rest = arguments
        .iter()
        .skip(1)
        .take_while(|argument| argument.as_os_str() != "--");
    while let Some(argument) = rest.next() {
        let given = match argument.to_str() {
            Some("--lang") => rest.next().and_then(|value| value.to_str()),
            Some(other) => other.strip_prefix("--lang="),
            None => None,
        };
        if let Some(lang) = given.and_then(|text| text.parse().ok()) {
            return lang;
        }
    }
    variable("PAPO_LANG")
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Lang::from_locale(variable))
}

/// The arguments of this process.
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The declaration of the command line in the language of `texts`.
fn command(texts: &Texts) -> clap::Command {
    match texts.lang() {
        Lang::En => Cli::command(),
        Lang::PtBr => localize::localize(Cli::command(), texts),
    }
}

/// What a variable of the environment says; one that is empty or not text says nothing.
fn environment(name: &str) -> Option<String> {
    std::env::var_os(name)
        .as_deref()
        .and_then(OsStr::to_str)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
