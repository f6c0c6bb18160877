//! The listeners: what reached them, and whether anything is wrong with it.
//!
//! They all live on one thread and read into one buffer; a message costs them no allocation.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::frame;

/// Nothing is on its way for longer than this on a machine that works.
const PATIENCE: Duration = Duration::from_secs(20);
const SCRATCH_BYTES: usize = 256 * 1024;

/// What all listeners have received.
#[derive(Debug)]
pub(crate) struct Tally {
    /// How many listen.
    pub(crate) receivers: u64,
    began: Instant,
    deliveries: Cell<u64>,
    wanted: Cell<u64>,
    reached: Notify,
    faults: Cell<Faults>,
    /// Microseconds on the way; there while they are recorded.
    latencies: RefCell<Option<Vec<u32>>>,
    scratch: RefCell<Box<[u8]>>,
}

/// What must not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Messages that were passed over.
    pub(crate) gaps: u64,
    /// Messages that came twice in a row.
    pub(crate) duplicates: u64,
    /// Messages that came behind a later one.
    pub(crate) reordered: u64,
    /// Connections that the server closed.
    pub(crate) closed: u64,
}

impl Tally {
    pub(crate) fn new(receivers: u64) -> Rc<Self> {
        Rc::new(Self {
            receivers,
            began: Instant::now(),
            deliveries: Cell::new(0),
            wanted: Cell::new(u64::MAX),
            reached: Notify::new(),
            faults: Cell::new(Faults::default()),
            latencies: RefCell::new(None),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into()),
        })
    }

    /// Time since the beginning, for stamps.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries.get()
    }

    pub(crate) fn faults(&self) -> Faults {
        self.faults.get()
    }

    /// Records latencies from here on; there is room for `most`.
    pub(crate) fn record(&self, most: u64) -> Result<()> {
        *self.latencies.borrow_mut() = Some(Vec::with_capacity(usize::try_from(most)?));
        Ok(())
    }

    /// Ends recording.
    pub(crate) fn recorded(&self) -> Vec<u32> {
        self.latencies.borrow_mut().take().unwrap_or_default()
    }

    /// Waits until there are that many deliveries.
    pub(crate) async fn until(&self, deliveries: u64) -> Result<()> {
        self.wanted.set(deliveries);
        while self.deliveries.get() < deliveries {
            if self.faults.get().closed > 0 {
                bail!("a connection was closed: {:?}", self.faults.get());
            }
            let waiting = tokio::time::timeout(PATIENCE, self.reached.notified());
            waiting.await.with_context(|| {
                let missing = deliveries - self.deliveries.get();
                format!(
                    "{missing} of {deliveries} deliveries did not come: {:?}",
                    self.faults.get()
                )
            })?;
        }
        Ok(())
    }

    /// Reads a connection, of which `early` has been read already, until it is closed.
    pub(crate) fn listen(self: &Rc<Self>, stream: Rc<TcpStream>, early: Vec<u8>) {
        let tally = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut listener = Listener { rest: early, next: 0 };
            loop {
                if stream.readable().await.is_err() {
                    break;
                }
                match listener.read(&stream, &tally) {
                    Ok(0) => break,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => break,
                    _ => {}
                }
            }
            tally.fault(|faults| faults.closed += 1);
            tally.reached.notify_one();
        });
    }

    fn fault(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = self.faults.get();
        change(&mut faults);
        self.faults.set(faults);
    }
}

struct Listener {
    /// A frame that is not whole yet.
    rest: Vec<u8>,
    /// The number that comes next.
    next: u64,
}

impl Listener {
    fn read(&mut self, stream: &TcpStream, tally: &Tally) -> io::Result<usize> {
        let mut scratch = tally.scratch.borrow_mut();
        let kept = self.rest.len();
        let read = stream.try_read(&mut scratch[kept..])?;
        scratch[..kept].copy_from_slice(&self.rest);
        let bytes = &scratch[..kept + read];
        let now = tally.now();
        let mut latencies = tally.latencies.borrow_mut();
        let mut count = 0;
        let used = frame::read(bytes, |said| {
            count += 1;
            let number = said.number();
            if number != self.next {
                tally.fault(|faults| match number {
                    later if later > self.next => faults.gaps += later - self.next,
                    again if again + 1 == self.next => faults.duplicates += 1,
                    _ => faults.reordered += 1,
                });
            }
            self.next = self.next.max(number + 1);
            if let Some(latencies) = latencies.as_mut() {
                let micros = now.saturating_sub(said.moment()).as_micros();
                latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
        });
        self.rest.clear();
        self.rest.extend_from_slice(&bytes[used..]);
        let deliveries = tally.deliveries.get() + count;
        tally.deliveries.set(deliveries);
        if deliveries >= tally.wanted.get() {
            tally.reached.notify_one();
        }
        Ok(read)
    }
}
