//! The answer to DISCOVER: whole and in order when it fits a line, else a fair sample (docs/protocol.md 1.4, 1.7).

use super::records::{Record, Records};
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::rendezvous::{Discover, Reply, Wanted};

/// No encoded record is shorter, its comma included.
const SHORTEST: usize =
    br#"{"ip":"::","port":1,"name":"a","namespace":"a","ttl":1,"expires_in":0,"observed_ip":"::","observed_port":1},"#
        .len();

/// Most encoded records of unsigned peers are not longer, comma included.
const TYPICAL: usize = 192;

/// The records that answer a request, encoded, with a comma between each two.
pub(super) fn answer(records: &Records, request: &Discover, now: Instant, rng: &mut Rng) -> Vec<u8> {
    let namespace = match &request.wanted {
        Wanted::Nobody => return Vec::new(),
        Wanted::All => None,
        Wanted::Namespace(name) => Some(name.as_str()),
    };
    let count = records.count(namespace);
    let wanted = request.sample.or(request.limit).unwrap_or(usize::MAX).min(count);
    let most = Reply::room() / SHORTEST + 1;
    // Records that nobody chose among come in order; so many that they cannot fit are not even looked at.
    let whole = request.sample.is_none_or(|sample| sample >= count) && count <= most;
    let chosen = if whole {
        let mut records = records.in_order(namespace);
        records.truncate(wanted);
        records
    } else {
        records.sample(namespace, wanted.min(most), rng)
    };
    fit(chosen, now, rng)
}

/// As many of the records as fit a reply: all, or some drawn at random. They come in order in any case.
fn fit(mut chosen: Vec<&Record>, now: Instant, rng: &mut Rng) -> Vec<u8> {
    chosen.sort_unstable_by_key(|record| record.order());
    let mut bytes = Vec::with_capacity(chosen.len() * TYPICAL);
    let mut places = Vec::with_capacity(chosen.len());
    for record in chosen {
        let start = bytes.len();
        record.listed(now).encode(&mut bytes);
        bytes.push(b',');
        places.push(start..bytes.len());
    }
    // The last comma does not stay.
    let room = Reply::room() + 1;
    let mut taken = bytes.len();
    if taken > room {
        while taken > room && !places.is_empty() {
            let place = usize::try_from(rng.below(places.len() as u64)).unwrap_or(0);
            taken -= places.remove(place).len();
        }
        bytes = places
            .into_iter()
            .flat_map(|place| bytes[place].iter().copied())
            .collect();
    }
    bytes.pop();
    bytes
}
