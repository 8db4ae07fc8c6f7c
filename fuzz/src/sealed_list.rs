//! A sealed revocation list: unchanged; with any signed part under a valid seal; and made of any serials.

use std::collections::BTreeSet;

use lychgate::keys::Purpose;
use lychgate::state::{ListError, RevocationList};

use crate::sealing::{RING, STRANGER, digest, flipped, hmac};

const MAXIMUM_SERIALS: usize = 10_000;

pub fn check(data: &[u8]) -> String {
    match data {
        [b'S', signed @ ..] => under_a_seal(signed),
        [b'N', said @ ..] => made(said),
        sealed => opened(sealed),
    }
}

fn shard_of(sealed: &[u8]) -> u16 {
    match sealed.get(6..8) {
        Some(&[high, low]) => u16::from_be_bytes([high, low]),
        _ => 0,
    }
}

fn under_a_seal(signed: &[u8]) -> String {
    let key_id = signed.get(5).copied().unwrap_or_default();
    let mut sealed = signed.to_vec();
    sealed.extend(hmac(key_id, Purpose::List, &[signed]));
    let outcome = opened(&sealed);
    // With a valid seal, the form may be wrong, but never the seal.
    assert_ne!(outcome, "list_seal");
    outcome
}

fn opened(sealed: &[u8]) -> String {
    let shard = shard_of(sealed);
    let list = match RevocationList::open(sealed, shard, &RING) {
        Ok(list) => list,
        Err(error) => return error.code().to_owned(),
    };
    assert_binds(sealed, shard);
    // A few bytes of runs can mean four billion serials, so the test does not look at all of them.
    let serials: Vec<u32> = list.serials().take(MAXIMUM_SERIALS).collect();
    assert!(serials.is_sorted_by(|one, next| one < next));
    assert!(list.len() == serials.len() as u64 || serials.len() == MAXIMUM_SERIALS);
    let again = RevocationList::open(&list.seal(&RING), shard, &RING).unwrap();
    assert_eq!(again, list);
    let bytes: Vec<u8> = serials.iter().flat_map(|serial| serial.to_be_bytes()).collect();
    format!(
        "shard {} version {} published {} valid {} holds {} ({:016x})",
        list.shard(),
        list.version(),
        list.published_at(),
        list.valid_until(),
        list.len(),
        digest(&bytes),
    )
}

/// A list that opens does not open as another shard's, with one bit changed, truncated, extended, or with another ring.
fn assert_binds(sealed: &[u8], shard: u16) {
    let open = |sealed: &[u8]| RevocationList::open(sealed, shard, &RING);
    let other = shard.wrapping_add(1);
    assert_eq!(
        RevocationList::open(sealed, other, &RING),
        Err(ListError::Shard {
            expected: other,
            found: shard
        })
    );
    assert!(open(&flipped(sealed)).is_err());
    assert!(open(&sealed[..sealed.len() - 1]).is_err());
    assert!(open(&[sealed, b"\0"].concat()).is_err());
    assert!(RevocationList::open(sealed, shard, &STRANGER).is_err());
}

fn made(said: &[u8]) -> String {
    let Some((head, rest)) = said.split_first_chunk::<2>() else {
        return "short".to_owned();
    };
    let shard = u16::from_be_bytes(*head);
    // Four bytes give a serial, and whether it begins a run. This produces all kinds of containers.
    let serials: BTreeSet<u32> = rest
        .as_chunks::<4>()
        .0
        .iter()
        .take(16)
        .flat_map(|chunk| {
            let first = u32::from_be_bytes(*chunk);
            let length = if first % 3 == 0 { first % 5_000 } else { 0 };
            first..=first.saturating_add(length)
        })
        .collect();
    let list = RevocationList::new(shard, 1, serials.iter().copied(), 10, 20);
    assert!(list.serials().eq(serials.iter().copied()));
    let is_released = |serial: &u32| serial % 2 == 0;
    let next = list.next([], serials.iter().copied().filter(is_released), 11, 21);
    assert_eq!(next.version(), 2);
    assert!(
        next.serials()
            .eq(serials.into_iter().filter(|serial| !is_released(serial)))
    );
    opened(&next.seal(&RING)) + "; " + &opened(&list.seal(&RING))
}
