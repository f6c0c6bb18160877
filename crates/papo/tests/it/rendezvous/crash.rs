//! A registry that is killed again and again: what it acknowledged stays, and what was taken back does not return.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use papo_core::rng::Rng;
use serde_json::json;

use crate::support::folder::Folder;
use crate::support::log::Log;
use crate::support::registry::{DIALECTS, Rendezvous, register, try_ask, unregister};

const ROUNDS: u64 = 5;
const CLIENTS: u64 = 6;
const NAMES: u64 = 8;

/// The order in which requests were sent and answered, over all clients.
static MOMENT: AtomicU64 = AtomicU64::new(1);

fn moment() -> u64 {
    MOMENT.fetch_add(1, Ordering::SeqCst)
}

/// A name that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    port: u16,
    /// When what gave it its place in the order was sent, and answered.
    placed: (u64, u64),
}

/// What one client knows of its own names.
#[derive(Debug, Default)]
struct Client {
    known: BTreeMap<String, Known>,
    /// What was asked for and not answered: the name, the port to register or none to take it back, and when.
    open: Option<(String, Option<u16>, u64)>,
}

impl Client {
    /// Registers, renews and takes back its names until the server is gone.
    fn run(&mut self, address: SocketAddr, number: u64, rng: &mut Rng, answered: &Log<()>) {
        loop {
            let name = format!("{number}-{}", rng.below(NAMES));
            let port = u16::try_from(rng.below(60_000) + 1).unwrap();
            let removes = self.known.contains_key(&name) && rng.below(3) == 0;
            let port = (!removes).then_some(port);
            let request = port.map_or_else(|| unregister("unb", &name), |port| register("unb", &name, port));
            let sent = moment();
            self.open = Some((name, port, sent));
            // It may have been done, even if the answer did not come.
            let Ok(reply) = try_ask(address, &request) else { return };
            assert_eq!(reply["status"], "OK", "{request}: {reply}");
            self.close(moment());
            answered.push(());
        }
    }

    /// What was asked for is done.
    fn close(&mut self, answered: u64) {
        match self.open.take() {
            Some((name, Some(port), sent)) => {
                let known = self.known.entry(name).or_insert(Known {
                    port,
                    placed: (sent, answered),
                });
                known.port = port;
            }
            Some((name, None, _)) => drop(self.known.remove(&name)),
            None => {}
        }
    }

    /// Looks at what the server still has of this client's names. What was not answered is done or not done.
    fn check(&mut self, listed: &BTreeMap<String, u16>) {
        if let Some((name, port, _)) = &self.open {
            let before = self.known.get(name).map(|known| known.port);
            let found = listed.get(name).copied();
            assert!(
                found == *port || found == before,
                "{name}: {found:?}, {:?} {before:?}",
                self.open
            );
            if found == *port {
                self.close(moment());
            } else {
                self.open = None;
            }
        }
        for (name, known) in &self.known {
            let found = listed.get(name);
            assert_eq!(found, Some(&known.port), "{name} was acknowledged: {known:?}");
        }
    }
}

#[test]
fn what_was_acknowledged_is_there_after_every_crash() {
    for (seed, dialect) in (7..).zip(DIALECTS) {
        let mut rng = Rng::new(seed);
        let folder = Folder::new();
        let data = folder.file("data");
        let start = || Rendezvous::start(&["--data", &data, "--dialect", dialect, "--max-per-minute", "off"]);
        let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::default()).collect();
        let mut server = start();
        // Whoever is registered may ask in November too.
        server.register("others", "witness");
        for round in 0..ROUNDS {
            crash(server, &mut clients, &mut rng);
            server = start();
            let peers = server.peers("unb");
            let listed: Vec<(String, u16)> = peers
                .iter()
                .map(|peer| {
                    let port = peer["port"].as_u64().unwrap();
                    (peer["name"].as_str().unwrap().to_owned(), u16::try_from(port).unwrap())
                })
                .collect();
            let by_name: BTreeMap<_, _> = listed.iter().cloned().collect();
            assert_eq!(by_name.len(), listed.len(), "a name twice: {listed:?}");
            for client in &mut clients {
                client.check(&by_name);
            }
            let known: BTreeMap<&String, Known> = clients
                .iter()
                .flat_map(|client| &client.known)
                .map(|(name, &known)| (name, known))
                .collect();
            assert_eq!(
                by_name.len(),
                known.len(),
                "round {round}: taken back and there again: {listed:?} {known:?}"
            );
            in_order(&listed, &known);
            assert_eq!(
                server.ask(&json!({"type": "DISCOVER", "namespace": "others"}))["peers"][0]["name"],
                "witness"
            );
        }
    }
}

/// Lets all clients ask at once and kills the server at a moment that `rng` draws.
fn crash(server: Rendezvous, clients: &mut [Client], rng: &mut Rng) {
    let answered = Log::new();
    let enough = usize::try_from(20 + rng.below(200)).unwrap();
    let address = server.address;
    thread::scope(|scope| {
        for (number, client) in (0..).zip(clients) {
            let mut own = Rng::new(rng.next_u64());
            let answered = answered.clone();
            scope.spawn(move || client.run(address, number, &mut own, &answered));
        }
        answered.at_least(enough, "requests to be answered");
        server.process.kill();
    });
}

/// What was acknowledged before something else was asked for stands before it.
fn in_order(listed: &[(String, u16)], known: &BTreeMap<&String, Known>) {
    for (at, (earlier, _)) in listed.iter().enumerate() {
        for (later, _) in &listed[at + 1..] {
            let (one, two) = (known[earlier], known[later]);
            assert!(
                one.placed.0 < two.placed.1,
                "{earlier} stands before {later}, but was placed after it: {one:?} {two:?}"
            );
        }
    }
}
