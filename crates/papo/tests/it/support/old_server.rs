//! Doubles of the servers that `papo connect` meets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::PATIENCE;

/// What a server read at once, or that its client ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    End,
}

/// A server and what it hears.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    arrived: Receiver<()>,
    heard: Receiver<Heard>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

/// What the hub says to somebody who has nothing more to say, before it hangs up.
pub(crate) const GOODBYE: &str = "papo | 2026-11-20 10:00 | bye";

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// For each read `<ip> | <stamp> | <bytes>` to everyone, without a newline.
    Old,
    /// For each line `<label> | <stamp> | <line>` and a newline to everyone; a first message without one ends with
    /// its read.
    Hub,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heard) = sync_channel(1024);
        let (arrivals, arrived) = sync_channel(1024);
        let connections = Arc::new(Mutex::new(Vec::<TcpStream>::new()));
        let everyone = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                everyone.lock().unwrap().push(stream.try_clone().unwrap());
                let _ = arrivals.send(());
                let (sender, everyone) = (sender.clone(), Arc::clone(&everyone));
                thread::spawn(move || {
                    let mut buffer = [0; 8192];
                    while let Ok(length @ 1..) = stream.read(&mut buffer) {
                        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                        let answer = match kind {
                            Kind::Old => format!("127.0.0.1 | 2026-11-20 10:00 | {text}"),
                            Kind::Hub => text
                                .lines()
                                .map(|line| format!("ana | 2026-11-20 10:00 | {line}\n"))
                                .collect::<Vec<_>>()
                                .concat(),
                        };
                        if sender.send(Heard::Text(text)).is_err() {
                            return;
                        }
                        for mut other in everyone.lock().unwrap().iter() {
                            let _ = other.write_all(answer.as_bytes());
                        }
                    }
                    let _ = sender.send(Heard::End);
                    if matches!(kind, Kind::Hub) {
                        let _ = stream.write_all(format!("{GOODBYE}\n").as_bytes());
                    }
                    let _ = stream.shutdown(std::net::Shutdown::Write);
                });
            }
        });
        Self {
            address,
            arrived,
            heard,
            connections,
        }
    }

    /// Waits until one more client is connected, also in the eyes of the server.
    pub(crate) fn arrival(&self) {
        self.arrived.recv_timeout(PATIENCE).unwrap();
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).unwrap()
    }

    pub(crate) fn say(&self, bytes: &[u8]) {
        for mut stream in self.connections.lock().unwrap().iter() {
            stream.write_all(bytes).unwrap();
        }
    }

    /// Ends every connection.
    pub(crate) fn hang_up(&self) {
        for stream in self.connections.lock().unwrap().iter() {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
    }
}
