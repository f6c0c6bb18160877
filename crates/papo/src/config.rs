//! Settings: a flag wins over the environment, the environment over `papo.toml`, and that over the default.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use papo_core::hub::Retention;
use papo_core::id::RoomName;
use papo_core::limits::SESSION_RATE;
use papo_core::wire::rendezvous::Dialect;
use papo_core::wire::signature::LinkSecret;

use crate::cli::ServeArgs;
use crate::error::Failure;
use crate::text::{Lang, Message};

mod data;
mod file;
mod folder;
mod layer;
mod link;
mod options;
mod peer;
mod rendezvous;
mod rooms;
mod values;

pub use link::{LinkUrl, Scheme};
pub use peer::{Answers, Defaults, PeerSettings};
pub(crate) use peer::{lease, own_name, peer_of, port};
pub use rendezvous::{Data, RendezvousSettings};
pub use rooms::HubData;
pub(crate) use rooms::hub_folder;
pub(crate) use values::days;

use layer::{Found, Layer, Layers};
use options::Flags;

const DEFAULT_NAME: &str = "papo";
const DEFAULT_ROOM: &str = "lobby";
const HTTP_PORT: u16 = 8000;
/// The port of the TCP text door.
pub const TCP_PORT: u16 = 4333;
const REGISTRY_PORT: u16 = 5000;
pub(crate) const PEER_PORT: u16 = 7070;

/// What `papo serve` was asked to do, every value parsed.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ServeSettings {
    /// The hub's label for people.
    pub name: String,
    /// Where the page, WebSocket and relay listen.
    pub http: SocketAddr,
    /// Where the TCP text door listens; `None` when it is off.
    pub tcp: Option<SocketAddr>,
    /// All doors are open to the network (the addresses above say so already).
    pub lan: bool,
    /// The room that everyone enters first.
    pub room: RoomName,
    /// The other hubs, in the order given, none twice.
    pub links: Vec<LinkUrl>,
    /// What linked hubs sign their messages with.
    pub link_secret: Option<LinkSecret>,
    /// The registry of peers that runs inside the hub; `None` for none.
    pub rendezvous: Option<RendezvousSettings>,
    /// Where its rooms are kept.
    pub data: HubData,
    /// How much of each room is kept.
    pub retention: Retention,
    /// Nobody takes a nick without its token.
    pub require_token: bool,
    /// Messages a second that one session may say in the long run; `None` for any number.
    pub session_rate: Option<u32>,
    /// Networks without limits per address.
    pub trust: Vec<IpNet>,
    /// A class shares an address, and private networks are trusted.
    pub classroom: bool,
    /// Names under which this hub may be reached over HTTP, in lower case.
    pub allow_hosts: Vec<String>,
    /// Origins whose pages may use this hub, in lower case and without a path.
    pub allow_origins: Vec<String>,
    /// stdout is for programs.
    pub json: bool,
    /// The page's files are read from here instead of from the binary.
    pub web_dir: Option<PathBuf>,
    /// The language of what the hub says.
    pub lang: Lang,
}

/// A settings file that was read.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
    text: String,
}

/// Reads the settings file: the one that was named by `--config` or `PAPO_CONFIG`, else the first that exists of
/// `papo.toml` here and `papo/papo.toml` in the configuration directory.
///
/// # Errors
///
/// When a file that was named, or that exists, cannot be read.
pub fn find(named: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Option<ConfigFile>, Failure> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        Failure::usage(
            Message::new("error-config-unreadable")
                .showing("path", path.display())
                .showing("detail", error),
        )
    };
    let read = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok(ConfigFile { path, text }),
        Err(error) => Err((path, error)),
    };
    let named = named
        .map(Path::to_path_buf)
        .or_else(|| variable("PAPO_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        return read(path).map(Some).map_err(|(path, error)| unreadable(&path, &error));
    }
    let home = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")));
    let usual = home.map(|home| home.join("papo").join("papo.toml"));
    for path in std::iter::once(PathBuf::from("papo.toml")).chain(usual) {
        match read(path) {
            Ok(file) => return Ok(Some(file)),
            Err((_, error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err((path, error)) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

impl ServeSettings {
    /// Merges what was typed, the environment and the settings file into settings that make sense.
    ///
    /// # Errors
    ///
    /// Names the first value that makes none, where it stands and what to write instead.
    pub fn merge(
        flags: &ServeArgs,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&ConfigFile>,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let layers = Layers::new(flags, &variable, file)?;
        let lan = layers.switch("lan");
        let open = |address: SocketAddr| {
            if lan {
                SocketAddr::from(([0, 0, 0, 0], address.port()))
            } else {
                address
            }
        };
        let http = layers.one("http", |text| values::address(text, HTTP_PORT))?;
        let tcp = layers.one("tcp", |text| values::address_or_off(text, TCP_PORT))?;
        let name = layers.one("name", values::hub_name)?;
        let name = name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        let data = HubData::read(&layers, &name, &variable)?;
        let rendezvous = layers.one("rendezvous-listen", |text| values::address_or_off(text, REGISTRY_PORT))?;
        let trust = layers.each("trust", values::network)?;
        let json = layers.switch("json");
        let rendezvous = rendezvous.flatten().map(open).map(|listen| RendezvousSettings {
            listen,
            dialect: Dialect::default(),
            max_per_minute: None,
            trust: trust.clone(),
            data: Data::inside(listen.port(), &data),
            json,
            lang,
        });
        let mut links = layers.each("link", str::parse::<LinkUrl>)?;
        without_repeats(&mut links);
        Ok(Self {
            name,
            http: open(http.unwrap_or_else(|| loopback(HTTP_PORT))),
            tcp: tcp.unwrap_or_else(|| Some(loopback(TCP_PORT))).map(open),
            lan,
            room: match layers.one("room", values::room)? {
                Some(room) => room,
                None => values::room(DEFAULT_ROOM).map_err(Failure::usage)?,
            },
            links,
            link_secret: layers.one("link-secret-file", values::secret)?,
            rendezvous,
            data,
            retention: rooms::retention(&layers)?,
            require_token: layers.switch("require-token"),
            session_rate: layers.one("session-rate", values::rate)?.unwrap_or(Some(SESSION_RATE)),
            trust,
            classroom: layers.switch("classroom"),
            allow_hosts: layers.each("allow-host", values::host)?,
            allow_origins: layers.each("allow-origin", values::origin)?,
            json,
            web_dir: layers.one("web-dir", values::directory)?,
            lang,
        })
    }
}

impl Layers {
    fn new<F: Flags>(
        flags: &F,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&ConfigFile>,
    ) -> Result<Self, Failure> {
        let mut layers = vec![flags.layer(), Layer::from_environment(F::SECTION, variable)?];
        if let Some(file) = file {
            layers.push(file::read(&file.path, &file.text, F::SECTION)?);
        }
        Ok(Self(layers))
    }

    /// The strongest layer's value of an option, parsed.
    fn one<T>(&self, option: &str, parse: impl Fn(&str) -> Result<T, Message>) -> Result<Option<T>, Failure> {
        match self.find(option) {
            Some(Found { given, source }) => {
                let text = given.text();
                parse(text).map(Some).map_err(|reason| source.refuse(text, reason))
            }
            None => Ok(None),
        }
    }

    /// The strongest layer's values of an option that may be repeated, parsed.
    fn each<T>(&self, option: &str, parse: impl Fn(&str) -> Result<T, Message>) -> Result<Vec<T>, Failure> {
        let Some(Found { given, source }) = self.find(option) else {
            return Ok(Vec::new());
        };
        given
            .list()
            .iter()
            .map(|text| parse(text).map_err(|reason| source.refuse(text, reason)))
            .collect()
    }

    fn switch(&self, option: &str) -> bool {
        self.find(option).is_some_and(|found| found.given.is_on())
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A hub that is linked twice would get everything twice.
fn without_repeats(links: &mut Vec<LinkUrl>) {
    let mut seen = Vec::new();
    links.retain(|link| {
        let new = !seen.contains(link);
        if new {
            seen.push(link.clone());
        }
        new
    });
}

#[cfg(test)]
mod tests;
