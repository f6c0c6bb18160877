//! `papo serve`: everything that a hub needs, from its settings to its end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant as Clock;

use ipnet::IpNet;
use papo_core::hub::{Config, Hub, Rate, Restored, SessionLimits};
use papo_core::id::HubId;
use papo_core::limits;
use papo_core::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::archive::Archive;
use super::driver::Driver;
use super::guard::Guard;
use super::http::{App, Bodies, Door, Hello, Pacing, Places};
use super::page::Page;
use super::post::{Poster, Resolver};
use super::store::{Store, StoreEvent};
use super::{Event, Inbox, tcp};
use crate::clock::utc_now;
use crate::config::{HubData, ServeSettings};
use crate::error::{Exit, Failure};
use crate::net::accept::{accept, bind};
use crate::net::{files, reach};
use crate::rendezvous;
use crate::shutdown::Shutdown;
use crate::text::{Message, Texts};

/// Runs a hub until `shutdown`.
///
/// # Errors
///
/// When an address cannot be bound, or a setting cannot be used.
pub async fn serve(settings: ServeSettings, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let texts = Texts::new(settings.lang);
    raise_file_limit(&settings, &texts);
    let Listening {
        http,
        tcp,
        mut registry,
        doors,
    } = Listening::open(&settings)?;
    let (end, ending) = watch::channel(false);
    let (inbox, events) = Inbox::new();
    let Kept {
        archive,
        hub: id,
        restored,
    } = Kept::open(&settings, &inbox)?;
    let started = Clock::now();
    let hub = Hub::new(config(&settings, id)?, u64::from_le_bytes(random()?), Instant::ZERO);
    let links = settings.links.clone().into();
    let resolver = Arc::new(Resolver::new(Arc::clone(&links), inbox.clone()));
    let poster = Poster::new(links, inbox.clone());
    let texts_of_hub = Texts::new(settings.lang);
    let mut driver = Driver::new(hub, started, texts_of_hub, poster, archive.clone(), inbox.clone());
    driver.restore(restored);
    let mut driving = tokio::spawn(driver.run(events, ending.clone()));
    let resolving = tokio::spawn(Arc::clone(&resolver).run());

    let door = http_door(&settings, doors, inbox.clone(), resolver, archive);
    tokio::spawn(accept(http, ending.clone(), move |stream, address| {
        tokio::spawn(door.clone().serve(stream, address));
    }));
    if let Some(tcp) = tcp {
        tokio::spawn(accept(tcp, ending, move |stream, address| {
            tokio::spawn(tcp::serve(stream, address, inbox.clone()));
        }));
    }
    announce(&settings, id, doors, &texts).map_err(Failure::unexpected)?;

    let signal = tokio::select! {
        signal = shutdown.wait() => signal,
        failure = died(&mut registry) => return Err(failure),
        // Doors without a hub behind them would take connections and stay silent: better to end and be started again.
        died = &mut driving => {
            let why = died.err().map_or_else(|| "it returned".to_owned(), |error| error.to_string());
            return Err(Failure::unexpected(format!("the hub's task ended by itself: {why}")));
        }
    };
    tracing::info!("ending");
    end.send_replace(true);
    driving.await.map_err(Failure::unexpected)?;
    resolving.abort();
    if let Some(registry) = registry {
        registry.end().await?;
    }
    Ok(signal.exit())
}

/// What a hub has kept.
struct Kept {
    archive: Archive,
    hub: HubId,
    restored: Vec<Restored>,
}

impl Kept {
    /// Opens the hub's folder; a hub without one begins anew.
    fn open(settings: &ServeSettings, inbox: &Inbox) -> Result<Self, Failure> {
        let HubData::Folder(folder) = &settings.data else {
            return Ok(Self {
                archive: Archive::default(),
                hub: HubId::from_bits(u128::from_le_bytes(random()?)),
                restored: Vec::new(),
            });
        };
        let links: Vec<String> = settings.links.iter().map(ToString::to_string).collect();
        let inbox = inbox.clone();
        let opened = Store::open(folder, &links, settings.retention, move |event| {
            inbox.send_from_thread(match event {
                StoreEvent::Stored { through } => Event::Stored { through },
                StoreEvent::Failed { epoch, detail } => Event::StoreFailed { epoch, detail },
            });
        })?;
        Ok(Self {
            archive: Archive::new(opened.store, folder.clone()),
            hub: opened.hub,
            restored: opened.restored,
        })
    }
}

fn http_door(settings: &ServeSettings, doors: Doors, inbox: Inbox, resolver: Arc<Resolver>, archive: Archive) -> Door {
    let app = App {
        inbox,
        guard: Guard::new(settings.allow_hosts.clone(), settings.allow_origins.clone()),
        page: settings.web_dir.clone().map_or(Page::Embedded, Page::Directory),
        resolver,
        hello: hello(settings, doors),
        bodies: Bodies::default(),
        trusted: settings.trust.clone(),
        archive,
        pacing: Pacing::default(),
        require_token: settings.require_token,
        federates: !settings.links.is_empty() || settings.link_secret.is_some(),
    };
    let places = Places::new(
        limits::HTTP_CONNECTIONS,
        limits::HTTP_PER_ADDRESS * address_factor(settings),
        settings.trust.iter().copied().chain(unlimited(settings)).collect(),
    );
    Door::new(app, places)
}

/// Where the doors really are.
#[derive(Debug, Clone, Copy)]
struct Doors {
    http: SocketAddr,
    tcp: Option<SocketAddr>,
    rendezvous: Option<SocketAddr>,
}

/// Every socket that the settings ask for.
struct Listening {
    http: TcpListener,
    tcp: Option<TcpListener>,
    registry: Option<rendezvous::Running>,
    doors: Doors,
}

impl Listening {
    fn open(settings: &ServeSettings) -> Result<Self, Failure> {
        let http = bind(settings.http, "serve", "--http")?;
        let tcp = settings
            .tcp
            .map(|address| bind(address, "serve", "--tcp"))
            .transpose()?;
        let registry = rendezvous(settings)?;
        let tcp_address = tcp.as_ref().map(TcpListener::local_addr).transpose();
        let doors = Doors {
            http: http.local_addr().map_err(Failure::unexpected)?,
            tcp: tcp_address.map_err(Failure::unexpected)?,
            rendezvous: registry.as_ref().map(rendezvous::Running::address),
        };
        Ok(Self {
            http,
            tcp,
            registry,
            doors,
        })
    }
}

/// Every session and every HTTP connection is a file; and there are listeners, hub links, requests, libraries.
fn raise_file_limit(settings: &ServeSettings, texts: &Texts) {
    const OTHERS: usize = 256;
    let inside = settings.rendezvous.is_some();
    let registry = if inside { limits::RENDEZVOUS_CONNECTIONS } else { 0 };
    files::raise(limits::SESSIONS + limits::HTTP_CONNECTIONS + registry + OTHERS, texts);
}

/// The rendezvous inside the hub, if there is to be one. Whom the hub trusts, it trusts too.
fn rendezvous(settings: &ServeSettings) -> Result<Option<rendezvous::Running>, Failure> {
    let Some(inside) = &settings.rendezvous else {
        return Ok(None);
    };
    let mut inside = inside.clone();
    inside.trust.extend(unlimited(settings));
    rendezvous::Running::start(&inside, "serve", "--rendezvous-listen").map(Some)
}

/// Returns only when there is a rendezvous and it ended by itself.
async fn died(registry: &mut Option<rendezvous::Running>) -> Failure {
    match registry {
        Some(registry) => registry.died().await,
        None => std::future::pending().await,
    }
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], Failure> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(Failure::unexpected)?;
    Ok(bytes)
}

fn config(settings: &ServeSettings, id: HubId) -> Result<Config, Failure> {
    let factor = address_factor(settings);
    Ok(Config {
        id,
        name: settings.name.clone(),
        durable: matches!(settings.data, HubData::Folder(_)),
        require_token: settings.require_token,
        session_key: random()?,
        messages_per_second: settings.session_rate,
        home: settings.room.clone(),
        session_rate: settings.session_rate.map(|rate| Rate::new(rate, limits::SESSION_BURST)),
        session_limits: SessionLimits {
            total: limits::SESSIONS,
            per_address: limits::SESSIONS_PER_ADDRESS * factor,
            per_window: limits::SESSIONS_PER_WINDOW * factor,
        },
        trusted: settings.trust.clone(),
        unlimited: unlimited(settings),
        links: u32::try_from(settings.links.len()).map_err(Failure::unexpected)?,
        link_secret: settings.link_secret.clone(),
        utc: utc_now(),
    })
}

/// How much larger limits per address are than usual.
fn address_factor(settings: &ServeSettings) -> usize {
    if settings.classroom {
        limits::CLASSROOM_FACTOR
    } else {
        1
    }
}

/// Networks that no limit per address counts for, besides loopback and the trusted ones.
fn unlimited(settings: &ServeSettings) -> Vec<IpNet> {
    if settings.classroom {
        private_networks()
    } else {
        Vec::new()
    }
}

/// Where a class sits. It shares addresses, but has no business between hubs: whoever may relay may speak as anybody.
fn private_networks() -> Vec<IpNet> {
    const PRIVATE: [&str; 6] = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    ];
    PRIVATE.iter().filter_map(|network| network.parse().ok()).collect()
}

/// The first line of output: for programs on stdout, for people on stderr.
fn announce(settings: &ServeSettings, id: HubId, doors: Doors, texts: &Texts) -> io::Result<()> {
    if settings.json {
        let ready = serde_json::json!({
            "event": "ready",
            "name": settings.name,
            "hub": id,
            "room": settings.room,
            "data": match &settings.data {
                HubData::Ephemeral => None,
                HubData::Folder(folder) => Some(folder.display().to_string()),
            },
            "http": doors.http.to_string(),
            "http_port": doors.http.port(),
            "tcp": doors.tcp.map(|address| address.to_string()),
            "tcp_port": doors.tcp.map(|address| address.port()),
            "rendezvous": doors.rendezvous.map(|address| address.to_string()),
            "rendezvous_port": doors.rendezvous.map(|address| address.port()),
        });
        let mut out = io::stdout().lock();
        writeln!(out, "{ready}")?;
        return out.flush();
    }
    let mut out = io::stderr().lock();
    for line in welcome(settings, doors, texts) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What people read first.
fn welcome(settings: &ServeSettings, doors: Doors, texts: &Texts) -> Vec<String> {
    let hello = hello(settings, doors);
    let ready = Message::new("serve-ready")
        .with("name", settings.name.clone())
        .showing("room", &settings.room);
    let mut facts = Vec::new();
    for url in &hello.http {
        facts.push(Message::new("serve-ready-http").with("url", url.clone()));
    }
    for address in &hello.tcp {
        let spaced = address.rsplit_once(':').map_or_else(
            || address.clone(),
            |(host, port)| format!("{} {port}", host.trim_matches(['[', ']'])),
        );
        let message = Message::new("serve-ready-tcp")
            .with("address", address.clone())
            .with("spaced", spaced);
        facts.push(message);
    }
    for address in doors.rendezvous.map(reach::addresses).into_iter().flatten() {
        facts.push(Message::new("serve-ready-rendezvous").showing("address", address));
    }
    for link in &settings.links {
        facts.push(Message::new("serve-ready-link").showing("url", link));
    }
    facts.push(match &settings.data {
        HubData::Folder(folder) => Message::new("serve-ready-data").showing("folder", folder.display()),
        HubData::Ephemeral => Message::new("serve-ready-ephemeral"),
    });
    if doors.http.ip().is_loopback() && doors.tcp.is_none_or(|tcp| tcp.ip().is_loopback()) {
        facts.push(Message::new("serve-ready-local"));
    }
    let mut lines = vec![texts.say(&ready)];
    lines.extend(facts.iter().map(|fact| format!("  {}", texts.say(fact))));
    lines
}

/// How this hub is reached, as far as it can tell.
fn hello(settings: &ServeSettings, doors: Doors) -> Hello {
    Hello {
        name: settings.name.clone(),
        room: settings.room.clone(),
        http: reach::addresses(doors.http)
            .iter()
            .map(|address| format!("http://{address}"))
            .collect(),
        tcp: doors
            .tcp
            .map(reach::addresses)
            .into_iter()
            .flatten()
            .map(|address| address.to_string())
            .collect(),
        lan: !doors.http.ip().is_loopback(),
    }
}
