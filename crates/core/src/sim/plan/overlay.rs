//! Who dials whom.

use super::Drafter;
use crate::sim::scenario::{Overlay, Shape};

impl Drafter<'_> {
    /// Draws the connections of those who are seated.
    pub(super) fn connect(&mut self, overlay: &Overlay) {
        let count = self.plan.seats.len();
        match overlay.shape {
            Shape::Rendezvous => {}
            Shape::Chain => (1..count).for_each(|number| self.link(number, number - 1)),
            Shape::Ring => {
                (1..count).for_each(|number| self.link(number, number - 1));
                if count > 2 {
                    self.link(0, count - 1);
                }
            }
            Shape::Star => (1..count).for_each(|number| self.link(number, 0)),
            Shape::Full => {
                for number in 1..count {
                    (0..number).for_each(|other| self.link(number, other));
                }
            }
            Shape::Random => {
                let degree = overlay.degree.draw(self.rng);
                self.connect_at_random(count, degree);
            }
        }
    }

    /// Rings in random orders: each adds two links to everybody, and one alone connects all. An odd degree ends with
    /// half a ring.
    fn connect_at_random(&mut self, count: usize, degree: usize) {
        let degree = degree.clamp(2, count.saturating_sub(1).max(2));
        for ring in 0..degree.div_ceil(2) {
            let mut order: Vec<usize> = (0..count).collect();
            for place in (1..count).rev() {
                let other = self.below(place + 1);
                order.swap(place, other);
            }
            let half = ring * 2 + 1 == degree;
            for place in (0..count).step_by(if half { 2 } else { 1 }) {
                self.link(order[place], order[(place + 1) % count]);
            }
        }
    }

    /// One of two dials the other: never one that nobody can connect to.
    fn link(&mut self, one: usize, other: usize) {
        let seats = &mut self.plan.seats;
        if one == other || seats[one].dials.contains(&other) || seats[other].dials.contains(&one) {
            return;
        }
        if !seats[other].nat {
            seats[one].dials.push(other);
        } else if !seats[one].nat {
            seats[other].dials.push(one);
        }
    }
}
