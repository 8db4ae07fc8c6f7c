//! How many ledgers there are, and which of them makes a subject's new tokens.

use sha2::{Digest, Sha256};

use crate::token::Subject;

/// The number of shards of a deployment, 1 to 256. It may be increased later, because tokens name their shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards(u32);

impl Shards {
    /// The maximum. Listing a subject's tokens asks all shards, and the platform limits the number of subrequests.
    pub const MAXIMUM: u32 = 256;

    /// `None` for 0 and for more than the maximum.
    pub fn new(count: u32) -> Option<Self> {
        (1..=Self::MAXIMUM).contains(&count).then_some(Self(count))
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.0
    }

    /// All shards.
    pub fn all(self) -> impl Iterator<Item = u16> {
        (0..=u16::MAX).take_while(move |shard| self.holds(*shard))
    }

    /// Whether a ledger of this deployment writes this shard.
    pub fn holds(self, shard: u16) -> bool {
        u32::from(shard) < self.0
    }

    /// The shard whose ledger knows which sign-in assertions were used: always the same one, so that an assertion which was
    /// used stays used when shards are added.
    pub const SIGN_INS: u16 = 0;

    /// Which shard makes new tokens of a subject: the first eight bytes of SHA-256 of the subject, big-endian, modulo
    /// the number of shards.
    pub fn home(self, subject: &Subject) -> u16 {
        let hash: [u8; 32] = Sha256::digest(subject.as_str()).into();
        let number = hash
            .first_chunk::<8>()
            .map_or(0, |first| u64::from_be_bytes(*first));
        u16::try_from(number % u64::from(self.0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Shards;
    use crate::token::Subject;

    #[test]
    fn a_subject_has_one_home_and_it_is_a_shard() {
        let alice: Subject = "alice".parse().unwrap();
        assert_eq!(Shards::new(1).unwrap().home(&alice), 0);
        // SHA-256("alice") begins 2bd806c97f0e00af.
        assert_eq!(
            u64::from(Shards::new(200).unwrap().home(&alice)),
            0x2bd8_06c9_7f0e_00af_u64 % 200
        );
        assert_eq!(Shards::new(256).unwrap().all().count(), 256);
        assert_eq!(Shards::new(2).unwrap().all().collect::<Vec<_>>(), [0, 1]);
        assert!(Shards::new(0).is_none() && Shards::new(257).is_none());
    }

    #[test]
    fn shards_fill_evenly() {
        let shards = Shards::new(4).unwrap();
        let mut counts = [0; 4];
        for number in 0..4000 {
            let subject: Subject = format!("user-{number}").parse().unwrap();
            counts[usize::from(shards.home(&subject))] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
    }
}
