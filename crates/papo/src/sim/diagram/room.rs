//! Where words have room between arrows.

use super::super::figures::float;

/// A place in pixels, from the left and from the top.
pub(super) type Point = (f64, f64);

/// Pixels from the middle of a line of text to its edge, and to the baseline.
const HALF_LINE: f64 = 6.5;
const TO_BASELINE: f64 = 4.0;
/// Pixels of a character, about: no font is known here.
const CHARACTER: f64 = 6.4;

/// Something that takes room: words, turned or not, or the line of an arrow.
#[derive(Debug, Clone, Copy)]
struct Bar {
    middle: Point,
    /// One pixel long, to where the words run.
    along: Point,
    half: (f64, f64),
}

/// All that is there already.
#[derive(Debug)]
pub(super) struct Room {
    taken: Vec<Bar>,
    /// The first and the last pixel that words may take.
    edges: (f64, f64),
}

/// Where words begin or have their middle, on the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Words {
    pub(super) at: Point,
    /// In degrees.
    pub(super) turned: f64,
}

impl Bar {
    fn between(from: Point, to: Point) -> Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1.0);
        // Words are never upside down.
        let sign = if dx < 0.0 { -1.0 } else { 1.0 };
        Self {
            middle: (from.0.midpoint(to.0), from.1.midpoint(to.1)),
            along: (sign * dx / length, sign * dy / length),
            half: (length / 2.0, 0.5),
        }
    }

    fn across(&self) -> Point {
        (-self.along.1, self.along.0)
    }

    /// How far it reaches from its middle in some direction.
    fn reach(&self, direction: Point) -> f64 {
        self.half.0 * dot(self.along, direction).abs() + self.half.1 * dot(self.across(), direction).abs()
    }

    fn overlaps(&self, other: &Self) -> bool {
        let apart = (other.middle.0 - self.middle.0, other.middle.1 - self.middle.1);
        [self.along, self.across(), other.along, other.across()]
            .into_iter()
            .all(|axis| dot(apart, axis).abs() < self.reach(axis) + other.reach(axis))
    }
}

impl Room {
    /// Words may stand between these two pixels, from the left.
    pub(super) const fn new(edges: (f64, f64)) -> Self {
        Self {
            taken: Vec::new(),
            edges,
        }
    }

    /// The line of an arrow.
    pub(super) fn line(&mut self, from: Point, to: Point) {
        self.taken.push(Bar::between(from, to));
    }

    /// Takes the room for words at an arrow. They stand above it rather than below, and rather near its end: what goes
    /// out to many from one place has come apart there.
    pub(super) fn beside(&mut self, from: Point, to: Point, words: &str) -> Words {
        let line = Bar::between(from, to);
        let places = [-1.0, 1.0].into_iter().flat_map(|side| {
            [0.58, 0.42, 0.74, 0.26].map(|part| {
                let away = side * (HALF_LINE + 2.0);
                let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
                let across = line.across();
                (x + across.0 * away, y + across.1 * away)
            })
        });
        let half = (wide(words) / 2.0, HALF_LINE);
        let bar = self.take(places.map(|middle| Bar { middle, half, ..line }));
        let down = bar.across();
        Words {
            at: (bar.middle.0 + down.0 * TO_BASELINE, bar.middle.1 + down.1 * TO_BASELINE),
            turned: bar.along.1.atan2(bar.along.0).to_degrees(),
        }
    }

    /// Takes the room for words at a point of a lifeline; gives their left end.
    pub(super) fn around(&mut self, point: Point, words: &str) -> Words {
        /// Pixels to the side of the point.
        const ASIDE: f64 = 9.0;
        let half = (wide(words) / 2.0, HALF_LINE);
        let places = [-9.0, 11.0, -23.0, 25.0].into_iter().flat_map(|down| {
            [1.0, -1.0].map(|side| Bar {
                middle: (point.0 + side * (ASIDE + half.0), point.1 + down),
                along: (1.0, 0.0),
                half,
            })
        });
        let bar = self.take(places);
        Words {
            at: (bar.middle.0 - half.0, bar.middle.1 + TO_BASELINE),
            turned: 0.0,
        }
    }

    /// The first of some places that touches least of what is there.
    fn take(&mut self, places: impl Iterator<Item = Bar>) -> Bar {
        let cost = |bar: &Bar| {
            let (left, right) = (bar.middle.0 - bar.half.0, bar.middle.0 + bar.half.0);
            let outside = left < self.edges.0 || right > self.edges.1;
            let touched = self.taken.iter().filter(|taken| taken.overlaps(bar)).count();
            (outside, touched)
        };
        let nowhere = Bar::between((0.0, 0.0), (0.0, 0.0));
        let best = places.min_by_key(cost).unwrap_or(nowhere);
        self.taken.push(best);
        best
    }
}

fn wide(words: &str) -> f64 {
    float(u64::try_from(words.chars().count()).unwrap_or(u64::MAX)) * CHARACTER
}

fn dot(one: Point, other: Point) -> f64 {
    one.0 * other.0 + one.1 * other.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        Room::new((0.0, 1000.0))
    }

    #[test]
    fn words_at_a_point_stand_where_no_arrow_is() {
        let mut room = room();
        let right = room.around((500.0, 100.0), "delivered").at;
        assert!(right.0 > 508.0 && right.1 < 100.0, "right of it, above: {right:?}");
        // An arrow that comes from the right leaves the left side free.
        room.line((800.0, 270.0), (500.0, 300.0));
        let left = room.around((500.0, 300.0), "delivered").at;
        assert!(left.0 < 490.0 && left.1 < 300.0, "{left:?}");
        // Nothing stands over the edge, whatever it costs.
        room.line((250.0, 470.0), (10.0, 500.0));
        let inside = room.around((10.0, 500.0), "delivered").at;
        assert!(inside.0 > 10.0, "{inside:?}");
    }

    #[test]
    fn words_of_arrows_that_cross_are_apart() {
        let mut room = room();
        let arrows = [
            ((0.0, 0.0), (400.0, 60.0)),
            ((400.0, 0.0), (0.0, 60.0)),
            ((0.0, 4.0), (400.0, 64.0)),
        ];
        for (from, to) in arrows {
            room.line(from, to);
        }
        for (from, to) in arrows {
            let before = room.taken.len();
            let words = room.beside(from, to, "1 SEND ttl 8");
            assert!(words.turned.abs() < 90.0);
            let new = room.taken[before];
            let over: Vec<_> = room.taken[3..before].iter().filter(|bar| bar.overlaps(&new)).collect();
            assert!(over.is_empty(), "{over:?} {new:?}");
        }
    }
}
