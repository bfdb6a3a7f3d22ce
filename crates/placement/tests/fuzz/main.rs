//! What the fuzzer found, and what it starts from, without the fuzzer.

mod subject;

use std::path::Path;

use proptest::prelude::*;

#[test]
fn the_corpus_panics_nowhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/placement");
    let entries = std::fs::read_dir(&folder).expect("a corpus");
    let mut seen = 0;
    for entry in entries {
        subject::run(&std::fs::read(entry.expect("an entry").path()).expect("a file"));
        seen += 1;
    }
    assert!(seen > 0, "an empty corpus");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_panic_nowhere(edits in prop::collection::vec(any::<u8>(), 0..60)) {
        subject::run(&edits);
    }
}
