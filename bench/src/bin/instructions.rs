//! Runs one step many times, so callgrind can count its instructions: `instructions STEP TIMES`. With 0 times, it only sets
//! up. The difference of two runs is the cost of the step itself.

use std::error::Error;

use lychgate_bench::{Fixture, Size, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let step = arguments
        .next()
        .and_then(|name| Step::named(&name))
        .ok_or_else(|| format!("expected one of {}", Step::ALL.map(Step::name).join(", ")))?;
    let times: usize = arguments.next().ok_or("expected a number of times")?.parse()?;
    // A smaller list than elsewhere: callgrind makes the set-up slow, and the cost of a lookup does not depend on the size.
    let fixture = Fixture::new(Size {
        issued: 1_000_000,
        revoked: 100_000,
        ..Size::default()
    })?;
    if matches!(step, Step::Decide | Step::DecideRestricted) && !fixture.meet() {
        return Err("a token was not accepted".into());
    }
    let done = (0..times).filter(|turn| fixture.run(step, *turn)).count();
    if done != times {
        return Err(format!("{done} of {times} had the expected outcome").into());
    }
    Ok(())
}
