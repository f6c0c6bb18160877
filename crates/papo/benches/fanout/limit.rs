//! The limit: a thread that does nothing but write bytes that are encoded already to one socket after the other.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::publisher::Publisher;
use crate::workload::WINDOW;

/// The running thread. It ends with its publisher.
#[derive(Debug)]
pub(crate) struct Limit {
    address: SocketAddr,
    /// Nanoseconds that the thread has run.
    ran: Arc<AtomicU64>,
}

impl Limit {
    /// A loop that begins once `receivers` have connected.
    pub(crate) fn start(receivers: u64) -> Result<(Self, Publisher)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ran = Arc::new(AtomicU64::new(0));
        let (publish, batches) = sync_channel::<Vec<u8>>(usize::try_from(WINDOW)?);
        let told = Arc::clone(&ran);
        thread::Builder::new()
            .name("limit".to_owned())
            .spawn(move || -> Result<()> {
                let mut streams = Vec::new();
                for _ in 0..receivers {
                    let (stream, _) = listener.accept()?;
                    stream.set_nodelay(true)?;
                    streams.push(stream);
                }
                while let Ok(mut batch) = batches.recv() {
                    // Everything that waits is one write, as it should be anywhere.
                    while let Ok(more) = batches.try_recv() {
                        batch.extend(more);
                    }
                    let last = streams.len() - 1;
                    for (at, stream) in streams.iter_mut().enumerate() {
                        // Told before the last write: by then nobody waits for more than that one.
                        if at == last {
                            told.store(ran_nanos()?, Ordering::Release);
                        }
                        stream.write_all(&batch)?;
                    }
                }
                Ok(())
            })?;
        Ok((Self { address, ran }, Publisher::bare(publish)))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the thread has cost until its last batch.
    pub(crate) fn processor_time(&self) -> Duration {
        Duration::from_nanos(self.ran.load(Ordering::Acquire))
    }
}

/// How long the scheduler let this thread run.
fn ran_nanos() -> Result<u64> {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(schedule.split_whitespace().next().unwrap_or("0").parse()?)
}
