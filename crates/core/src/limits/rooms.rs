//! Bounds of what rooms keep, and of the session protocol.

use std::time::Duration;

use super::SESSIONS;

/// Messages of a room that are kept at least, as far as [`RETAINED_BYTES`] lets them.
pub const RETAINED_MESSAGES: u64 = 10_000;
/// Age up to which messages of a room are kept at least, as far as [`RETAINED_BYTES`] lets them.
pub const RETAINED_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Bytes of one room that are kept at most.
pub const RETAINED_BYTES: u64 = 256 * 1024 * 1024;
/// Rooms of which anything is kept. Other hubs cannot make more.
pub const RETAINED_ROOMS: usize = 16_384;
/// Messages that may wait for the disk; sessions that have more to say are left unread meanwhile.
pub const UNSTORED_MESSAGES: usize = 8192;
/// Bytes of one room that are kept in memory for whoever comes back, where there is a disk behind.
pub const RECENT_BYTES: u64 = 1024 * 1024;
/// The same without a disk: all that there is.
pub const RECENT_BYTES_EPHEMERAL: u64 = 16 * 1024 * 1024;
/// Bytes of all rooms that are kept in memory; the rooms that were silent longest are forgotten first.
pub const RECENT_BYTES_ALL: u64 = 64 * 1024 * 1024;
/// Messages in one answer to HISTORY, and in one page of the HTTP API.
pub const HISTORY_MESSAGES: usize = 200;
/// Bytes of such an answer, as JSON, from which on no further message is taken: what waits for one session has a bound.
pub const HISTORY_BYTES: usize = 128 * 1024;
/// Body of a message of the HTTP API, in bytes: a payload in which every byte is escaped, and room for the rest.
pub const POST_BYTES: usize = 32 * 1024;
/// Bytes of one page that is read for somebody who catches up; the next is read when it is written.
pub const REPLAY_PAGE_BYTES: usize = 64 * 1024;
/// Hubs that a cursor may name, and whose numbers are remembered of one room.
pub const CURSOR_ORIGINS: usize = 256;
/// Rooms that one session may be in at once.
pub const SESSION_ROOMS: usize = 64;
/// Members that JOINED and the HTTP API name; the rest is counted.
pub const MEMBERS: usize = 1000;
/// Requests other than messages that a session may make in a second in the long run, and at once.
pub const REQUEST_RATE: u32 = 10;
/// See [`REQUEST_RATE`].
pub const REQUEST_BURST: u32 = 100;
/// Requests for what was said that a session may make in a second in the long run, and at once.
pub const HISTORY_RATE: u32 = 5;
/// See [`HISTORY_RATE`].
pub const HISTORY_BURST: u32 = 10;
/// Requests of the HTTP API that one address may make in a second in the long run, and at once.
pub const API_RATE: u32 = 10;
/// See [`API_RATE`].
pub const API_BURST: u32 = 100;
/// Shortest time between two PRESENCE of a room.
pub const PRESENCE_INTERVAL: Duration = Duration::from_millis(250);
/// Names in one PRESENCE; more wait for the next.
pub const PRESENCE_NAMES: usize = 256;
/// A session that says HELLO has this long from its connection on.
pub const SESSION_HELLO: Duration = Duration::from_secs(10);
/// Acknowledged messages that are remembered of one author, so that none is said twice: more than any outbox holds.
pub const ACKED_PER_AUTHOR: usize = 1024;
/// Authors whose acknowledged messages are in memory; of the others the disk is asked.
pub const AUTHORS: usize = 20_480;
/// A direct message has this long to be confirmed by the session that it goes to.
pub const DIRECT_DEADLINE: Duration = Duration::from_secs(20);
/// Direct messages of one session that are not confirmed yet.
pub const DIRECT_WAITING: usize = 64;
/// Records that are written in one transaction. A sync costs much less than writing as many, and those that come next do
/// not wait long.
pub const STORE_BATCH: usize = 512;
/// A record that nobody waits for is written with the next one, or when this time is over.
pub const STORE_LAZY: Duration = Duration::from_millis(500);
/// Messages that are dropped in one transaction, so that what is said meanwhile does not wait long.
pub const STORE_DROPPED: usize = 4 * STORE_BATCH;
/// Old messages are looked for this often, also in rooms where nothing is said.
pub const STORE_SWEEP: Duration = Duration::from_secs(60);
/// Questions that may wait for the disk: one of each session, and as many again.
pub const STORE_QUESTIONS: usize = 2 * SESSIONS;
/// Messages that `papo export` reads at once.
pub const EXPORT_PAGE: usize = 1000;
/// Longest line that `papo import` takes, in bytes: every byte of the longest message may be written as six.
pub const IMPORT_LINE_BYTES: usize = 64 * 1024;
/// Words that one search looks for; those beyond are left out.
pub const SEARCH_WORDS: usize = 16;
/// Tries of a token from one address a minute.
pub const TOKEN_TRIES: u32 = 3;
