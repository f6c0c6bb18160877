//! Real hubs: processes of their own, of which the operating system tells what they cost.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process;

/// A running hub; it ends with this value.
#[derive(Debug)]
pub(crate) struct Hub {
    process: Child,
    address: SocketAddr,
}

impl Hub {
    /// Two hubs that relay to each other.
    pub(crate) fn linked() -> Result<(Self, Self)> {
        // Each must know the other's port before it starts, so the system is asked for two that are free.
        let (near, far) = {
            let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
            let (near, far) = (free()?, free()?);
            (near.local_addr()?, far.local_addr()?)
        };
        Ok((Self::start("A", near, far)?, Self::start("B", far, near)?))
    }

    fn start(name: &str, address: SocketAddr, other: SocketAddr) -> Result<Self> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_papo"))
            .args([
                "serve",
                "--ephemeral",
                "--json",
                "--lang",
                "en",
                "--session-rate",
                "off",
                "--tcp",
                "off",
            ])
            .args(["--name", name, "--http", &address.to_string()])
            .args(["--link", &format!("http://{other}/relay")])
            .env_clear()
            .env("PAPO_LOG", "warn")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("a hub has an output")?;
        // Ends also when it could not be made ready.
        let hub = Self { process, address };
        let mut ready = String::new();
        BufReader::new(output).read_line(&mut ready)?;
        ensure!(ready.contains("\"ready\""), "hub {name} did not get ready: {ready}");
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
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Connects as that client; returns also what came right behind the handshake.
pub(crate) async fn websocket(hub: &Hub, client: u64) -> Result<(Rc<TcpStream>, Vec<u8>)> {
    const END: &[u8] = b"\r\n\r\n";
    let mut stream = TcpStream::connect(hub.address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /ws/{client} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n",
        hub.address
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    loop {
        ensure!(
            stream.read_buf(&mut answer).await? > 0,
            "the hub closed during a handshake"
        );
        if let Some(at) = answer.windows(END.len()).position(|window| window == END) {
            ensure!(answer.starts_with(b"HTTP/1.1 101 "), "the hub refused a client");
            answer.drain(..at + END.len());
            return Ok((Rc::new(stream), answer));
        }
    }
}
