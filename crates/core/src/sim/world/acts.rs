//! What is said and what goes wrong, when its time has come.

use super::{Body, Event, UTC, World};
use crate::node::Input;
use crate::sim::plan::{Act, Rendezvous};
use crate::time::Instant;

impl World {
    pub(super) fn act(&mut self, number: usize) {
        let now = self.now();
        let Some((_, act)) = self.plan.actions.get(number).cloned() else {
            return;
        };
        self.note_act(&act);
        if act.is_fault() {
            self.observer.fault(now, act.until().unwrap_or(now));
        }
        match act {
            Act::Send { from, to, text } => self.say(from, to, text),
            Act::Publish { from, dst, text } => self.publish(from, dst, text),
            Act::Stop { who, how, back, state } => {
                self.stop(who, how, state);
                if let Some(back) = back {
                    // Who leaves in peace takes a moment.
                    let life = self.next_life(who) + u32::from(!matches!(self.actors[who].body, Body::Down));
                    self.queue.push(back, who, Event::Start { life });
                }
            }
            Act::Split { side, one_way, until } => self.rules.split(side, one_way, until),
            Act::Reset { share, salt } => {
                for wire in self.some_wires(share, salt) {
                    self.reset(wire);
                }
            }
            Act::HalfOpen { share, salt } => {
                for wire in self.some_wires(share, salt) {
                    self.kill_wire(wire);
                }
            }
            Act::Stall { who, until } => self.actors[who].stalled_until = until,
            Act::Clock { who, millis } => {
                self.actors[who].clock_millis = millis;
                let utc = self.utc(who);
                self.node_input(who, Input::WallClock(utc));
            }
            Act::Rendezvous(what) => self.change_rendezvous(what),
        }
    }

    fn change_rendezvous(&mut self, what: Rendezvous) {
        let now = self.now();
        let Some(directory) = &mut self.directory else { return };
        match what {
            Rendezvous::Down { until } => directory.go_down(until),
            Rendezvous::Stale { until } => directory.go_stale(until),
            Rendezvous::Lying { until, salt } => directory.lie(until, salt),
            Rendezvous::Restart { state } => directory.restart(state, now, UTC.after(now.since(Instant::ZERO))),
        }
    }
}
