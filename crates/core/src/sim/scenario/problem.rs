//! What no value alone is wrong about: a scenario that can be read and makes no sense.

use thiserror::Error;

use super::{Saying, Scenario, Shape, Wrong};
use crate::id::PeerId;

/// Why a scenario makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Neither peers nor hubs.
    #[error("nobody is there: it needs [[peers]] or [hubs]")]
    Nobody,
    /// Peers and hubs.
    #[error("peers and hubs do not meet: it needs [[peers]] or [hubs], not both")]
    Both,
    /// A `duration` of nothing.
    #[error("duration must be longer than 0")]
    NoTime,
    /// A name or a namespace that no peer can have.
    #[error("{0:?} cannot be the name or the namespace of a peer")]
    BadName(String),
    /// A group of peers without a namespace.
    #[error("namespaces needs at least one")]
    NoNamespace,
    /// What peers say, or what happens to them, in a world without peers.
    #[error("needs [[peers]]")]
    NeedsPeers,
    /// A message to one peer, where there is nobody else.
    #[error("needs two peers at least")]
    NeedsTwo,
    /// What happens on hubs, in a world without hubs.
    #[error("needs [hubs]")]
    NeedsHubs,
    /// What happens to disks of hubs, where hubs keep nothing.
    #[error("needs durable = true under [hubs]")]
    NeedsDisks,
    /// What happens to a rendezvous, in an overlay without one.
    #[error("needs shape = \"rendezvous\" under [overlay]")]
    NeedsRendezvous,
    /// It would begin after `duration`.
    #[error("begins after duration is over")]
    TooLate,
    /// A `random` shape whose peers have no links.
    #[error("degree must be at least 1 in a random shape")]
    NoLinks,
}

/// Where in the file: the key at the top, and which of several with that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// A key such as `traffic`.
    pub key: &'static str,
    /// Which of them, from 0; 0 where there can be only one.
    pub number: usize,
}

impl Scenario {
    /// The first thing about it that makes no sense, and where it stands. Names in `by`, `to` and `who` are not looked
    /// at: who is there may depend on the seed.
    pub fn problem(&self) -> Option<(Place, Problem)> {
        let place = |key, number| move |problem| (Place { key, number }, problem);
        if self.duration.0.is_zero() {
            return Some(place("duration", 0)(Problem::NoTime));
        }
        if self.peers.is_empty() && self.hubs.is_none() {
            return Some(place("duration", 0)(Problem::Nobody));
        }
        if !self.peers.is_empty() && self.hubs.is_some() {
            return Some(place("hubs", 0)(Problem::Both));
        }
        let peers = (0..).zip(&self.peers);
        let traffic = (0..).zip(&self.traffic);
        let faults = (0..).zip(&self.faults);
        None.or_else(|| {
            peers
                .into_iter()
                .find_map(|(number, group)| group.problem().map(place("peers", number)))
        })
        .or_else(|| {
            let linkless = self.overlay.shape == Shape::Random && self.overlay.degree.to == 0;
            linkless.then_some(Problem::NoLinks).map(place("overlay", 0))
        })
        .or_else(|| {
            traffic
                .into_iter()
                .find_map(|(number, said)| self.unsayable(said).map(place("traffic", number)))
        })
        .or_else(|| {
            faults
                .into_iter()
                .find_map(|(number, fault)| self.harmless(fault).map(place("faults", number)))
        })
    }

    fn unsayable(&self, said: &super::Traffic) -> Option<Problem> {
        let most: u64 = self.peers.iter().map(|group| u64::from(group.count.to)).sum();
        match said.what {
            Saying::Send | Saying::Publish if most == 0 => Some(Problem::NeedsPeers),
            Saying::Send if most < 2 => Some(Problem::NeedsTwo),
            Saying::Say if self.hubs.is_none() => Some(Problem::NeedsHubs),
            _ if said.from > self.duration => Some(Problem::TooLate),
            _ => None,
        }
    }

    fn harmless(&self, fault: &super::Fault) -> Option<Problem> {
        let disks = self.hubs.as_ref().is_some_and(|hubs| hubs.durable);
        let needs = match fault.what {
            Wrong::DiskSlow | Wrong::DiskFull if !disks => Problem::NeedsDisks,
            Wrong::HubLink | Wrong::HubCrash | Wrong::SessionChurn if self.hubs.is_none() => Problem::NeedsHubs,
            Wrong::Crash | Wrong::Vanish | Wrong::Churn | Wrong::Join if self.peers.is_empty() => Problem::NeedsPeers,
            Wrong::RendezvousDown | Wrong::RendezvousStale | Wrong::RendezvousLying | Wrong::RendezvousRestart
                if self.peers.is_empty() || self.overlay.shape != Shape::Rendezvous =>
            {
                Problem::NeedsRendezvous
            }
            _ if fault.at > self.duration => Problem::TooLate,
            _ => return None,
        };
        Some(needs)
    }
}

impl super::Peers {
    fn problem(&self) -> Option<Problem> {
        if self.namespaces.is_empty() {
            return Some(Problem::NoNamespace);
        }
        // The longest number that may follow a name.
        let name = format!("{}{}", self.name, self.count.to);
        if PeerId::new(&name, "n").is_err() {
            return Some(Problem::BadName(self.name.clone()));
        }
        let bad = self
            .namespaces
            .iter()
            .find(|namespace| PeerId::new("n", namespace).is_err())?;
        Some(Problem::BadName(bad.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is no TOML here, and JSON has the same values.
    fn scenario(json: &str) -> Scenario {
        serde_json::from_str(json).unwrap()
    }

    fn problem(json: &str) -> Option<(&'static str, usize, Problem)> {
        let (place, problem) = scenario(json).problem()?;
        Some((place.key, place.number, problem))
    }

    /// A scenario, and the key, its number and the problem that is found there.
    type Case = (&'static str, &'static str, usize, Problem);

    fn found(cases: impl IntoIterator<Item = Case>) {
        for (json, key, number, expected) in cases {
            assert_eq!(problem(json), Some((key, number, expected)), "{json}");
        }
    }

    #[test]
    fn who_cannot_be_there_is_found_where_it_stands() {
        let bad = |name: &str| Problem::BadName(name.to_owned());
        found([
            (
                r#"{"duration":"0s","peers":[{"count":2}]}"#,
                "duration",
                0,
                Problem::NoTime,
            ),
            (r#"{"duration":"1s"}"#, "duration", 0, Problem::Nobody),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"hubs":{"count":2}}"#,
                "hubs",
                0,
                Problem::Both,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2},{"count":1,"namespaces":[]}]}"#,
                "peers",
                1,
                Problem::NoNamespace,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2,"name":"a@b"}]}"#,
                "peers",
                0,
                bad("a@b"),
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2,"namespaces":["CIC",""]}]}"#,
                "peers",
                0,
                bad(""),
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"overlay":{"shape":"random","degree":0}}"#,
                "overlay",
                0,
                Problem::NoLinks,
            ),
        ]);
    }

    #[test]
    fn what_cannot_happen_is_found_where_it_stands() {
        found([
            (
                r#"{"duration":"1s","hubs":{"count":2},"traffic":[{"what":"say","count":1},{"what":"publish","count":1}]}"#,
                "traffic",
                1,
                Problem::NeedsPeers,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":1}],"traffic":[{"what":"send","count":1}]}"#,
                "traffic",
                0,
                Problem::NeedsTwo,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"traffic":[{"what":"say","count":1}]}"#,
                "traffic",
                0,
                Problem::NeedsHubs,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"traffic":[{"what":"send","count":1,"from":"2s"}]}"#,
                "traffic",
                0,
                Problem::TooLate,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"faults":[{"what":"hub-crash"}]}"#,
                "faults",
                0,
                Problem::NeedsHubs,
            ),
            (
                r#"{"duration":"1s","hubs":{"count":2},"faults":[{"what":"hub-crash"},{"what":"disk-full"}]}"#,
                "faults",
                1,
                Problem::NeedsDisks,
            ),
            (
                r#"{"duration":"1s","hubs":{"count":2},"faults":[{"what":"churn"}]}"#,
                "faults",
                0,
                Problem::NeedsPeers,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"overlay":{"shape":"ring"},"faults":[{"what":"rendezvous-down"}]}"#,
                "faults",
                0,
                Problem::NeedsRendezvous,
            ),
            (
                r#"{"duration":"1s","peers":[{"count":2}],"faults":[{"what":"crash","at":"2s"}]}"#,
                "faults",
                0,
                Problem::TooLate,
            ),
        ]);
    }

    #[test]
    fn what_makes_sense_has_no_problem() {
        for json in [
            r#"{"duration":"1s","peers":[{"count":"0..3"}],"traffic":[{"what":"send","count":1,"from":"1s"}]}"#,
            r#"{"duration":"1s","hubs":{"count":1},"traffic":[{"what":"say","count":1}],"faults":[{"what":"hub-link"}]}"#,
            r#"{"duration":"1s","hubs":{"count":1,"durable":true},"faults":[{"what":"disk-slow","for":"1s"}]}"#,
            r#"{"duration":"1s","peers":[{"count":1}],"faults":[{"what":"rendezvous-lying"},{"what":"churn"}]}"#,
        ] {
            assert_eq!(problem(json), None, "{json}");
        }
    }
}
