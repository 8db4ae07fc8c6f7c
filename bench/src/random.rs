//! Pseudo-random numbers (SplitMix64), the same in every run.

/// A sequence of numbers.
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        ((u128::from(self.next_number()) * u128::from(limit)) >> 64) as u32
    }

    /// This many different numbers below `limit`, ascending.
    pub fn choose(&mut self, count: u32, limit: u32) -> impl Iterator<Item = u32> {
        let mut wanted = count;
        (0..limit).filter(move |number| {
            let taken = wanted > 0 && self.below(limit - number) < wanted;
            wanted -= u32::from(taken);
            taken
        })
    }
}
