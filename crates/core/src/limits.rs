//! Every bound of papo, with its name, unit and reason. Nothing that a stranger can fill is without one.

use std::time::Duration;

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
/// Bytes that may wait for one session before a burst comes; beyond, it is cut at once. Room for one batch of a hub link.
pub const SEND_QUEUE_HARD_BYTES: u64 = 1024 * 1024;
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
