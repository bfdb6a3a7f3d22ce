//! The fuzzers' corpus as a test: what they once found stays fixed.

use std::fs;
use std::path::Path;

/// Runs every file of a target's corpus; how many there were.
fn replay(target: &str, run: fn(&[u8])) -> usize {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&corpus).unwrap_or_else(|e| panic!("{}: {e}", corpus.display()));
    entries
        .map(|entry| fs::read(entry.expect("an entry").path()).expect("a readable file"))
        .inspect(|data| run(data))
        .count()
}

#[test]
fn every_file_of_the_decoders_corpus_decodes_or_fails_cleanly() {
    assert!(replay("decode", ringwright_sims::fuzz::decode) > 20);
}

#[test]
fn every_file_of_the_nodes_corpus_is_survived() {
    assert!(replay("node", ringwright_sims::fuzz::node) > 10);
}

#[test]
fn every_file_of_the_journals_corpus_is_read_or_fails_cleanly() {
    assert!(replay("journal", ringwright_sims::fuzz::journal) > 3);
}
