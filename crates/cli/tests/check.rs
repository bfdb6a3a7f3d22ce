//! `ringwright check` as it is run: what it prints, how it ends, what it writes.
//!
//! `REWRITE=1 cargo test -p ringwright-cli --test check` writes the expected texts anew; look at the difference.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Status, standard output, standard error.
type Ended = (i32, String, String);

/// Runs it in the folder of configurations, so that the paths shown are short.
fn check(args: &[&str]) -> Ended {
    check_in(&configurations(), args, b"")
}

fn check_in(folder: &Path, args: &[&str], input: &[u8]) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .arg("check")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    // One that reads nothing may have ended by now.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("no signal");
    (status, text(output.stdout), text(output.stderr))
}

fn configurations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests/data")
}

fn report() -> Vec<u8> {
    fs::read(configurations().join("report.conf")).expect("the report's configuration")
}

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/check")
        .join(name);
    if std::env::var_os("REWRITE").is_some() {
        fs::write(&path, found).expect("a writable folder");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[test]
fn the_reports_configuration_is_drawn_with_reasons_and_remedies() {
    let (status, out, err) = check(&["report.conf"]);
    assert_eq!((status, err.as_str()), (1, ""));
    compare("report.txt", &out);
}

#[test]
fn files_that_disagree_show_the_place_of_each_side() {
    let files = ["a", "b", "c"].map(|side| format!("lint/port-differs/fault-{side}.conf"));
    let allow = "--allow=no-quorum,no-fencing,udpu,unencrypted,interface-loss";
    let (status, out, _) = check(&[allow, &files[0], &files[1], &files[2]]);
    assert_eq!(status, 1);
    compare("port-differs.txt", &out);
}

#[test]
fn what_files_have_in_common_is_told_once() {
    let (_, out, _) = check(&["report-primary.conf", "report-terciary.conf"]);
    assert_eq!(out.matches("error[two-node]").count(), 1);
    assert!(out.contains("report-terciary.conf:15:17"), "{out}");
    assert!(
        out.contains("1 error, 5 warnings, 4 infos in 2 files"),
        "{out}"
    );
}

#[test]
fn the_status_is_for_scripts() {
    assert_eq!(check(&["lint/healthy.conf", "--deny", "info"]).0, 0);
    assert_eq!(check(&["report.conf"]).0, 1);
    assert_eq!(check(&["report.conf", "--allow", "two-node"]).0, 0);
    let warnings = ["report.conf", "--allow", "two-node", "--deny", "warnings"];
    assert_eq!(check(&warnings).0, 1);
    assert_eq!(
        check(&[
            "lint/two-node/clean.conf",
            "--deny=warning",
            "--allow=unencrypted"
        ])
        .0,
        0
    );
    assert_eq!(
        check(&["missing-brace.conf"]).0,
        1,
        "a finding, not an unusable file"
    );
    assert_eq!(check(&["no-such-file.conf"]).0, 2);
    for wrong in [
        [].as_slice(),
        &["report.conf", "--allow", "no-such-rule"],
        &["--explain", "no-such-rule"],
        &["report.conf", "--json", "--sarif"],
        &["report.conf", "--dry-run"],
    ] {
        let (status, out, err) = check(wrong);
        assert_eq!((status, out.as_str()), (1, ""), "{wrong:?}");
        assert!(err.contains("error: "), "{err}");
    }
}

#[test]
fn files_come_from_directories_and_from_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, _, err) = check_in(folder.path(), &["."], b"");
    assert!(err.contains("no *.conf"), "{err}");
    fs::create_dir(folder.path().join("master1")).expect("a folder");
    for name in ["master1/corosync.conf", "b.conf", "notes.txt"] {
        fs::write(folder.path().join(name), report()).expect("a file");
    }
    let (_, out, _) = check_in(folder.path(), &["."], b"");
    assert!(out.contains("in 2 files"), "{out}");
    let (_, out, _) = check_in(folder.path(), &["-"], &report());
    assert!(out.contains("--> <stdin>:15:17"), "{out}");
}

#[test]
fn json_is_an_object_a_line_and_then_the_counts() {
    let (status, out, _) = check(&["--json", "report.conf"]);
    assert_eq!(status, 1);
    let objects: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let (summary, findings) = objects.split_last().expect("a summary");
    assert_eq!(summary["summary"]["errors"], 1);
    assert_eq!(summary["summary"]["fixable"], 4);
    let text = String::from_utf8(report()).expect("text");
    let two_node = findings
        .iter()
        .find(|found| found["rule"] == "two-node")
        .expect("the finding");
    assert_eq!(
        (&two_node["severity"], &two_node["fixable"]),
        (&"error".into(), &true.into())
    );
    let place = &two_node["places"][0];
    let byte = |key: &str| usize::try_from(place[key].as_u64().expect(key)).expect("an offset");
    assert_eq!(&text[byte("start")..byte("end")], "1");
    assert_eq!((byte("line"), byte("column")), (15, 17));
}

#[test]
fn sarif_has_what_its_standard_requires() {
    let files = [
        "report-primary.conf",
        "report-terciary.conf",
        "lint/port-differs/fault-b.conf",
    ];
    let (status, out, _) = check(&[["--sarif"].as_slice(), &files].concat());
    assert_eq!(status, 1);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "ringwright");
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].is_string(), "{rule}");
        }
    }
    let levels = ["error", "warning", "note"];
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 20, "{} results", results.len());
    for result in results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(levels.contains(&result["level"].as_str().expect("a level")));
        assert!(
            !result["message"]["text"]
                .as_str()
                .expect("a message")
                .is_empty()
        );
        let related = result["relatedLocations"].as_array();
        let locations = result["locations"].as_array().expect("locations");
        for location in locations.iter().chain(related.into_iter().flatten()) {
            is_a_location(run, location);
        }
    }
    let with = |key: &str| {
        results
            .iter()
            .filter(|result| result[key].is_array())
            .count()
    };
    assert!(with("relatedLocations") > 0, "each side has its place");
    assert_eq!(with("fixes"), 8, "four in each of the report's files");
}

fn is_a_location(run: &Value, location: &Value) {
    let physical = &location["physicalLocation"];
    let artifact = &physical["artifactLocation"];
    let index = usize::try_from(artifact["index"].as_u64().expect("an index")).expect("small");
    assert_eq!(run["artifacts"][index]["location"]["uri"], artifact["uri"]);
    let region = &physical["region"];
    for key in ["startLine", "startColumn", "endColumn"] {
        assert!(region[key].as_u64() >= Some(1), "{key} in {location}");
    }
}

#[test]
fn the_deleted_regions_of_sarif_are_what_fix_deletes() {
    let (_, out, _) = check(&["--sarif", "report.conf"]);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let fixes = results
        .iter()
        .filter_map(|result| result["fixes"][0].as_object());
    let mut regions: Vec<(u64, u64)> = Vec::new();
    for fix in fixes {
        for one in fix["artifactChanges"][0]["replacements"]
            .as_array()
            .expect("some")
        {
            let region = &one["deletedRegion"];
            let number = |key: &str| region[key].as_u64().expect(key);
            regions.push((number("byteOffset"), number("byteLength")));
        }
    }
    regions.sort_unstable();
    let mut bytes = report();
    for (offset, length) in regions.into_iter().rev() {
        let offset = usize::try_from(offset).expect("small");
        bytes.drain(offset..offset + usize::try_from(length).expect("small"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corosync.conf");
    fs::write(&path, report()).expect("a file");
    check_in(folder.path(), &["--fix", "--yes", "corosync.conf"], b"");
    assert_eq!(fs::read(&path).expect("the file"), bytes);
}

#[test]
fn a_fix_is_shown_first_and_written_only_when_it_is_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corosync.conf");
    fs::write(&path, report()).expect("a file");
    let run = |args: &[&str]| check_in(folder.path(), &[args, &["corosync.conf"]].concat(), b"y\n");
    let (status, diff, _) = run(&["--fix", "--dry-run"]);
    assert_eq!(status, 1);
    compare("report.diff", &diff);
    let (status, out, err) = run(&["--fix"]);
    assert_eq!((status, out), (2, diff.clone()));
    assert!(err.contains("--yes"), "{err}");
    assert_eq!(
        fs::read(&path).expect("the file"),
        report(),
        "nothing is written"
    );

    let (status, out, _) = run(&["--fix", "--yes"]);
    assert_eq!(status, 0, "no error is left");
    assert!(
        out.starts_with(&diff) && out.contains("2 warnings, 4 infos in 1 file\n"),
        "{out}"
    );
    let (status, diff, _) = run(&["--fix", "--dry-run"]);
    assert_eq!((status, diff.as_str()), (0, ""));
}

#[test]
fn the_diff_is_one_that_patch_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corosync.conf");
    // The last line goes and has no newline: the place where diffs go wrong.
    let text = [&report()[..], b"service {\n}"].concat();
    fs::write(&path, &text).expect("a file");
    let (_, diff, _) = check_in(folder.path(), &["--fix", "--dry-run", "corosync.conf"], b"");
    let mut child = Command::new("patch")
        .args(["--silent", "corosync.conf"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("patch");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(diff.as_bytes()).expect("a reader");
    drop(input);
    assert!(child.wait().expect("an end").success());
    let patched = fs::read(&path).expect("the file");
    fs::write(&path, &text).expect("a file");
    check_in(folder.path(), &["--fix", "--yes", "corosync.conf"], b"");
    assert_eq!(fs::read(&path).expect("the file"), patched);
    assert_ne!(patched, text);
}

#[test]
fn a_fixed_file_keeps_its_mode_and_a_link_stays_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (
        folder.path().join("real.conf"),
        folder.path().join("corosync.conf"),
    );
    fs::write(&real, report()).expect("a file");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("real.conf", &link).expect("a link");
    check_in(folder.path(), &["--fix", "--yes", "corosync.conf"], b"");
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&real).expect("the file").mode() & 0o777, 0o640);
    assert_ne!(fs::read(&real).expect("the file"), report());
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 2, "no temporary file is left");
}

#[test]
fn what_is_allowed_is_not_fixed() {
    let args = ["--fix", "--dry-run", "--allow", "two-node", "report.conf"];
    let (_, diff, _) = check(&args);
    assert!(!diff.contains("-      two_node"), "{diff}");
    assert!(diff.contains("-        broadcast"), "{diff}");
}

#[test]
fn standard_input_has_a_diff_and_cannot_be_written() {
    let here = configurations();
    let (status, diff, _) = check_in(&here, &["--fix", "--dry-run", "-"], &report());
    assert_eq!((status, diff.starts_with("--- <stdin>")), (1, true));
    let (status, _, err) = check_in(&here, &["--fix", "--yes", "-"], &report());
    assert_eq!((status, err.contains("cannot be written")), (2, true));
}

#[test]
fn this_machine_is_compared_with_its_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    let node = |name: &str, address: &str| {
        let text =
            format!("nodelist {{\n node {{\n  name: {name}\n  ring0_addr: {address}\n }}\n}}\n");
        fs::write(folder.path().join("corosync.conf"), text).expect("a file");
        check_in(folder.path(), &["--local", "corosync.conf"], b"").1
    };
    // 192.0.2.0/24 is for documentation: no machine has it.
    let out = node(name.trim(), "192.0.2.77");
    assert!(out.contains("error[address-not-here]: 192.0.2.77"), "{out}");
    let out = node("somebody-else", "192.0.2.77");
    assert!(out.contains("error[not-listed]"), "{out}");
}

#[test]
fn every_rule_is_listed_and_explained() {
    let (_, list, _) = check(&["--list"]);
    assert!(list.lines().count() > 70, "{list}");
    for line in list.lines() {
        let name = line.split(' ').next().expect("a name");
        let (status, out, _) = check(&["--explain", name]);
        assert!(
            status == 0 && out.contains(name) && out.contains("Remedy"),
            "{out}"
        );
    }
    compare("two-node.txt", &check(&["--explain", "two-node"]).1);
}

#[test]
fn any_bytes_can_be_drawn() {
    let line = [
        b"# \xff\xc3 \x1b[31m".as_slice(),
        &"ü".repeat(300).into_bytes(),
        b"\n",
    ]
    .concat();
    let file = [&line[..], b"totem {\n tok\xff: \xfe\n \x1b]0;x\n}\n\0\n{"].concat();
    let (status, out, _) = check_in(&configurations(), &["-"], &file);
    assert_eq!(status, 1);
    assert!(
        !out.contains('\u{1b}'),
        "no control sequence comes through: {out:?}"
    );
    assert!(out.contains("error[line-too-long]"), "{out}");
}

#[test]
fn what_is_given_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.conf"), report()).unwrap();
    symlink("a.conf", folder.path().join("link.conf")).unwrap();
    let (_, out, _) = check_in(folder.path(), &["a.conf", "./a.conf", "link.conf"], b"");
    assert!(out.contains("in 1 file;"), "{out}");
    let (_, out, _) = check_in(folder.path(), &["-", "-"], &report());
    assert!(out.contains("in 1 file;"), "{out}");
}

#[test]
fn keys_beside_the_files_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    for (node, key) in [("m1", "one"), ("m2", "two")] {
        let node = folder.path().join(node);
        fs::create_dir(&node).unwrap();
        fs::write(node.join("corosync.conf"), report()).unwrap();
        fs::write(node.join("authkey"), key).unwrap();
    }
    let keys = |args: &[&str]| {
        let (_, out, _) = check_in(folder.path(), args, b"");
        out.matches("error[key-differs]").count()
    };
    assert_eq!(keys(&["m1", "m2"]), 1);
    assert_eq!(keys(&["."]), 1);
    // corosync 3 does not use the key with udpu.
    assert_eq!(keys(&["--corosync", "3.1.7", "."]), 0);
    fs::write(folder.path().join("m2/authkey"), "one").unwrap();
    assert_eq!(keys(&["m1", "m2"]), 0);
}

#[test]
fn a_version_has_its_own_findings() {
    let (status, out, _) = check(&["--corosync", "2.4.3", "--allow", "two-node", "report.conf"]);
    assert_eq!(status, 1);
    assert!(
        out.contains("error[interface-abort]: corosync 2.4.3 ends when"),
        "{out}"
    );
    assert!(out.contains("1650 ms with 3 nodes"), "{out}");
    let (status, out, _) = check(&["--corosync", "2.4.5", "--allow", "two-node", "report.conf"]);
    assert_eq!(status, 0, "{out}");
    let (status, _, err) = check(&["--corosync", "two", "report.conf"]);
    assert_eq!(status, 1);
    assert!(err.contains("two or three numbers, such as 2.4.3"), "{err}");
}
