//! A room's log and those who read it: each entry is encoded once per wire form, and shared.
//!
//! The log is a chain of chunks. The hub's task links a new chunk behind the last one for each burst; a connection
//! holds the chunk that it read last and follows the chain. Chunks that everybody has passed free themselves. Nobody
//! locks anything, and what a slow reader keeps alive is shared with every other slow reader.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use papo_core::hub::{Cursor, Entry, EntryKind};
use papo_core::id::{HubId, RoomName, SessionId};
use papo_core::time::Instant;

use super::encode;
use crate::net::connection::{Connection, Form};

/// One burst of entries.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    entries: Box<[Entry]>,
    weight: u64,
    room: Option<Arc<RoomName>>,
    websocket: OnceLock<Encoded>,
    session: OnceLock<Encoded>,
    tcp: OnceLock<Encoded>,
    next: OnceLock<Arc<Chunk>>,
}

/// The entries of a chunk in one wire form, one behind the other.
#[derive(Debug)]
struct Encoded {
    bytes: Bytes,
    /// Where each entry ends.
    ends: Box<[usize]>,
}

impl Chunk {
    fn new(room: &Arc<RoomName>, entries: Vec<Entry>) -> Self {
        let weight = entries.iter().map(Entry::weight).sum();
        Self {
            entries: entries.into(),
            weight,
            room: Some(Arc::clone(room)),
            websocket: OnceLock::new(),
            session: OnceLock::new(),
            tcp: OnceLock::new(),
            next: OnceLock::new(),
        }
    }

    /// The chunk behind this one, once there is one.
    pub(crate) fn next(&self) -> Option<Arc<Self>> {
        self.next.get().cloned()
    }

    /// What the chunk counts in a send queue, in bytes.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// Roughly what the chunk takes in memory: its entries, and their bytes in up to three wire forms.
    fn kept_bytes(&self) -> u64 {
        const ENTRY: u64 = 768;
        self.weight * 2 + ENTRY * self.entries.len() as u64
    }

    /// What is in it.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of this chunk for one session: all of them, or, at a door without echo, those around its own. In the
    /// session protocol its own are replaced by what tells it that they are said.
    pub(crate) fn pieces(&self, form: Form, session: SessionId, mut each: impl FnMut(Bytes)) {
        let encoded = match form {
            Form::Session => self.session.get_or_init(|| {
                self.encode(|entry, out| {
                    if let Some(room) = &self.room {
                        encode::session(room, entry, out);
                    }
                })
            }),
            Form::WebSocketText => self.websocket.get_or_init(|| self.encode(encode::websocket_text)),
            Form::TcpLine => self.tcp.get_or_init(|| self.encode(encode::tcp_line)),
        };
        let skips = |entry: &Entry| form != Form::TcpLine && entry.author == Some(session);
        if !self.entries.iter().any(skips) {
            if !encoded.bytes.is_empty() {
                each(encoded.bytes.clone());
            }
            return;
        }
        let mut begin = 0;
        let mut end = 0;
        for (entry, &entry_end) in self.entries.iter().zip(&encoded.ends) {
            if skips(entry) {
                if end > begin {
                    each(encoded.bytes.slice(begin..end));
                }
                begin = entry_end;
                if form == Form::Session {
                    let mut own = Vec::new();
                    encode::session_own(entry, &mut own);
                    if !own.is_empty() {
                        each(own.into());
                    }
                }
            }
            end = entry_end;
        }
        if end > begin {
            each(encoded.bytes.slice(begin..end));
        }
    }

    /// What tells a session of the session protocol that its own messages in this chunk are said.
    pub(crate) fn own_pieces(&self, session: SessionId, mut each: impl FnMut(Bytes)) {
        for entry in self.entries.iter().filter(|entry| entry.author == Some(session)) {
            let mut own = Vec::new();
            encode::session_own(entry, &mut own);
            if !own.is_empty() {
                each(own.into());
            }
        }
    }

    fn encode(&self, one: impl Fn(&Entry, &mut Vec<u8>)) -> Encoded {
        let mut bytes = Vec::with_capacity(usize::try_from(self.weight).unwrap_or(0));
        let ends = self.entries.iter().map(|entry| {
            one(entry, &mut bytes);
            bytes.len()
        });
        let ends = ends.collect();
        Encoded {
            bytes: bytes.into(),
            ends,
        }
    }
}

impl Drop for Chunk {
    /// Frees the chain behind it one by one: the compiler's own way would recurse once per chunk.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(chunk) = next {
            next = Arc::into_inner(chunk).and_then(|mut chunk| chunk.next.take());
        }
    }
}

/// The writing end of a room's log, and its recent part.
#[derive(Debug)]
pub(crate) struct Log {
    name: Arc<RoomName>,
    /// Before the first chunk of the recent part.
    before: Arc<Chunk>,
    recent: VecDeque<Arc<Chunk>>,
    recent_bytes: u64,
    tail: Arc<Chunk>,
    burst: Vec<Entry>,
    readers: HashMap<SessionId, Arc<Connection>>,
}

impl Log {
    /// An empty one.
    pub(crate) fn new(name: RoomName) -> Self {
        let start = Arc::new(Chunk::default());
        Self {
            name: Arc::new(name),
            before: Arc::clone(&start),
            recent: VecDeque::new(),
            recent_bytes: 0,
            tail: start,
            burst: Vec::new(),
            readers: HashMap::new(),
        }
    }

    /// The room's name.
    pub(crate) fn name(&self) -> &Arc<RoomName> {
        &self.name
    }

    /// Bytes of the recent part.
    pub(crate) fn recent_bytes(&self) -> u64 {
        self.recent_bytes
    }

    /// The recent part: what is linked behind this chunk, up to the tail.
    pub(crate) fn before_recent(&self) -> Arc<Chunk> {
        Arc::clone(&self.before)
    }

    /// The messages of the recent part, in order.
    pub(crate) fn recent(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let entries = self.recent.iter().flat_map(|chunk| chunk.entries.iter());
        entries.filter(|entry| entry.kind == EntryKind::Said && entry.key.is_some())
    }

    /// True when the recent part holds all between two cursors that is kept anywhere.
    pub(crate) fn covers(&self, after: &Cursor, until: &Cursor) -> bool {
        let mut lowest: BTreeMap<HubId, u64> = BTreeMap::new();
        for key in self.recent().filter_map(|entry| entry.key) {
            lowest.entry(key.origin).or_insert(key.seq.get());
        }
        until.iter().all(|(origin, seq)| {
            let last = after.after(origin);
            last >= seq || lowest.get(&origin).is_some_and(|&first| first <= last + 1)
        })
    }

    /// Lets the recent part have at most so many bytes. Returns how many went.
    pub(crate) fn shorten(&mut self, most: u64) -> u64 {
        let before = self.recent_bytes;
        while self.recent_bytes > most
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_bytes -= oldest.kept_bytes();
            self.before = oldest;
        }
        before - self.recent_bytes
    }

    /// Adds to the current burst. True when it begins one.
    pub(crate) fn append(&mut self, entry: Entry) -> bool {
        self.burst.push(entry);
        self.burst.len() == 1
    }

    /// Ends the burst: links it into the log and wakes every reader once. Returns those that have too much waiting.
    pub(crate) fn seal(&mut self, now: Instant) -> Vec<SessionId> {
        if self.burst.is_empty() {
            return Vec::new();
        }
        let chunk = Arc::new(Chunk::new(&self.name, std::mem::take(&mut self.burst)));
        let weight = chunk.weight;
        self.recent.push_back(Arc::clone(&chunk));
        self.recent_bytes += chunk.kept_bytes();
        // First counted, then linked: a reader that is awake writes a chunk as soon as it is there.
        let behind = self.readers.values().filter(|reader| !reader.expect(weight, now));
        let behind = behind.map(|reader| reader.session).collect();
        // Only this end of the log sets `next`, and only on its last chunk.
        let _ = self.tail.next.set(Arc::clone(&chunk));
        self.tail = chunk;
        for reader in self.readers.values() {
            reader.wake();
        }
        behind
    }

    /// Adds a reader that sees what is appended from now on. End the burst first.
    pub(crate) fn attach(&mut self, reader: Arc<Connection>) -> Arc<Chunk> {
        self.readers.insert(reader.session, reader);
        Arc::clone(&self.tail)
    }

    /// Removes a reader; returns the last chunk that it may see. End the burst first.
    pub(crate) fn detach(&mut self, session: SessionId) -> Arc<Chunk> {
        self.readers.remove(&session);
        Arc::clone(&self.tail)
    }

    /// The last chunk. End the burst first.
    pub(crate) fn tail(&self) -> Arc<Chunk> {
        Arc::clone(&self.tail)
    }
}

#[cfg(test)]
impl Default for Log {
    fn default() -> Self {
        Self::new("lobby".parse().expect("a room's name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use papo_core::hub::EntryKind;
    use papo_core::limits::SEND_QUEUE_HARD_BYTES;
    use papo_core::time::UtcMillis;

    fn said(text: &str, author: u64) -> Entry {
        Entry {
            payload: text.into(),
            author: Some(SessionId(author)),
            ..Entry::notice(EntryKind::Said, "Client #1".into(), UtcMillis::new(0))
        }
    }

    fn chunk(entries: Vec<Entry>) -> Chunk {
        Chunk::new(&Arc::new("lobby".parse().unwrap()), entries)
    }

    fn frames(chunk: &Chunk, session: u64) -> Vec<Bytes> {
        let mut frames = Vec::new();
        chunk.pieces(Form::WebSocketText, SessionId(session), |piece| frames.push(piece));
        frames
    }

    #[test]
    fn everyone_shares_the_same_bytes_and_an_author_gets_those_around_its_own() {
        let burst = chunk(vec![said("a", 1), said("b", 2), said("c", 3), said("d", 2)]);
        let whole = frames(&burst, 9);
        assert_eq!(whole, frames(&burst, 8));
        assert_eq!(whole[0].as_ptr(), frames(&burst, 8)[0].as_ptr());
        let join = |pieces: Vec<Bytes>| String::from_utf8_lossy(&pieces.concat()).into_owned();
        let frame = |text: &str| format!("\u{fffd}\u{0c}Client #1: {text}");
        assert_eq!(join(whole), ["a", "b", "c", "d"].map(frame).concat());
        assert_eq!(join(frames(&burst, 1)), ["b", "c", "d"].map(frame).concat());
        assert_eq!(join(frames(&burst, 2)), ["a", "c"].map(frame).concat());
        assert_eq!(frames(&chunk(vec![said("x", 1)]), 1), Vec::<Bytes>::new());
    }

    #[test]
    fn a_reader_sees_what_came_between_attaching_and_detaching() {
        let mut log = Log::default();
        let reader = Connection::new(SessionId(7), Form::WebSocketText);
        log.append(said("before", 1));
        log.seal(Instant::ZERO);
        let mut at = log.attach(Arc::clone(&reader));
        log.append(said("one", 1));
        log.append(said("two", 1));
        log.seal(Instant::ZERO);
        log.append(said("three", 1));
        log.seal(Instant::ZERO);
        let last = log.detach(SessionId(7));
        log.append(said("after", 1));
        log.seal(Instant::ZERO);
        let mut seen = Vec::new();
        while !Arc::ptr_eq(&at, &last) {
            at = at.next().unwrap();
            seen.extend(at.entries.iter().map(|entry| entry.payload.to_string()));
        }
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    fn one_burst_makes_nobody_slow_but_not_catching_up_does() {
        let mut log = Log::default();
        let reader = Connection::new(SessionId(7), Form::WebSocketText);
        log.attach(Arc::clone(&reader));
        let mut burst = |texts: usize, now| {
            let text = "x".repeat(4000);
            for _ in 0..texts {
                log.append(said(&text, 1));
            }
            log.seal(Instant::from_millis(now))
        };
        // A whole batch of a hub link at once, and more before it could be written.
        assert_eq!(burst(200, 10), []);
        assert_eq!(burst(1, 20), []);
        assert_eq!(burst(1, 1019), []);
        // Caught up in time, it may fall behind again for as long.
        reader.written(202 * said(&"x".repeat(4000), 1).weight());
        assert_eq!(burst(200, 1030), []);
        assert_eq!(burst(1, 1040), []);
        assert_eq!(burst(1, 2039), []);
        assert_eq!(burst(1, 2040), [SessionId(7)]);
    }

    #[test]
    fn far_too_much_makes_a_reader_slow_soon() {
        let mut log = Log::default();
        log.attach(Connection::new(SessionId(7), Form::WebSocketText));
        let text = "x".repeat(4000);
        let mut waiting = 0;
        while waiting <= SEND_QUEUE_HARD_BYTES {
            let entry = said(&text, 1);
            waiting += entry.weight();
            log.append(entry);
            assert_eq!(log.seal(Instant::ZERO), []);
        }
        log.append(said(&text, 1));
        assert_eq!(log.seal(Instant::from_millis(99)), []);
        log.append(said(&text, 1));
        assert_eq!(log.seal(Instant::from_millis(101)), [SessionId(7)]);
    }

    #[test]
    fn nothing_can_be_written_before_it_is_counted() {
        const CHUNKS: usize = 50_000;
        let mut log = Log::default();
        let reader = Connection::new(SessionId(7), Form::WebSocketText);
        let mut at = log.attach(Arc::clone(&reader));
        // Reads as eagerly as a connection that is awake for some other reason.
        let reading = std::thread::spawn(move || {
            for _ in 0..CHUNKS {
                while at.next().is_none() {
                    std::hint::spin_loop();
                }
                at = at.next().unwrap();
                reader.written(at.weight());
            }
        });
        for _ in 0..CHUNKS {
            log.append(said("x", 1));
            log.seal(Instant::ZERO);
        }
        reading.join().unwrap();
    }

    #[test]
    fn a_long_chain_is_freed_without_a_deep_stack() {
        let mut log = Log::default();
        let first = Arc::clone(&log.tail);
        for _ in 0..200_000 {
            log.append(said("x", 1));
            log.seal(Instant::ZERO);
        }
        drop(log);
        drop(first);
    }
}
