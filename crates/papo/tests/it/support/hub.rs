//! `papo serve` as a child process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::PATIENCE;
use super::log::Log;
use super::port::Port;
use super::tcp::TcpClient;
use super::websocket::WsClient;

/// A run of the real binary, in English, away from the settings of whoever runs the tests.
pub(crate) fn papo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_papo"));
    command
        .args(arguments)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The command line of a hub that listens where the system likes.
pub(crate) fn serve(options: &[&str]) -> Command {
    let mut arguments = vec!["serve", "--json", "--lang", "en", "--tcp", "127.0.0.1:0"];
    if !options.contains(&"--http") {
        arguments.extend(["--http", "127.0.0.1:0"]);
    }
    arguments.extend(options);
    papo(&arguments)
}

/// A hub that is ready. Ends with the test.
pub(crate) struct Hub {
    child: Child,
    pub(crate) ready: Value,
    pub(crate) http: SocketAddr,
    pub(crate) tcp: SocketAddr,
    log: Log<String>,
    /// Disconnected when the hub's output has ended, and so the hub.
    logging: Receiver<()>,
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

    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Log::new();
        let (stderr, lines) = (child.stderr.take().unwrap(), log.clone());
        let (running, logging) = sync_channel(0);
        thread::spawn(move || {
            // Held until the last line is in the log.
            let _running: SyncSender<()> = running;
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.push(line);
            }
        });
        let mut line = String::new();
        // A hub that cannot start ends, and its output with it.
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "waited for the ready line and got {line:?}; stderr: {:#?}",
                *log.items()
            )
        });
        let address = |door: &str| ready[door].as_str().unwrap().parse().unwrap();
        Self {
            http: address("http"),
            tcp: address("tcp"),
            ready,
            child,
            log,
            logging,
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
        self.log
            .find(&format!("the log to say {words:?}"), |line| line.contains(words))
    }

    /// Whether the log says it already.
    pub(crate) fn has_logged(&self, words: &str) -> bool {
        self.log.items().iter().any(|line| line.contains(words))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the hub's own end: its exit code and everything that it logged.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        let ended = self.logging.recv_timeout(PATIENCE);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected), "the hub does not end");
        let code = self.child.wait().unwrap().code();
        let log = self.log.items().clone();
        (code, log)
    }

    /// Asks the hub to end and waits until it has.
    pub(crate) fn terminate(self) {
        self.signal(Signal::TERM);
        let (code, log) = self.end();
        assert_eq!(code, Some(0), "{log:#?}");
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // SIGKILL, to this process alone; one that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the hub {} said: {:#?}", self.http, *self.log.items());
        }
    }
}
