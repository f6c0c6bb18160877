use super::*;
use proptest::prelude::*;

fn key(origin: u128, seq: u64) -> Key {
    Key {
        origin: HubId::from_bits(origin),
        seq: Seq::new(seq).unwrap(),
    }
}

fn cursor(numbers: &[(u128, u64)]) -> Cursor {
    numbers.iter().map(|&(hub, seq)| (HubId::from_bits(hub), seq)).collect()
}

/// What somebody is shown: numbers of hubs, and those that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Message(Key),
    Gap(Missing),
}

/// Reads a log, in pages of so many messages that each take up where the one before ended.
fn read(log: &[Key], page: usize, after: &Cursor, until: &Cursor) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut at = after.clone();
    for page in log.chunks(page.max(1)) {
        let mut replay = Replay::new(at, until.clone());
        for &key in page {
            match replay.step(key) {
                Step::Skip => continue,
                Step::Show => {}
                Step::ShowAfter(missing) => shown.push(Shown::Gap(missing)),
            }
            shown.push(Shown::Message(key));
        }
        at = replay.at().clone();
    }
    let mut replay = Replay::new(at, until.clone());
    shown.extend(replay.finish().into_iter().map(Shown::Gap));
    assert!(replay.is_done());
    shown
}

fn messages(shown: &[Shown]) -> Vec<Key> {
    let keys = shown.iter().filter_map(|shown| match shown {
        Shown::Message(key) => Some(*key),
        Shown::Gap(_) => None,
    });
    keys.collect()
}

/// For each hub the numbers that a reader can account for, in order: shown or missing.
fn accounted(shown: &[Shown], origin: HubId) -> Vec<u64> {
    let mut numbers = Vec::new();
    for shown in shown {
        match *shown {
            Shown::Message(key) if key.origin == origin => numbers.push(key.seq.get()),
            Shown::Gap(gap) if gap.origin == origin => numbers.extend(gap.from.get()..=gap.to.get()),
            _ => {}
        }
    }
    numbers
}

/// A log of three hubs with holes, of which the beginning is not kept.
fn log() -> impl Strategy<Value = Vec<Key>> {
    prop::collection::vec((0..3_u128, 1..4_u64), 0..60).prop_flat_map(|steps| {
        let mut last = [0; 3];
        let log: Vec<Key> = steps
            .into_iter()
            // Mostly by one; now and then a number or two never came.
            .map(|(hub, by)| {
                let at = &mut last[usize::try_from(hub).unwrap()];
                *at += if by == 1 { 2 } else { 1 };
                key(hub, *at)
            })
            .collect();
        (0..=log.len()).prop_map(move |dropped| log[dropped..].to_vec())
    })
}

fn any_cursor() -> impl Strategy<Value = Cursor> {
    prop::collection::btree_map(0..4_u128, 0..40_u64, 0..4).prop_map(|numbers| {
        numbers
            .into_iter()
            .map(|(hub, seq)| (HubId::from_bits(hub), seq))
            .collect()
    })
}

proptest! {
    /// What is kept between the cursors comes once and in order, and gaps are exactly where numbers are missing, however
    /// the log is cut into pages.
    #[test]
    fn a_replay_shows_what_is_kept_and_tells_of_the_rest(
        log in log(), page in 1..20_usize, after in any_cursor(), until in any_cursor(),
    ) {
        let shown = read(&log, page, &after, &until);
        let wanted: Vec<Key> = log.iter().copied().filter(|&key| !after.has(key) && until.has(key)).collect();
        prop_assert_eq!(messages(&shown), wanted);
        for origin in (0..4).map(HubId::from_bits) {
            let numbers = accounted(&shown, origin);
            prop_assert!(numbers.is_sorted_by(|one, other| one + 1 == *other), "{:?}", numbers);
            if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
                prop_assert_eq!(*last, until.after(origin));
                prop_assert!(after.after(origin) == 0 || *first == after.after(origin) + 1);
            } else {
                let unread = after.after(origin) == 0;
                prop_assert!(unread || until.after(origin) <= after.after(origin));
            }
        }
    }

    /// Catching up again and again, from anywhere: nothing is shown twice, and all behind the lowest place is.
    #[test]
    fn who_catches_up_in_parts_is_shown_nothing_twice_and_leaves_no_hole(
        log in log(), afters in prop::collection::vec(any_cursor(), 1..6),
    ) {
        let mut head = Cursor::default();
        for &key in &log {
            head.read(key);
        }
        let mut floor = head.clone();
        let mut shown = Vec::new();
        for after in &afters {
            shown.extend(messages(&read(&log, 7, after, &floor)));
            floor = floor.meet(after);
        }
        let wanted: Vec<Key> = log.iter().copied().filter(|&key| !floor.has(key)).collect();
        shown.sort();
        let mut sorted = wanted;
        sorted.sort();
        prop_assert_eq!(shown, sorted);
    }

    #[test]
    fn the_meet_is_what_both_have_read_and_nothing_less(one in any_cursor(), other in any_cursor()) {
        let meet = one.meet(&other);
        prop_assert_eq!(&meet, &other.meet(&one));
        prop_assert_eq!(&one.meet(&one).meet(&other), &meet);
        for origin in (0..5).map(HubId::from_bits) {
            prop_assert_eq!(meet.after(origin), one.after(origin).min(other.after(origin)));
        }
        prop_assert!(meet.iter().all(|(_, seq)| seq > 0));
    }
}

#[test]
fn a_cursor_tells_what_was_read() {
    let mut cursor = cursor(&[(1, 4)]);
    assert!(cursor.has(key(1, 4)) && !cursor.has(key(1, 5)) && !cursor.has(key(2, 1)));
    cursor.read(key(1, 3));
    cursor.read(key(2, 7));
    assert_eq!((cursor.after(HubId::from_bits(1)), cursor.len()), (4, 2));
    cursor.set(HubId::from_bits(1), 2);
    cursor.forget(HubId::from_bits(2));
    assert_eq!(cursor.iter().collect::<Vec<_>>(), [(HubId::from_bits(1), 2)]);
    assert!(!cursor.is_empty() && Cursor::default().is_empty());
}

#[test]
fn what_is_missing_is_told_before_between_and_behind() {
    let missing = |from, to| {
        let (from, to) = (Seq::new(from).unwrap(), Seq::new(to).unwrap());
        Missing {
            origin: HubId::from_bits(1),
            from,
            to,
        }
    };
    let shown = read(
        &[key(1, 6), key(2, 3), key(1, 9)],
        10,
        &cursor(&[(1, 3)]),
        &cursor(&[(1, 12), (2, 3)]),
    );
    assert_eq!(
        shown,
        [
            Shown::Gap(missing(4, 5)),
            Shown::Message(key(1, 6)),
            Shown::Message(key(2, 3)),
            Shown::Gap(missing(7, 8)),
            Shown::Message(key(1, 9)),
            Shown::Gap(missing(10, 12)),
        ]
    );
}

#[test]
fn at_the_end_of_all_numbers_nothing_overflows() {
    let (after, until) = (cursor(&[(1, u64::MAX)]), cursor(&[(1, u64::MAX)]));
    let mut replay = Replay::new(after, until.clone());
    assert_eq!(replay.step(key(1, u64::MAX)), Step::Skip);
    assert_eq!(replay.finish(), []);
    let mut replay = Replay::new(cursor(&[(1, u64::MAX - 1)]), until);
    assert_eq!(replay.step(key(1, u64::MAX)), Step::Show);
}
