//! A double of the services that relay without message ids: `POST /relay` with `{"message": text}`, answered at once.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::http::read_head;
use super::log::Log;
use super::port::Port;

/// A request to `/relay`.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Answers,
    /// Takes requests and says nothing until [`OldService::release`].
    Held,
}

/// The service: down until it is started, and then up until it is stopped.
pub(crate) struct OldService {
    port: Port,
    posted: Log<Posted>,
    released: Log<()>,
    running: Option<Running>,
}

struct Running {
    stopping: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    accepting: thread::JoinHandle<()>,
}

impl OldService {
    pub(crate) fn down() -> Self {
        Self {
            port: Port::reserve(),
            posted: Log::new(),
            released: Log::new(),
            running: None,
        }
    }

    pub(crate) fn up(manner: Manner) -> Self {
        let mut service = Self::down();
        service.start(manner);
        service
    }

    pub(crate) fn url(&self) -> String {
        self.port.relay_url()
    }

    pub(crate) fn start(&mut self, manner: Manner) {
        let listener = TcpListener::bind(self.port.address()).unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let (posted, stop, all) = (self.posted.clone(), Arc::clone(&stopping), Arc::clone(&connections));
        let released = self.released.clone();
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let stream: TcpStream = stream.unwrap();
                all.lock().unwrap().push(stream.try_clone().unwrap());
                let (posted, released) = (posted.clone(), released.clone());
                thread::spawn(move || {
                    serve(stream, &posted, || {
                        if manner == Manner::Held {
                            released.at_least(1, "the release of the answers");
                        }
                    });
                });
            }
        });
        self.running = Some(Running {
            stopping,
            connections,
            accepting,
        });
    }

    /// Closes everything; whoever connects is refused.
    pub(crate) fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.port.address()));
        running.accepting.join().unwrap();
        for stream in running.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Waits for `count` requests since the beginning: what their `message` was.
    pub(crate) fn messages(&self, count: usize) -> Vec<String> {
        let posted = self
            .posted
            .at_least(count, &format!("{count} requests at the old service"));
        posted.iter().map(message).collect()
    }

    /// Waits for a request with this `message`.
    pub(crate) fn hears(&self, text: &str) -> Posted {
        self.posted.find(&format!("{text:?} at the old service"), |posted| {
            message(posted) == text
        })
    }

    /// Lets the answers go that were held.
    pub(crate) fn release(&self) {
        self.released.push(());
    }
}

impl Drop for OldService {
    fn drop(&mut self) {
        self.stop();
    }
}

fn message(posted: &Posted) -> String {
    posted.body["message"].as_str().unwrap_or_default().to_owned()
}

fn serve(mut stream: TcpStream, posted: &Log<Posted>, may_answer: impl Fn()) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((request, headers)) = read_head(&mut reader) {
        let header = |name: &str| {
            let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (status, reply) = if !request.starts_with("POST /relay ") {
            ("405 Method Not Allowed", r#"{"detail":"Method Not Allowed"}"#)
        } else if body["message"].is_string() {
            ("200 OK", r#"{"status":"ok"}"#)
        } else {
            ("422 Unprocessable Entity", r#"{"detail":"message: field required"}"#)
        };
        posted.push(Posted {
            content_type: header("content-type"),
            body,
        });
        may_answer();
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{reply}",
            reply.len()
        );
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}
