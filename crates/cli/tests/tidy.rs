//! What the compiler does not check: which part may use which, dead files, and the size of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file that someone still finds their way in.
const LINES_MAX: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every Rust file below `dir`.
fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files
}

/// The folders of all packages with sources.
fn packages() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).expect("crates");
    let mut packages: Vec<_> = crates
        .map(|entry| entry.expect("an entry").path())
        .collect();
    packages.extend(["sims", "benches", "examples/board"].map(|name| root().join(name)));
    packages
}

#[test]
fn packages_depend_only_along_the_arrows() {
    let arrows = BTreeMap::from([
        ("totem", ""),
        ("node", "totem placement"),
        ("config", "totem"),
        ("linux", "node driver"),
        ("placement", ""),
        ("driver", "totem node config"),
        ("cli", "totem node config driver linux placement sims"),
        ("sims", "totem node config driver placement"),
        ("benches", "totem node placement sims"),
        ("board", "driver"),
    ]);
    for package in packages() {
        let name = package
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let allowed = arrows
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no arrows: add them, and to ARCHITECTURE.md"));
        let manifest = read(&package.join("Cargo.toml"));
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("");
        let dependencies = dependencies.split("\n[").next().unwrap_or("");
        for line in dependencies
            .lines()
            .filter(|line| line.starts_with("ringwright"))
        {
            let to = line.split(['.', ' ', '=']).next().unwrap_or("");
            let to = to.strip_prefix("ringwright-").unwrap_or("node");
            assert!(
                allowed.split(' ').any(|a| a == to),
                "{name} must not depend on {to}"
            );
        }
    }
}

#[test]
fn the_parts_of_the_protocol_know_only_wire_and_not_each_other() {
    let src = root().join("crates/totem/src");
    let parts = ["wire", "ring", "group", "sync", "quorum", "engine"];
    for (index, part) in parts
        .iter()
        .enumerate()
        .filter(|(_, part)| **part != "engine")
    {
        for file in rust_files(&src.join(part)) {
            let text = read(&file);
            let others = parts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index && *other != 0);
            for (_, other) in others {
                assert!(
                    !text.contains(&format!("crate::{other}")),
                    "{} uses {other}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn every_file_is_part_of_its_package() {
    for package in packages() {
        for file in rust_files(&package.join("src")) {
            let stem = file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a name");
            let folder = file.parent().expect("a folder");
            if ["lib", "main", "mod"].contains(&stem) || folder.ends_with("bin") {
                continue;
            }
            let parents = [
                folder.join("mod.rs"),
                folder.join("lib.rs"),
                folder.join("main.rs"),
                folder.with_extension("rs"),
            ];
            let declared = parents
                .iter()
                .filter(|parent| parent.exists())
                .any(|parent| {
                    let text = read(parent);
                    text.lines()
                        .any(|line| line.trim_end().ends_with(&format!("mod {stem};")))
                });
            assert!(declared, "{} is no module of anything", file.display());
        }
    }
}

#[test]
fn no_file_is_too_long() {
    for package in packages() {
        for file in rust_files(&package) {
            let lines = read(&file).lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", file.display());
        }
    }
}
