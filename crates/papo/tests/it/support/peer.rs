//! `papo peer` as a child process that speaks JSON.

use std::net::SocketAddr;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::connect::Client;
use super::folder::Folder;
use super::process::papo;

/// A node that is ready. Ends with the test.
pub(crate) struct Peer {
    client: Client,
    pub(crate) port: u16,
    /// Events that came while another one was waited for, in order.
    passed: Vec<Value>,
}

/// The command line of a node that keeps its key in a folder.
pub(crate) fn peer(name: &str, state: &Folder, options: &[&str]) -> Command {
    let mut arguments = vec!["peer", name, "--json", "--lang", "en"];
    if !options.contains(&"--port") {
        arguments.extend(["--port", "0"]);
    }
    arguments.extend(["--bind", "127.0.0.1"]);
    arguments.extend(options);
    let mut command = papo(&arguments);
    command.env("XDG_STATE_HOME", state.path().canonicalize().unwrap());
    command
}

impl Peer {
    pub(crate) fn start(name: &str, state: &Folder, options: &[&str]) -> Self {
        let client = Client::start(peer(name, state, options));
        let mut peer = Self {
            client,
            port: 0,
            passed: Vec::new(),
        };
        let ready = peer.wait("ready", |_| true);
        peer.port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        peer
    }

    /// A node that asks a rendezvous who is there.
    pub(crate) fn at(name: &str, state: &Folder, rendezvous: SocketAddr) -> Self {
        Self::start(name, state, &["--rendezvous", &rendezvous.to_string()])
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.client.type_line(line);
    }

    /// Waits for an event of that name which is the right one; what comes before is kept.
    pub(crate) fn wait(&mut self, event: &str, right: impl Fn(&Value) -> bool) -> Value {
        let fits = |value: &Value| value["event"] == event && right(value);
        if let Some(at) = self.passed.iter().position(fits) {
            return self.passed.remove(at);
        }
        loop {
            let line = self.next();
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            if fits(&value) {
                return value;
            }
            self.passed.push(value);
        }
    }

    /// Waits for a neighbor.
    pub(crate) fn meets(&mut self, other: &str) -> Value {
        self.wait("neighbor_up", |event| event["peer_id"] == other)
    }

    /// Waits for a message with this text.
    pub(crate) fn hears(&mut self, text: &str) -> Value {
        self.wait("message", |event| event["payload"] == text)
    }

    /// Says something to a peer and waits until it has it.
    pub(crate) fn delivers(&mut self, to: &str, text: &str) -> Value {
        self.type_line(&format!("/msg {to} {text}"));
        self.wait("delivered", |_| true)
    }

    /// The items of an answer, such as that to `/conn`.
    pub(crate) fn items(&mut self, command: &str, event: &str) -> Vec<Value> {
        self.type_line(command);
        self.wait(event, |_| true)["items"].as_array().unwrap().clone()
    }

    /// How many messages with this text were shown so far, those that were waited for not counted.
    pub(crate) fn passed(&self, text: &str) -> usize {
        let said = |event: &&Value| event["event"] == "message" && event["payload"] == text;
        self.passed.iter().filter(said).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.client.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(self) {
        self.signal(Signal::KILL);
        self.client.end();
    }

    /// Waits for its own end: the exit code.
    pub(crate) fn end(self) -> Option<i32> {
        self.client.end().2
    }

    /// Waits for an event, and says what came instead when it is in vain.
    fn next(&self) -> String {
        self.client.try_shown().unwrap_or_else(|error| {
            let passed = &self.passed;
            panic!(
                "waited in vain ({error}); it said {passed:#?} and {:#?}",
                self.client.told_so_far()
            );
        })
    }
}
