//! Over which neighbors other peers can be reached (docs/protocol.md 2.5).

use std::cmp::Reverse;
use std::time::Duration;

use super::recent::Recent;
use crate::id::PeerId;
use crate::limits::{NEXT_HOPS, ROUTE_LIFE, ROUTES};
use crate::planted::{Bug, planted};
use crate::time::Instant;

#[derive(Debug)]
struct Way {
    next_hop: PeerId,
    hops: u8,
    learned: Instant,
    confirmed: Instant,
}

impl Way {
    fn is_believed(&self, now: Instant) -> bool {
        now < self.confirmed + ROUTE_LIFE
    }
}

/// For each destination the neighbors that lead to it, the best first: fewer hops, then more recently confirmed, then
/// by name. A way is believed for [`ROUTE_LIFE`] after it was learned or confirmed last, and forgotten at its first
/// failure. Of more than [`ROUTES`] destinations the one is forgotten that was confirmed longest ago.
#[derive(Debug)]
pub(super) struct Routes {
    ways: Recent<PeerId, Vec<Way>>,
}

impl Routes {
    /// No way is known.
    pub(super) fn new() -> Self {
        Self {
            ways: Recent::new(ROUTES),
        }
    }

    /// `next_hop` says, or has shown, that it leads to `dest` in so many hops. Of more than [`NEXT_HOPS`] ways to one
    /// destination the worst is forgotten, even if it is this one.
    pub(super) fn learn(&mut self, dest: &PeerId, next_hop: &PeerId, hops: u8, now: Instant) {
        while self.ways.oldest().is_some_and(|used| used + ROUTE_LIFE <= now) {
            self.ways.pop_oldest();
        }
        let ways = self.ways.touch(dest, now);
        ways.retain(|way| way.is_believed(now));
        if let Some(way) = ways.iter_mut().find(|way| way.next_hop == *next_hop) {
            (way.hops, way.confirmed) = (hops, now);
        } else {
            ways.push(Way {
                next_hop: next_hop.clone(),
                hops,
                learned: now,
                confirmed: now,
            });
        }
        sort(ways);
        ways.truncate(NEXT_HOPS);
    }

    /// The neighbors that lead to a peer, the best first.
    pub(super) fn next_hops(&self, dest: &PeerId, now: Instant) -> impl Iterator<Item = &PeerId> {
        let ways = self.ways.get(dest).into_iter().flatten();
        ways.filter(move |way| way.is_believed(now)).map(|way| &way.next_hop)
    }

    /// An answer came over a way: it is good. A way that is not known stays unknown.
    pub(super) fn confirm(&mut self, dest: &PeerId, next_hop: &PeerId, now: Instant) {
        let known = self.ways.get_mut(dest);
        let Some(way) = known.and_then(|ways| ways.iter_mut().find(|way| way.next_hop == *next_hop)) else {
            return;
        };
        if way.is_believed(now) {
            way.confirmed = now;
            sort(self.ways.touch(dest, now));
        }
    }

    /// A way failed: it is forgotten.
    pub(super) fn fail(&mut self, dest: &PeerId, next_hop: &PeerId) {
        if let Some(ways) = self.ways.get_mut(dest).filter(|_| !planted(Bug::RouteKept)) {
            ways.retain(|way| way.next_hop != *next_hop);
            if ways.is_empty() {
                self.ways.remove(dest);
            }
        }
    }

    /// A neighbor is gone, and with it every way over it.
    pub(super) fn neighbor_lost(&mut self, neighbor: &PeerId) {
        self.ways.retain(|_, ways| {
            ways.retain(|way| way.next_hop != *neighbor);
            !ways.is_empty()
        });
    }

    /// Destination, next hop, hops and how long it is known, of every way: by destination, the best first.
    pub(super) fn rows(&self, now: Instant) -> Vec<(PeerId, PeerId, u8, Duration)> {
        let ways = self
            .ways
            .iter()
            .flat_map(|(dest, ways)| ways.iter().map(move |way| (dest, way)));
        ways.filter(|(_, way)| way.is_believed(now))
            .map(|(dest, way)| (dest.clone(), way.next_hop.clone(), way.hops, now.since(way.learned)))
            .collect()
    }

    /// How many destinations are remembered, those among them that are not believed any more.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }
}

fn sort(ways: &mut [Way]) {
    ways.sort_by(|a, b| {
        let order = |way: &Way| (way.hops, Reverse(way.confirmed));
        order(a).cmp(&order(b)).then_with(|| a.next_hop.cmp(&b.next_hop))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn peer(name: &str) -> PeerId {
        PeerId::new(name, "x").unwrap()
    }

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    fn to<'a>(routes: &'a Routes, dest: &str, second: u64) -> Vec<&'a str> {
        routes.next_hops(&peer(dest), at(second)).map(PeerId::name).collect()
    }

    #[test]
    fn short_ways_come_first_then_fresh_ones_then_names() {
        let mut routes = Routes::new();
        for (next_hop, hops, second) in [("d", 2, 1), ("b", 3, 4), ("c", 2, 2), ("a", 2, 1)] {
            routes.learn(&peer("z"), &peer(next_hop), hops, at(second));
        }
        assert_eq!(to(&routes, "z", 5), ["c", "a", "d", "b"]);
        routes.confirm(&peer("z"), &peer("d"), at(5));
        assert_eq!(to(&routes, "z", 5), ["d", "c", "a", "b"]);
        routes.learn(&peer("z"), &peer("b"), 1, at(6));
        assert_eq!(to(&routes, "z", 6), ["b", "d", "c", "a"]);
        assert!(to(&routes, "y", 6).is_empty());
    }

    #[test]
    fn only_the_best_ways_to_a_peer_are_kept() {
        let mut routes = Routes::new();
        for (hops, next_hop) in (1..).zip(["a", "b", "c", "d", "e"]) {
            routes.learn(&peer("z"), &peer(next_hop), hops, at(0));
        }
        assert_eq!(to(&routes, "z", 0), ["a", "b", "c", "d"]);
        routes.learn(&peer("z"), &peer("f"), 2, at(1));
        assert_eq!(to(&routes, "z", 1), ["a", "f", "b", "c"]);
    }

    #[test]
    fn a_way_is_forgotten_at_its_first_failure() {
        let mut routes = Routes::new();
        routes.learn(&peer("z"), &peer("a"), 1, at(0));
        routes.learn(&peer("z"), &peer("b"), 2, at(0));
        routes.fail(&peer("z"), &peer("a"));
        assert_eq!(to(&routes, "z", 0), ["b"]);
        routes.fail(&peer("z"), &peer("b"));
        routes.fail(&peer("z"), &peer("b"));
        assert_eq!((to(&routes, "z", 0).len(), routes.len()), (0, 0));
    }

    #[test]
    fn a_lost_neighbor_takes_all_its_ways_with_it() {
        let mut routes = Routes::new();
        routes.learn(&peer("y"), &peer("a"), 1, at(0));
        routes.learn(&peer("z"), &peer("a"), 1, at(0));
        routes.learn(&peer("z"), &peer("b"), 2, at(0));
        routes.neighbor_lost(&peer("a"));
        assert_eq!(
            (to(&routes, "z", 0), to(&routes, "y", 0).len(), routes.len()),
            (vec!["b"], 0, 1)
        );
    }

    #[test]
    fn a_way_is_believed_for_its_life_after_the_last_confirmation() {
        let mut routes = Routes::new();
        routes.learn(&peer("z"), &peer("a"), 1, at(0));
        routes.learn(&peer("z"), &peer("b"), 2, at(0));
        routes.confirm(&peer("z"), &peer("b"), at(299));
        assert_eq!(to(&routes, "z", 299), ["a", "b"]);
        assert_eq!(to(&routes, "z", 300), ["b"]);
        routes.confirm(&peer("z"), &peer("a"), at(300));
        assert_eq!(to(&routes, "z", 300), ["b"], "it is not known any more");
        let rows = routes.rows(at(300));
        assert_eq!(rows, [(peer("z"), peer("b"), 2, Duration::from_secs(300))]);
        assert!(routes.rows(at(599)).is_empty() && routes.len() == 1);
        routes.learn(&peer("y"), &peer("a"), 1, at(599));
        assert_eq!(routes.len(), 1, "what is not believed gives its place back");
    }

    #[test]
    fn destinations_are_bounded() {
        let mut routes = Routes::new();
        for number in 0..=ROUTES {
            routes.learn(
                &peer(&number.to_string()),
                &peer("a"),
                1,
                Instant::from_millis(number as u64),
            );
            if number == 1 {
                routes.confirm(&peer("0"), &peer("a"), Instant::from_millis(1));
                routes.confirm(&peer("0"), &peer("a"), Instant::from_millis(2));
            }
        }
        assert_eq!(routes.len(), ROUTES);
        let known = ["0", "1", "2"].map(|dest| to(&routes, dest, 5).len());
        assert_eq!(known, [1, 0, 1], "1 was confirmed longest ago");
    }

    proptest! {
        #[test]
        fn ways_stay_ordered_and_bounded(
            steps in proptest::collection::vec((0_u8..5, 0_u8..3, 0_u8..7, 1_u8..4, 0_u64..90), 0..150),
        ) {
            let (mut routes, mut second) = (Routes::new(), 0);
            for (what, dest, next_hop, hops, pause) in steps {
                second += pause;
                let (dest, next_hop) = (peer(&format!("d{dest}")), peer(&format!("n{next_hop}")));
                match what {
                    0 => routes.fail(&dest, &next_hop),
                    1 => routes.confirm(&dest, &next_hop, at(second)),
                    2 if hops == 3 => routes.neighbor_lost(&next_hop),
                    _ => routes.learn(&dest, &next_hop, hops, at(second)),
                }
                for (_, ways) in routes.ways.iter() {
                    prop_assert!((1..=NEXT_HOPS).contains(&ways.len()));
                    prop_assert!(ways.is_sorted_by_key(|way| (way.hops, Reverse(way.confirmed), way.next_hop.clone())));
                }
                let rows = routes.rows(at(second));
                for (dest, next_hop, ..) in rows {
                    let found = routes.next_hops(&dest, at(second)).filter(|found| **found == next_hop);
                    prop_assert_eq!(found.count(), 1);
                }
            }
        }
    }
}
