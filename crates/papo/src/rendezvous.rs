//! `papo rendezvous`: a registry where peers find each other (docs/protocol.md section 1).

pub mod client;
mod connection;
mod driver;
pub mod import;
pub mod journal;
mod store;

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant as Clock;

use papo_core::limits;
use papo_core::rendezvous::log::{Entry, Stored};
use papo_core::rendezvous::{Capacity, Config, Input, Registry};
use papo_core::time::Instant;
use papo_core::wire::rendezvous::{Dialect, Lease};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::utc_now;
use crate::config::{Data, RendezvousSettings};
use crate::error::{Exit, Failure};
use crate::net::accept::bind;
use crate::net::{files, reach};
use crate::shutdown::Shutdown;
use crate::text::{Message, Texts};

use driver::Driver;
use journal::{Journal, Kept, Rules};
use store::Store;

/// Runs a registry until `shutdown`.
///
/// # Errors
///
/// When the address cannot be bound, or the data cannot be kept.
pub async fn serve(settings: RendezvousSettings, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let texts = Texts::new(settings.lang);
    // A connection is a file; there are the log, its lock and libraries besides.
    files::raise(limits::RENDEZVOUS_CONNECTIONS + 256, &texts);
    let mut registry = Running::start(&settings, "rendezvous", "--listen")?;
    announce(&settings, registry.address(), &texts).map_err(Failure::unexpected)?;
    let signal = tokio::select! {
        signal = shutdown.wait() => signal,
        failure = registry.died() => return Err(failure),
    };
    tracing::info!("ending");
    registry.end().await?;
    Ok(signal.exit())
}

/// A registry at work.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    end: watch::Sender<bool>,
    task: JoinHandle<Store>,
}

impl Running {
    /// Binds, reads the log back and begins to answer. `command` and `option` are what a person would change when the
    /// address cannot be bound.
    pub(crate) fn start(
        settings: &RendezvousSettings,
        command: &'static str,
        option: &'static str,
    ) -> Result<Self, Failure> {
        // The address first: whoever cannot listen has no business with the file.
        let listener = bind(settings.listen, command, option)?;
        let address = listener.local_addr().map_err(Failure::unexpected)?;
        let started = Clock::now();
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(Failure::unexpected)?;
        let mut registry = Registry::new(config(settings), u64::from_le_bytes(seed), Instant::ZERO);
        let store = match &settings.data {
            Data::Ephemeral => Store::new(None),
            Data::File(path) => open(path, &mut registry)?,
        };
        Ok(Self::run(registry, settings.dialect, store, started, listener, address))
    }

    fn run(
        registry: Registry,
        dialect: Dialect,
        store: Store,
        started: Clock,
        listener: TcpListener,
        address: SocketAddr,
    ) -> Self {
        let (end, ending) = watch::channel(false);
        let driver = Driver::new(registry, dialect, store, started, listener);
        Self {
            address,
            end,
            task: tokio::spawn(driver.run(ending)),
        }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns only when the registry's task ended by itself, which is a bug.
    pub(crate) async fn died(&mut self) -> Failure {
        let why = (&mut self.task)
            .await
            .err()
            .map_or_else(|| "it returned".to_owned(), |error| error.to_string());
        Failure::unexpected(format!("the registry's task ended by itself: {why}"))
    }

    /// Answers what was asked and writes what waits.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        self.end.send_replace(true);
        let store = self.task.await.map_err(Failure::unexpected)?;
        tokio::task::spawn_blocking(|| store.close())
            .await
            .map_err(Failure::unexpected)?
    }
}

fn config(settings: &RendezvousSettings) -> Config {
    let usual = match settings.dialect {
        Dialect::September => limits::RENDEZVOUS_PER_MINUTE,
        Dialect::November => limits::RENDEZVOUS_BAN_COUNT,
    };
    Config {
        dialect: settings.dialect,
        per_minute: settings.max_per_minute.unwrap_or(Some(usual)),
        trusted: settings.trust.clone(),
        capacity: Capacity::default(),
        utc: utc_now(),
    }
}

/// Reads the log back into a registry, and gives what goes on writing it.
fn open(path: &Path, registry: &mut Registry) -> Result<Store, Failure> {
    let rules = Rules {
        read: |line| {
            let kept = Entry::decode(line)?.kept();
            Some(Kept {
                key: Cow::Owned(kept.key),
                until: kept.until,
                gone: kept.gone,
            })
        },
        now: utc_now,
    };
    let mut place = 0;
    let adopted = import::adopt(path, utc_now(), |old| {
        place += 1;
        Entry::Put(Stored {
            ip: old.ip,
            namespace: old.namespace.clone(),
            name: old.name.clone(),
            port: old.port,
            observed_port: old.observed_port.unwrap_or(0),
            ttl: Lease::clamped(old.lease_secs.into()),
            at: old.registered,
            place,
            x: None,
        })
        .encode()
    })?;
    if let Some(adopted) = adopted {
        let original = adopted.original.display();
        tracing::info!(records = adopted.records, unusable = adopted.unusable, %original, "took over the records of an old server; its file is kept");
    }
    let (journal, recovered) = Journal::open(path, rules, |line| {
        if let Some(entry) = Entry::decode(line) {
            registry.handle(Instant::ZERO, Input::Restored(entry));
        }
    })?;
    tracing::info!(path = %path.display(), lines = recovered.lines, records = registry.len(), "records read back");
    Ok(Store::new(Some(journal)))
}

/// The first line of output: for programs on stdout, for people on stderr.
fn announce(settings: &RendezvousSettings, address: SocketAddr, texts: &Texts) -> io::Result<()> {
    let data = match &settings.data {
        Data::Ephemeral => None,
        Data::File(path) => Some(path.display().to_string()),
    };
    if settings.json {
        let ready = serde_json::json!({
            "event": "ready",
            "listen": address.to_string(),
            "port": address.port(),
            "dialect": settings.dialect.to_string(),
            "data": data,
        });
        let mut out = io::stdout().lock();
        writeln!(out, "{ready}")?;
        return out.flush();
    }
    let mut out = io::stderr().lock();
    let ready = Message::new("registry-ready").showing("dialect", settings.dialect);
    writeln!(out, "{}", texts.say(&ready))?;
    for address in reach::addresses(address) {
        let message = Message::new("registry-ready-address").showing("address", address);
        writeln!(out, "  {}", texts.say(&message))?;
    }
    let kept = match data {
        Some(path) => Message::new("registry-ready-data").with("path", path),
        None => Message::new("registry-ready-ephemeral"),
    };
    writeln!(out, "  {}", texts.say(&kept))?;
    if settings.dialect == Dialect::November && !settings.trust.is_empty() {
        writeln!(out, "  {}", texts.get("registry-trust-unused"))?;
    }
    Ok(())
}
