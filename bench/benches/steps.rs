//! The steps of a decision, measured natively, with 10^6 revoked of 10^7 issued tokens.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "criterion's macros, and a bench that cannot set up ends"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lychgate_bench::{Fixture, Size, Step};

fn steps(criterion: &mut Criterion) {
    let fixture = Fixture::new(Size::default()).expect("a state of the usual size");
    for step in Step::ALL {
        let mut turn = 0;
        criterion.bench_function(step.name(), |bencher| {
            bencher.iter(|| {
                turn += 1;
                black_box(fixture.run(step, turn))
            });
        });
    }
}

criterion_group!(benches, steps);
criterion_main!(benches);
