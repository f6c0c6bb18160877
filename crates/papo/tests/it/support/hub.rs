//! `papo serve` as a child process.

use std::net::SocketAddr;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::port::Port;
use super::process::Process;
use super::tcp::TcpClient;
use super::websocket::WsClient;

pub(crate) use super::process::papo;

/// The command line of a hub that listens where the system likes.
pub(crate) fn serve(options: &[&str]) -> Command {
    let mut arguments = vec!["serve", "--json", "--lang", "en", "--tcp", "127.0.0.1:0"];
    if !options.contains(&"--http") {
        arguments.extend(["--http", "127.0.0.1:0"]);
    }
    // Hubs of one name share a folder, and tests run side by side.
    if !options.contains(&"--data") {
        arguments.push("--ephemeral");
    }
    arguments.extend(options);
    papo(&arguments)
}

/// A hub that is ready. Ends with the test.
pub(crate) struct Hub {
    process: Process,
    pub(crate) ready: Value,
    pub(crate) http: SocketAddr,
    pub(crate) tcp: SocketAddr,
}

impl Hub {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::run(serve(options))
    }

    /// A hub on a port that others know already.
    pub(crate) fn start_at(port: &Port, options: &[&str]) -> Self {
        let address = port.address().to_string();
        let mut all = vec!["--http", address.as_str()];
        all.extend(options);
        Self::start(&all)
    }

    pub(crate) fn run(command: Command) -> Self {
        let process = Process::run(command);
        let ready = process.ready.clone();
        let address = |door: &str| ready[door].as_str().unwrap().parse().unwrap();
        Self {
            http: address("http"),
            tcp: address("tcp"),
            ready,
            process,
        }
    }

    pub(crate) fn relay_url(&self) -> String {
        format!("http://{}/relay", self.http)
    }

    /// A client of the TCP text door, in the room.
    pub(crate) fn tcp(&self) -> TcpClient {
        TcpClient::enter(self.tcp)
    }

    /// A client of the TCP text door with a name of its own, in the room.
    pub(crate) fn tcp_as(&self, nick: &str) -> TcpClient {
        let mut client = self.tcp();
        client.send(format!("/nick {nick}\n"));
        client.expect("*", &format!("{nick} joined the chat"));
        client.expect("*", &format!("You are {nick} now."));
        client
    }

    /// A client of the WebSocket text door, in the room.
    pub(crate) fn ws(&self, client: i64) -> WsClient {
        WsClient::enter(self.http, client)
    }

    /// Waits for a line of the hub's log that holds `words`.
    pub(crate) fn logs(&self, words: &str) -> String {
        self.process.logs(words)
    }

    /// Whether the log says it already.
    pub(crate) fn has_logged(&self, words: &str) -> bool {
        self.process.has_logged(words)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for the hub's own end: its exit code and everything that it logged.
    pub(crate) fn end(self) -> (Option<i32>, Vec<String>) {
        self.process.end()
    }

    /// Ends the hub as a crash does.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Asks the hub to end and waits until it has.
    pub(crate) fn terminate(self) {
        self.process.terminate();
    }
}
