//! The targets as a plain WebAssembly module. Its host reads and writes the module's memory.
#![allow(unsafe_code, reason = "names that the host looks up")]

use std::sync::Mutex;

static NAME: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTCOME: Mutex<String> = Mutex::new(String::new());

fn room(buffer: &Mutex<Vec<u8>>, length: usize) -> *mut u8 {
    let mut buffer = buffer.lock().unwrap();
    buffer.clear();
    buffer.resize(length, 0);
    buffer.as_mut_ptr()
}

/// The place where the host writes the target's name.
#[unsafe(no_mangle)]
pub extern "C" fn name(length: usize) -> *mut u8 {
    room(&NAME, length)
}

/// The place where the host writes the input.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    room(&INPUT, length)
}

/// Runs the named target on the input and returns the length of the result. Traps if a property does not hold.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> usize {
    let name = String::from_utf8(NAME.lock().unwrap().clone()).unwrap();
    let check = super::target(&name).unwrap();
    let outcome = super::outcome(check, &INPUT.lock().unwrap());
    let mut kept = OUTCOME.lock().unwrap();
    *kept = outcome;
    kept.len()
}

/// The place of the result.
#[unsafe(no_mangle)]
pub extern "C" fn outcome() -> *const u8 {
    OUTCOME.lock().unwrap().as_ptr()
}
