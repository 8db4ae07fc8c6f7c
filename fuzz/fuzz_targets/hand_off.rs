#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    lychgate_fuzz::hand_off::check(data);
});
