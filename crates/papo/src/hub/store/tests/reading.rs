//! Pages.

use papo_core::hub::{Replay, Step};
use papo_core::limits::{HISTORY_MESSAGES, REPLAY_PAGE_BYTES};

use super::*;

fn lobby() -> RoomName {
    "lobby".parse().unwrap()
}

fn search(open: &Open, words: &str) -> Vec<String> {
    let query = Query::Search {
        room: lobby(),
        words: words.to_owned(),
        before: Before::Newest,
        limit: 100,
    };
    texts(&open.page(query))
}

fn cursor(read: &[(u128, u64)]) -> Cursor {
    read.iter().map(|&(hub, seq)| (HubId::from_bits(hub), seq)).collect()
}

/// Three hubs in two rooms, with holes in their numbers and texts of all sizes; decided by `seed`.
fn fill(open: &Open, seed: u64) -> Vec<Said> {
    let mut random = seed;
    let mut next = move |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut seqs = [0; 6];
    let mut all = Vec::new();
    for place in 1..=600 {
        let (hub, room) = (next(3), next(2));
        let seq = &mut seqs[usize::try_from(hub * 2 + room).unwrap()];
        *seq += if next(10) == 0 { 3 } else { 1 };
        let text = "x".repeat(usize::try_from(next(1500)).unwrap());
        let said = from(
            said(["lobby", "outra"][usize::try_from(room).unwrap()], place, &text),
            u128::from(hub),
            *seq,
        );
        write(open, said.clone());
        all.push(said);
    }
    open.stored(600);
    all
}

#[test]
fn pages_forward_chain_up_without_hole_or_overlap() {
    let folder = Folder::new();
    let open = open(&folder);
    let all = fill(&open, 1);
    let of_room: Vec<&Said> = all.iter().filter(|said| said.room == lobby()).collect();
    for (first, second, through) in [(0, 0, 600), (10, 0, 600), (60, 90, 599), (30, 40, 311), (999, 999, 600)] {
        let after = cursor(&[(0, first), (1, second)]);
        let through = Position(through);
        let (mut from, mut found, mut pages) = (None, Vec::new(), 0);
        loop {
            let page = open.page(Query::After {
                room: lobby(),
                cursor: after.clone(),
                from,
                through,
            });
            let weight: u64 = page.entries.iter().map(Entry::weight).sum();
            assert!(page.entries.len() == 1 || weight <= REPLAY_PAGE_BYTES as u64);
            from = page.entries.last().map(|entry| entry.position);
            found.extend(page.entries);
            pages += 1;
            if page.complete {
                break;
            }
        }
        let is_behind = |said: &&&Said| !after.has(said.entry.key.unwrap());
        let begin = of_room.iter().find(is_behind).map(|said| said.entry.position);
        let expected: Vec<Entry> = of_room
            .iter()
            .filter(|said| begin.is_some_and(|begin| said.entry.position >= begin) && said.entry.position <= through)
            .map(|said| said.entry.clone())
            .collect();
        assert_eq!(found, expected, "{first} {second}");
        assert!(pages > 1 || expected.len() < 200, "{pages}");

        let until: Cursor = cursor(&[(0, 1000), (1, 1000), (2, 1000)]);
        let mut replay = Replay::new(after.clone(), until);
        let shown = found
            .iter()
            .filter(|entry| replay.step(entry.key.unwrap()) != Step::Skip)
            .count();
        let wanted = of_room
            .iter()
            .filter(is_behind)
            .filter(|said| said.entry.position <= through);
        assert_eq!(shown, wanted.count());
    }
}

#[test]
fn pages_back_chain_up_without_hole_or_overlap() {
    let folder = Folder::new();
    let open = open(&folder);
    let all = fill(&open, 2);
    let of_room: Vec<Entry> = all
        .iter()
        .filter(|said| said.room == lobby())
        .map(|said| said.entry.clone())
        .collect();
    for limit in [1, 7, HISTORY_MESSAGES] {
        let (mut before, mut found) = (Before::Newest, Vec::new());
        loop {
            let room = lobby();
            let page = open.page(Query::Before { room, before, limit });
            assert!(page.complete || !page.entries.is_empty());
            let first = page.entries.first().map(|entry| entry.position);
            found.splice(0..0, page.entries);
            if page.complete {
                break;
            }
            before = Before::Position(first.unwrap());
        }
        assert_eq!(found, of_room, "{limit}");
    }
    let more = open.page(Query::Before {
        room: lobby(),
        before: Before::Newest,
        limit: usize::MAX,
    });
    // Long messages fill a page by their bytes before there are so many of them.
    assert!((1..=HISTORY_MESSAGES).contains(&more.entries.len()) && !more.complete);
}

#[test]
fn a_cursor_names_the_place_before_which_a_page_ends() {
    let folder = Folder::new();
    let open = open(&folder);
    for (place, hub, seq) in [(1, 1, 1), (2, 2, 5), (3, 1, 2), (4, 2, 6), (5, 1, 4)] {
        write(&open, from(said("lobby", place, &place.to_string()), hub, seq));
    }
    open.stored(5);
    let before = |read: &[(u128, u64)]| {
        let query = Query::Before {
            room: lobby(),
            before: Before::Cursor(cursor(read)),
            limit: 2,
        };
        let page = open.page(query);
        (texts(&page).concat(), page.complete)
    };
    let is = |texts: &str, complete| (texts.to_owned(), complete);
    assert_eq!(before(&[(1, 2)]), is("12", true));
    assert_eq!(before(&[(1, 3)]), is("34", false));
    assert_eq!(before(&[(1, 4), (2, 6)]), is("23", false));
    assert_eq!(before(&[(2, 2)]), is("1", true));
    assert_eq!(before(&[(1, 9), (3, 1)]), is("45", false));
    assert_eq!(before(&[]), is("45", false));
    assert_eq!(before(&[(1, 1)]), is("", true));
}

#[test]
fn a_search_finds_words_whatever_their_accents() {
    let folder = Folder::new();
    let open = open(&folder);
    let lines = [
        "Não sei",
        "na praça",
        "AÇÃO e reação",
        "nao\u{303} inteiro",
        "o navio",
        "日本語 texto",
    ];
    for (place, line) in (1..).zip(lines) {
        write(&open, said("lobby", place, line));
        write(&open, from(said("outra", place + 100, line), 7, place));
    }
    open.store.write(record(200, 0, said("lobby", 300, "fim")));
    open.stored(200);
    assert_eq!(search(&open, "nao"), ["Não sei", "nao\u{303} inteiro"]);
    assert_eq!(search(&open, "NÃO"), ["Não sei", "nao\u{303} inteiro"]);
    assert_eq!(search(&open, "na\u{303}o sei"), ["Não sei"]);
    assert_eq!(search(&open, "acao e"), ["AÇÃO e reação"]);
    assert_eq!(search(&open, "rea acao"), Vec::<String>::new());
    assert_eq!(search(&open, "acao rea"), ["AÇÃO e reação"]);
    assert_eq!(
        search(&open, "na"),
        ["Não sei", "na praça", "nao\u{303} inteiro", "o navio"]
    );
    assert_eq!(search(&open, "n"), Vec::<String>::new());
    assert_eq!(search(&open, "o"), ["o navio"]);
    assert_eq!(search(&open, "日本"), ["日本語 texto"]);
}

#[test]
fn words_are_no_syntax() {
    let folder = Folder::new();
    let open = open(&folder);
    let lines = [
        "a OR b",
        "NEAR(x y)",
        "say \"hi\" *now*",
        "room : r1",
        "um -dois ^três",
        "c'est {1} + 2",
    ];
    for (place, line) in (1..).zip(lines) {
        write(&open, said("lobby", place, line));
    }
    open.stored(6);
    assert_eq!(search(&open, "OR"), ["a OR b"]);
    assert_eq!(search(&open, "b OR zzz"), Vec::<String>::new());
    assert_eq!(search(&open, "NEAR(x"), ["NEAR(x y)"]);
    assert_eq!(search(&open, "\"hi\" \" say"), ["say \"hi\" *now*"]);
    for unclosed in ["\"hi", "hi\"", "say\"hi", "\"say \"hi\"\""] {
        assert_eq!(search(&open, unclosed), ["say \"hi\" *now*"], "{unclosed}");
    }
    assert_eq!(search(&open, "room : r1"), ["room : r1"]);
    assert_eq!(search(&open, "payload : r1"), Vec::<String>::new());
    assert_eq!(search(&open, "-dois ^três"), ["um -dois ^três"]);
    assert_eq!(search(&open, "{1} + c'est"), ["c'est {1} + 2"]);
    for nothing in [
        "",
        " ",
        "\"",
        "*",
        "\"\"",
        "^ + -",
        "\0",
        "\u{302}",
        "'",
        "NEAR(",
        "AND",
        "\" OR \"",
        "r1 \0 NOT",
    ] {
        assert!(search(&open, nothing).len() <= 1, "{nothing:?}");
    }
    assert_eq!(search(&open, &"zz ".repeat(5000)), Vec::<String>::new());
    let query = |words: &str, before| Query::Search {
        room: lobby(),
        words: words.to_owned(),
        before,
        limit: 1,
    };
    let newest = open.page(query("2", Before::Newest));
    assert_eq!(
        (texts(&newest), newest.complete),
        (vec!["c'est {1} + 2".to_owned()], true)
    );
    let earlier = open.page(query("OR", Before::Position(Position(1))));
    assert_eq!((earlier.entries.len(), earlier.complete), (0, true));
}

#[test]
fn an_author_is_told_the_newest_in_order() {
    let folder = Folder::new();
    let open = open(&folder);
    let most = papo_core::limits::ACKED_PER_AUTHOR as u64;
    for place in 1..=most + 5 {
        write(&open, by(said("lobby", place, "oi"), u128::MAX));
    }
    open.stored(most + 5);
    let acked = open.acked(u128::MAX);
    let seqs: Vec<u64> = acked.iter().map(|acked| acked.key.seq.get()).collect();
    assert_eq!(seqs, (6..=most + 5).collect::<Vec<u64>>());
}

#[test]
fn too_many_questions_are_refused_and_none_is_left_without_an_answer() {
    let folder = Folder::new();
    let open = open(&folder);
    let (release, held) = sync_channel::<()>(1);
    let (begun, begins) = sync_channel(1);
    let hold = move || {
        begun.send(()).unwrap();
        assert_eq!(held.recv_timeout(DEADLINE), Err(RecvTimeoutError::Disconnected));
    };
    open.store.ask(Question::Test(Box::new(hold)));
    begins.recv_timeout(DEADLINE).unwrap();
    let (answer, answers) = sync_channel(STORE_QUESTIONS + 10);
    for _ in 0..STORE_QUESTIONS + 3 {
        let answer = answer.clone();
        open.store.acked(Author(1), move |found| answer.send(found).unwrap());
    }
    for _ in 0..3 {
        assert_eq!(answers.try_recv(), Ok(Err(ReadError::Busy)));
    }
    assert!(answers.try_recv().is_err());
    open.store.questions.close();
    open.store.acked(Author(1), move |found| answer.send(found).unwrap());
    assert_eq!(answers.try_recv(), Ok(Err(ReadError::Ended)));
    drop(release);
    let rest: Vec<_> = answers.iter().collect();
    assert_eq!(rest, vec![Err(ReadError::Ended); STORE_QUESTIONS]);
}
