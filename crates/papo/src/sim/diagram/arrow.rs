//! One line on its way, as a slanted arrow.

use std::fmt::Write as _;

use super::super::figures::float;
use super::room::{Point, Words};

/// How far down a lost line is drawn, in pixels, and how far of its way across it gets.
const LOST: (f64, f64) = (14.0, 0.6);

/// From where to where, in pixels.
pub(super) struct Arrow {
    pub(super) from: (usize, usize),
    /// No height when it never arrived.
    pub(super) to: (usize, Option<usize>),
    pub(super) class: &'static str,
    /// Not escaped yet.
    pub(super) label: String,
    /// Escaped already.
    pub(super) title: String,
}

impl Arrow {
    /// Where its line begins and ends.
    pub(super) fn ends(&self) -> (Point, Point) {
        let (x, y) = (pixels(self.from.0), pixels(self.from.1));
        let across = pixels(self.to.0) - x;
        let end = match self.to.1 {
            Some(bottom) => (x + across, pixels(bottom)),
            None => (x + across * LOST.1, y + LOST.0),
        };
        ((x, y), end)
    }

    /// With its words where they have room.
    pub(super) fn draw(&self, out: &mut String, words: Words) {
        let ((x1, y1), (x2, y2)) = self.ends();
        let length = (x2 - x1).hypot(y2 - y1).max(1.0);
        // A vector along the arrow, one pixel long, and one to its side.
        let (along, side) = (
            ((x2 - x1) / length, (y2 - y1) / length),
            (-(y2 - y1) / length, (x2 - x1) / length),
        );
        let lost = if self.to.1.is_none() { " lost" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<g class=\"arrow {}{lost}\"><title>{}</title><line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>",
            self.class, self.title
        );
        if lost.is_empty() {
            let corner = |back: f64, beside: f64| {
                (
                    x2 - along.0 * back + side.0 * beside,
                    y2 - along.1 * back + side.1 * beside,
                )
            };
            let (left, right) = (corner(10.0, 4.0), corner(10.0, -4.0));
            let _ = write!(
                out,
                "<polygon points=\"{x2:.1},{y2:.1} {:.1},{:.1} {:.1},{:.1}\"/>",
                left.0, left.1, right.0, right.1
            );
        } else {
            for (dx, dy) in [(5.0, 5.0), (5.0, -5.0)] {
                let (from, to) = ((x2 - dx, y2 - dy), (x2 + dx, y2 + dy));
                let _ = write!(
                    out,
                    "<line class=\"cross\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
                    from.0, from.1, to.0, to.1
                );
            }
        }
        let _ = writeln!(
            out,
            "<text transform=\"translate({:.1} {:.1}) rotate({:.1})\">{}</text></g>",
            words.at.0,
            words.at.1,
            words.turned,
            super::escaped(&self.label)
        );
    }
}

/// As a number that can be calculated with.
pub(super) fn pixels(at: usize) -> f64 {
    float(u64::try_from(at).unwrap_or(u64::MAX))
}
