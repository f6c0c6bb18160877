//! `--nodes`: the same scenario, larger or smaller.

use papo_core::sim::Scenario;
use papo_core::sim::scenario::Few;

use crate::error::Failure;
use crate::text::Message;

/// Sets the largest group of peers so that all peers together are `nodes`. Groups whose size the seed would draw get
/// their largest.
pub(super) fn scale(scenario: &mut Scenario, nodes: u32) -> Result<(), Failure> {
    let Some(largest) = (0..scenario.peers.len())
        .rev()
        .max_by_key(|&at| scenario.peers[at].count.to)
    else {
        return Err(Failure::usage(Message::new("error-sim-nodes-hubs")));
    };
    let mut others = 0_u32;
    for (at, group) in scenario.peers.iter_mut().enumerate() {
        if at != largest {
            group.count = Few::exactly(group.count.to);
            others = others.saturating_add(group.count.to);
        }
    }
    match nodes.checked_sub(others) {
        Some(rest) if rest > 0 => scenario.peers[largest].count = Few::exactly(rest),
        _ => {
            let message = Message::new("error-sim-nodes-few")
                .showing("nodes", nodes)
                .showing("others", others);
            return Err(Failure::usage(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str) -> Scenario {
        toml::from_str(&format!("duration = \"1s\"\n{text}")).unwrap()
    }

    fn counts(text: &str, nodes: u32) -> Result<Vec<(u32, u32)>, Failure> {
        let mut scenario = scenario(text);
        scale(&mut scenario, nodes)?;
        Ok(scenario
            .peers
            .iter()
            .map(|group| (group.count.from, group.count.to))
            .collect())
    }

    #[test]
    fn the_largest_group_grows_until_all_are_so_many() {
        let groups = "[[peers]]\ncount = 2\n[[peers]]\ncount = \"3..8\"\n[[peers]]\ncount = \"1..4\"\n";
        assert_eq!(counts(groups, 100).unwrap(), [(2, 2), (94, 94), (4, 4)]);
        assert_eq!(counts(groups, 7).unwrap(), [(2, 2), (1, 1), (4, 4)]);
        // Of two that are as large the first grows.
        assert_eq!(
            counts("[[peers]]\ncount = 2\n[[peers]]\ncount = 2\n", 5).unwrap(),
            [(3, 3), (2, 2)]
        );
    }

    #[test]
    fn too_few_nodes_and_hubs_alone_are_refused() {
        let failure = counts("[[peers]]\ncount = 2\n[[peers]]\ncount = 8\n", 2).unwrap_err();
        assert!(failure.to_string().contains("--nodes 2"), "{failure}");
        let failure = counts("[hubs]\ncount = 2\n", 9).unwrap_err();
        assert!(failure.to_string().contains("[[peers]]"), "{failure}");
    }
}
