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
