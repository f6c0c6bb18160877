//! At most 50 connections in a window, then a ban as long as the window.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Fault;

/// The one address that comes here, and when it came.
pub(super) struct Bans {
    window: Duration,
    came: VecDeque<Instant>,
    until: Option<Instant>,
}

pub(super) enum Admission {
    Welcome,
    Drop,
    Blocked(u64),
}

impl Bans {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            came: VecDeque::new(),
            until: None,
        }
    }

    pub(super) fn admit(&mut self, fault: Option<Fault>) -> Admission {
        let now = Instant::now();
        if let Some(until) = self.until.filter(|&until| until > now) {
            // The window stands for the minute that it is on the wire.
            let share = (until - now).as_secs_f64() / self.window.as_secs_f64();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most the seconds of a minute"
            )]
            let seconds = (share * 60.0).ceil() as u64;
            return Admission::Blocked(if fault == Some(Fault::BansForAnHour) {
                3600
            } else {
                seconds
            });
        }
        let most = match fault {
            Some(Fault::NeverBans) => usize::MAX,
            Some(Fault::BansLate) => 60,
            Some(Fault::BansEarly) => 20,
            _ => 50,
        };
        self.came.retain(|&came| came + self.window > now);
        self.came.push_back(now);
        if self.came.len() <= most {
            return Admission::Welcome;
        }
        self.came.clear();
        self.until = Some(now + self.window);
        Admission::Drop
    }
}
