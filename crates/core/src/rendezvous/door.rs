//! Who may ask, and how often (docs/protocol.md 1.6).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::address::{AddressTable, counted_address};
use crate::limits::{ADDRESSES, RENDEZVOUS_WINDOW, RENDEZVOUS_WINDOW_ENTRIES};
use crate::pace::{Pace, Rate};
use crate::time::Instant;
use crate::wire::rendezvous::Dialect;

/// What a connection gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admittance {
    /// It may ask.
    Open,
    /// It asks too often (dialect 2025-09).
    TooOften,
    /// It is the one connection too many, and begins the ban (dialect 2025-11).
    Banned,
    /// It came during the ban, which lasts so much longer.
    Blocked(Duration),
}

/// Counts connections by address.
#[derive(Debug)]
pub(super) struct Doorkeeper {
    trusted: Vec<IpNet>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Everyone may.
    Open,
    Paced {
        rate: Rate,
        addresses: AddressTable<Pace>,
    },
    Window {
        count: usize,
        addresses: AddressTable<Window>,
        entries: usize,
    },
}

/// The connections of one address within the last minute.
#[derive(Debug, Default)]
struct Window {
    recent: VecDeque<Instant>,
    banned_until: Option<Instant>,
}

impl Doorkeeper {
    pub(super) fn new(dialect: Dialect, per_minute: Option<u32>, trusted: Vec<IpNet>) -> Self {
        let kind = match (per_minute, dialect) {
            (None, _) => Kind::Open,
            (Some(count), Dialect::September) => Kind::Paced {
                rate: Rate::over(RENDEZVOUS_WINDOW, count, count),
                addresses: AddressTable::new(ADDRESSES),
            },
            (Some(count), Dialect::November) => Kind::Window {
                count: usize::try_from(count).unwrap_or(usize::MAX),
                addresses: AddressTable::new(ADDRESSES),
                entries: 0,
            },
        };
        Self { trusted, kind }
    }

    /// Loopback and trusted networks.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.trusted.iter().any(|net| net.contains(&address))
    }

    /// Counts a connection.
    pub(super) fn admit(&mut self, address: IpAddr, now: Instant) -> Admittance {
        let trusted = self.trusts(address);
        match &mut self.kind {
            Kind::Open => Admittance::Open,
            Kind::Paced { .. } if trusted => Admittance::Open,
            Kind::Paced { rate, addresses } => match addresses.touch(counted_address(address), now).take(*rate, now) {
                Ok(()) => Admittance::Open,
                Err(_) => Admittance::TooOften,
            },
            // The program that this dialect is about counts everyone, loopback included.
            Kind::Window {
                count,
                addresses,
                entries,
            } => {
                while *entries >= RENDEZVOUS_WINDOW_ENTRIES
                    && let Some(forgotten) = addresses.forget_oldest()
                {
                    *entries -= forgotten.recent.len();
                }
                let full = addresses.is_full_without(counted_address(address));
                if full && let Some(forgotten) = addresses.forget_oldest() {
                    *entries -= forgotten.recent.len();
                }
                let window = addresses.touch(counted_address(address), now);
                let before = window.recent.len();
                let admittance = window.admit(*count, now);
                *entries = *entries - before + window.recent.len();
                admittance
            }
        }
    }
}

impl Window {
    fn admit(&mut self, count: usize, now: Instant) -> Admittance {
        if let Some(until) = self.banned_until {
            if now < until {
                return Admittance::Blocked(until.since(now));
            }
            self.banned_until = None;
            self.recent = VecDeque::new();
        }
        while self
            .recent
            .front()
            .is_some_and(|&at| now.since(at) >= RENDEZVOUS_WINDOW)
        {
            self.recent.pop_front();
        }
        if self.recent.len() >= count {
            // Nobody counts during the ban, so nothing has to be remembered but its end.
            self.recent = VecDeque::new();
            self.banned_until = Some(now + RENDEZVOUS_WINDOW);
            return Admittance::Banned;
        }
        self.recent.push_back(now);
        Admittance::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: &str = "203.0.113.7";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_one_connection_too_many_begins_a_ban_of_a_minute() {
        let mut door = Doorkeeper::new(Dialect::November, Some(3), vec![]);
        for second in [0, 10, 20] {
            assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(second)), Admittance::Open);
        }
        assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(59)), Admittance::Banned);
        let blocked = |seconds| Admittance::Blocked(Duration::from_secs(seconds));
        assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(60)), blocked(59));
        assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(118)), blocked(1));
        assert_eq!(door.admit(ip("203.0.113.8"), Instant::from_secs(118)), Admittance::Open);
        for _ in 0..3 {
            assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(119)), Admittance::Open);
        }
        assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(119)), Admittance::Banned);
    }

    #[test]
    fn the_window_slides() {
        let mut door = Doorkeeper::new(Dialect::November, Some(2), vec![]);
        for second in [0, 30, 60, 90, 120] {
            assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(second)), Admittance::Open);
        }
        assert_eq!(door.admit(ip(STRANGER), Instant::from_secs(149)), Admittance::Banned);
    }

    #[test]
    fn only_the_dialect_of_november_counts_loopback_and_trusted_networks() {
        for (dialect, too_often) in [
            (Dialect::September, Admittance::Open),
            (Dialect::November, Admittance::Banned),
        ] {
            let mut door = Doorkeeper::new(dialect, Some(1), vec!["10.0.0.0/8".parse().unwrap()]);
            for address in ["127.0.0.1", "10.1.1.1", "::1"] {
                assert_eq!(door.admit(ip(address), Instant::ZERO), Admittance::Open);
                assert_eq!(door.admit(ip(address), Instant::ZERO), too_often, "{dialect} {address}");
            }
        }
    }

    #[test]
    fn the_pace_of_september_refuses_and_recovers() {
        let mut door = Doorkeeper::new(Dialect::September, Some(60), vec![]);
        let mut at = |millis| door.admit(ip(STRANGER), Instant::from_millis(millis));
        assert!((0..60).all(|_| at(0) == Admittance::Open));
        assert_eq!(at(999), Admittance::TooOften);
        assert_eq!(at(1000), Admittance::Open);
        assert_eq!(at(1000), Admittance::TooOften);
    }

    #[test]
    fn off_is_off_in_both_dialects() {
        for dialect in [Dialect::September, Dialect::November] {
            let mut door = Doorkeeper::new(dialect, None, vec![]);
            assert!((0..10_000).all(|_| door.admit(ip(STRANGER), Instant::ZERO) == Admittance::Open));
        }
    }

    #[test]
    fn a_hundred_thousand_addresses_leave_bounded_tables() {
        for dialect in [Dialect::September, Dialect::November] {
            let mut door = Doorkeeper::new(dialect, Some(50), vec![]);
            for number in 0..100_000_u32 {
                let address = IpAddr::V4((0xcb00_0000 + number).into());
                let now = Instant::from_micros(u64::from(number) * 7);
                assert_eq!(door.admit(address, now), Admittance::Open);
                assert_eq!(door.admit(address, now), Admittance::Open);
            }
            match door.kind {
                Kind::Open => unreachable!("a limit was asked for"),
                Kind::Paced { addresses, .. } => assert_eq!(addresses.len(), ADDRESSES),
                Kind::Window { addresses, entries, .. } => {
                    assert_eq!(addresses.len(), ADDRESSES);
                    assert_eq!(entries, 2 * ADDRESSES);
                }
            }
        }
    }
}
