//! Every bound of papo, with its name, unit and reason. Nothing that a stranger can fill is without one.

use std::time::Duration;

mod rooms;

pub use rooms::*;

// ---- What is said -------------------------------------------------------------------------------------------------

/// Longest message at any door of a hub, in bytes of UTF-8 (docs/protocol.md 4.1).
pub const PAYLOAD_BYTES: usize = 4096;
/// Longest nick or label, in characters.
pub const NAME_CHARS: usize = 64;
/// Longest room name, in characters.
pub const ROOM_CHARS: usize = 64;
/// Longest message id that is accepted, in bytes.
pub const MSG_ID_BYTES: usize = 64;

// ---- Sessions -----------------------------------------------------------------------------------------------------

/// How long a client that never sent a newline may pause inside one message (docs/protocol.md 4.1).
pub const MESSAGE_PAUSE: Duration = Duration::from_millis(30);
/// Sessions at once. A bit more than the 10,000 that every hub must carry, below the 20,000 files of a usual hard limit.
pub const SESSIONS: usize = 16_384;
/// Sessions at once from one address (an IPv6 address counts by its /64).
pub const SESSIONS_PER_ADDRESS: usize = 16;
/// New sessions from one address within [`SESSION_WINDOW`].
pub const SESSIONS_PER_WINDOW: usize = 60;
/// The window of [`SESSIONS_PER_WINDOW`].
pub const SESSION_WINDOW: Duration = Duration::from_secs(600);
/// With `--classroom`, limits per address are this many times larger: 60 people behind one address, each with a
/// few windows open.
pub const CLASSROOM_FACTOR: usize = 15;
/// Addresses whose recent sessions are counted; the longest unused is forgotten first.
pub const ADDRESSES: usize = 16_384;
/// Rooms with somebody in them on one hub.
pub const ROOMS: usize = 1024;
/// Rooms without anybody in them whose numbers are remembered, so that they go on where they ended.
pub const LEFT_ROOMS: usize = 16_384;
/// Messages a second that a session may say in the long run (`--session-rate`).
pub const SESSION_RATE: u32 = 5;
/// Messages that a session may say at once before the rate holds it back.
pub const SESSION_BURST: u32 = 20;
/// Messages that are still said, at the session's rate, of one whose connection is gone.
pub const LAST_WORDS: usize = 100;
/// A WebSocket session is asked for a sign of life this often.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// It is closed when this many intervals in a row bring nothing at all.
pub const KEEPALIVE_MISSES: u32 = 3;
/// Labels that `/who` lists before it only counts.
pub const WHO_LABELS: usize = 100;

// ---- Connections --------------------------------------------------------------------------------------------------

/// Bytes that may wait for one session; if more still wait after [`SLOW_GRACE`], it is a slow consumer and is cut.
pub const SEND_QUEUE_BYTES: u64 = 256 * 1024;
/// Bytes that may wait for one session before a burst comes; beyond, it is cut after [`SLOW_GRACE_HARD`]. Room for one batch of a hub link.
pub const SEND_QUEUE_HARD_BYTES: u64 = 1024 * 1024;
/// It has this long to get below [`SEND_QUEUE_BYTES`]: what one write to the disk has made safe comes as several
/// such bursts, one right behind the other.
pub const SLOW_GRACE_HARD: Duration = Duration::from_millis(100);
/// A burst may be larger than [`SEND_QUEUE_BYTES`]: whoever reads has this long to catch up.
pub const SLOW_GRACE: Duration = Duration::from_secs(1);
/// Bytes that may wait for one session before its own input is left unread.
pub const SEND_QUEUE_SOFT_BYTES: u64 = 64 * 1024;
/// A write that makes no progress for this long ends the connection.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes taken from a connection in one read.
pub const READ_BYTES: usize = 16 * 1024;
/// Events that may wait for the hub; a full inbox makes connections wait with reading.
pub const HUB_INBOX: usize = 1024;
/// Direct answers that may wait for one session; beyond, the session is cut as a slow consumer. As many as one read can
/// ask for: a client that may speak as fast as it likes is not cut before it could read.
pub const CONTROL_ITEMS: usize = 4096;
/// Pieces in one vectored write (the kernel's own bound is 1024; beyond 64 nothing is gained).
pub const WRITE_PIECES: usize = 64;
/// Connections that the kernel may hold before they are accepted.
pub const LISTEN_BACKLOG: i32 = 4096;
/// Time for the head of an HTTP request, from the moment the connection was accepted.
pub const HTTP_HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Time for the body of an HTTP request.
pub const HTTP_BODY_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP connections at once that are not sessions yet.
pub const HTTP_CONNECTIONS: usize = 2048;
/// Of these, from one address (an IPv6 address counts by its /64): several browsers with six connections each.
pub const HTTP_PER_ADDRESS: usize = 32;
/// Whole life of an HTTP connection that does not become a session. In its last [`HTTP_BODY_DEADLINE`] it takes no new
/// request.
pub const HTTP_LIFE: Duration = Duration::from_secs(60);
/// Largest WebSocket frame and message that is read, in bytes; what is longer than [`PAYLOAD_BYTES`] is refused with a
/// sentence, what is longer than this ends the connection with 1009.
pub const WEBSOCKET_BYTES: usize = 32 * 1024;
/// After a hub closed a connection it waits this long for the other side to close too.
pub const CLOSE_LINGER: Duration = Duration::from_secs(1);
/// At the end of a hub its connections have this long to hand over what has arrived.
pub const LAST_CALL_DEADLINE: Duration = Duration::from_millis(500);
/// And so many bytes each.
pub const LAST_CALL_BYTES: usize = 64 * 1024;
/// After the last call, a hub that was asked to end is gone after this long.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(4);

// ---- Federation ---------------------------------------------------------------------------------------------------

/// Largest body of `POST /relay`, in bytes (docs/protocol.md 5.4).
pub const RELAY_BODY_BYTES: usize = 1024 * 1024;
/// Bodies of `POST /relay` in memory at once, those of strangers included; further requests wait for a place.
pub const RELAY_BODIES: usize = 16;
/// Messages in one batch.
pub const RELAY_BATCH: usize = 256;
/// Hub links that a message may cross.
pub const RELAY_HOPS: u8 = 8;
/// So many refusals of a probe in a row, other than 422, tell that an old service answers.
pub const PROBE_REFUSALS: u32 = 3;
/// Messages that may wait for one hub link.
pub const OUTBOX_MESSAGES: usize = 10_000;
/// Bytes that may wait for one hub link.
pub const OUTBOX_BYTES: usize = 8 * 1024 * 1024;
/// That somebody came or left is no news after this long: such a notice does not wait longer in an outbox. Far below
/// [`SEEN_LIFE`], so that no copy of it outlives the memory of it on the way through [`RELAY_HOPS`] links.
pub const PRESENCE_LIFE: Duration = Duration::from_secs(60);
/// First wait after a hub link failed; doubles up to [`RELAY_BACKOFF_MAX`].
pub const RELAY_BACKOFF_MIN: Duration = Duration::from_millis(250);
/// Longest wait between two tries on a hub link.
pub const RELAY_BACKOFF_MAX: Duration = Duration::from_secs(5);
/// Time for one `POST /relay`, connecting included.
pub const RELAY_POST_DEADLINE: Duration = Duration::from_secs(5);
/// How far the clock of a signed relay request may be off, either way.
pub const RELAY_CLOCK_SKEW: Duration = Duration::from_secs(120);
/// Message ids, and nonces of signed requests, that are remembered.
pub const SEEN_IDS: usize = 65_536;
/// How long a message id is remembered: longer than an outbox takes to empty at its slowest.
pub const SEEN_LIFE: Duration = Duration::from_secs(600);
/// (room, origin) pairs whose head is remembered; the longest silent is forgotten first.
pub const HEADS: usize = 8192;
/// How often the addresses of hub links are looked up again.
pub const LINK_RESOLVE_INTERVAL: Duration = Duration::from_secs(60);

// ---- Rendezvous ---------------------------------------------------------------------------------------------------

/// Longest request and reply of the rendezvous, in bytes, the newline included (docs/protocol.md 1.1).
pub const RENDEZVOUS_LINE_BYTES: usize = 32_768;
/// Time for a whole request, from the moment the connection was accepted: a drip gains nothing.
pub const RENDEZVOUS_LINE_DEADLINE: Duration = Duration::from_secs(5);
/// Longest name and namespace of a registration, in characters.
pub const PEER_NAME_CHARS: usize = 64;
/// Lease of a registration that asks for none, in seconds.
pub const LEASE_DEFAULT_SECS: u32 = 7200;
/// Longest lease, in seconds; a longer one is cut to it.
pub const LEASE_MAX_SECS: u32 = 86_400;
/// How long a signed owner keeps a name after its lease ended.
pub const OWNER_KEEPS: Duration = Duration::from_secs(24 * 3600);
/// Registrations at once.
pub const REGISTRATIONS: usize = 1_048_576;
/// Registrations at once in one namespace.
pub const REGISTRATIONS_PER_NAMESPACE: usize = 10_000;
/// Registrations at once from one address.
pub const REGISTRATIONS_PER_ADDRESS: usize = 64;
/// Names with a signed owner; beyond, a new signed registration is refused.
pub const OWNERS: usize = 1_048_576;
/// Requests a minute from one address when nothing else is asked for (dialect 2025-09).
pub const RENDEZVOUS_PER_MINUTE: u32 = 600;
/// Connections within [`RENDEZVOUS_WINDOW`] from one address before it is banned (dialect 2025-11).
pub const RENDEZVOUS_BAN_COUNT: u32 = 50;
/// The window of [`RENDEZVOUS_BAN_COUNT`], and the length of the ban.
pub const RENDEZVOUS_WINDOW: Duration = Duration::from_secs(60);
/// Largest count that `--max-per-minute` takes: each address is remembered connection by connection.
pub const RENDEZVOUS_PER_MINUTE_MAX: u32 = 60_000;
/// Connections in the windows of all addresses together; beyond, the address that is longest silent is forgotten.
pub const RENDEZVOUS_WINDOW_ENTRIES: usize = 1_048_576;
/// Connections of the rendezvous at once; a new one takes the place of the one that is there longest.
pub const RENDEZVOUS_CONNECTIONS: usize = 1024;
/// Requests that may wait for the registry; a full inbox makes connections wait.
pub const RENDEZVOUS_INBOX: usize = 1024;
/// After the reply, what the client still sends is read and thrown away for this long, so that closing does not turn
/// into a reset that would destroy the reply.
pub const RENDEZVOUS_DRAIN: Duration = Duration::from_secs(1);
/// And so many bytes of it.
pub const RENDEZVOUS_DRAIN_BYTES: usize = 1024 * 1024;

// ---- Log files ----------------------------------------------------------------------------------------------------

/// Bytes that may wait for the disk, written or not, until it has them for good; beyond, the registry is busy. Seconds
/// of a disk that hangs.
pub const JOURNAL_QUEUE_BYTES: usize = 8 * 1024 * 1024;
/// Longest line of a log file, in bytes with its newline: twice the longest request (docs/protocol.md 1.10).
pub const JOURNAL_LINE_BYTES: usize = 64 * 1024;
/// A log file below this size is never compacted, in bytes; above, when it has twice the size that it had after the
/// last time.
pub const JOURNAL_COMPACT_BYTES: u64 = 1024 * 1024;
/// Bytes read from a log file at once.
pub const JOURNAL_READ_BYTES: usize = 64 * 1024;
/// First wait after the disk failed; doubles up to [`JOURNAL_PAUSE_MAX`].
pub const JOURNAL_PAUSE_MIN: Duration = Duration::from_millis(200);
/// Longest wait between two tries on a disk that fails.
pub const JOURNAL_PAUSE_MAX: Duration = Duration::from_secs(5);
/// Largest `peers.json` of an old server that is taken over, in bytes: some 80,000 peers. It is read as a whole.
pub const OLD_REGISTRY_BYTES: usize = 16 * 1024 * 1024;

// ---- At a rendezvous server, as its client --------------------------------------------------------------------------

/// Longest reply that is read, in bytes: twice what servers put into a line, because a list may be longer than it says.
pub const RENDEZVOUS_REPLY_BYTES: usize = 64 * 1024;
/// Entries of one list that are looked at.
pub const RENDEZVOUS_LISTED: usize = 1024;
/// Characters of a server's complaint that are kept.
pub const RENDEZVOUS_COMPLAINT_CHARS: usize = 256;
/// Shortest lease that is believed, in a reply or for an entry's whole life.
pub const RENDEZVOUS_LEASE_MIN: Duration = Duration::from_secs(1);
/// Longest lease that is believed: what servers clamp to.
pub const RENDEZVOUS_LEASE_MAX: Duration = Duration::from_secs(LEASE_MAX_SECS as u64);
/// Lease that is asked for unless somebody says otherwise: what servers give by default.
pub const RENDEZVOUS_LEASE: Duration = Duration::from_secs(LEASE_DEFAULT_SECS as u64);
/// How often the list is asked for, on average.
pub const RENDEZVOUS_DISCOVER_INTERVAL: Duration = Duration::from_secs(60);
/// One request may be made in this time in the long run: two a minute, so that two dozen peers behind one address stay
/// below the 50 connections a minute that servers allow it.
pub const RENDEZVOUS_REQUEST_INTERVAL: Duration = Duration::from_secs(30);
/// Requests that may be made at once: to register, to ask for the list, and once more because somebody asked.
pub const RENDEZVOUS_REQUEST_BURST: u32 = 3;
/// First wait after a failure; doubles up to [`RENDEZVOUS_BACKOFF_MAX`].
pub const RENDEZVOUS_BACKOFF_MIN: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
pub const RENDEZVOUS_BACKOFF_MAX: Duration = Duration::from_secs(60);
/// How long a server that closes without a word is left alone: as long as its ban lasts.
pub const RENDEZVOUS_BAN: Duration = Duration::from_secs(60);
/// Longest ban that a server can announce and be believed.
pub const RENDEZVOUS_BAN_MAX: Duration = Duration::from_secs(600);
/// Time to connect to a rendezvous server. A server on the same continent takes a tenth of a second.
pub const RENDEZVOUS_CONNECT_DEADLINE: Duration = Duration::from_secs(5);

// ---- Peers --------------------------------------------------------------------------------------------------------

/// Hops that a message may make, and the rings of a search (docs/protocol.md 2.3 and 2.5).
pub const TTL: u8 = 8;
/// Longest line between peers, in bytes, the newline included.
pub const PEER_LINE_BYTES: usize = 32_768;
/// Longest text that a node sends, in bytes of UTF-8: escaped in full, it still fits a line.
pub const PEER_PAYLOAD_BYTES: usize = 4096;
/// Objects and lists inside each other that a line between peers may hold: no message needs more than three.
pub const PEER_JSON_DEPTH: usize = 16;
/// Features that the signed part of a HELLO may name.
pub const PEER_FEATURES: usize = 64;
/// Longest of them, in characters.
pub const PEER_FEATURE_CHARS: usize = 32;
/// Characters that are kept of an explanation, in what comes and in what is sent. Escaped in full they fit any line.
pub const PEER_DETAIL_CHARS: usize = 256;
/// Characters that are kept of an error code and of a message's type.
pub const PEER_CODE_CHARS: usize = 64;
/// Longest id that is given back to a program whose ids are none of ours, in characters.
pub const PEER_REFERENCE_CHARS: usize = 256;
/// Distance to a peer that is believed: what is further counts as this far.
pub const PEER_HOPS: u8 = 64;
/// How long the answer to a HELLO, or a HELLO itself, may take. The protocol says 5 s and allows this.
pub const HELLO_DEADLINE: Duration = Duration::from_secs(10);
/// How long an acceptor waits for the proof of a dialer whose HELLO announced one, before it says anything else.
pub const PROOF_DEADLINE: Duration = Duration::from_secs(1);
/// Silence after HELLO_OK on a link that proved nothing: some programs lose what follows it in one read.
pub const LEGACY_SILENCE: Duration = Duration::from_secs(1);
/// Pause between two lines on a link that proved nothing: some programs read one line at a time.
pub const LEGACY_PACE: Duration = Duration::from_millis(50);
/// Keep-alive of a link that proved nothing.
pub const LEGACY_PING: Duration = Duration::from_secs(30);
/// Intervals without a byte after which such a link is dead.
pub const LEGACY_MISSES: u32 = 3;
/// Keep-alive of a proven link.
pub const PROVEN_PING: Duration = Duration::from_secs(5);
/// Intervals without a byte after which a proven link is dead.
pub const PROVEN_MISSES: u32 = 2;
/// How long an answer to BYE is awaited.
pub const BYE_DEADLINE: Duration = Duration::from_secs(2);
/// How long a link stays open after their BYE was answered.
pub const BYE_LINGER: Duration = Duration::from_millis(500);
/// How long one try of a message waits for its ACK.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// By when a message is delivered or failed, search and retries included.
pub const SEND_DEADLINE: Duration = Duration::from_secs(20);
/// How long the way back of a message is remembered.
pub const REVERSE_PATH_LIFE: Duration = Duration::from_secs(30);
/// Ways back that are remembered, in all; beyond, a relay is busy.
pub const REVERSE_PATHS: usize = 8192;
/// Of these, for messages that came over one link; beyond, that neighbor is over its quota.
pub const RELAYED_PER_LINK: usize = 256;
/// Own messages that wait for their end.
pub const PENDING_SENDS: usize = 1024;
/// How long a route is believed without being used.
pub const ROUTE_LIFE: Duration = Duration::from_secs(300);
/// Destinations with a route.
pub const ROUTES: usize = 4096;
/// Next hops that are kept for one destination.
pub const NEXT_HOPS: usize = 4;
/// Wait for the first ring of a search; it doubles with the ring.
pub const RING_WAIT: Duration = Duration::from_millis(600);
/// Searches at once.
pub const SEARCHES: usize = 256;
/// Searches a second that a link may ask this node to pass on in the long run, and at once.
pub const SEARCH_RATE: u32 = 1;
/// See [`SEARCH_RATE`].
pub const SEARCH_BURST: u32 = 20;
/// Published messages a second from one source in the long run.
pub const PUB_RATE: u32 = 2;
/// And at once.
pub const PUB_BURST: u32 = 5;
/// How many at once others take: networks deliver late and then together.
pub const PUB_BURST_TAKEN: u32 = 10;
/// Sources whose pace is remembered; the longest silent is forgotten first.
pub const PUB_SOURCES: usize = 4096;
/// Lines a second from one link in the long run; what comes faster is read later.
pub const LINK_RATE: u32 = 50;
/// And at once.
pub const LINK_BURST: u32 = 200;
/// Published messages that are remembered, so that none is shown twice: more than can come within [`FLOOD_LIFE`] at
/// [`PUB_RATE`] from a few hundred sources.
pub const FLOOD_IDS: usize = 65_536;
/// How long they are remembered.
pub const FLOOD_LIFE: Duration = Duration::from_secs(120);
/// Unsigned messages that are remembered, apart, because anybody can make them.
pub const UNSIGNED_IDS: usize = 8192;
/// How long they are remembered: old programs use ids again.
pub const UNSIGNED_LIFE: Duration = Duration::from_secs(60);
/// How far back a signed message's number may lie behind the highest of its sender.
pub const REPLAY_WINDOW: u64 = 1024;
/// How far the clock of a signed message may be off, either way.
pub const SIGNED_CLOCK_SKEW: Duration = Duration::from_secs(120);
/// Peers whose keys are remembered.
pub const KNOWN_KEYS: usize = 16_384;
/// Bytes that may wait for one link.
pub const LINK_QUEUE_BYTES: usize = 256 * 1024;
/// Bytes given to the driver for one link and not written yet; the rest waits in lanes, where it can be reordered.
pub const LINK_WINDOW_BYTES: usize = 64 * 1024;
/// A link that takes nothing for this long is closed.
pub const LINK_WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Links at once.
pub const LINKS: usize = 1024;
/// Links at once that have not said HELLO.
pub const LINKS_UNGREETED: usize = 64;
/// Of these, from one address.
pub const LINKS_UNGREETED_PER_ADDRESS: usize = 4;
/// Peers that are dialed or kept dialed.
pub const DIALED_PEERS: usize = 1024;
/// Addresses that are kept of one peer.
pub const ADDRESSES_PER_PEER: usize = 4;
/// Dials at once.
pub const DIALS: usize = 3;
/// Shortest time between two dials, once the first ones are made.
pub const DIAL_INTERVAL: Duration = Duration::from_secs(1);
/// Dials that may follow each other at once.
pub const DIAL_BURST: u32 = 8;
/// A new peer is dialed after so long at least: two that find each other at once should not meet half way.
pub const DIAL_DELAY_MIN: Duration = Duration::from_millis(500);
/// And at most.
pub const DIAL_DELAY_MAX: Duration = Duration::from_secs(3);
/// How long connecting may take.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// First wait after a dial failed; doubles up to [`DIAL_BACKOFF_MAX`].
pub const DIAL_BACKOFF_MIN: Duration = Duration::from_secs(1);
/// Longest wait between two dials of one peer.
pub const DIAL_BACKOFF_MAX: Duration = Duration::from_secs(60);
/// An address where nobody ever said HELLO_OK is tried so often within [`DIAL_STRANGER_WINDOW`].
pub const DIAL_STRANGER_TRIES: u32 = 2;
/// See [`DIAL_STRANGER_TRIES`].
pub const DIAL_STRANGER_WINDOW: Duration = Duration::from_secs(600);
/// Ports that are dialed at one address.
pub const DIAL_PORTS_PER_ADDRESS: usize = 8;
/// Addresses of which it is remembered whether and when they were dialed: more than [`DIAL_INTERVAL`] lets in within
/// [`DIAL_STRANGER_WINDOW`].
pub const DIAL_ADDRESSES: usize = 4096;
/// A peer whose last link is gone is dialed again after so long at least: some programs lose a connection with every
/// message and never dial themselves.
pub const REDIAL_DELAY_MIN: Duration = Duration::from_secs(1);
/// And at most.
pub const REDIAL_DELAY_MAX: Duration = Duration::from_secs(2);
/// If our own dial to a legacy peer succeeded so recently, its dial to us is closed unanswered (docs/protocol.md 3.3).
pub const CROSSED_DIALS: Duration = Duration::from_secs(2);

// ---- At a hub, as its client of the session protocol ----------------------------------------------------------------

/// Longest frame that is taken from a hub, in bytes: more than 200 longest messages of HISTORY, escaped in full.
pub const REPLY_BYTES: usize = 8 * 1024 * 1024;
/// Characters that are kept of a name, a reason or an explanation of a hub: names may be `nick@room`.
pub const REPLY_TEXT_CHARS: usize = 256;
/// Features of a hub that are kept.
pub const REPLY_FEATURES: usize = 64;
/// Messages of one's own that wait for their ACK; then the input waits. Hubs remember a few more of each author
/// ([`ACKED_PER_AUTHOR`]), so that none is said twice.
pub const CLIENT_OUTBOX: usize = 1000;
/// Of these, sent and not acknowledged: below [`DIRECT_WAITING`], so that a hub takes all of them.
pub const CLIENT_IN_FLIGHT: usize = 32;
/// Pieces of a room that were heard ahead of others and are remembered, so that nothing is shown twice.
pub const CLIENT_AHEAD: usize = 1024;
/// First wait after a connection was lost; doubles up to [`CLIENT_BACKOFF_MAX`].
pub const CLIENT_BACKOFF_MIN: Duration = Duration::from_millis(250);
/// Longest wait between two tries.
pub const CLIENT_BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A connection that held so long was a good one: the next wait begins at [`CLIENT_BACKOFF_MIN`] again.
pub const CLIENT_STABLE: Duration = Duration::from_secs(5);
/// A hub that says nothing for this long is asked for a sign of life, and left after as long again.
pub const CLIENT_SILENCE: Duration = Duration::from_secs(20);
/// How long connecting, TLS and the WebSocket handshake may take together, and then the answer to HELLO.
pub const CLIENT_CONNECT: Duration = Duration::from_secs(10);
/// At the end of the input, how long nothing may be acknowledged before the rest is given up.
pub const CLIENT_LAST_ACKS: Duration = Duration::from_secs(30);
/// The same where a person waits for the end.
pub const CLIENT_LAST_ACKS_PERSON: Duration = Duration::from_secs(3);
/// Pause after a hub had no room for a message, before it is sent again; doubles up to [`CLIENT_BACKOFF_MAX`].
pub const CLIENT_BUSY_PAUSE: Duration = Duration::from_millis(500);
/// A message that a hub had no room for is sent this often before it has failed.
pub const CLIENT_BUSY_TRIES: u32 = 6;
/// An acknowledgment is worth a line for the person when it took longer than this.
pub const CLIENT_SLOW_ACK: Duration = Duration::from_secs(2);
/// How long the last frames may take to be written.
pub const CLIENT_FLUSH: Duration = Duration::from_secs(1);
/// Messages that `/history` asks for unless somebody says otherwise, and `/search` always.
pub const CLIENT_HISTORY: usize = 20;

// ---- Checking other servers ---------------------------------------------------------------------------------------

/// How long a server that is being checked may take to accept a connection.
pub const CHECK_CONNECT: Duration = Duration::from_secs(5);
/// How long it may take to answer: longer than its own idle timeout, so that its last word is heard.
pub const CHECK_REPLY: Duration = Duration::from_secs(10);
/// After so many requests without an answer, a run waits only [`CHECK_REPLY_HASTY`] for each of the others: a server
/// whose handlers die with their connections open would take a quarter of an hour otherwise.
pub const CHECK_SILENCES: usize = 2;
/// See [`CHECK_SILENCES`].
pub const CHECK_REPLY_HASTY: Duration = Duration::from_secs(2);
/// How long it may take to close after its reply.
pub const CHECK_CLOSE: Duration = Duration::from_secs(5);
/// Longest reply that is read from it, in bytes: several times what a list may have.
pub const CHECK_REPLY_BYTES: usize = 256 * 1024;
/// Connections within [`CHECK_WINDOW`] to a server that bans after 50: room for five of other programs here.
pub const CHECK_CONNECTIONS: usize = 45;
/// The window of [`CHECK_CONNECTIONS`] (docs/protocol.md 1.6).
pub const CHECK_WINDOW: Duration = Duration::from_secs(60);
/// Connections at once that a server without a limit of connections must answer.
pub const CHECK_CROWD: usize = 200;

// ---- At a node's terminal -------------------------------------------------------------------------------------------

/// Longest line that is read from a person, in bytes: the longest text, with a command and a name before it.
pub const COMMAND_LINE_BYTES: usize = PEER_PAYLOAD_BYTES + 1024;
/// Lines that wait to be shown; more are left out and counted.
pub const SHOWN_LINES: usize = 4096;
/// And their bytes.
pub const SHOWN_BYTES: usize = 4 * 1024 * 1024;
/// How long the end of a node waits for its last lines to be shown.
pub const SHOWN_FLUSH: Duration = Duration::from_secs(1);
/// Lines that may wait for a connection's task: as many short ones as [`LINK_WINDOW_BYTES`] hold.
pub const LINK_WRITES: usize = 4096;
/// Events that may wait for a node; a full inbox makes connections wait with reading.
pub const NODE_INBOX: usize = 1024;
/// A node that was asked to end is gone after this long, whether goodbye was answered or not.
pub const NODE_QUIT_DEADLINE: Duration = Duration::from_secs(4);
/// Time for one request to a rendezvous, connecting included.
pub const RENDEZVOUS_REQUEST_DEADLINE: Duration = Duration::from_secs(8);

// ---- The simulator's command ----------------------------------------------------------------------------------------

/// Longest scenario file, in bytes: the longest that people write has a few thousand.
pub const SIM_SCENARIO_BYTES: u64 = 1024 * 1024;
/// Longest file of earlier reports that is read to compare with, in bytes: some thirty thousand reports.
pub const SIM_REPORTS_BYTES: u64 = 64 * 1024 * 1024;
/// Peers that `--nodes` may ask for: a world has room for no more.
pub const SIM_NODES: u32 = 200_000;
/// Runs that making a failing schedule small may take.
pub const SIM_SHRINK_TRIES: usize = 200;
/// Seeds that may be done while an earlier one still runs: their reports wait for it.
pub const SIM_SEEDS_AHEAD: u64 = 1024;
/// Lifelines in one sequence diagram: more are too wide for any screen.
pub const SIM_DRAWN_ACTORS: usize = 40;
/// Messages in one sequence diagram.
pub const SIM_DRAWN_MESSAGES: usize = 12;
/// Arrows in one sequence diagram: more make it higher than browsers draw.
pub const SIM_DRAWN_HOPS: usize = 600;
