#![no_main]

#[path = "../../crates/placement/tests/fuzz/subject.rs"]
mod subject;

libfuzzer_sys::fuzz_target!(|data: &[u8]| subject::run(data));
