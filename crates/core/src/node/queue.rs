//! What waits for one link, and when it may go (docs/protocol.md 2.7 and 3.1).

use std::collections::VecDeque;
use std::time::Duration;

use super::paths::MsgKey;
use crate::limits::{LEGACY_PACE, LINK_QUEUE_BYTES, LINK_WINDOW_BYTES, LINK_WRITE_DEADLINE};
use crate::planted::{Bug, planted};
use crate::time::Instant;

/// What goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// The handshake, signs of life, answers and confirmations.
    Control,
    /// Messages to one peer.
    Unicast,
    /// Messages to many, and searches.
    Rest,
}

impl Lane {
    const ALL: [Self; 3] = [Self::Control, Self::Unicast, Self::Rest];
}

/// There is no room for a line, whatever else were pushed out for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

#[derive(Debug)]
struct Entry {
    line: Vec<u8>,
    tag: Option<MsgKey>,
    /// How long nothing follows it.
    silence: Duration,
}

/// The lines of one link that are not written yet: those that wait, in three lanes, and the bytes of those that were
/// given out. Together they are at most [`LINK_QUEUE_BYTES`].
#[derive(Debug)]
pub(super) struct Queue {
    // In the order of `Lane`.
    lanes: [VecDeque<Entry>; 3],
    waiting: usize,
    given_out: usize,
    paced: bool,
    not_before: Instant,
    progress: Instant,
}

impl Queue {
    /// An empty one. A paced one gives one line in each [`LEGACY_PACE`].
    pub(super) fn new(paced: bool) -> Self {
        Self {
            lanes: [const { VecDeque::new() }; 3],
            waiting: 0,
            given_out: 0,
            paced: paced && !planted(Bug::LegacyUnpaced),
            not_before: Instant::ZERO,
            progress: Instant::ZERO,
        }
    }

    /// Lets a line wait. If it does not fit, what matters less makes room, the newest first: everything behind control
    /// lines, the rest alone behind unicast. Gives the tags of what was pushed out, in the order in which that went.
    ///
    /// # Errors
    ///
    /// [`Full`] when even that is not enough; nothing is pushed out then.
    pub(super) fn push(&mut self, lane: Lane, line: Vec<u8>, tag: Option<MsgKey>) -> Result<Vec<MsgKey>, Full> {
        let most = if planted(Bug::QueueUnbounded) {
            usize::MAX
        } else {
            LINK_QUEUE_BYTES
        };
        let too_much = (self.bytes() + line.len()).saturating_sub(most);
        let lesser = lane as usize + 1..Lane::ALL.len();
        if too_much > 0 {
            let entries = self.lanes[lesser.clone()].iter().flatten();
            if entries.map(|entry| entry.line.len()).sum::<usize>() < too_much {
                return Err(Full);
            }
        }
        let mut pushed_out = Vec::new();
        for lesser in lesser.rev() {
            while self.bytes() + line.len() > most
                && let Some(entry) = self.lanes[lesser].pop_back()
            {
                self.waiting -= entry.line.len();
                pushed_out.extend(entry.tag);
            }
        }
        self.waiting += line.len();
        self.lanes[lane as usize].push_back(Entry {
            line,
            tag,
            silence: Duration::ZERO,
        });
        Ok(pushed_out)
    }

    /// Lets a control line wait behind which nothing goes for a while, whenever it goes itself.
    ///
    /// # Errors
    ///
    /// As [`Queue::push`].
    pub(super) fn push_before_silence(&mut self, line: Vec<u8>, silence: Duration) -> Result<Vec<MsgKey>, Full> {
        let pushed_out = self.push(Lane::Control, line, None)?;
        if let Some(entry) = self.lanes[Lane::Control as usize].back_mut() {
            entry.silence = silence;
        }
        Ok(pushed_out)
    }

    /// The next line, if one may go now: control first, then unicast, then the rest, each in the order in which it
    /// came. No line goes while [`LINK_WINDOW_BYTES`] are given out.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_at(now)? > now {
            return None;
        }
        let lane = self.lanes.iter_mut().find(|lane| !lane.is_empty())?;
        let mut entry = lane.pop_front()?;
        if lane.is_empty() {
            // Mostly nothing waits, and a node has many links.
            *lane = VecDeque::new();
        }
        if planted(Bug::LegacyTwoLines)
            && self.paced
            && let Some(next) = self.lanes.iter_mut().find_map(VecDeque::pop_front)
        {
            entry.line.extend(next.line);
        }
        if self.given_out == 0 {
            self.progress = now;
        }
        let pause = if self.paced { LEGACY_PACE } else { Duration::ZERO };
        self.hold_until(now + pause.max(entry.silence));
        self.waiting -= entry.line.len();
        self.given_out += entry.line.len();
        Some(entry.line)
    }

    /// When [`Queue::pop`] may give the next line, `now` at the earliest. `None` while nothing waits, and while only
    /// [`Queue::written`] can make way.
    pub(super) fn next_at(&self, now: Instant) -> Option<Instant> {
        let may_go = self.lanes.iter().any(|lane| !lane.is_empty()) && self.given_out < LINK_WINDOW_BYTES;
        may_go.then(|| self.not_before.max(now))
    }

    /// No line goes before that moment. It never brings one forward.
    fn hold_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(at);
    }

    /// Paces the lines from now on, or lets them go: a link that proved itself needs neither pauses nor silence.
    pub(super) fn set_paced(&mut self, paced: bool, now: Instant) {
        self.paced = paced;
        if !paced {
            self.not_before = now;
        }
    }

    /// True when another line may be given out.
    pub(super) const fn has_room(&self) -> bool {
        self.given_out < LINK_WINDOW_BYTES
    }

    /// Bytes that were given out are written.
    pub(super) fn written(&mut self, bytes: usize, now: Instant) {
        if bytes > 0 {
            self.given_out = self.given_out.saturating_sub(bytes);
            self.progress = now;
        }
    }

    /// When the link counts as stalled if nothing more is written; `None` while nothing is given out.
    pub(super) fn stall_at(&self) -> Option<Instant> {
        (self.given_out > 0).then(|| self.progress + LINK_WRITE_DEADLINE)
    }

    /// True when nothing was written for [`LINK_WRITE_DEADLINE`] although something is given out.
    pub(super) fn stalled(&self, now: Instant) -> bool {
        self.stall_at().is_some_and(|at| at <= now)
    }

    /// Bytes that are not written yet, those given out among them.
    pub(super) fn bytes(&self) -> usize {
        self.waiting + self.given_out
    }

    /// The tags of what was not given out yet: these messages certainly were not sent. In the order in which they would
    /// have gone.
    pub(super) fn tags(&self) -> impl Iterator<Item = &MsgKey> {
        self.lanes.iter().flatten().filter_map(|entry| entry.tag.as_ref())
    }

    /// Drops the tagged lines that are not wanted any more, because they go another way.
    pub(super) fn retain_tagged(&mut self, keep: impl Fn(&MsgKey) -> bool) {
        let waiting = &mut self.waiting;
        for lane in &mut self.lanes {
            lane.retain(|entry| {
                let kept = entry.tag.as_ref().is_none_or(&keep);
                if !kept {
                    *waiting -= entry.line.len();
                }
                kept
            });
        }
    }

    /// Drops whatever waits, so that a BYE goes next, and gives its tags.
    pub(super) fn clear(&mut self) -> Vec<MsgKey> {
        self.waiting = 0;
        self.lanes
            .iter_mut()
            .flat_map(|lane| lane.drain(..))
            .filter_map(|entry| entry.tag)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Instant = Instant::from_secs(100);

    fn tag(number: usize) -> MsgKey {
        MsgKey {
            id: format!("m{number}").parse().unwrap(),
            attempt: 0,
            src: "a@x".to_owned(),
        }
    }

    fn later(millis: u64) -> Instant {
        NOW + Duration::from_millis(millis)
    }

    fn drain(queue: &mut Queue, now: Instant) -> Vec<u8> {
        std::iter::from_fn(|| queue.pop(now)).map(|line| line[0]).collect()
    }

    /// Eight lines of a lane that fill a queue to the last byte.
    fn fill(queue: &mut Queue, lane: Lane) {
        for number in 0..8 {
            let line = vec![b'x'; LINK_QUEUE_BYTES / 8];
            assert_eq!(queue.push(lane, line, Some(tag(number))), Ok(vec![]), "{number}");
        }
    }

    #[test]
    fn control_goes_before_unicast_and_that_before_the_rest() {
        let mut queue = Queue::new(false);
        for (lane, byte) in [
            (Lane::Rest, 5),
            (Lane::Unicast, 3),
            (Lane::Control, 1),
            (Lane::Rest, 6),
            (Lane::Unicast, 4),
            (Lane::Control, 2),
        ] {
            queue.push(lane, vec![byte], None).unwrap();
        }
        assert_eq!(drain(&mut queue, NOW), [1, 2, 3, 4, 5, 6]);
        assert_eq!((queue.bytes(), queue.next_at(NOW)), (6, None));
    }

    #[test]
    fn no_more_is_given_out_than_the_window_and_one_line() {
        let mut queue = Queue::new(false);
        let half = LINK_WINDOW_BYTES / 2 + 1;
        for _ in 0..4 {
            queue.push(Lane::Unicast, vec![b'x'; half], None).unwrap();
        }
        assert_eq!(drain(&mut queue, NOW).len(), 2);
        assert_eq!(queue.next_at(NOW), None, "only the socket can make way");
        queue.written(3, NOW);
        assert_eq!(queue.next_at(NOW), Some(NOW));
        assert_eq!(drain(&mut queue, NOW).len(), 1);
    }

    #[test]
    fn a_paced_link_gets_a_line_at_a_time_and_control_still_goes_first() {
        let mut queue = Queue::new(true);
        queue.push(Lane::Unicast, vec![1], None).unwrap();
        queue.push(Lane::Unicast, vec![3], None).unwrap();
        assert_eq!(drain(&mut queue, NOW), [1]);
        queue.push(Lane::Control, vec![2], None).unwrap();
        assert_eq!(queue.next_at(NOW), Some(later(50)));
        assert!(drain(&mut queue, later(49)).is_empty());
        assert_eq!(drain(&mut queue, later(50)), [2]);
        assert_eq!(drain(&mut queue, later(500)), [3], "pauses are not saved up");
    }

    #[test]
    fn silence_holds_everything_until_its_end_or_until_the_link_proves_itself() {
        let mut queue = Queue::new(true);
        queue.hold_until(later(1000));
        queue.hold_until(later(10));
        queue.push(Lane::Control, vec![1], None).unwrap();
        queue.push(Lane::Control, vec![2], None).unwrap();
        assert!(drain(&mut queue, later(999)).is_empty());
        assert_eq!(queue.next_at(NOW), Some(later(1000)));
        assert_eq!(drain(&mut queue, later(1000)), [1]);
        queue.hold_until(later(5000));
        queue.set_paced(false, later(1010));
        queue.push(Lane::Control, vec![3], None).unwrap();
        assert_eq!(drain(&mut queue, later(1010)), [2, 3]);
        queue.set_paced(true, later(1020));
        queue.push(Lane::Rest, vec![4], None).unwrap();
        queue.push(Lane::Rest, vec![5], None).unwrap();
        assert_eq!(drain(&mut queue, later(1020)), [4]);
    }

    #[test]
    fn unicast_pushes_out_the_newest_of_the_rest_and_no_unicast() {
        let mut queue = Queue::new(false);
        fill(&mut queue, Lane::Rest);
        assert_eq!(queue.push(Lane::Rest, vec![1], Some(tag(8))), Err(Full));
        assert_eq!(queue.push(Lane::Unicast, vec![1], Some(tag(9))), Ok(vec![tag(7)]));
        let rest_of_it = vec![1; LINK_QUEUE_BYTES - 1];
        let pushed_out: Vec<_> = (0..7).rev().map(tag).collect();
        assert_eq!(queue.push(Lane::Unicast, rest_of_it, None), Ok(pushed_out));
        assert_eq!(queue.push(Lane::Unicast, vec![1], None), Err(Full));
        assert_eq!(queue.tags().collect::<Vec<_>>(), [&tag(9)]);
    }

    #[test]
    fn what_just_fits_pushes_nothing_out() {
        let mut queue = Queue::new(false);
        queue.push(Lane::Rest, vec![0; 10], Some(tag(0))).unwrap();
        let line = vec![0; LINK_QUEUE_BYTES - 10];
        assert_eq!(queue.push(Lane::Unicast, line, None), Ok(vec![]));
        assert_eq!(queue.bytes(), LINK_QUEUE_BYTES);
    }

    #[test]
    fn control_pushes_out_the_rest_first_then_unicast_and_never_control() {
        let mut queue = Queue::new(false);
        fill(&mut queue, Lane::Unicast);
        queue.push(Lane::Control, vec![0], Some(tag(10))).unwrap();
        queue.push(Lane::Rest, vec![0], Some(tag(11))).unwrap();
        let line = vec![0; LINK_QUEUE_BYTES / 8];
        assert_eq!(queue.push(Lane::Control, line, None), Ok(vec![tag(11), tag(6)]));
        let too_much = vec![0; LINK_QUEUE_BYTES];
        assert_eq!(queue.push(Lane::Control, too_much, None), Err(Full));
        assert_eq!(queue.tags().count(), 7, "a refusal pushes nothing out");
    }

    #[test]
    fn what_is_given_out_counts_and_is_not_taken_back() {
        let mut queue = Queue::new(false);
        fill(&mut queue, Lane::Rest);
        assert_eq!(drain(&mut queue, NOW).len(), 2);
        assert_eq!(queue.bytes(), LINK_QUEUE_BYTES);
        let line = vec![0; LINK_QUEUE_BYTES / 8 * 6 + 1];
        assert_eq!(queue.push(Lane::Control, line, None), Err(Full));
        assert_eq!(queue.tags().collect::<Vec<_>>()[0], &tag(2), "two are gone");
    }

    #[test]
    fn it_is_stalled_when_nothing_is_written_for_too_long() {
        let mut queue = Queue::new(false);
        queue.push(Lane::Rest, vec![0; 10], None).unwrap();
        assert_eq!(queue.stall_at(), None, "nothing was given out");
        drain(&mut queue, NOW);
        queue.push(Lane::Rest, vec![0; 10], None).unwrap();
        drain(&mut queue, later(9000));
        assert_eq!(queue.stall_at(), Some(later(10_000)), "a new line is no progress");
        queue.written(0, later(9500));
        assert!(!queue.stalled(later(9999)) && queue.stalled(later(10_000)));
        queue.written(1, later(9999));
        assert!(!queue.stalled(later(10_000)));
        queue.written(19, later(10_000));
        assert_eq!((queue.stall_at(), queue.bytes()), (None, 0));
    }

    #[test]
    fn clearing_leaves_what_was_given_out_and_tells_the_rest() {
        let mut queue = Queue::new(true);
        for number in 0..3 {
            queue.push(Lane::Unicast, vec![0; 7], Some(tag(number))).unwrap();
        }
        drain(&mut queue, NOW);
        assert_eq!(queue.clear(), [tag(1), tag(2)]);
        assert_eq!((queue.bytes(), queue.next_at(NOW)), (7, None));
    }

    proptest! {
        #[test]
        fn bytes_are_bounded_and_every_tag_has_one_end(
            steps in proptest::collection::vec((0_usize..6, 0_usize..80_000), 0..120),
        ) {
            let (mut queue, mut out) = (Queue::new(false), VecDeque::new());
            let (mut accepted, mut ended) = (0, 0);
            for (number, (what, size)) in steps.into_iter().enumerate() {
                match what {
                    0..=2 => if let Ok(pushed_out) = queue.push(Lane::ALL[what], vec![0; size], Some(tag(number))) {
                        accepted += 1;
                        ended += pushed_out.len();
                    },
                    3 => queue.written(out.pop_front().unwrap_or(0), NOW),
                    _ => if let Some(line) = queue.pop(NOW) {
                        out.push_back(line.len());
                        ended += 1;
                    },
                }
                prop_assert!(queue.bytes() <= LINK_QUEUE_BYTES);
                prop_assert_eq!(queue.given_out, out.iter().sum::<usize>());
                prop_assert_eq!(accepted, ended + queue.tags().count());
                prop_assert_eq!(queue.waiting, queue.lanes.iter().flatten().map(|entry| entry.line.len()).sum::<usize>());
            }
        }
    }
}
