//! What is written, when, and what happens when it cannot be.

use papo_core::limits::HEADS;

use super::*;

#[test]
fn what_was_said_is_there_again() {
    let folder = Folder::new();
    let first = open(&folder);
    assert_eq!(first.restored, []);
    let mut message = by(said("sala", 3, "não 😀 \"x\""), 9);
    message.entry.hops = 2;
    message.entry.via = Some(HubId::from_bits(u128::MAX));
    write(&first, said("lobby", 1, "oi"));
    write(&first, message.clone());
    write(&first, from(said("lobby", 4, "de longe"), 8, 40));
    first.stored(4);
    let hub = first.hub;
    assert_eq!(first.ended(), []);

    let again = open(&folder);
    assert_eq!(again.hub, hub);
    let head = |room: &str, origin, seq, position| Restored::Head {
        room: room.parse().unwrap(),
        origin: HubId::from_bits(origin),
        seq: Seq::new(seq).unwrap(),
        position: Position(position),
    };
    assert_eq!(
        again.restored,
        [head("lobby", 7, 1, 1), head("sala", 7, 3, 3), head("lobby", 8, 40, 4)]
    );
    assert_eq!(again.texts("lobby"), ["oi", "de longe"]);
    let query = Query::Before {
        room: "sala".parse().unwrap(),
        before: Before::Newest,
        limit: 5,
    };
    assert_eq!(again.page(query).entries, [message.entry.clone()]);
    let acked = Acked {
        msg_id: "id-3".parse().unwrap(),
        key: message.entry.key.unwrap(),
    };
    assert_eq!((again.acked(9), again.acked(10)), (vec![acked], vec![]));
}

#[test]
fn what_waits_is_stored_at_once_and_said_once() {
    let folder = Folder::new();
    let open = open(&folder);
    let held = open.hold();
    for place in 1..=100 {
        write(&open, said("lobby", place, "oi"));
    }
    drop(held);
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(100) });
    assert_eq!(open.texts("lobby").len(), 100);
    assert_eq!(open.ended(), []);
}

#[test]
fn the_end_writes_what_waits() {
    let folder = Folder::new();
    let first = open(&folder);
    let held = first.hold();
    for place in 1..=3000 {
        write(&first, said("lobby", place, "oi"));
    }
    drop(held);
    let events = first.ended();
    assert!(
        !folder.0.join("rooms.db-wal").exists(),
        "the file is whole without another"
    );
    assert_eq!(events.last(), Some(&StoreEvent::Stored { through: Ticket(3000) }));
    let last = Query::Before {
        room: "lobby".parse().unwrap(),
        before: Before::Newest,
        limit: 1,
    };
    assert_eq!(open(&folder).page(last).entries[0].position, Position(3000));
}

#[test]
fn what_was_reported_survives_a_kill_at_any_byte_of_the_next_write() {
    let folder = Folder::new();
    let open = open(&folder);
    for place in 1..=20 {
        write(&open, said("lobby", place, "oi"));
    }
    open.stored(20);
    // Too little for a checkpoint: the file itself does not change any more, and the log only grows.
    let file = fs::read(folder.file()).unwrap();
    let safe = fs::metadata(folder.0.join("rooms.db-wal")).unwrap().len();
    let held = open.hold();
    for place in 21..=40 {
        write(&open, said("lobby", place, &"x".repeat(500)));
    }
    drop(held);
    open.stored(40);
    assert_eq!(fs::read(folder.file()).unwrap(), file);
    let log = fs::read(folder.0.join("rooms.db-wal")).unwrap();

    let safe = usize::try_from(safe).unwrap();
    let cuts = (safe..log.len()).step_by(997).chain([log.len()]);
    let mut found = Vec::new();
    for cut in cuts {
        let killed = Folder::new();
        fs::write(killed.file(), &file).unwrap();
        fs::write(killed.0.join("rooms.db-wal"), &log[..cut]).unwrap();
        let again = super::open(&killed);
        assert_eq!(again.hub, open.hub);
        found.push(again.texts("lobby").len());
        again.ended();
    }
    // All of a transaction, or nothing.
    let (all, none) = (
        found.iter().filter(|&&count| count == 40),
        found.iter().filter(|&&count| count == 20),
    );
    assert_eq!(all.count() + none.count(), found.len(), "{found:?}");
    assert!(
        found.len() > 10 && found[0] == 20 && found.last() == Some(&40),
        "{found:?}"
    );
}

#[test]
fn a_link_alone_waits_for_company() {
    let folder = Folder::new();
    let open = open_with(&folder, &["http://a"], Retention::default(), STILL);
    open.store.write(sent(1, 0, 0, false));
    // In turn, so the record was taken before.
    open.with(|_| ());
    assert!(open.events.try_recv().is_err());
    write(&open, said("lobby", 2, "oi"));
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(2) });
    open.store.write(sent(3, 0, 0, true));
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(3) });
    open.store.write(sent(4, 0, 2, false));
    assert_eq!(open.ended(), [StoreEvent::Stored { through: Ticket(4) }]);
}

#[test]
fn a_link_alone_does_not_wait_for_ever() {
    let folder = Folder::new();
    let tuning = Tuning {
        lazy: Duration::ZERO,
        ..STILL
    };
    let open = open_with(&folder, &["http://a"], Retention::default(), tuning);
    open.store.write(sent(1, 0, 0, false));
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(1) });
}

#[test]
fn a_link_gets_back_what_it_has_not_passed_on() {
    let folder = Folder::new();
    let waiting = |open: &Open| -> Vec<(u32, u64)> {
        let waits = open.restored.iter().filter_map(|restored| match restored {
            Restored::Waiting { link, said } => Some((link.0, said.entry.position.0)),
            Restored::Head { .. } => None,
        });
        waits.collect()
    };
    let links = |links: &[&str]| open_with(&folder, links, Retention::default(), STILL);
    let first = links(&["http://a"]);
    write(&first, by(said("lobby", 1, "um"), 5));
    write(&first, said("sala", 2, "dois"));
    write(&first, said("lobby", 3, "três"));
    first.store.write(sent(4, 0, 1, false));
    // What went, but did not arrive for certain, goes back: the last word counts.
    first.store.write(sent(5, 0, 3, false));
    first.store.write(sent(6, 0, 1, false));
    first.ended();

    let second = links(&["http://b", "http://a"]);
    assert_eq!(waiting(&second), [(1, 2), (1, 3)]);
    assert!(matches!(second.restored[1], Restored::Head { .. }), "heads come first");
    second.store.write(sent(7, 1, 3, true));
    write(&second, by(said("lobby", 8, "quatro"), 5));
    second.ended();

    let third = links(&["http://a", "http://c", "http://b"]);
    assert_eq!(waiting(&third), [(0, 8), (2, 8)]);
    let Some(Restored::Waiting { said: last, .. }) = third.restored.last() else {
        panic!("nothing waits");
    };
    assert_eq!(**last, by(said("lobby", 8, "quatro"), 5));
}

#[test]
fn a_failure_forgets_its_epoch_and_no_other() {
    let folder = Folder::new();
    let open = open(&folder);
    write(&open, said("lobby", 1, "um"));
    open.stored(1);
    let bad = |place| Said {
        entry: Entry {
            id: None,
            ..said("lobby", place, "sem id").entry
        },
        ..said("lobby", place, "")
    };
    let held = open.hold();
    open.store.write(record(2, 0, said("outra", 2, "dois")));
    open.store.write(record(3, 0, bad(3)));
    drop(held);
    let event = open.event();
    assert!(
        matches!(&event, StoreEvent::Failed { epoch: 0, detail } if detail.contains("id")),
        "{event:?}"
    );

    let held = open.hold();
    open.store.write(record(4, 0, said("lobby", 4, "tarde")));
    open.store.write(record(5, 1, said("outra", 2, "de novo")));
    open.store.write(record(6, 2, bad(3)));
    open.store.write(record(7, 3, said("lobby", 3, "três")));
    drop(held);
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(5) });
    assert!(matches!(open.event(), StoreEvent::Failed { epoch: 2, .. }));
    assert_eq!(open.event(), StoreEvent::Stored { through: Ticket(7) });
    assert_eq!(open.texts("lobby"), ["um", "três"]);
    assert_eq!(open.texts("outra"), ["de novo"]);
}

#[test]
fn a_full_disk_fails_and_recovers() {
    let folder = Folder::new();
    let first = open(&folder);
    let pages = |pragma: &'static str| {
        move |connection: &Connection| -> i64 { connection.query_row(pragma, [], |row| row.get(0)).unwrap() }
    };
    let used = first.with(pages("PRAGMA page_count"));
    first.with(move |connection| {
        connection
            .pragma_update_and_check(None, "max_page_count", used + 2, |_| Ok(()))
            .unwrap();
    });
    let long = "x".repeat(4000);
    for place in 1..=8 {
        first.store.write(record(place, 0, said("lobby", place, &long)));
    }
    let mut through = 0;
    let detail = loop {
        match first.event() {
            StoreEvent::Stored {
                through: Ticket(ticket),
            } => through = ticket,
            StoreEvent::Failed { epoch, detail } => {
                assert_eq!(epoch, 0);
                break detail;
            }
        }
    };
    assert!(detail.contains("full"), "{detail}");
    assert!(through < 8);
    first.with(|connection| {
        connection
            .pragma_update_and_check(None, "max_page_count", 100_000, |_| Ok(()))
            .unwrap();
    });
    first.store.write(record(9, 1, said("lobby", through + 1, "cabe")));
    assert_eq!(first.event(), StoreEvent::Stored { through: Ticket(9) });
    assert_eq!(first.ended(), []);
    let texts = open(&folder).texts("lobby");
    assert_eq!(texts.len() as u64, through + 1);
    assert_eq!(texts.last().unwrap(), "cabe");
}

#[test]
fn what_is_there_already_is_not_said_again() {
    let folder = Folder::new();
    let open = open(&folder);
    write(&open, said("lobby", 1, "um"));
    write(&open, from(said("lobby", 2, "um de novo"), 7, 1));
    open.stored(2);
    assert_eq!(open.texts("lobby"), ["um"]);
}

#[test]
fn no_more_heads_are_kept_than_a_hub_remembers_and_all_of_its_own() {
    let folder = Folder::new();
    let first = open(&folder);
    let own = first.hub;
    first.with(move |connection| {
        connection
            .execute("INSERT INTO rooms (id, name) VALUES (1, 'lobby')", [])
            .unwrap();
        let mut insert = connection.prepare("INSERT INTO heads VALUES (1, ?1, 5, ?2)").unwrap();
        insert.execute(rusqlite::params![row::origin(own), 1]).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        for place in 2..HEADS as u64 + 5 {
            insert
                .execute(rusqlite::params![row::bits(u128::from(place)), row::number(place)])
                .unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    });
    first.ended();
    let restored = open(&folder).restored;
    let heads: Vec<_> = restored
        .iter()
        .map(|restored| match restored {
            Restored::Head { origin, position, .. } => (*origin, position.0),
            Restored::Waiting { .. } => panic!("nothing waits"),
        })
        .collect();
    assert_eq!((heads.len(), heads[0], heads[1].1), (HEADS + 1, (own, 1), 5));
}

#[test]
fn two_hubs_never_share_a_folder() {
    let folder = Folder::new();
    let first = open(&folder);
    let again = || Store::open(&folder.0, &[], Retention::default(), |_| ());
    let error = again().unwrap_err();
    assert!(matches!(error.why(), Why::InUse), "{error}");
    assert_eq!(crate::error::Failure::from(error).exit(), crate::error::Exit::Storage);
    first.ended();
    assert!(again().is_ok());
}
