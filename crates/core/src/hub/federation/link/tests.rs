use super::*;

const OWN: HubId = HubId::from_bits(1);
const PEER: HubId = HubId::from_bits(2);
const PAPO: PostOutcome = PostOutcome::Accepted { hub: Some(PEER) };
const OLD: PostOutcome = PostOutcome::Accepted { hub: None };
const REFUSED: PostOutcome = PostOutcome::Rejected { status: 422 };
const NOT_SENT: PostOutcome = PostOutcome::Failed { sent: false };
const PERHAPS_SENT: PostOutcome = PostOutcome::Failed { sent: true };

/// A link with its generator, to keep the conversations short.
struct Talk {
    link: Link,
    rng: Rng,
}

impl Talk {
    fn new(messages: &[&str]) -> Self {
        let mut talk = Self {
            link: Link::new(),
            rng: Rng::new(1),
        };
        talk.push(messages, true);
        talk
    }

    /// A link that knows what answers.
    fn knowing(outcome: PostOutcome) -> Self {
        let mut talk = Self::new(&["0"]);
        assert_eq!(talk.body().unwrap(), "0");
        talk.end(outcome);
        talk
    }

    fn push(&mut self, messages: &[&str], home: bool) {
        for &message in messages {
            self.link.push(Parcel {
                json: message.into(),
                home,
                expires: None,
                position: None,
            });
        }
    }

    fn body(&mut self) -> Option<String> {
        self.link.next_body(OWN)
    }

    /// What the next request carries: the messages of a batch, or the single one.
    fn carried(&mut self) -> String {
        let body = self.body().unwrap();
        match body.split_once(r#""messages":["#) {
            Some((_, rest)) => format!("[{}]", rest.strip_suffix("]}").unwrap()),
            None => body,
        }
    }

    fn end(&mut self, outcome: PostOutcome) -> Settled {
        self.link.settle(outcome, OWN, &mut self.rng)
    }
}

#[test]
fn the_first_message_goes_alone_and_the_answer_tells_how_to_go_on() {
    let mut talk = Talk::new(&["1", "2", "3"]);
    assert_eq!(talk.carried(), "1");
    assert!(!talk.link.repeatable());
    assert_eq!(talk.body(), None, "one request at a time");
    assert_eq!(talk.end(PAPO), Settled::Continue);
    assert_eq!(talk.link.kind, LinkKind::Papo(PEER));
    assert_eq!(talk.carried(), "[2,3]");
    assert!(talk.link.repeatable());
    talk.push(&["4"], true);
    talk.end(PAPO);
    assert_eq!(talk.carried(), "[4]");
    talk.end(PAPO);
    assert_eq!(
        (talk.body(), talk.link.waiting(), talk.link.waiting_bytes),
        (None, 0, 0)
    );
}

#[test]
fn an_old_service_gets_one_at_a_time_and_only_the_home_room() {
    let mut talk = Talk::knowing(OLD);
    assert_eq!(talk.link.kind, LinkKind::Legacy);
    talk.push(&["1"], true);
    talk.push(&["x", "y"], false);
    talk.push(&["2"], true);
    assert_eq!(talk.carried(), "1");
    talk.end(OLD);
    assert_eq!(talk.carried(), "2");
    talk.end(OLD);
    assert_eq!(talk.body(), None);
    assert_eq!(talk.link.lost.other_room, 2);
}

#[test]
fn an_unknown_service_is_asked_before_it_gets_another_room() {
    for (outcome, kind, next) in [(PAPO, LinkKind::Papo(PEER), "[x,1]"), (REFUSED, LinkKind::Legacy, "1")] {
        let mut talk = Talk::new(&[]);
        talk.push(&["x"], false);
        talk.push(&["1"], true);
        assert_eq!(talk.carried(), "[]");
        assert!(talk.link.repeatable());
        assert!(matches!(talk.end(PERHAPS_SENT), Settled::Wait(_)));
        talk.link.rested(Instant::ZERO);
        assert_eq!(talk.carried(), "[]", "asked again");
        talk.end(outcome);
        assert_eq!(talk.link.kind, kind);
        assert_eq!(talk.carried(), next);
    }
}

#[test]
fn what_may_have_arrived_is_repeated_only_to_a_hub() {
    let mut talk = Talk::knowing(PAPO);
    talk.push(&["1"], true);
    talk.body();
    talk.end(PERHAPS_SENT);
    assert_eq!(talk.body(), None, "it rests");
    talk.link.rested(Instant::ZERO);
    assert_eq!(talk.carried(), "[1]");
    assert_eq!(talk.link.lost, Lost::default());
    for mut talk in [Talk::knowing(OLD), Talk::new(&[])] {
        talk.push(&["1", "2"], true);
        talk.body();
        talk.end(NOT_SENT);
        talk.link.rested(Instant::ZERO);
        assert_eq!(talk.carried(), "1", "it certainly did not arrive");
        talk.end(PERHAPS_SENT);
        talk.link.rested(Instant::ZERO);
        assert_eq!(talk.carried(), "2");
        assert_eq!(talk.link.lost.uncertain, 1);
    }
}

#[test]
fn waits_double_up_to_the_longest_and_begin_anew_after_success() {
    let mut talk = Talk::new(&["1"]);
    let mut wait = || {
        talk.link.rested(Instant::ZERO);
        talk.body();
        match talk.end(NOT_SENT) {
            Settled::Wait(span) => span,
            Settled::Continue => panic!("a failure is followed by a wait"),
        }
    };
    let mut longest = RELAY_BACKOFF_MIN;
    for _ in 0..2000 {
        let span = wait();
        assert!(span >= longest / 2 && span <= longest, "{span:?} of {longest:?}");
        longest = (longest * 2).min(RELAY_BACKOFF_MAX);
    }
    talk.link.rested(Instant::ZERO);
    talk.body();
    talk.end(PAPO);
    assert_eq!(talk.link.failures(), 0);
}

#[test]
fn a_refused_batch_is_taken_apart_until_it_is_through() {
    let mut talk = Talk::knowing(PAPO);
    talk.push(&["1", "2", "3"], true);
    assert_eq!(talk.carried(), "[1,2,3]");
    talk.end(REFUSED);
    talk.push(&["4", "5"], true);
    assert_eq!(talk.carried(), "1");
    talk.end(PERHAPS_SENT);
    talk.link.rested(Instant::ZERO);
    for (single, outcome) in [("1", PAPO), ("2", REFUSED), ("3", PAPO)] {
        assert_eq!(talk.carried(), single);
        talk.end(outcome);
    }
    assert_eq!(talk.carried(), "[4,5]");
    assert_eq!(talk.link.lost.rejected, 1);
}

#[test]
fn another_room_leaves_only_in_a_batch_even_after_a_refusal() {
    let mut talk = Talk::knowing(PAPO);
    talk.push(&["x"], false);
    talk.push(&["1"], true);
    talk.push(&["y"], false);
    talk.body();
    talk.end(REFUSED);
    assert_eq!(talk.carried(), "[x]", "what answers now may be an old service");
    talk.end(REFUSED);
    assert_eq!(talk.link.lost.rejected, 1);
    assert_eq!(talk.carried(), "1");
    talk.end(OLD);
    assert_eq!(talk.carried(), "[]", "one odd answer is no proof");
    talk.end(REFUSED);
    assert_eq!((talk.body(), talk.link.lost.other_room), (None, 1));
}

#[test]
fn a_full_outbox_drops_the_oldest_that_is_not_under_way() {
    let mut talk = Talk::knowing(OLD);
    talk.push(&["first"], true);
    talk.body();
    talk.push(&vec!["x"; OUTBOX_MESSAGES - 2], true);
    talk.push(&["last"], true);
    assert_eq!((talk.link.waiting(), talk.link.lost.overflow), (OUTBOX_MESSAGES, 0));
    talk.push(&["over", "over"], true);
    assert_eq!((talk.link.waiting(), talk.link.lost.overflow), (OUTBOX_MESSAGES, 2));
    talk.end(NOT_SENT);
    talk.link.rested(Instant::ZERO);
    assert_eq!(talk.carried(), "first");
    assert_eq!(talk.link.lost.total(), 2);
}

#[test]
fn an_outbox_is_bounded_in_bytes_too() {
    let mut talk = Talk::new(&[]);
    let large = "x".repeat(OUTBOX_BYTES / 4);
    talk.push(&[&*large; 6], true);
    assert_eq!((talk.link.waiting(), talk.link.lost.overflow), (4, 2));
    assert!(talk.link.waiting_bytes <= OUTBOX_BYTES);
}

#[test]
fn batches_keep_both_bounds() {
    let mut talk = Talk::knowing(PAPO);
    talk.push(&vec!["1"; RELAY_BATCH + 1], true);
    assert_eq!(talk.carried().matches('1').count(), RELAY_BATCH);
    talk.end(PAPO);
    assert_eq!(talk.carried(), "[1]");
    talk.end(PAPO);
    let large = "x".repeat(30_000);
    talk.push(&vec![&*large; 100], true);
    for _ in 0..2 {
        let body = talk.body().unwrap();
        assert!(body.len() <= RELAY_BODY_BYTES && body.len() + large.len() > RELAY_BODY_BYTES);
        talk.end(PAPO);
    }
}

#[test]
fn a_link_to_oneself_is_emptied_and_stays_so() {
    let mut talk = Talk::new(&["1", "2"]);
    talk.body();
    talk.end(PostOutcome::Accepted { hub: Some(OWN) });
    talk.push(&["3"], true);
    assert_eq!(
        (talk.link.kind, talk.link.waiting(), talk.body()),
        (LinkKind::Own, 0, None)
    );
    assert_eq!(talk.link.waiting_bytes, 0);
}

#[test]
fn an_outcome_that_nobody_waits_for_changes_nothing() {
    let mut talk = Talk::new(&["1"]);
    for outcome in [PAPO, OLD, REFUSED, PERHAPS_SENT] {
        assert_eq!(talk.end(outcome), Settled::Continue);
    }
    assert_eq!((talk.link.kind, talk.link.waiting()), (LinkKind::Unknown, 1));
}

#[test]
fn whoever_refuses_this_hub_is_asked_again_later_and_nothing_is_lost() {
    for status in [301, 401, 403, 404, 405, 407] {
        for first in [PAPO, OLD] {
            let mut talk = Talk::knowing(first);
            talk.push(&["1", "2"], true);
            talk.carried();
            assert!(
                matches!(talk.end(PostOutcome::Rejected { status }), Settled::Wait(_)),
                "{status}"
            );
            assert_eq!(talk.body(), None, "it rests after {status}");
            talk.link.rested(Instant::ZERO);
            assert!(talk.carried().contains('1'), "{status}");
            assert_eq!(talk.link.lost, Lost::default());
        }
    }
}

#[test]
fn a_refused_probe_makes_no_hub_an_old_service() {
    let mut talk = Talk::new(&[]);
    talk.push(&["1"], false);
    assert_eq!(talk.carried(), "[]");
    assert!(matches!(
        talk.end(PostOutcome::Rejected { status: 403 }),
        Settled::Wait(_)
    ));
    assert_eq!(talk.link.kind, LinkKind::Unknown);
}

#[test]
fn what_became_old_while_a_link_was_down_is_not_sent() {
    let mut talk = Talk::knowing(PAPO);
    let expires = Some(Instant::from_secs(60));
    for (json, expires) in [("joined", expires), ("said", None), ("left", expires)] {
        let json = json.into();
        talk.link.push(Parcel {
            json,
            home: true,
            expires,
            position: None,
        });
    }
    assert_eq!(talk.carried(), "[joined,said,left]");
    talk.end(NOT_SENT);
    talk.link.rested(Instant::from_millis(59_999));
    assert_eq!(talk.carried(), "[joined,said,left]");
    talk.end(NOT_SENT);
    talk.link.rested(Instant::from_secs(60));
    assert_eq!(talk.carried(), "[said]");
    assert_eq!(talk.link.waiting_bytes, "said".len());
}
