//! A session that stops reading.

use crate::support::folder::Folder;
use crate::support::hub::Hub;
use crate::support::session::Session;

#[test]
fn whoever_does_not_read_is_cut_comes_back_and_has_lost_nothing() {
    /// Far more than every buffer between the hub and a client can hold.
    const MOST: usize = 8000;
    const LONG: usize = 4000;
    let folder = Folder::new();
    for extra in [&["--data", &folder.file("hub")][..], &[]] {
        let options = [&["--session-rate", "off"], extra].concat();
        let hub = Hub::start(&options);
        let mut ana = Session::enter(hub.http, "ana@lobby");
        let mut bia = Session::enter(hub.http, "bia@lobby");
        let mut deaf = Session::new("rui@lobby");
        deaf.resume_small(hub.http);
        let mut number = 0;
        while !hub.has_logged("slow consumer") {
            assert!(number < MOST, "{MOST} messages wait for a session that reads nothing");
            let text = format!("{number} {}", "x".repeat(LONG));
            ana.say("lobby", &text);
            bia.hears(&text);
            number += 1;
        }
        // What had reached its system is still there to read; then it comes back until it is there.
        deaf.read_to_the_end();
        assert!(deaf.book.said.len() < number, "it was not cut");
        deaf.resume(hub.http);
        assert_eq!(deaf.hello["previous"], "slow_consumer");
        ana.say("lobby", "fim");
        if extra.is_empty() {
            // Without a disk there is only what memory holds, and what it lacks is named.
            deaf.catch_up();
            deaf.has_heard("fim");
            let missing: u64 = deaf.book.gaps.iter().map(|(from, to, _)| to - from + 1).sum();
            assert_eq!(deaf.book.said.len() as u64 + missing, number as u64 + 1);
        } else {
            deaf.has_heard("fim");
            assert!(deaf.book.gaps.is_empty());
            assert!(deaf.book.said == ana.book.said, "it missed something");
        }
        bia.has_heard("fim");
        assert!(bia.book.said == ana.book.said && bia.book.gaps.is_empty());
    }
}
