//! What goes when there is too much.

use std::time::Instant as Clock;

use rooms::Rule;

use super::*;

fn of(payload: &str, place: u64, sent_at: u64) -> Said {
    let mut said = said("lobby", place, payload);
    said.entry.sent_at = UtcMillis::new(sent_at);
    said
}

/// The counts of the room as the file has them, and as its messages have them.
fn counts(open: &Open) -> [(i64, i64); 2] {
    open.with(|connection| {
        let two = |sql| {
            connection
                .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap()
        };
        [
            two("SELECT messages, bytes FROM rooms WHERE name = 'lobby'"),
            two("SELECT count(*), coalesce(sum(weight), 0) FROM messages"),
        ]
    })
}

fn until_three_are_left(open: &Open) {
    let begin = Clock::now();
    loop {
        let [kept, counted] = counts(open);
        assert_eq!(kept, counted);
        match kept.0 {
            3 => return,
            left => assert!(left > 3 && begin.elapsed() < DEADLINE, "{left}"),
        }
    }
}

const FEW: Retention = Retention {
    messages: 3,
    age: Duration::from_secs(10),
    bytes: u64::MAX,
};

#[test]
fn what_is_old_and_too_much_goes_and_its_number_stays() {
    let folder = Folder::new();
    let open = open_with(&folder, &[], FEW, STILL);
    for place in 1..=4 {
        write(&open, by(of(&format!("velha {place}"), place, NOW - 11_000), 5));
    }
    for place in 5..=6 {
        write(&open, of(&format!("nova {place}"), place, NOW - 9000));
    }
    open.stored(6);
    assert_eq!(open.texts("lobby"), ["velha 4", "nova 5", "nova 6"]);
    let [kept, counted] = counts(&open);
    assert_eq!(kept, counted);
    assert_eq!(open.acked(5).len(), 1);
    let search = Query::Search {
        room: "lobby".parse().unwrap(),
        words: "velha".to_owned(),
        before: Before::Newest,
        limit: 10,
    };
    assert_eq!(texts(&open.page(search)), ["velha 4"]);
    open.with(|connection| {
        connection
            .execute_batch("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
            .unwrap();
    });
    open.ended();
    let restored = open_with(&folder, &[], FEW, STILL).restored;
    assert!(
        matches!(
            restored[..],
            [Restored::Head {
                position: Position(6),
                ..
            }]
        ),
        "{restored:?}"
    );
}

#[test]
fn what_is_young_stays_up_to_the_bytes() {
    let folder = Folder::new();
    let rule = Retention { bytes: 5 * 100, ..FEW };
    let open = open_with(&folder, &[], rule, STILL);
    // With label and framing these are 100 bytes each.
    let text = "x".repeat(100 - 32 - 3);
    for place in 1..=9 {
        write(&open, of(&text, place, NOW));
        open.stored(place);
        let [kept, counted] = counts(&open);
        assert_eq!(kept, counted);
        let least = i64::try_from(place.min(5)).unwrap();
        assert_eq!(kept, (least, least * 100));
    }
}

#[test]
fn old_messages_go_at_the_start() {
    let folder = Folder::new();
    let first = open_with(&folder, &[], FEW, STILL);
    for place in 1..=9 {
        write(&first, of("oi", place, NOW));
    }
    first.stored(9);
    assert_eq!(counts(&first)[0].0, 9);
    first.ended();
    let later = Tuning {
        now: || UtcMillis::new(NOW + 11_000),
        // In more than one step.
        dropped: 2,
        ..STILL
    };
    let second = open_with(&folder, &[], FEW, later);
    until_three_are_left(&second);
    assert_eq!(second.texts("lobby").len(), 3);
}

#[test]
fn old_messages_go_while_nothing_is_said() {
    static CLOCK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(NOW);
    let folder = Folder::new();
    let tuning = Tuning {
        sweep: Duration::from_millis(1),
        now: || UtcMillis::new(CLOCK.load(Ordering::SeqCst)),
        ..STILL
    };
    let open = open_with(&folder, &[], FEW, tuning);
    for place in 1..=9 {
        write(&open, of("oi", place, NOW));
    }
    open.stored(9);
    assert_eq!(counts(&open)[0].0, 9);
    CLOCK.store(NOW + 11_000, Ordering::SeqCst);
    until_three_are_left(&open);
}

#[test]
fn one_transaction_drops_no_more_than_its_bound() {
    let folder = Folder::new();
    let first = open_with(&folder, &[], Retention::default(), STILL);
    for place in 1..=30 {
        write(&first, of("oi", place, NOW));
    }
    first.stored(30);
    first.ended();
    let connection = schema::open(&folder.file(), schema::MIGRATIONS).unwrap();
    let mut rooms = Rooms::read(&connection).unwrap();
    for left in [26, 22, 18, 14, 10, 6, 3] {
        let mut rule = Rule {
            retention: Retention {
                age: Duration::ZERO,
                ..FEW
            },
            now: UtcMillis::new(NOW + 1),
            budget: 4,
        };
        let mut changes = rooms.changes();
        changes.trim_all(&connection, &mut rule).unwrap();
        let changed = changes.finish(&connection).unwrap();
        rooms.apply(changed);
        let there = connection.query_row("SELECT count(*) FROM messages", [], |row| row.get(0));
        assert_eq!((there, rule.budget == 0), (Ok(left), left > 3));
    }
}
