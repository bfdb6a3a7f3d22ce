//! Whole files and what is found in them: `data/NAME.conf`, `data/NAME.txt` with the findings.
//!
//! `REWRITE=1 cargo test -p ringwright-config --test cases` writes the findings anew; look at the difference.

use std::fs;
use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(data())
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "conf"))
        .collect();
    cases.sort();
    cases
}

/// One line a finding, the help indented below, and the verdict.
fn findings(file: &Path) -> String {
    let name = file.file_name().expect("a file").to_string_lossy();
    let parsed = ringwright_config::parse(&name, fs::read(file).expect("a readable case"));
    let lines = parsed.diagnostics.iter().map(|found| {
        let mut line = found.clone();
        let help = line
            .help
            .take()
            .map(|help| {
                format!(
                    "    help: {help}
"
                )
            })
            .unwrap_or_default();
        let place = parsed.document.text(found.span);
        format!(
            "{line} [{}]
    at: `{place}`
{help}",
            found.code
        )
    });
    let text: String = lines.collect();
    text + if parsed.accepted().is_ok() {
        "accepted\n"
    } else {
        "refused\n"
    }
}

#[test]
fn every_case_has_the_findings_written_beside_it() {
    assert!(cases().len() >= 10, "the cases are there");
    for case in cases() {
        let (found, beside) = (findings(&case), case.with_extension("txt"));
        if std::env::var_os("REWRITE").is_some() {
            fs::write(&beside, &found).expect("a writable folder of cases");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(found, expected, "{}", case.display());
    }
}

#[test]
fn every_case_prints_back_unchanged() {
    for case in cases() {
        let bytes = fs::read(&case).expect("a readable case");
        let (document, _) = ringwright_config::Document::parse("case", bytes.clone());
        assert_eq!(document.to_bytes(), bytes, "{}", case.display());
    }
}
