//! The servers: processes of their own, of which the operating system tells what they cost.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{plain, process};

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// A registry that keeps its records in a file, or none.
    pub(crate) fn papo(data: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_papo"));
        command.args(["rendezvous", "--json", "--lang", "en", "--listen", "127.0.0.1:0"]);
        match data {
            None => command.arg("--ephemeral"),
            Some(path) => command.arg("--data").arg(path),
        };
        Self::start(&mut command)
    }

    /// The plain loop, which answers every line with so many bytes.
    pub(crate) fn plain(reply_bytes: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        Self::start(command.arg(plain::OPTION).arg(reply_bytes.to_string()))
    }

    fn start(command: &mut Command) -> Result<Self> {
        let command = command
            .env_clear()
            .env("PAPO_LOG", "warn")
            .current_dir(env!("CARGO_TARGET_TMPDIR"));
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("a server has an output")?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        // Ends also when it could not be made ready.
        let mut server = Self { process, address };
        let mut ready = String::new();
        BufReader::new(output).read_line(&mut ready)?;
        ensure!(!ready.is_empty(), "a server ended before it was ready");
        let ready: serde_json::Value = serde_json::from_str(&ready)?;
        let listen = ready["listen"].as_str().context("a server says where it listens")?;
        server.address = listen.parse()?;
        Ok(server)
    }

    pub(crate) fn processor_time(&self) -> Result<Duration> {
        process::processor_time(self.process.id())
    }

    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        process::resident_bytes(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
