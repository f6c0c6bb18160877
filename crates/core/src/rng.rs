//! Randomness as machines see it: drawn from the seed that they were made with.

use std::time::Duration;

/// A small reproducible generator (xoshiro256++, its state filled by splitmix64). Not for secrets.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The same seed gives the same numbers on every machine.
    pub fn new(seed: u64) -> Self {
        let mut filler = seed;
        let state = std::array::from_fn(|_| {
            filler = filler.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = filler;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        });
        Self { state }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (mut c, mut d) = (c ^ a, d ^ b);
        self.state = [
            a ^ d,
            b ^ c,
            {
                c ^= b << 17;
                c
            },
            {
                d = d.rotate_left(45);
                d
            },
        ];
        result
    }

    /// The next 128 bits.
    pub fn next_u128(&mut self) -> u128 {
        (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64())
    }

    /// 16 random bytes, new to whoever sees them; nothing secret.
    pub fn nonce(&mut self) -> [u8; 16] {
        self.next_u128().to_le_bytes()
    }

    /// A number in `0..bound`; 0 when `bound` is 0. The bias is below 2⁻³² for bounds below 2³².
    pub fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.next_u64()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// `span` made between half and the whole of its length, so that many that wait do not return at once.
    pub fn jitter(&mut self, span: Duration) -> Duration {
        let half = span / 2;
        half + Duration::from_micros(self.below(u64::try_from(half.as_micros()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers_and_other_seed_other_numbers() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            std::array::from_fn::<u64, 8, _>(|_| rng.next_u64())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        // First outputs of xoshiro256++ from the state [1, 2, 3, 4].
        let mut rng = Rng { state: [1, 2, 3, 4] };
        assert_eq!(
            [rng.next_u64(), rng.next_u64(), rng.next_u64()],
            [41_943_041, 58_720_359, 3_588_806_011_781_223]
        );
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut rng = Rng::new(1);
        let mut seen = [false; 6];
        for _ in 0..600 {
            seen[usize::try_from(rng.below(6)).unwrap()] = true;
            let wait = rng.jitter(Duration::from_secs(4));
            assert!(wait >= Duration::from_secs(2) && wait < Duration::from_secs(4));
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(rng.below(0), 0);
    }
}
