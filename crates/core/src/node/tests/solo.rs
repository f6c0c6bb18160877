//! One node, and a test that plays everybody else on the wire.

use serde_json::{Value, json};

use super::*;
use crate::limits::{LEGACY_PACE, PEER_LINE_BYTES};
use crate::wire::peer::{Seal, Sealed, handshake};

pub(super) const ME: &str = "me@UnB";
pub(super) const OLD: &str = "old@UnB";

/// A node whose every output is looked at as it comes.
pub(super) struct Solo {
    pub(super) node: Node,
    pub(super) now: Instant,
    heard: BTreeMap<PeerLinkId, Vec<(Instant, Vec<u8>)>>,
    wrote_last: BTreeMap<PeerLinkId, Instant>,
    proven: Vec<PeerLinkId>,
    /// Links that nothing is written to.
    pub(super) deaf: Vec<PeerLinkId>,
    closed: BTreeMap<PeerLinkId, (Instant, CloseReason)>,
    told: Vec<String>,
    pub(super) ids: Vec<MsgId>,
    pub(super) dials: Vec<(Instant, DialId, SocketAddr)>,
    pub(super) quits: usize,
    /// How long those who prove themselves take for it.
    pub(super) proof_after: Duration,
    last: u64,
}

/// Where the test's hosts are.
pub(super) fn host(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 1, 0, number], 7070))
}

pub(super) fn key_of(number: u8) -> Identity {
    Identity::from_seed([number; 32])
}

/// What every line of a node must be, whoever reads it.
pub(super) fn check_line(line: &[u8]) -> Value {
    assert!(line.len() <= PEER_LINE_BYTES && line.is_ascii(), "{line:?}");
    assert!(line.iter().position(|&byte| byte == b'\n') == Some(line.len() - 1));
    let value: Value = serde_json::from_slice(line).unwrap();
    assert!(value.is_object());
    let ttl = value["ttl"].as_u64().unwrap();
    assert!((1..=8).contains(&ttl), "{value}");
    value
}

/// A line with a good signature of `signer`, whoever `src` is.
pub(super) fn signed(signer: u8, q: u64, t: UtcMillis, mut line: Value) -> Value {
    let identity = key_of(signer);
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let (kind, src, dst, msg_id, payload) = (text("type"), text("src"), text("dst"), text("msg_id"), text("payload"));
    let sealed = Sealed {
        kind: &kind,
        src: &src,
        dst: &dst,
        msg_id: &msg_id,
        q,
        t,
        payload: &payload,
    };
    let Seal { pk, sig, .. } = sealed.sign(&identity, 0);
    line["x"] = json!({"pk": pk, "q": q, "t": t.get(), "sig": sig, "try": 0});
    line
}

pub(super) fn send(id: &str, src: &str, dst: &str, payload: &str) -> Value {
    json!({"type": "SEND", "msg_id": id, "src": src, "dst": dst, "payload": payload, "require_ack": true, "ttl": 8})
}

pub(super) fn publication(id: &str, src: &str, dst: &str, payload: &str) -> Value {
    json!({"type": "PUB", "msg_id": id, "src": src, "dst": dst, "payload": payload, "require_ack": false, "ttl": 8})
}

/// The types of lines.
pub(super) fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

impl Solo {
    pub(super) fn new() -> Self {
        Self::dialing(&[], true)
    }

    pub(super) fn dialing(connect: &[SocketAddr], dial_private: bool) -> Self {
        let now = Instant::from_secs(1000);
        let config = Config {
            peer_id: peer(ME),
            identity: key_of(200),
            connect: connect.to_vec(),
            dial_private,
            port: 7070,
            utc: UTC,
        };
        let mut solo = Self {
            node: Node::new(config, 7, now),
            now,
            heard: BTreeMap::new(),
            wrote_last: BTreeMap::new(),
            proven: Vec::new(),
            deaf: Vec::new(),
            closed: BTreeMap::new(),
            told: Vec::new(),
            ids: Vec::new(),
            dials: Vec::new(),
            quits: 0,
            proof_after: Duration::ZERO,
            last: 0,
        };
        solo.drain();
        solo
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.node.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Dial { dial, address } => self.dials.push((self.now, dial, address)),
                Output::Write { link, line } => {
                    assert!(!self.closed.contains_key(&link), "written to a closed link");
                    let value = check_line(&line);
                    let last = self.wrote_last.insert(link, self.now);
                    if !self.proven.contains(&link) && value["type"] != "ERROR" && value["type"] != "X_AUTH" {
                        let far = last.is_none_or(|last| self.now.since(last) >= LEGACY_PACE);
                        assert!(far, "too soon after the line before: {value}");
                    }
                    let bytes = line.len();
                    self.heard.entry(link).or_default().push((self.now, line));
                    if !self.deaf.contains(&link) {
                        self.node.handle(self.now, Input::Written { link, bytes });
                    }
                }
                Output::Close { link, reason } => {
                    assert_eq!(self.closed.insert(link, (self.now, reason)), None, "closed twice");
                }
                Output::Event(event) => {
                    if let Event::Sent { msg_id, .. } = &event {
                        self.ids.push(msg_id.clone());
                    }
                    self.told.extend(shown(&event));
                }
                Output::Quit => self.quits += 1,
            }
        }
    }

    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.node.poll_timeout().filter(|&at| at <= end) {
            self.now = at.max(self.now);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    pub(super) fn utc(&self) -> UtcMillis {
        self.node.utc(self.now)
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub(super) fn send(&mut self, to: &str, text: &str) -> MsgId {
        let (to, text) = (peer(to), text.to_owned());
        self.command(Command::Send { to, text });
        self.ids.last().unwrap().clone()
    }

    pub(super) fn publish(&mut self, text: &str) {
        let (scope, text) = (Scope::Broadcast, text.to_owned());
        self.command(Command::Publish { scope, text });
    }

    pub(super) fn new_link(&mut self) -> PeerLinkId {
        self.last += 1;
        PeerLinkId(self.last)
    }

    /// Somebody connects from a host.
    pub(super) fn accept(&mut self, from: SocketAddr) -> PeerLinkId {
        let link = self.new_link();
        self.input(Input::Accepted { link, from });
        link
    }

    /// The last dial succeeds.
    pub(super) fn answer_dial(&mut self) -> PeerLinkId {
        let link = self.new_link();
        let (_, dial, _) = *self.dials.last().unwrap();
        self.input(Input::Dialed { dial, link });
        link
    }

    pub(super) fn says(&mut self, link: PeerLinkId, line: &Value) {
        self.says_raw(link, &line.to_string());
    }

    pub(super) fn says_raw(&mut self, link: PeerLinkId, line: &str) {
        let line = line.as_bytes();
        self.input(Input::Line { link, line });
    }

    pub(super) fn close(&mut self, link: PeerLinkId) {
        self.input(Input::Closed { link });
    }

    /// What was written to a link since the last time.
    pub(super) fn hears(&mut self, link: PeerLinkId) -> Vec<Value> {
        let lines = self.heard.remove(&link).unwrap_or_default();
        lines.iter().map(|(_, line)| check_line(line)).collect()
    }

    /// The same, with when each line went after `since`.
    pub(super) fn hears_when(&mut self, link: PeerLinkId, since: Instant) -> Vec<(Duration, String)> {
        let lines = self.heard.remove(&link).unwrap_or_default();
        let kind = |line: &[u8]| check_line(line)["type"].as_str().unwrap().to_owned();
        lines.iter().map(|(at, line)| (at.since(since), kind(line))).collect()
    }

    /// The same as it went over the wire.
    pub(super) fn hears_raw(&mut self, link: PeerLinkId) -> Vec<Vec<u8>> {
        let lines = self.heard.remove(&link).unwrap_or_default();
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// From now on a link is one that needs no pauses.
    pub(super) fn trusts(&mut self, link: PeerLinkId) {
        self.proven.push(link);
    }

    /// When and why a link was closed.
    pub(super) fn closed(&self, link: PeerLinkId) -> Option<(Instant, CloseReason)> {
        self.closed.get(&link).copied()
    }

    pub(super) fn why_closed(&self, link: PeerLinkId) -> Option<CloseReason> {
        self.closed(link).map(|(_, reason)| reason)
    }

    pub(super) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// An old program that connected and was welcomed.
    pub(super) fn old(&mut self, name: &str) -> PeerLinkId {
        self.last += 1;
        let from = host(u8::try_from(self.last).unwrap());
        let link = self.accept(from);
        self.says(
            link,
            &json!({"type": "HELLO", "peer_id": name, "version": "1.0", "features": ["ack"], "ttl": 1}),
        );
        assert_eq!(types(&self.hears(link)), ["HELLO_OK"]);
        self.run(2 * SECOND);
        let up = [format!("up {name} legacy")];
        self.told.retain(|line| !up.contains(line));
        link
    }

    /// An old program that this node dialed.
    pub(super) fn dialed_old(&mut self, answer: &Value) -> PeerLinkId {
        let link = self.answer_dial();
        assert_eq!(types(&self.hears(link)), ["HELLO"]);
        self.run(SECOND / 10);
        self.says(link, answer);
        link
    }

    /// A program that holds the key of that number and proved it.
    pub(super) fn papo(&mut self, name: &str, key: u8) -> PeerLinkId {
        let link = self.prove(name, key);
        assert_eq!(self.told(), [format!("up {name}")]);
        link
    }

    /// The handshake of such a program, wherever it leads.
    pub(super) fn prove(&mut self, name: &str, key: u8) -> PeerLinkId {
        self.last += 1;
        let from = host(u8::try_from(self.last).unwrap());
        let link = self.accept(from);
        let hello = handshake::hello(&peer(name), &key_of(key), [key; 16]);
        let line = hello.strip_suffix(b"\n").unwrap();
        self.input(Input::Line { link, line });
        let ok = self.heard.remove(&link).unwrap().remove(0).1;
        let auth = handshake::x_auth(&key_of(key), &hello, &ok);
        self.proven.push(link);
        self.run(self.proof_after);
        let line = auth.strip_suffix(b"\n").unwrap();
        self.input(Input::Line { link, line });
        link
    }

    pub(super) fn counter(&self, name: &str) -> u64 {
        let counters = self.node.snapshot(self.now).counters;
        counters.iter().find(|(known, _)| *known == name).unwrap().1
    }
}
