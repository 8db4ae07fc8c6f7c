//! A test, after dudect, of whether the time that the gate takes to refuse a forged token reveals how much of the token is
//! right (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2017).
//!
//! `cargo run --release --example timing [SAMPLES]`. The test measures two classes of forgeries in random order: wrong in the
//! first byte of the HMAC, and wrong in the last. Two more classes share the last characters of a token that the gate
//! remembers, and are wrong in the first character, or in the last one before those. Welch's t says whether the times of two
//! classes differ. Below 4.5, no difference was found. Above it, the cause may be the layout of code and tables in this
//! process; then the sign differs from run to run. As controls, the test measures a text against itself, and a comparison
//! that stops at the first difference. If it does not find that one, the machine was too busy for a result.

#![allow(
    clippy::as_conversions,
    clippy::exit,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement that fails stops"
)]

#[allow(dead_code, unreachable_pub, reason = "the bench's own, which chooses too")]
#[path = "../bench/src/random.rs"]
mod random;

use std::env;
use std::hint::black_box;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::keys::KeyRing;
use lychgate::token::{Claims, Prefix, Role, TokenError, TokenId, Unverified, Verifier, mint};
use random::Random;

/// The t above which dudect reports a leak.
const THRESHOLD: f64 = 4.5;

/// The place of the HMAC, counted from the end of a body.
const SIGNATURE: std::ops::Range<usize> = 4..20;

/// The times of one class: their number, their mean, and the sum of the squared deviations.
#[derive(Default)]
struct Times {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Times {
    fn add(&mut self, time: f64) {
        self.count += 1.0;
        let beside = time - self.mean;
        self.mean += beside / self.count;
        self.squares += beside * (time - self.mean);
    }

    fn variance_of_mean(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Welch's t of the two classes of texts. Each text is copied to the same place before it is timed, and is one of many,
/// because its characters cost fractions of a nanosecond in the tables of base64 and of the checksum. The slowest times are
/// interrupts and are omitted.
fn welch(samples: usize, texts: &[Vec<String>; 2], mut run: impl FnMut(&str)) -> (f64, [f64; 2]) {
    let mut place = String::with_capacity(texts[0][0].len());
    let mut random = Random::new(1);
    let mut measured: Vec<(usize, f64)> = Vec::with_capacity(samples);
    for _ in 0..samples {
        let class = random.below(2) as usize;
        place.clear();
        let among = &texts[class];
        place.push_str(&among[random.below(among.len() as u32) as usize]);
        let start = Instant::now();
        run(black_box(&place));
        measured.push((class, start.elapsed().as_nanos() as f64));
    }
    let mut times: Vec<f64> = measured.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let slowest = times[samples / 10 * 9];
    let mut classes = [Times::default(), Times::default()];
    for (class, time) in measured.into_iter().filter(|(_, time)| *time <= slowest) {
        classes[class].add(time);
    }
    let [first, last] = &classes;
    let t = (first.mean - last.mean) / (first.variance_of_mean() + last.variance_of_mean()).sqrt();
    (t, [first.mean, last.mean])
}

fn forged(genuine: &str, byte: usize, change: u8) -> String {
    let (prefix, body) = genuine.split_once('_').unwrap();
    let mut body = URL_SAFE_NO_PAD.decode(body).unwrap();
    let at = body.len() - 1 - byte;
    body[at] ^= change;
    let summed = body.len() - 4;
    let checksum = crc32fast::hash(&body[..summed]);
    body[summed..].copy_from_slice(&checksum.to_be_bytes());
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(body))
}

/// The number of a token's last characters that determine which remembered token it is compared with.
const END_CHARACTERS: usize = 6;

/// The texts with another letter at that place.
fn changed(text: &str, at: usize) -> Vec<String> {
    let others = (b'a'..=b'z').filter(|letter| *letter != text.as_bytes()[at]);
    others
        .map(|letter| {
            let mut text = text.as_bytes().to_vec();
            text[at] = letter;
            String::from_utf8(text).unwrap()
        })
        .collect()
}

/// A comparison that the gate does not use.
fn stops_at_the_first_difference(one: &[u8], other: &[u8]) -> bool {
    for (one, other) in one.iter().zip(other) {
        if black_box(*one) != black_box(*other) {
            return false;
        }
    }
    true
}

fn main() {
    let samples = env::args()
        .nth(1)
        .map_or(4_000_000, |text| text.parse().expect("how many samples"));
    let verifier = Verifier::new(Prefix::default(), KeyRing::generate([7; 32]));
    let (keys, prefix) = (verifier.keys(), verifier.prefix());
    let claims = Claims {
        role: Role::Read,
        subject: "alice".parse().unwrap(),
        id: TokenId { shard: 0, serial: 7 },
        issued_at: 1_000,
        expires_at: None,
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    let genuine = mint(&claims, prefix, keys).unwrap();
    // Counted from the end of a body, the first byte of the HMAC is the last one of the range.
    let texts = [SIGNATURE.end - 1, SIGNATURE.start].map(|byte| {
        (1..=u8::MAX)
            .map(|change| forged(&genuine, byte, change))
            .collect::<Vec<_>>()
    });
    let (t, means) = welch(samples, &texts, |text| {
        let token = Unverified::parse(text, prefix).unwrap();
        let found = token.verify(keys, 1_500);
        assert_eq!(black_box(found), Err(TokenError::Signature));
    });
    verifier.verify(&genuine, 1_500).unwrap();
    let body_at = prefix.as_str().len() + 1;
    let alike = [body_at, genuine.len() - END_CHARACTERS - 1].map(|at| changed(&genuine, at));
    let (known, known_means) = welch(samples, &alike, |text| {
        let found = verifier.verify(text, 1_500);
        assert_eq!(black_box(found), Err(TokenError::Checksum));
    });
    let twice = [alike[0].clone(), alike[0].clone()];
    let (same, same_means) = welch(samples, &twice, |text| {
        let found = verifier.verify(text, 1_500);
        assert_eq!(black_box(found), Err(TokenError::Checksum));
    });
    let tag = "A".repeat(16);
    let wrong = [0, tag.len() - 1].map(|at| changed(&tag, at));
    let (control, control_means) = welch(samples, &wrong, |text| {
        black_box(stops_at_the_first_difference(
            text.as_bytes(),
            black_box(tag.as_bytes()),
        ));
    });
    println!("{samples} samples, wrong in the first or the last place:");
    for (what, means, t) in [
        ("the HMAC of a token", means, t),
        ("a text with the end of a remembered token", known_means, known),
        ("one text against itself", same_means, same),
        ("a comparison that stops early", control_means, control),
    ] {
        println!("  {what}: {:.1} and {:.1} ns, t = {t:.2}", means[0], means[1]);
    }
    if control.abs() < THRESHOLD {
        println!("The machine was too busy for a result.");
    } else if t.abs().max(known.abs()) < THRESHOLD {
        println!("No difference was found: |t| is below {THRESHOLD}.");
    } else {
        println!(
            "Run it again: the sign of a leak is the same each time; the sign of a memory layout is not."
        );
        std::process::exit(1);
    }
}
