//! Real hubs: processes of their own, of which the operating system tells what they cost.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;

/// A running hub; it ends with this value.
#[derive(Debug)]
pub(crate) struct Hub {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Its id, as it stands in cursors.
    pub(crate) id: String,
    data: Option<PathBuf>,
}

impl Hub {
    /// A hub that keeps its rooms in that folder, or in none.
    pub(crate) fn start(data: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_papo"));
        command.args(["serve", "--json", "--lang", "en", "--name", "bench"]);
        command.args(["--session-rate", "off", "--tcp", "off", "--http", "127.0.0.1:0"]);
        match data {
            None => command.arg("--ephemeral"),
            Some(folder) => command.arg("--data").arg(folder),
        };
        let command = command
            .env_clear()
            .env("PAPO_LOG", "warn")
            .current_dir(env!("CARGO_TARGET_TMPDIR"));
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("a hub has an output")?;
        // Ends also when it could not be made ready.
        let mut hub = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            id: String::new(),
            data: data.map(Path::to_owned),
        };
        let mut ready = String::new();
        BufReader::new(output).read_line(&mut ready)?;
        ensure!(!ready.is_empty(), "a hub ended before it was ready");
        let ready: Value = serde_json::from_str(&ready)?;
        hub.address = ready["http"].as_str().context("a hub says where it listens")?.parse()?;
        ready["hub"]
            .as_str()
            .context("a hub says who it is")?
            .clone_into(&mut hub.id);
        Ok(hub)
    }

    /// User and system time so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        process::processor_time(self.process.id())
    }

    /// Resident memory.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        process::resident_bytes(self.process.id())
    }

    /// The file that it keeps its rooms in.
    pub(crate) fn file(&self) -> Result<PathBuf> {
        Ok(self.data.as_ref().context("this hub keeps nothing")?.join("rooms.db"))
    }

    /// Transactions that it has committed, as the index of SQLite's write-ahead log counts them; 0 for one that keeps
    /// nothing.
    pub(crate) fn commits(&self) -> Result<u32> {
        const CHANGES: usize = 8;
        let Some(folder) = &self.data else { return Ok(0) };
        let mut header = [0; CHANGES + 4];
        File::open(folder.join("rooms.db-shm"))?.read_exact(&mut header)?;
        let mut count = [0; 4];
        count.copy_from_slice(&header[CHANGES..]);
        Ok(u32::from_ne_bytes(count))
    }

    /// Bytes that the kernel holds on the way to a client: those that the hub has written and the client has not
    /// acknowledged, and those that the client has not read. `None` when there is no such connection any more.
    pub(crate) fn in_kernel(&self, client: SocketAddr) -> Result<Option<(u64, u64)>> {
        const ESTABLISHED: &str = "01";
        let (mut sending, mut unread) = (None, None);
        for line in fs::read_to_string("/proc/net/tcp")?.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().take(5).collect();
            let &[_, local, remote, state, queues] = columns.as_slice() else {
                continue;
            };
            let Some((to_send, to_read)) = queues.split_once(':') else {
                continue;
            };
            let ports = (port(local)?, port(remote)?);
            if state == ESTABLISHED && ports == (self.address.port(), client.port()) {
                sending = Some(u64::from_str_radix(to_send, 16)?);
            } else if ports == (client.port(), self.address.port()) {
                unread = Some(u64::from_str_radix(to_read, 16)?);
            }
        }
        Ok(sending.zip(unread))
    }
}

fn port(address: &str) -> Result<u16> {
    let (_, port) = address.split_once(':').context("an address has a port")?;
    Ok(u16::from_str_radix(port, 16)?)
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
