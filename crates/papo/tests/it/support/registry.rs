//! `papo rendezvous` as a child process, and requests to it in exact bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};

use super::PATIENCE;
use super::port::Port;
use super::process::{Process, papo};

/// The names of both dialects.
pub(crate) const DIALECTS: [&str; 2] = ["2025-09", "2025-11"];

/// The command line of a registry that listens where the system likes.
pub(crate) fn rendezvous(options: &[&str]) -> Command {
    let mut arguments = vec!["rendezvous", "--json", "--lang", "en"];
    if !options.contains(&"--listen") {
        arguments.extend(["--listen", "127.0.0.1:0"]);
    }
    arguments.extend(options);
    papo(&arguments)
}

/// A registry that is ready. Ends with the test.
pub(crate) struct Rendezvous {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Rendezvous {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::run(rendezvous(options))
    }

    /// A registry on a port that others know already.
    pub(crate) fn start_at(port: &Port, options: &[&str]) -> Self {
        let address = port.address().to_string();
        let mut all = vec!["--listen", address.as_str()];
        all.extend(options);
        Self::start(&all)
    }

    pub(crate) fn run(command: Command) -> Self {
        let process = Process::run(command);
        let address = process.ready["listen"].as_str().unwrap().parse().unwrap();
        Self { process, address }
    }

    /// One request, and the reply to it.
    pub(crate) fn ask(&self, request: &Value) -> Value {
        ask(self.address, request)
    }

    /// Registers at port 4000.
    pub(crate) fn register(&self, namespace: &str, name: &str) -> Value {
        self.ask(&register(namespace, name, 4000))
    }

    /// The names listed in a namespace, in order. In the dialect of November somebody has to be registered.
    pub(crate) fn names(&self, namespace: &str) -> Vec<String> {
        let name = |peer: &Value| peer["name"].as_str().unwrap().to_owned();
        self.peers(namespace).iter().map(name).collect()
    }

    /// The peers listed in a namespace, in order.
    pub(crate) fn peers(&self, namespace: &str) -> Vec<Value> {
        let reply = self.ask(&json!({"type": "DISCOVER", "namespace": namespace}));
        let peers = reply["peers"].as_array();
        peers.unwrap_or_else(|| panic!("no list: {reply}")).clone()
    }
}

pub(crate) fn register(namespace: &str, name: &str, port: u16) -> Value {
    json!({"type": "REGISTER", "namespace": namespace, "name": name, "port": port})
}

pub(crate) fn unregister(namespace: &str, name: &str) -> Value {
    json!({"type": "UNREGISTER", "namespace": namespace, "name": name})
}

/// One request on a connection of its own, and the reply to it.
pub(crate) fn ask(address: SocketAddr, request: &Value) -> Value {
    try_ask(address, request).unwrap_or_else(|error| panic!("waited for the reply to {request}: {error}"))
}

/// The same with a server that may be gone at any moment.
pub(crate) fn try_ask(address: SocketAddr, request: &Value) -> io::Result<Value> {
    let mut asker = Asker::try_connect(address)?;
    asker.try_send(format!("{request}\n"))?;
    let line = asker.try_rest()?;
    serde_json::from_slice(&line).map_err(io::Error::other)
}

/// A connection to a registry.
pub(crate) struct Asker(TcpStream);

impl Asker {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(bytes.as_ref())
    }

    /// Nothing more will be sent; reading goes on.
    pub(crate) fn end_input(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Everything up to the end of the connection, which must not be a reset.
    pub(crate) fn rest(mut self) -> String {
        let bytes = self.try_rest().unwrap();
        // This system hands out what came before a reset, others throw it away: only the socket knows.
        let _ = self.0.shutdown(Shutdown::Write);
        let mut socket = [PollFd::new(&self.0, PollFlags::HUP)];
        let deadline = Timespec::try_from(PATIENCE).unwrap();
        assert_eq!(poll(&mut socket, Some(&deadline)).unwrap(), 1, "it is not closed");
        let error = self.0.take_error().unwrap();
        assert!(error.is_none(), "the connection ended with {error:?}");
        String::from_utf8(bytes).unwrap()
    }

    fn try_rest(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The one line that comes before the end.
    pub(crate) fn reply(self) -> Value {
        let text = self.rest();
        let line = text
            .strip_suffix('\n')
            .unwrap_or_else(|| panic!("no newline ends {text:?}"));
        assert!(!line.contains('\n'), "more than one line: {text:?}");
        serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line:?}"))
    }
}
