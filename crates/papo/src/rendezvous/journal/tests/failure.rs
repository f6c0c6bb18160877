//! Disks that fail, and come back.

use super::model::{Faults, Model};
use super::*;

fn quick() -> Tuning {
    Tuning {
        pause_min: Duration::from_millis(1),
        pause_max: Duration::from_millis(4),
        ..Tuning::default()
    }
}

#[tokio::test]
async fn what_comes_during_a_sync_takes_one_more() {
    let model = Model::default();
    let (journal, _) = model.start(quick());
    let before = model.syncs();
    model.faults(Faults {
        hang: true,
        ..Faults::default()
    });
    journal.append(line("a", 0).as_bytes()).unwrap();
    model.until_syncs(before + 1);
    let mut last = Position::START;
    for number in 1..=1000 {
        last = journal.append(line("a", number).as_bytes()).unwrap();
    }
    assert_eq!(journal.state().borrow().durable(), Position::START);
    model.faults(Faults::default());
    durable(&journal, last).await;
    assert_eq!(model.syncs(), before + 2);
    journal.close().unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_and_takes_again() {
    let model = Model::default();
    let (journal, _) = model.start(Tuning {
        queue_bytes: 20,
        ..quick()
    });
    let before = model.syncs();
    model.faults(Faults {
        hang: true,
        ..Faults::default()
    });
    journal.append(b"{a 1\n").unwrap();
    // What the thread has taken still counts.
    model.until_syncs(before + 1);
    for _ in 0..3 {
        journal.append(b"{a 1\n").unwrap();
    }
    assert_eq!(journal.append(b"{a 1\n"), Err(Refused::Full));
    model.faults(Faults::default());
    durable(&journal, Position(4)).await;
    assert_eq!(journal.append(b"{a 2\n"), Ok(Position(5)));
    journal.close().unwrap();
    assert_eq!(model.bytes(), b"{a 1\n{a 1\n{a 1\n{a 1\n{a 2\n");
}

#[tokio::test]
async fn nothing_is_acknowledged_before_the_disk_has_it() {
    let broken = [
        Faults {
            room: Some(0),
            ..Faults::default()
        },
        Faults {
            room: Some(3),
            short_writes: true,
            ..Faults::default()
        },
        Faults {
            room: Some(3),
            truncates: true,
            ..Faults::default()
        },
        Faults {
            syncs: true,
            ..Faults::default()
        },
        Faults {
            syncs: true,
            truncates: true,
            ..Faults::default()
        },
    ];
    for faults in broken {
        let model = Model::default();
        let (journal, _) = model.start(quick());
        journal.append(b"{a 1\n").unwrap();
        durable(&journal, Position(1)).await;
        model.faults(faults);
        journal.append(b"{b 2\n").unwrap();
        let mut state = journal.state();
        let failing = until(&mut state, |state| matches!(state, State::Failing { .. })).await;
        assert_eq!(failing.durable(), Position(1));
        journal.append(b"{c 3\n").unwrap();
        // It tries again.
        state.mark_unchanged();
        timeout(DEADLINE, state.changed()).await.unwrap().unwrap();
        assert_eq!(state.borrow().durable(), Position(1), "{faults:?}");
        if !faults.truncates {
            let bytes = model.bytes();
            assert!(bytes.len() <= 5, "what was written in part stays: {}", bytes.len());
        }
        model.faults(Faults::default());
        let back = until(&mut state, |state| matches!(state, State::Durable(_))).await;
        assert!(back.durable() >= Position(2));
        durable(&journal, Position(3)).await;
        journal.close().unwrap();
        assert_eq!(model.bytes(), b"{a 1\n{b 2\n{c 3\n", "{faults:?}");
    }
}

#[tokio::test]
async fn a_disk_that_fails_to_the_end_is_told() {
    let model = Model::default();
    let (journal, _) = model.start(quick());
    model.faults(Faults {
        room: Some(2),
        ..Faults::default()
    });
    journal.append(b"{a 1\n").unwrap();
    journal.append(b"{a 2\n").unwrap();
    let failure = journal.close().unwrap_err();
    assert_eq!(failure.exit(), Exit::Storage);
    let sentence = failure.to_string();
    assert!(
        sentence.contains("2 changes") && sentence.contains("/log"),
        "{sentence}"
    );
    assert_eq!(model.bytes(), b"", "half a line stays");
}

#[tokio::test]
async fn a_compaction_that_fails_changes_nothing() {
    let broken = [
        Faults {
            renames: true,
            ..Faults::default()
        },
        Faults {
            folder_syncs: true,
            ..Faults::default()
        },
    ];
    for faults in broken {
        let model = Model::default();
        let (journal, _) = model.start(Tuning {
            compact_bytes: 100,
            ..quick()
        });
        model.faults(faults);
        let mut number = 0;
        // The names cannot be synced once a shorter file is in place: then nothing is acknowledged.
        let mut state = journal.state();
        while number < 200 && matches!(*state.borrow(), State::Durable(_)) {
            number += 1;
            let position = journal.append(line("a", number).as_bytes()).unwrap();
            until(&mut state, |state| {
                state.durable() >= position || matches!(state, State::Failing { .. })
            })
            .await;
        }
        assert!(faults.folder_syncs || number == 200);
        model.faults(Faults::default());
        durable(&journal, Position(number)).await;
        journal.close().unwrap();
        let (journal, lines) = model.start(quick());
        drop(journal);
        let expected = [("a".to_owned(), line("a", number).trim_end().to_owned())];
        assert_eq!(replay(lines.iter().map(String::as_str)), expected, "{faults:?}");
    }
}
