//! Every rule: a folder of its name in `data/lint` with a cluster that has the fault (`fault.conf`, or `fault-a.conf`,
//! `fault-b.conf`, … for several nodes), one that is close and does not (`clean*.conf`), and what is found in the
//! first (`fault.txt`). `hosts` has the names that there are, as in /etc/hosts; `host` the machine and its addresses;
//! `version` that of corosync; `fault-a.key` is the key beside `fault-a.conf`.
//!
//! `REWRITE=1 cargo test -p ringwright-config --test lint` writes the findings anew; look at the difference.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ringwright_config::lint::{Cluster, Finding, Host, RULES, Rule, fix, lint, rule};
use ringwright_config::{Severity, parse};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}

/// The files of a folder whose names start so, in order.
fn files(folder: &Path, start: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| {
        let name = path.file_name().expect("a file").to_string_lossy();
        name.starts_with(start) && name.ends_with(".conf")
    });
    files.sort();
    files
}

/// The cluster of these files, with the machine and the names of their folder.
fn cluster(files: &[PathBuf]) -> Cluster {
    let parsed = files.iter().map(|path| {
        let name = path.file_name().expect("a file").to_string_lossy();
        parse(&name, fs::read(path).expect("a readable case"))
    });
    let mut cluster = Cluster::of(parsed);
    let folder = files.first().and_then(|file| file.parent()).expect("files");
    if let Ok(hosts) = fs::read_to_string(folder.join("hosts")) {
        cluster = cluster.with_names(|name| {
            let lines = hosts.lines().filter_map(|line| line.split_once(' '));
            lines
                .filter(|(_, known)| *known == name)
                .map(|(ip, _)| ip.parse().expect(ip))
                .collect()
        });
    }
    if let Ok(version) = fs::read_to_string(folder.join("version")) {
        cluster = cluster.for_version(version.trim().parse().expect("a version"));
    }
    let key = |file: &PathBuf| fs::read(file.with_extension("key")).ok();
    let sum = |bytes: Vec<u8>| {
        bytes
            .iter()
            .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
            << 32
    };
    cluster = cluster.with_keys(files.iter().map(|file| key(file).map(sum)).collect());
    if let Ok(host) = fs::read_to_string(folder.join("host")) {
        let mut words = host.split_whitespace();
        let name = words.next().expect("a name").to_owned();
        let addresses = words.map(|ip| ip.parse().expect(ip)).collect();
        cluster = cluster.on_host(Host { name, addresses });
    }
    cluster
}

/// A finding with its places, as text.
fn show(cluster: &Cluster, finding: &Finding) -> String {
    let (rule, severity) = (finding.rule.name, finding.rule.severity);
    let mut text = format!("{severity}[{rule}]: {}\n", finding.message);
    for place in &finding.places {
        let document = &cluster.files()[place.file].document;
        let at = document.text(place.span);
        let (line, column) = (place.span.line, place.span.column);
        let label = if place.text.is_empty() {
            String::new()
        } else {
            format!(" {}", place.text)
        };
        writeln!(text, "  {}:{line}:{column} `{at}`{label}", document.name()).expect("a string");
    }
    if let Some(help) = &finding.help {
        writeln!(text, "  help: {help}").expect("a string");
    }
    text
}

fn found_by(rule: &Rule, cluster: &Cluster) -> String {
    let findings = lint(cluster);
    let own = findings.iter().filter(|found| found.rule.name == rule.name);
    own.map(|found| show(cluster, found)).collect()
}

fn compare(expected: &Path, found: &str) {
    if std::env::var_os("REWRITE").is_some() {
        fs::write(expected, found).expect("a writable folder of cases");
    }
    let beside = fs::read_to_string(expected).unwrap_or_default();
    assert_eq!(found, beside, "{}", expected.display());
}

#[test]
fn every_rule_finds_its_fault_and_lets_the_close_one_pass() {
    for rule in rules() {
        let folder = data().join("lint").join(rule.name);
        let found = found_by(rule, &cluster(&files(&folder, "fault")));
        assert_ne!(found, "", "{} does not find its fault", rule.name);
        compare(&folder.join("fault.txt"), &found);
        let clean = found_by(rule, &cluster(&files(&folder, "clean")));
        assert_eq!(clean, "", "{} finds a fault that is not there", rule.name);
    }
}

#[test]
fn every_case_is_a_rules() {
    let names: BTreeSet<_> = rules().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(names.len(), rules().count(), "every name is there once");
    let entries = fs::read_dir(data().join("lint")).expect("the cases");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(
            !path.is_dir() || names.contains(&*name),
            "{name} is no rule"
        );
    }
}

#[test]
fn a_healthy_configuration_has_no_finding() {
    let cluster = cluster(&[data().join("lint/healthy.conf")]);
    let found: Vec<_> = lint(&cluster).iter().map(|f| show(&cluster, f)).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_reports_configuration_has_the_findings_written_beside_it() {
    for name in ["report", "report-primary"] {
        let cluster = cluster(&[data().join(format!("{name}.conf"))]);
        let found: String = lint(&cluster).iter().map(|f| show(&cluster, f)).collect();
        compare(&data().join(format!("lint/{name}.txt")), &found);
    }
}

#[test]
fn the_reports_two_files_differ_only_in_the_slip_of_the_pen() {
    let files = ["report-primary.conf", "report-terciary.conf"].map(|name| data().join(name));
    let cluster = cluster(&files);
    let found: String = lint(&cluster).iter().map(|f| show(&cluster, f)).collect();
    compare(&data().join("lint/report-both.txt"), &found);
}

/// What the parser finds has a rule, of the same severity, or a rule of its name that says it in its own words.
#[test]
fn every_code_of_the_parser_is_a_rule() {
    let folders = fs::read_dir(data().join("lint")).expect("the cases");
    let folders = folders.map(|entry| entry.expect("an entry").path());
    let cases = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| files(&folder, ""));
    let mut seen = BTreeSet::new();
    for path in cases.chain(files(&data(), "")) {
        for found in parse("case", fs::read(path).expect("a readable case")).diagnostics {
            let rule = rule(found.code).unwrap_or_else(|| panic!("{} is no rule", found.code));
            assert!(
                rule.severity == found.severity || rule.name == "two-node",
                "{} is a {}",
                rule.name,
                found.severity
            );
            seen.insert(found.code);
        }
    }
    assert!(seen.len() >= 45, "most codes are seen: {}", seen.len());
}

#[test]
fn every_rule_documents_itself() {
    for rule in rules() {
        for text in [rule.summary, rule.explanation, rule.remedy, rule.concerns] {
            assert!(!text.is_empty() && text.trim() == text, "{}", rule.name);
            assert!(!text.contains("  "), "{}: blanks in {text}", rule.name);
        }
        let kebab = |b: u8| b.is_ascii_lowercase() || b == b'-';
        assert!(rule.name.bytes().all(kebab), "{}", rule.name);
        assert!(rule.explanation.ends_with(['.', ')']), "{}", rule.name);
    }
}

#[test]
fn what_is_fixed_is_not_found_again_and_the_rest_is_as_it_was() {
    let mut fixable = 0;
    for rule in rules().filter(|rule| rule.is_fixable()) {
        fixable += 1;
        let folder = data().join("lint").join(rule.name);
        for path in files(&folder, "fault") {
            let bytes = fs::read(&path).expect("a readable case");
            let fixed = fix("fixed.conf", &bytes, |found| found.name == rule.name);
            let again = Cluster::of([parse("fixed.conf", fixed.bytes.clone())]);
            assert_eq!(found_by(rule, &again), "", "{}", rule.name);
            let text = String::from_utf8(fixed.bytes).expect("text");
            compare(&folder.join("fixed.txt"), &text);
        }
    }
    assert!(fixable >= 4, "there are fixes");
}

#[test]
fn fixing_the_report_removes_its_four_dead_or_harmful_pieces_and_nothing_else() {
    let bytes = fs::read(data().join("report.conf")).expect("the report");
    let fixed = fix("report.conf", &bytes, |_| true);
    let rules: Vec<_> = fixed.findings.iter().map(|found| found.rule.name).collect();
    assert_eq!(
        rules,
        ["bindnetaddr", "broadcast", "two-node", "dead-section"]
    );
    let before = String::from_utf8(bytes).expect("text");
    let after = String::from_utf8(fixed.bytes).expect("text");
    let mut kept = after.split_inclusive('\n').peekable();
    let removed: Vec<_> = before
        .split_inclusive('\n')
        .filter(|line| kept.next_if(|next| next == line).is_none())
        .map(str::trim)
        .collect();
    assert_eq!(kept.next(), None, "nothing was added");
    let bindnetaddr = "bindnetaddr: \"direccion del propio nodo\"";
    let service = ["service {", "name: pacemaker", "ver: 1", "}"];
    let expected = [
        &[bindnetaddr, "broadcast: yes", "two_node: 1"],
        service.as_slice(),
    ]
    .concat();
    assert_eq!(removed, expected);
}

#[test]
fn a_fix_can_be_declined() {
    let bytes = fs::read(data().join("report.conf")).expect("the report");
    assert_eq!(fix("report.conf", &bytes, |_| false).bytes, bytes);
}

#[test]
fn every_line_of_a_key_goes_as_the_one_before_would_count_again() {
    let file = "totem {\r\nversion: 2\r\ntransport: udpu\r\n}\r\nnodelist {\r\nnode {\r\nring0_addr: 10.0.0.1\r\n}\r\n}\r\n\
                quorum {\r\nprovider: corosync_votequorum\r\ntwo_node: 1\r\n}\r\nquorum {\r\ntwo_node : 1\r\n}";
    let fixed = fix("fixed.conf", file.as_bytes(), |_| true);
    assert_eq!(fixed.findings.len(), 1, "one fix takes them all");
    let expected = file
        .replace("two_node: 1\r\n", "")
        .replace("two_node : 1\r\n", "");
    assert_eq!(String::from_utf8(fixed.bytes).expect("text"), expected);
}

/// With `auto_tie_breaker` corosync switches `two_node` off itself, unless the tie breaker's node is unreadable.
#[test]
fn two_node_beside_a_tie_breaker_is_told_as_corosync_takes_it() {
    let found = |keys: &str| -> Vec<&str> {
        let nodes: String = (1..=3).fold(String::new(), |mut text, id| {
            write!(text, "node {{\nring0_addr: 10.0.0.{id}\n}}\n").expect("a string");
            text
        });
        let file = format!(
            "totem {{\nversion: 2\ntransport: udpu\n}}\nnodelist {{\n{nodes}}}\n\
             quorum {{\nprovider: corosync_votequorum\ntwo_node: 1\n{keys}\n}}\n"
        );
        let found = lint(&Cluster::of([parse("f", file)]));
        let names = found.iter().map(|found| found.rule.name);
        names
            .filter(|name| name.starts_with("two-node") || *name == "quorum-option")
            .collect()
    };
    assert_eq!(found(""), ["two-node"]);
    assert_eq!(found("auto_tie_breaker: 1"), ["quorum-option"]);
    assert_eq!(found("two_node_semantics: corosync"), ["two-node"]);
    let both = "two_node_semantics: corosync\nauto_tie_breaker: 1";
    assert_eq!(found(both), ["quorum-option"]);
    let unreadable = "auto_tie_breaker: 1\nauto_tie_breaker_node: foo";
    assert_eq!(found(unreadable), ["two-node", "quorum-option"]);
    assert_eq!(found("wait_for_all: 0"), ["two-node", "two-node-start"]);
}

#[test]
fn names_are_looked_up_once_and_only_names() {
    let file = |name| {
        parse(
            name,
            "nodelist {\nnode {\nring0_addr: alpha\n}\nnode {\nring0_addr: 10.0.0.1\n}\n}\n",
        )
    };
    let mut asked = Vec::new();
    let _ = Cluster::of([file("a"), file("b")]).with_names(|name| {
        asked.push(name.to_owned());
        Vec::<IpAddr>::new()
    });
    assert_eq!(asked, ["alpha"]);
}

#[test]
fn this_machine_has_to_be_in_the_list() {
    let file = "nodelist {\nnode {\nname: alpha\nring0_addr: 10.0.0.1\n}\n}\n";
    let found = |name: &str, ip: &str| -> Vec<&str> {
        let host = Host {
            name: name.into(),
            addresses: vec!["127.0.0.1".parse().expect("ip"), ip.parse().expect("ip")],
        };
        let found = lint(&Cluster::of([parse("f", file)]).on_host(host));
        let names = found.iter().map(|found| found.rule.name);
        names
            .filter(|name| ["not-listed", "address-not-here"].contains(name))
            .collect()
    };
    assert_eq!(found("alpha.lan", "10.0.0.1"), Vec::<&str>::new());
    assert_eq!(found("beta", "10.0.0.1"), Vec::<&str>::new());
    assert_eq!(found("beta", "10.0.0.2"), ["not-listed"]);
    assert_eq!(found("alpha", "10.0.0.2"), ["address-not-here"]);
}

#[test]
fn severities_are_ordered_from_the_worst() {
    assert!(Severity::Error < Severity::Warning && Severity::Warning < Severity::Info);
}

#[test]
fn the_file_that_stands_alone_is_the_one_to_blame() {
    let file = |name: &str, port: u16| {
        let text = format!("totem {{\ninterface {{\nmcastport: {port}\n}}\n}}\n");
        parse(name, text)
    };
    let cluster = Cluster::of([file("a", 5406), file("b", 5405), file("c", 5405)]);
    let found = lint(&cluster);
    let differs = found.iter().find(|found| found.rule.name == "port-differs");
    let differs = differs.expect("a finding");
    assert_eq!(differs.place().file, 0);
    assert_eq!(
        differs.message,
        "`mcastport` differs: 5406 in a, 5405 in b and c"
    );
}

#[test]
fn what_does_not_concern_a_version_is_not_found_for_it() {
    let rules = |conf: &str, version: Option<&str>| -> Vec<&str> {
        let mut cluster = Cluster::of([parse("a.conf", conf)]);
        if let Some(version) = version {
            cluster = cluster.for_version(version.parse().expect("a version"));
        }
        let asked = [
            "unencrypted",
            "udpu",
            "interface-loss",
            "interface-abort",
            "token-short",
        ];
        let found = lint(&cluster).into_iter().map(|found| found.rule.name);
        found.filter(|name| asked.contains(name)).collect()
    };
    let with = |totem: &str| {
        let mut text = format!("totem {{\nversion: 2\ntransport: udpu\n{totem}}}\nnodelist {{\n");
        for node in 1..=3 {
            writeln!(
                text,
                "node {{\nring0_addr: 192.168.9.{node}\nnodeid: {node}\n}}"
            )
            .expect("a string");
        }
        text + "}\n"
    };
    let plain = with("");
    assert_eq!(
        rules(&plain, None),
        ["unencrypted", "interface-loss", "udpu"]
    );
    assert_eq!(rules(&plain, Some("3.1.7")), ["unencrypted", "udpu"]);
    assert_eq!(rules(&plain, Some("2.4.5")), ["token-short"]);
    assert_eq!(
        rules(&plain, Some("2.4.3")),
        ["token-short", "interface-abort"]
    );
    assert_eq!(
        rules(&with("token: 5000\n"), Some("2.3.3")),
        ["interface-abort"]
    );
    let off = with("token: 5000\nsecauth: off\n");
    assert_eq!(rules(&off, Some("2.4.5")), ["unencrypted"]);
}

#[test]
fn versions_are_two_or_three_numbers() {
    use ringwright_config::lint::Version;
    for (text, version) in [("2.4.3", [2, 4, 3]), ("3.1", [3, 1, 0]), ("3", [3, 0, 0])] {
        assert_eq!(text.parse(), Ok(Version(version)));
    }
    for wrong in ["", "2.", "2.4.3.1", "v2", "1.4", "2.x", "-2", "99999"] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong}");
    }
}
