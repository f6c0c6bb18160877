//! The library's own client at the real server (docs/protocol.md 1.8 and 1.9): how it is banned, and how a name that
//! somebody signs for is held against those who want it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use papo::rendezvous::client::exchange;
use papo_core::identity::Identity;
use papo_core::rendezvous::client::{Client, ClientStatus, Config, Input, Listed, Output, Trouble};
use papo_core::time::{Instant, UtcMillis};
use papo_core::wire::rendezvous::{Claim, Purpose};
use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::folder::Folder;
use crate::support::port::Port;
use crate::support::registry::{DIALECTS, Rendezvous, register, unregister};

fn utc() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcMillis::new(u64::try_from(since.as_millis()).unwrap())
}

/// A client whose time goes on when it is told to.
struct Driven {
    client: Client,
    now: Instant,
    server: String,
    /// The last list.
    peers: Vec<Listed>,
    /// Requests that were made.
    requests: Vec<Value>,
}

impl Driven {
    fn new(server: &Port, port: u16, identity: Option<Identity>) -> Self {
        let config = Config {
            identity,
            ..Config::new("ana", "unb", port, utc())
        };
        Self {
            client: Client::new(config, 1, Instant::ZERO),
            now: Instant::ZERO,
            server: server.address().to_string(),
            peers: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Gives it one input and does all that it wants done for that.
    async fn tell(&mut self, input: Input<'_>) {
        self.client.handle(self.now, input);
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Send { request } => {
                    self.requests.push(serde_json::from_slice(&request).unwrap());
                    let reply = exchange(&self.server, &request, PATIENCE).await.unwrap();
                    self.client.handle(self.now, Input::Reply { bytes: &reply });
                }
                Output::Peers(peers) => self.peers = peers,
                Output::Later { .. } | Output::Status(_) | Output::Remark(_) => {}
            }
        }
    }

    /// Lets time go on until the client has asked for something of this type.
    async fn until(&mut self, wanted: &str) {
        let before = self.requests.len();
        while !self.requests[before..].iter().any(|request| request["type"] == wanted) {
            self.now = self.client.poll_timeout().unwrap().max(self.now);
            self.tell(Input::Timeout).await;
        }
    }

    fn is_registered(&self) -> bool {
        matches!(self.client.status(), ClientStatus::Registered { .. })
    }

    fn is_refused(&self) -> bool {
        let ClientStatus::Failing { reason, .. } = self.client.status() else {
            return false;
        };
        *reason == Trouble::Refused("unauthorized".to_owned())
    }

    /// Its last request of this type.
    fn last(&self, wanted: &str) -> &Value {
        let mut made = self.requests.iter().rev();
        made.find(|request| request["type"] == wanted).unwrap()
    }
}

/// Asserts that exactly the owner is listed under the name, and what a stranger can verify of that.
fn owned(server: &Rendezvous, identity: &Identity, port: u16) -> u64 {
    let peers = server.peers("unb");
    assert_eq!(peers.len(), 1, "{peers:?}");
    assert_eq!((&peers[0]["name"], &peers[0]["port"]), (&json!("ana"), &json!(port)));
    let signed: papo_core::wire::rendezvous::Signed = serde_json::from_value(peers[0]["x"].clone()).unwrap();
    assert_eq!(signed.pk, identity.public());
    let claim = Claim {
        purpose: Purpose::Register,
        namespace: "unb",
        name: "ana",
        port,
        seq: signed.seq,
    };
    assert!(claim.is_signed_by(&signed));
    signed.seq
}

/// Lets them register at the time at which they would, and asserts that they may not.
async fn try_again(squatters: &mut [Driven]) {
    for squatter in squatters {
        squatter.until("REGISTER").await;
        assert!(squatter.is_refused(), "{:?}", squatter.client.status());
    }
}

async fn conversation(dialect: &str) {
    let (folder, port) = (Folder::new(), Port::reserve());
    let data = folder.file("data");
    // The clients' hours are a moment of the server: to its ban they would be a flood.
    let options = ["--data", &data, "--dialect", dialect, "--max-per-minute", "off"];
    let start = || Rendezvous::start_at(&port, &options);
    let server = start();
    // Registered at the same address, so that it may ask for anything in November.
    server.register("others", "witness");
    let (owner, thief) = (Identity::from_seed([1; 32]), Identity::from_seed([2; 32]));

    let mut ana = Driven::new(&port, 4000, Some(owner.clone()));
    ana.tell(Input::Start).await;
    assert!(ana.is_registered(), "{:?}", ana.client.status());
    ana.until("DISCOVER").await;
    let first = owned(&server, &owner, 4000);

    let mut squatters = [Driven::new(&port, 6000, None), Driven::new(&port, 6001, Some(thief))];
    for squatter in &mut squatters {
        squatter.tell(Input::Start).await;
        assert!(squatter.is_refused(), "{:?}", squatter.client.status());
    }
    assert_eq!(owned(&server, &owner, 4000), first);
    // What the owner sent, seen on the way and sent again, is worth nothing.
    let replayed = server.ask(ana.last("REGISTER"));
    assert_eq!(replayed["status"], "ERROR", "{replayed}");
    // Nor can somebody at the same address take the name back for the owner.
    server.ask(&unregister("unb", "ana"));
    assert_eq!(owned(&server, &owner, 4000), first);

    ana.until("REGISTER").await;
    assert!(ana.is_registered(), "{:?}", ana.client.status());
    let renewed = owned(&server, &owner, 4000);
    assert!(renewed > first, "{renewed} is not above {first}");

    server.process.kill();
    let server = start();
    assert_eq!(owned(&server, &owner, 4000), renewed);
    try_again(&mut squatters).await;
    ana.until("REGISTER").await;
    assert!(ana.is_registered(), "{:?}", ana.client.status());

    ana.tell(Input::Leave).await;
    assert_eq!(*ana.client.status(), ClientStatus::Gone);
    assert!(server.peers("unb").is_empty());
    server.process.terminate();
    let server = start();
    // The name is the owner's for another day, whoever asks and however often the server begins anew.
    assert!(server.peers("unb").is_empty());
    try_again(&mut squatters).await;
    let plain = server.ask(&register("unb", "ana", 6002));
    assert_eq!(plain["status"], "ERROR", "{plain}");

    comes_back(&server, &port, ana.now, &owner).await;
}

/// The owner registers at another port, later than `left` by its own clock, and others see who that is.
async fn comes_back(server: &Rendezvous, port: &Port, left: Instant, owner: &Identity) {
    let mut again = Driven::new(port, 4001, Some(owner.clone()));
    again.now = left + Duration::from_secs(1);
    let clock = utc().after(again.now.since(Instant::ZERO));
    again.tell(Input::WallClock(clock)).await;
    again.tell(Input::Start).await;
    assert!(again.is_registered(), "{:?}", again.client.status());
    owned(server, owner, 4001);

    let mut bia = Driven::new(port, 7000, None);
    bia.client = Client::new(Config::new("bia", "unb", 7000, utc()), 2, Instant::ZERO);
    bia.tell(Input::Start).await;
    bia.until("DISCOVER").await;
    let listed = bia.peers.iter().find(|peer| peer.name == "ana").unwrap();
    let record = listed.record.unwrap();
    assert!(record.verified && record.key == owner.public(), "{listed:?}");
}

#[tokio::test]
async fn a_signed_name_stays_its_owners() {
    for dialect in DIALECTS {
        conversation(dialect).await;
    }
}

#[tokio::test]
async fn a_client_that_is_banned_knows_it_from_silence_and_from_words() {
    let port = Port::reserve();
    let _server = Rendezvous::start_at(&port, &["--dialect", "2025-11", "--max-per-minute", "1"]);
    let mut ana = Driven::new(&port, 4000, None);
    ana.tell(Input::Start).await;
    // It registers and asks for the list at once, which is one request too many: closed without a byte.
    let mut sentences = Vec::new();
    for _ in 0..2 {
        let ClientStatus::Banned { until } = *ana.client.status() else {
            panic!("{:?} after {:?}", ana.client.status(), ana.requests);
        };
        sentences.push(until.since(ana.now));
        // The client's minute is a moment of the server, whose ban goes on: now it says so.
        ana.until("DISCOVER").await;
    }
    // Up to a quarter longer than the ban, so that not everybody returns at once. What the server says is what is left.
    let (all, most) = (Duration::from_secs(60), Duration::from_secs(75));
    assert!((all..=most).contains(&sentences[0]), "{sentences:?}");
    assert!(sentences[1] <= most, "{sentences:?}");
    assert_eq!(ana.requests.len(), 4, "{:?}", ana.requests);
}
