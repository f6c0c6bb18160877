//! Any bytes on two links of a node: it never breaks, writes nothing that is no line, and stays small.
#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use papo_core::id::PeerLinkId;
use papo_core::identity::Identity;
use papo_core::limits::{LINK_QUEUE_BYTES, PEER_LINE_BYTES};
use papo_core::node::{Config, Input, Node, Output};
use papo_core::time::{Instant, UtcMillis};

const INBOUND: PeerLinkId = PeerLinkId(1);
const OUTBOUND: PeerLinkId = PeerLinkId(2);

struct Alone {
    node: Node,
    now: Instant,
    open: BTreeSet<PeerLinkId>,
}

impl Alone {
    fn new() -> Self {
        let there = "10.0.0.2:7070".parse().unwrap();
        let config = Config {
            peer_id: "me@UnB".parse().unwrap(),
            identity: Identity::from_seed([1; 32]),
            connect: vec![there],
            dial_private: true,
            port: 7070,
            utc: UtcMillis::new(1_763_640_000_000),
        };
        let now = Instant::from_secs(1);
        let mut alone = Self {
            node: Node::new(config, 42, now),
            now,
            open: BTreeSet::new(),
        };
        while let Some(output) = alone.node.poll_output() {
            if let Output::Dial { dial, .. } = output {
                alone.open.insert(OUTBOUND);
                alone.node.handle(now, Input::Dialed { dial, link: OUTBOUND });
            }
        }
        let from = "10.0.0.3:50000".parse().unwrap();
        alone.open.insert(INBOUND);
        alone.tell(Input::Accepted { link: INBOUND, from });
        alone
    }

    fn tell(&mut self, input: Input<'_>) {
        self.node.handle(self.now, input);
        let mut outputs = 0;
        let mut written = Vec::new();
        while let Some(output) = self.node.poll_output() {
            outputs += 1;
            assert!(outputs < 10_000, "one input is answered without end");
            match output {
                Output::Write { link, line } => {
                    assert!(self.open.contains(&link), "written after the close");
                    assert!(line.is_ascii() && line.len() <= PEER_LINE_BYTES);
                    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
                    serde_json::from_slice::<serde_json::Value>(&line).expect("a line is JSON");
                    written.push((link, line.len()));
                }
                Output::Close { link, .. } => assert!(self.open.remove(&link), "closed twice"),
                Output::Dial { .. } | Output::Event(_) | Output::Quit => {}
            }
        }
        let snapshot = self.node.snapshot(self.now);
        assert!(snapshot.conns.len() <= 2);
        assert!(
            snapshot
                .conns
                .iter()
                .all(|conn| conn.queued <= LINK_QUEUE_BYTES + PEER_LINE_BYTES)
        );
        for (link, bytes) in written {
            if self.open.contains(&link) {
                self.tell(Input::Written { link, bytes });
            }
        }
    }
}

// Each line begins with a byte that says what happens: on which link it comes, or how long nothing does.
fuzz_target!(|data: &[u8]| {
    let mut alone = Alone::new();
    for part in data.split(|&byte| byte == b'\n').take(200) {
        let Some((&what, line)) = part.split_first() else {
            continue;
        };
        let link = if what & 1 == 0 { INBOUND } else { OUTBOUND };
        match what >> 1 & 7 {
            0 => {
                alone.now = alone.now + Duration::from_millis(u64::from(what) * 40);
                while alone.node.poll_timeout().is_some_and(|at| at <= alone.now) {
                    alone.tell(Input::Timeout);
                }
            }
            1 if alone.open.remove(&link) => alone.tell(Input::Closed { link }),
            2 => alone.tell(Input::TooLong { link }),
            _ => alone.tell(Input::Line { link, line }),
        }
    }
});
