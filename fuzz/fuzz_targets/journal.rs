#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ringwright_sims::fuzz::journal(data));
