//! Connections as TCP makes them: bytes arrive in order or not at all, but late, cut anywhere, and only as fast as the
//! other side reads.

use std::collections::VecDeque;
use std::time::Duration;

use super::scenario::{Network, Reads, Share};
use crate::limits::PEER_LINE_BYTES;
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::line::LineDecoder;

/// How long TCP waits before it sends what got lost again: at first, and each time twice as long.
const RETRANSMIT: Duration = Duration::from_millis(200);
/// How long what comes close together is gathered before a coalesced read.
const GATHER: Duration = Duration::from_millis(2);

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    /// The dialer's end, then the acceptor's.
    pub(super) ends: [End; 2],
    latency: Duration,
    network: usize,
    reads: Reads,
    /// Carries nothing more, and nobody is told.
    pub(super) dead: bool,
}

/// One end of a connection, and what is on the way to it.
#[derive(Debug)]
pub(super) struct End {
    pub(super) actor: usize,
    /// Which of the actor's processes it belongs to.
    pub(super) life: u32,
    pub(super) open: bool,
    pub(super) pipe: Pipe,
}

/// One direction of a connection, up to its reader.
#[derive(Debug)]
pub(super) struct Pipe {
    free_at: Instant,
    last_arrival: Instant,
    /// Bytes written and not read.
    unread: usize,
    /// What arrived and was not read.
    pub(super) inbox: Vec<u8>,
    /// A read is coming.
    pub(super) reading: bool,
    /// Writes that wait for room.
    owed: VecDeque<usize>,
    /// Lines as papo reads them.
    pub(super) decoder: LineDecoder,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// When it can be read.
    pub(super) arrives: Instant,
    /// The kernel took it at once.
    pub(super) taken: bool,
}

impl Wire {
    /// A connection between two actors' processes, in the network of its dialer.
    pub(super) fn new(ends: [(usize, u32); 2], number: usize, network: &Network, rng: &mut Rng) -> Self {
        let reads = match network.reads {
            Reads::Any => {
                [Reads::Whole, Reads::Coalesced, Reads::Split, Reads::Bytes][usize::try_from(rng.below(4)).unwrap_or(0)]
            }
            reads => reads,
        };
        Self {
            ends: ends.map(|(actor, life)| End {
                actor,
                life,
                open: true,
                pipe: Pipe::new(),
            }),
            latency: network.latency.draw(rng),
            network: number,
            reads,
            dead: false,
        }
    }

    /// How long anything takes at least.
    pub(super) const fn latency(&self) -> Duration {
        self.latency
    }

    /// Which network it is in.
    pub(super) const fn network(&self) -> usize {
        self.network
    }

    /// How its bytes are read.
    pub(super) const fn reads(&self) -> Reads {
        self.reads
    }

    /// Both ends are closed.
    pub(super) fn is_over(&self) -> bool {
        self.ends.iter().all(|end| !end.open)
    }
}

impl Pipe {
    const fn new() -> Self {
        Self {
            free_at: Instant::ZERO,
            last_arrival: Instant::ZERO,
            unread: 0,
            inbox: Vec::new(),
            reading: false,
            owed: VecDeque::new(),
            decoder: LineDecoder::new(PEER_LINE_BYTES - 1),
        }
    }

    /// Bytes are written, to be held up until `held` at least.
    pub(super) fn send(
        &mut self,
        now: Instant,
        bytes: usize,
        network: &Network,
        latency: Duration,
        held: Option<Instant>,
        rng: &mut Rng,
    ) -> Sent {
        let room = usize::try_from(network.buffer.0).unwrap_or(usize::MAX);
        let taken = self.owed.is_empty() && (self.unread < room || room == 0);
        if !taken {
            self.owed.push_back(bytes);
        }
        self.unread += bytes;
        let begins = self.free_at.max(now).max(held.unwrap_or(now));
        let on_air = match network.bandwidth.0 {
            0 => Duration::ZERO,
            rate => Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / rate),
        };
        self.free_at = begins + on_air;
        let arrives = self.free_at + latency + network.jitter.draw(rng) + lost_time(network.loss, rng);
        // In order: what follows something lost waits for it.
        self.last_arrival = self.last_arrival.max(arrives);
        Sent {
            arrives: self.last_arrival,
            taken,
        }
    }

    /// When the end of the connection can be read, behind all bytes.
    pub(super) fn end(&mut self, now: Instant, latency: Duration, held: Option<Instant>) -> Instant {
        self.last_arrival
            .max(self.free_at.max(now).max(held.unwrap_or(now)) + latency)
    }

    /// Bytes were read; gives the writes that there is room for now.
    pub(super) fn read(&mut self, bytes: usize, network: &Network) -> Vec<usize> {
        self.unread = self.unread.saturating_sub(bytes);
        let room = usize::try_from(network.buffer.0).unwrap_or(usize::MAX);
        let mut written = Vec::new();
        let mut waiting: usize = self.owed.iter().sum();
        while let Some(&bytes) = self.owed.front() {
            if self.unread.saturating_sub(waiting) >= room {
                break;
            }
            waiting -= bytes;
            written.push(bytes);
            self.owed.pop_front();
        }
        written
    }

    /// The next read, and how long after it another one comes when this one leaves something.
    pub(super) fn next_read(&mut self, reads: Reads, rng: &mut Rng) -> (Vec<u8>, Duration) {
        match reads {
            Reads::Split if self.inbox.len() > 1 => {
                let most = self.inbox.len() as u64;
                let count = if rng.below(8) == 0 { 1 } else { 1 + rng.below(most) };
                let rest = self.inbox.split_off(usize::try_from(count).unwrap_or(1));
                let pause = Duration::from_micros(rng.below(1_000));
                (std::mem::replace(&mut self.inbox, rest), pause)
            }
            _ => (std::mem::take(&mut self.inbox), Duration::ZERO),
        }
    }
}

/// How long a read waits for more.
pub(super) const fn gathering(reads: Reads) -> Duration {
    match reads {
        Reads::Coalesced => GATHER,
        _ => Duration::ZERO,
    }
}

/// The time that it takes to notice losses and to send again.
fn lost_time(loss: Share, rng: &mut Rng) -> Duration {
    let mut waited = Duration::ZERO;
    if loss.to == 0 {
        return waited;
    }
    let mut pause = RETRANSMIT;
    // Ten losses in a row, which is 200 s, would end a connection.
    for _ in 0..10 {
        if rng.below(u64::from(Share::WHOLE)) >= u64::from(loss.from) {
            break;
        }
        waited += pause;
        pause *= 2;
    }
    waited
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::{Bytes, Span};

    fn network() -> Network {
        Network {
            latency: Span::millis(10, 10),
            ..Network::default()
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn send(pipe: &mut Pipe, now: u64, bytes: usize, network: &Network) -> Sent {
        let latency = Duration::from_millis(10);
        pipe.send(at(now), bytes, network, latency, None, &mut Rng::new(1))
    }

    #[test]
    fn bytes_take_their_time_and_stay_in_order() {
        let network = Network {
            bandwidth: Bytes(1000),
            ..network()
        };
        let mut pipe = Pipe::new();
        assert_eq!(send(&mut pipe, 0, 100, &network).arrives, at(110));
        assert_eq!(
            send(&mut pipe, 50, 100, &network).arrives,
            at(210),
            "one after the other"
        );
        assert_eq!(pipe.end(at(60), Duration::from_millis(10), None), at(210));
        let held = pipe.send(
            at(300),
            0,
            &network,
            Duration::from_millis(10),
            Some(at(900)),
            &mut Rng::new(1),
        );
        assert_eq!(held.arrives, at(910));
        assert_eq!(
            send(&mut pipe, 301, 0, &network).arrives,
            at(910),
            "not past what is held"
        );
    }

    #[test]
    fn a_full_buffer_makes_its_writer_wait_for_the_reader() {
        let network = Network {
            buffer: Bytes(100),
            ..network()
        };
        let mut pipe = Pipe::new();
        let taken = [60, 60, 60, 10].map(|bytes| send(&mut pipe, 0, bytes, &network).taken);
        assert_eq!(taken, [true, true, false, false]);
        assert_eq!(pipe.read(20, &network), [0; 0]);
        assert_eq!(pipe.read(40, &network), [60]);
        assert_eq!(pipe.read(60, &network), [10]);
        assert!(send(&mut pipe, 0, 1, &network).taken);
    }

    #[test]
    fn what_is_lost_comes_late() {
        let network = Network {
            loss: Share::whole(),
            ..network()
        };
        let mut pipe = Pipe::new();
        let seconds = send(&mut pipe, 0, 1, &network).arrives.as_micros() / 1_000_000;
        assert_eq!(seconds, 204);
    }

    #[test]
    fn a_split_read_loses_nothing() {
        let mut rng = Rng::new(7);
        let mut pipe = Pipe::new();
        pipe.inbox = (0..200).collect();
        let mut read = Vec::new();
        let mut reads = 0;
        while !pipe.inbox.is_empty() {
            read.extend(pipe.next_read(Reads::Split, &mut rng).0);
            reads += 1;
        }
        assert!(read == (0..200).collect::<Vec<u8>>() && reads > 2);
    }
}
