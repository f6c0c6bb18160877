use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use papo_core::hub::{Change, EntryKind, Key, Said};
use papo_core::id::{LinkId, Seq};
use papo_core::time::UtcMillis;
use rusqlite::Connection;

use super::*;

mod archive;
mod migrations;
mod reading;
mod retention;
mod writing;

/// Long enough for a machine with much else to do.
const DEADLINE: Duration = Duration::from_secs(60);
/// What the clock of these tests says.
const NOW: u64 = 1_000_000_000_000;
const HUB: HubId = HubId::from_bits(7);
const LONG: Duration = Duration::from_secs(3600);

/// Nothing happens by itself.
const STILL: Tuning = Tuning {
    lazy: LONG,
    sweep: LONG,
    dropped: 1000,
    now: || UtcMillis::new(NOW),
};

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("papo-rooms-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("rooms.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A store, and what it says.
struct Open {
    store: Store,
    hub: HubId,
    restored: Vec<Restored>,
    events: Receiver<StoreEvent>,
}

fn open(folder: &Folder) -> Open {
    open_with(folder, &[], Retention::default(), STILL)
}

fn open_with(folder: &Folder, links: &[&str], retention: Retention, tuning: Tuning) -> Open {
    let (told, events) = sync_channel(10_000);
    let links: Vec<String> = links.iter().map(|&link| link.to_owned()).collect();
    let on_event = move |event| told.send(event).unwrap_or_default();
    let opened = Store::open_with(&folder.0, &links, retention, tuning, on_event).unwrap();
    let Opened { store, hub, restored } = opened;
    Open {
        store,
        hub,
        restored,
        events,
    }
}

impl Open {
    fn event(&self) -> StoreEvent {
        self.events.recv_timeout(DEADLINE).unwrap()
    }

    /// Waits until everything up to that ticket is safe.
    fn stored(&self, ticket: u64) {
        loop {
            match self.event() {
                StoreEvent::Stored { through } if through >= Ticket(ticket) => return,
                StoreEvent::Stored { .. } => {}
                failed @ StoreEvent::Failed { .. } => panic!("{failed:?}"),
            }
        }
    }

    /// What it says until it has done everything that was asked of it.
    fn ended(self) -> Vec<StoreEvent> {
        self.store.end();
        self.events.iter().collect()
    }

    /// Does something with the connection that writes, in turn.
    fn with<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        let (done, result) = sync_channel(1);
        let work = move |connection: &Connection| done.send(work(connection)).unwrap();
        assert!(self.store.records.push(Task::Test(Box::new(work))).is_ok());
        result.recv_timeout(DEADLINE).unwrap()
    }

    /// Stops the writer until what is returned is dropped.
    fn hold(&self) -> SyncSender<()> {
        let (release, held) = sync_channel::<()>(1);
        let (begun, begins) = sync_channel(1);
        let hold = move |_: &Connection| {
            begun.send(()).unwrap();
            assert_eq!(held.recv_timeout(DEADLINE), Err(RecvTimeoutError::Disconnected));
        };
        assert!(self.store.records.push(Task::Test(Box::new(hold))).is_ok());
        begins.recv_timeout(DEADLINE).unwrap();
        release
    }

    fn page(&self, query: Query) -> Page {
        let (answer, page) = sync_channel(1);
        self.store.read(query, move |found| answer.send(found).unwrap());
        page.recv_timeout(DEADLINE).unwrap().unwrap()
    }

    fn acked(&self, author: u128) -> Vec<Acked> {
        let (answer, acked) = sync_channel(1);
        self.store
            .acked(Author(author), move |found| answer.send(found).unwrap());
        acked.recv_timeout(DEADLINE).unwrap().unwrap()
    }

    /// The texts of a room, the oldest first.
    fn texts(&self, room: &str) -> Vec<String> {
        let query = Query::After {
            room: room.parse().unwrap(),
            cursor: Cursor::default(),
            from: None,
            through: Position(u64::MAX),
        };
        texts(&self.page(query))
    }
}

fn texts(page: &Page) -> Vec<String> {
    page.entries.iter().map(|entry| entry.payload.to_string()).collect()
}

/// A message at a place, which is its number and its ticket too unless a test says something else.
fn said(room: &str, place: u64, payload: &str) -> Said {
    let entry = Entry {
        position: Position(place),
        id: Some(format!("id-{place}").parse().unwrap()),
        src: "Ana@lobby".into(),
        payload: payload.into(),
        key: Some(Key {
            origin: HUB,
            seq: Seq::new(place).unwrap(),
        }),
        ..Entry::notice(EntryKind::Said, "Ana".into(), UtcMillis::new(NOW))
    };
    Said {
        room: room.parse().unwrap(),
        entry,
        author: None,
    }
}

fn record(ticket: u64, epoch: u32, said: Said) -> Record {
    Record {
        ticket: Ticket(ticket),
        epoch,
        change: Change::Said(Box::new(said)),
    }
}

fn write(open: &Open, said: Said) {
    open.store.write(record(said.entry.position.0, 0, said));
}

fn sent(ticket: u64, link: u32, through: u64, urgent: bool) -> Record {
    Record {
        ticket: Ticket(ticket),
        epoch: 0,
        change: Change::Sent {
            link: LinkId(link),
            through: Position(through),
            urgent,
        },
    }
}

fn from(mut said: Said, origin: u128, seq: u64) -> Said {
    said.entry.key = Some(Key {
        origin: HubId::from_bits(origin),
        seq: Seq::new(seq).unwrap(),
    });
    said
}

fn by(mut said: Said, author: u128) -> Said {
    said.author = Some(Author(author));
    said
}
