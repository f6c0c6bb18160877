//! What happens in a simulated world, as people write it down.

mod problem;
mod values;

use serde::Deserialize;

pub use problem::{Place, Problem};
pub use values::{Bytes, Few, Share, Span, Time};

/// A scenario: who is there, what the network between them is like, what is said, and what goes wrong.
///
/// Written as TOML; every key but `duration` may be left out. Where a range such as `"3..8"` or `"10ms..50ms"` may
/// stand, the seed draws a value, both ends included.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// How long things are said and go wrong.
    pub duration: Time,
    /// How long the world then has to become whole again, without faults.
    #[serde(default)]
    pub settle: Time,
    /// Connections, unless a group of peers says otherwise.
    #[serde(default)]
    pub network: Network,
    /// Groups of peers.
    #[serde(default)]
    pub peers: Vec<Peers>,
    /// Who dials whom.
    #[serde(default)]
    pub overlay: Overlay,
    /// Linked hubs with sessions.
    #[serde(default)]
    pub hubs: Option<Hubs>,
    /// What is said.
    #[serde(default)]
    pub traffic: Vec<Traffic>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// So many more faults of any kind, at any time.
    #[serde(default)]
    pub random_faults: Few,
    /// False to only measure: for worlds so large that following every message costs more than the run.
    #[serde(default = "yes")]
    pub check: bool,
}

fn yes() -> bool {
    true
}

/// What connections are like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Network {
    /// One way; drawn once for each connection.
    pub latency: Span,
    /// On top, drawn for each write.
    pub jitter: Span,
    /// Bytes a second in each direction; 0 for no limit.
    pub bandwidth: Bytes,
    /// Bytes that a direction holds before its writer has to wait.
    pub buffer: Bytes,
    /// The share of writes that get lost and are sent again by TCP, which costs time and holds up what follows.
    pub loss: Share,
    /// How bytes are cut when they are read.
    pub reads: Reads,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Span::millis(5, 20),
            jitter: Span::default(),
            bandwidth: Bytes(0),
            buffer: Bytes(256 * 1024),
            loss: Share::default(),
            reads: Reads::Whole,
        }
    }
}

/// How bytes are cut when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Each write is read as it was written.
    #[default]
    Whole,
    /// What comes close together is read at once.
    Coalesced,
    /// Anywhere, now and then byte by byte.
    Split,
    /// Byte by byte.
    Bytes,
    /// Each connection draws one of these.
    Any,
}

/// A group of peers alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Peers {
    /// How many.
    pub count: Few,
    /// What they are called, before a number.
    #[serde(default = "Peers::default_name")]
    pub name: String,
    /// Their namespaces, in turn.
    #[serde(default = "Peers::default_namespaces")]
    pub namespaces: Vec<String>,
    /// What they run.
    #[serde(default)]
    pub program: Program,
    /// The share of them that runs an old program of any kind instead.
    #[serde(default)]
    pub legacy: Share,
    /// Nobody can connect to them.
    #[serde(default)]
    pub nat: bool,
    /// They share one address, as a class behind one router does.
    #[serde(default)]
    pub one_address: bool,
    /// Their connections, if unlike the others'.
    #[serde(default)]
    pub network: Option<Network>,
}

impl Peers {
    fn default_name() -> String {
        "n".to_owned()
    }

    fn default_namespaces() -> Vec<String> {
        vec!["CIC".to_owned()]
    }
}

/// What a peer runs.
///
/// All old programs have in common that they pass nothing on, show every copy, and ping only where they dialed. Each
/// draws whether its messages start with ttl 1 or 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Program {
    /// papo.
    #[default]
    Papo,
    /// Reads only the first line of each read, and speaks only on connections that it dialed. Dials whoever is listed,
    /// connected or not. Confirms with little more than an id, and never closes after BYE.
    FirstLine,
    /// Answers HELLO with the features and the name that were in it. Writes CRLF, and two lines at once. Confirms with
    /// the id alone, and says a BYE that has only a type.
    Echo,
    /// Never answers PING, dials everyone once, ends each line with two newlines, and never closes after BYE.
    Mute,
    /// Dies after every PUB that it receives, and never dials again. Leaves `src` out.
    Fragile,
    /// Uses other shapes: small numbers as ids that repeat, another id for each copy, numbers as text, `dst` without
    /// `#`, no `require_ack`, raw UTF-8, lines in two writes, BYE with `dest`, BYE_OK with another id.
    Loose,
    /// Sends each message twice with one id. Dials again every 10 s.
    Repeater,
    /// Answers HELLO with HELLO_REJECT or an end when there is a connection already, or says so behind its HELLO_OK.
    /// Leaves the newline of its last line out.
    Rejecting,
    /// Confirms nothing, never says BYE nor answers it, and vanishes.
    Abrupt,
    /// Closes at a blank line, at what is no JSON object, at ERROR, and at a read that is no UTF-8; drops a connection
    /// that is silent for 60 s, and for a while refuses who left without BYE. Announces `relay`, which it never does.
    Strict,
    /// No old program but one that means harm: forges, replays, floods, sends what is invalid.
    Hostile,
    /// One of the old programs, drawn for each peer.
    AnyLegacy,
}

impl Program {
    /// All old programs.
    pub const LEGACY: [Self; 9] = [
        Self::FirstLine,
        Self::Echo,
        Self::Mute,
        Self::Fragile,
        Self::Loose,
        Self::Repeater,
        Self::Rejecting,
        Self::Abrupt,
        Self::Strict,
    ];
}

/// Who dials whom.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Overlay {
    /// The shape.
    pub shape: Shape,
    /// Links of each peer in a `random` shape.
    pub degree: Few,
    /// The rendezvous answers as this program.
    pub dialect: crate::wire::rendezvous::Dialect,
}

impl Default for Overlay {
    fn default() -> Self {
        Self {
            shape: Shape::Rendezvous,
            degree: Few::exactly(4),
            dialect: crate::wire::rendezvous::Dialect::September,
        }
    }
}

/// The shape of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Everybody registers at a rendezvous and dials whom it lists.
    #[default]
    Rendezvous,
    /// Each dials the one before.
    Chain,
    /// A chain whose last dials its first.
    Ring,
    /// All dial the first.
    Star,
    /// Each dials others at random, so that all have `degree` links on average and nobody is cut off.
    Random,
    /// Each dials all before it.
    Full,
}

/// Linked hubs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hubs {
    /// How many. They are called `h0`, `h1` and so on, old services `o0`, `o1`.
    pub count: Few,
    /// How they are linked; each link goes both ways.
    #[serde(default = "Hubs::default_shape")]
    pub shape: Shape,
    /// Sessions on each.
    #[serde(default = "Hubs::default_sessions")]
    pub sessions: Few,
    /// Old services that one of the hubs has a link to, and that have a link to it.
    #[serde(default)]
    pub old_services: Few,
    /// They keep what was said on disks, and most sessions speak the session protocol.
    #[serde(default)]
    pub durable: bool,
}

impl Hubs {
    fn default_shape() -> Shape {
        Shape::Ring
    }

    fn default_sessions() -> Few {
        Few::exactly(3)
    }
}

/// Something that is said again and again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Traffic {
    /// What.
    pub what: Saying,
    /// How often in all.
    pub count: Few,
    /// When first.
    #[serde(default)]
    pub from: Time,
    /// The pause between two, drawn each time.
    #[serde(default = "Traffic::default_every")]
    pub every: Span,
    /// Length of the texts in bytes.
    #[serde(default = "Traffic::default_bytes")]
    pub bytes: Few,
    /// Who speaks: a peer's name such as `n0`; anybody when left out.
    #[serde(default)]
    pub by: Option<String>,
    /// Who is spoken to: a peer's name, or `#namespace` or `*` for a publication; anybody, or everybody, when left out.
    #[serde(default)]
    pub to: Option<String>,
}

impl Traffic {
    fn default_every() -> Span {
        Span::millis(500, 500)
    }

    fn default_bytes() -> Few {
        Few::exactly(64)
    }
}

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Saying {
    /// To one peer.
    Send,
    /// To many.
    Publish,
    /// On a hub, by one of its sessions.
    Say,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// What.
    pub what: Wrong,
    /// When.
    #[serde(default)]
    pub at: Time,
    /// For how long; for ever (until `duration` is over) when left out.
    #[serde(default, rename = "for")]
    pub lasting: Option<Span>,
    /// The share of peers, links or hubs that it happens to, drawn by the seed.
    #[serde(default = "Share::whole")]
    pub share: Share,
    /// Whom it happens to, by name, instead of a share.
    #[serde(default)]
    pub who: Vec<String>,
    /// For `restart` kinds: what is left of the state.
    #[serde(default)]
    pub state: State,
    /// For `churn`: the median of a session. For `clock` and `drift`: how far off it is at the
    /// most.
    #[serde(default)]
    pub median: Option<Span>,
    /// For `join`: how many times as many as there are.
    #[serde(default)]
    pub times: Few,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// Power goes; what was on disk is there afterwards, as `state` says. Connections are reset.
    Crash,
    /// Power and network go at once: nobody is told.
    Vanish,
    /// Peers come and go, with sessions of `median`.
    Churn,
    /// Many join at once.
    Join,
    /// The network falls into two parts; what is on the way waits.
    Partition,
    /// One part does not reach the other; the other does.
    OneWay,
    /// Connections are reset, in the middle of a line.
    Reset,
    /// Connections carry nothing more, and nobody is told.
    HalfOpen,
    /// Peers read nothing.
    Stall,
    /// The time of day is set.
    Clock,
    /// The time of day runs too fast or too slow.
    Drift,
    /// The rendezvous is away.
    RendezvousDown,
    /// It gives an old list.
    RendezvousStale,
    /// It lists what is not there: dead addresses, wrong names, victims.
    RendezvousLying,
    /// It starts again, with `state` on its disk.
    RendezvousRestart,
    /// Hub links fail: requests, replies or both are lost.
    HubLink,
    /// Hubs crash and start again.
    HubCrash,
    /// Sessions come and go.
    SessionChurn,
    /// The disks of hubs take seconds for each write.
    DiskSlow,
    /// The disks of hubs take nothing more.
    DiskFull,
}

/// What is left on disk after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All that was durable.
    #[default]
    Old,
    /// Nothing.
    Empty,
    /// The end is missing.
    Truncated,
    /// One of these, drawn each time.
    Any,
}
