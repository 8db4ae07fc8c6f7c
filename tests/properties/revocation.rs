//! Properties of revocation lists: a sealed list opens again, and a changed one does not.

use hmac::{Hmac, KeyInit, Mac};
use lychgate::keys::{EnvelopeError, KeyRing, Purpose};
use lychgate::state::{ListError, MAXIMUM_LIST_BYTES, RevocationList};
use proptest::prelude::*;
use sha2::Sha256;

use crate::config;

fn keys() -> KeyRing {
    KeyRing::generate([1; 32])
}

/// Serials as ledgers issue them (dense from some number on), and others.
fn serials() -> impl Strategy<Value = Vec<u32>> {
    let dense = (any::<u32>(), 0..6_000_u32)
        .prop_map(|(first, count)| (first..=first.saturating_add(count)).collect::<Vec<u32>>());
    let sparse = prop::collection::vec(any::<u32>(), 0..200);
    let every_other = (any::<u16>(), 0..6_000_u32)
        .prop_map(|(first, count)| (0..count).map(|index| u32::from(first) + index * 2).collect());
    prop_oneof![dense, sparse, every_other]
}

/// Any bytes under a valid seal, which only a fault of the ledger could produce.
fn sealed(signed: &[u8]) -> Vec<u8> {
    let key = keys().derived_key(1, Purpose::List).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).unwrap();
    mac.update(signed);
    let seal = mac.finalize().into_bytes();
    signed.iter().copied().chain(seal).collect()
}

#[test]
fn a_list_with_any_byte_changed_cut_or_added_does_not_open() {
    let keys = keys();
    let list = RevocationList::empty(3, 10, 20).next([1, 7, 9, 70_000, 70_001, 70_002, 70_003], [], 11, 21);
    let sealed = list.seal(&keys);
    assert_eq!(RevocationList::open(&sealed, 3, &keys).as_ref(), Ok(&list));
    let mut tried = 0;
    let mut refuse = |other: &[u8], how: &str, index: usize| {
        assert!(RevocationList::open(other, 3, &keys).is_err(), "{how} at {index}");
        tried += 1;
    };
    for index in 0..sealed.len() {
        for change in 1..=u8::MAX {
            let mut changed = sealed.clone();
            changed[index] ^= change;
            refuse(&changed, "a byte changed", index);
        }
        let (before, after) = (&sealed[..index], &sealed[index..]);
        refuse(before, "cut off", index);
        refuse(&after[1..], "cut off before", index);
        refuse(&[before, &after[1..]].concat(), "a byte cut out", index);
        for added in [0, 1, 0xff] {
            refuse(&[before, &[added], after].concat(), "a byte added", index);
        }
    }
    refuse(&[sealed.as_slice(), &[0]].concat(), "a byte added", sealed.len());
    refuse(
        &[sealed.as_slice(), &sealed].concat(),
        "a list added",
        sealed.len(),
    );
    println!("a sealed list changed, cut or added to: {tried} lists, none opened");
}

#[test]
fn a_list_larger_than_any_value_of_the_store_is_not_looked_at() {
    let bytes = MAXIMUM_LIST_BYTES + 1;
    let found = RevocationList::open(&vec![0; bytes], 0, &keys());
    let at_most = MAXIMUM_LIST_BYTES;
    assert_eq!(
        found,
        Err(ListError::Envelope(EnvelopeError::Long { bytes, at_most }))
    );
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn opening_gives_back_what_was_sealed(
        serials in serials(), released in serials(), shard: u16, published_at: u32, valid_until: u32,
    ) {
        let keys = keys();
        let first = RevocationList::empty(shard, 0, 0).next(serials.iter().copied(), [], 1, 2);
        let list = first.next([], released.iter().copied(), published_at, valid_until);
        let opened = RevocationList::open(&list.seal(&keys), shard, &keys).unwrap();
        prop_assert_eq!(&opened, &list);
        prop_assert_eq!(opened.version(), 3);
        let mut expected: Vec<u32> =
            serials.into_iter().filter(|serial| !released.contains(serial)).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert!(opened.serials().eq(expected));
        let other = shard.wrapping_add(1);
        let found = RevocationList::open(&list.seal(&keys), other, &keys);
        prop_assert_eq!(found, Err(ListError::Shard { expected: other, found: shard }));
    }

    #[test]
    fn dense_serials_take_little_room(first: u16, count in 1..60_000_u32) {
        let serials = (0..count).map(|index| u32::from(first) + index);
        let sealed = RevocationList::empty(0, 0, 0).next(serials, [], 1, 2).seal(&keys());
        prop_assert!(sealed.len() < 128, "{} bytes", sealed.len());
    }
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn any_bitmap_under_a_genuine_seal_opens_or_is_refused(
        mut header in prop::collection::vec(any::<u8>(), 24),
        cookie in prop_oneof![
            Just([0x3a, 0x30, 0, 0]), Just([0x3b, 0x30, 0, 0]), Just([0x3b, 0x30, 3, 0]), any::<[u8; 4]>(),
        ],
        bitmap in prop::collection::vec(prop_oneof![3 => Just(0_u8), 2 => 1..4_u8, 1 => any::<u8>()], 0..80),
    ) {
        header[..8].copy_from_slice(b"LYRL\x01\x01\0\0");
        let sealed = sealed(&[header.as_slice(), &cookie, &bitmap].concat());
        if let Ok(list) = RevocationList::open(&sealed, 0, &keys()) {
            // A list that opens has the content that it was made from, whichever containers it uses.
            let again = RevocationList::open(&list.seal(&keys()), 0, &keys());
            prop_assert_eq!(again.unwrap().serials().collect::<Vec<_>>(), list.serials().collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_bytes_do_not_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(RevocationList::open(&bytes, 0, &keys()).is_err());
    }
}
