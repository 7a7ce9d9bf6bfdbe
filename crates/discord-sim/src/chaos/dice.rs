//! Chance that repeats itself: the SplitMix64 sequence of a seed.

#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one purpose.
    pub(super) const fn new(seed: u64, purpose: u64) -> Self {
        Self(seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` to `to`, both of them included.
    pub(super) const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.roll() % (to - from + 1)
    }

    /// One of a few.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "smaller than the length of an array"
        )]
        let at = (self.roll() % N as u64) as usize;
        of[at]
    }
}
