//! Older configurations are read as `cibadmin --upgrade` makes them.

mod support;

use std::fs;
use std::process::Command;

use ringwright_placement::Cib;
use support::{installed, shared_cases};

/// Reads a configuration of a schema, given what stands in its options, one primitive, and behind the constraints.
fn old(schema: &str, options: &str, primitive: &str, rest: &str) -> String {
    format!(
        r#"<cib crm_feature_set="3.0.5" validate-with="pacemaker-{schema}" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config>{options}</crm_config><nodes><node id="1" uname="n1" type="normal"/></nodes>
<resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy">{primitive}</primitive>
<primitive id="b" class="ocf" provider="pacemaker" type="Dummy"/></resources>
<constraints><rsc_colocation id="cc" rsc="a" with-rsc="b" score="3"/></constraints>{rest}</configuration><status/></cib>"#
    )
}

const RULE: &str =
    r#"<rule id="r" score="0"><expression id="re" attribute="x" operation="defined"/></rule>"#;

fn option(id: &str, name: &str, value: &str) -> String {
    format!(
        r#"<cluster_property_set id="{id}"><nvpair id="{id}1" name="{name}" value="{value}"/></cluster_property_set>"#
    )
}

fn set(kind: &str, id: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!(r#"<nvpair id="{id}-{name}" name="{name}" value="{value}"/>"#)
    };
    let pairs: String = pairs.iter().map(pair).collect();
    format!(r#"<{kind} id="{id}">{pairs}</{kind}>"#)
}

/// What old options, parameters and operations there are, alone and beside what competes with them.
fn olds() -> Vec<String> {
    let stickiness = option("o", "default-resource-stickiness", "100");
    let meta = |pairs: &[(&str, &str)]| set("meta_attributes", "m", pairs);
    let defaults = |sets: &str| format!("<rsc_defaults>{sets}</rsc_defaults>");
    let op = |attributes: &str, inside: &str| {
        format!(r#"<operations><op id="x" {attributes}>{inside}</op></operations>"#)
    };
    let start = r#"name="start" interval="0""#;
    let options = [
        stickiness.clone(),
        stickiness.clone() + &option("p", "default_resource_stickiness", "200"),
        stickiness.replace("<nvpair", &format!("{RULE}<nvpair")),
        option("o", "default-action-timeout", "33s"),
        option("o", "default_resource_failure_stickiness", "-INFINITY"),
        option("o", "default_resource_failure_stickiness", "-100"),
        option("o", "default_migration_threshold", "3"),
        option("o", "is_managed_default", "false"),
        option("o", "stonith_enabled", "false") + &option("p", "stonith-enabled", "true"),
        option("o", "cluster-infrastructure", "cman"),
        option("o", "cluster-infrastructure", "corosync"),
        option("o", "transition_idle_timeout", "61s"),
    ];
    let primitives = [
        meta(&[("resource-failure-stickiness", "-INFINITY")]),
        meta(&[("isolation", "x"), ("isolation-host", "y")]),
        meta(&[("priority", "1"), ("isolation", "x")]),
        set(
            "instance_attributes",
            "i",
            &[("pcmk_arg_map", "port:foo"), ("pcmk_off_cmd", "x")],
        ),
        set("instance_attributes", "i", &[("pcmk_arg_map", "foo:bar")]),
        op(&format!(r#"{start} requires="nothing" timeout="3s""#), ""),
        op(start, &meta(&[("requires", "nothing")])),
        op(
            start,
            &set(
                "instance_attributes",
                "i",
                &[("requires", "nothing"), ("timeout", "2")],
            ),
        ),
        op(r#"name="monitor" interval="5" requires="nothing""#, ""),
        op(
            r#"name="monitor" interval="5" timeout="1""#,
            &set(
                "instance_attributes",
                "i",
                &[("on-fail", "block"), ("depth", "1")],
            ),
        ),
        meta(&[("requires", "quorum")]) + &op(&format!(r#"{start} requires="nothing""#), ""),
    ];
    let ruled = meta(&[("priority", "5")]).replace("<nvpair", &format!("{RULE}<nvpair"));
    let rests = [
        defaults(&meta(&[("resource-stickiness", "5")])),
        defaults(&meta(&[("priority", "5")])),
        defaults(&ruled),
        "<acls><acl_user id='u'><read id='r1' tag='x'/><deny id='r2' xpath='/a' attribute='b'/></acl_user>\
         <acl_role id='l'><write id='r3' ref='a'/></acl_role><acl_user id='v'><role_ref id='l'/></acl_user></acls>".into(),
    ];
    let options = options.iter().map(|o| old("2.10", o, "", ""));
    let primitives = primitives.iter().map(|p| old("1.2", "", p, ""));
    let rests = rests.iter().map(|r| old("1.2", &stickiness, "", r));
    options.chain(primitives).chain(rests).collect()
}

/// The configuration without what an upgrade may choose: ids of sets and pairs, and whether empty sets stay.
fn told(name: &str, text: &str) -> Vec<String> {
    let cib = Cib::parse(name, text)
        .unwrap_or_else(|error| panic!("{error}"))
        .cib;
    let written = cib.to_xml();
    let mut lines: Vec<String> = Vec::new();
    for line in written.lines() {
        if line.contains("_attributes") && line.ends_with("/>") {
            continue;
        }
        let made = line.contains("nvpair") || line.contains("meta_attributes");
        let words = line
            .split(' ')
            .filter(|word| !made || !word.starts_with("id="));
        lines.push(words.collect::<Vec<_>>().join(" "));
    }
    // The root says which schema and version it is; the status stays as it was.
    let status = lines.iter().position(|line| line.contains("<status"));
    lines.truncate(status.expect("a status"));
    lines.drain(..1);
    lines
}

/// The first line that differs.
fn assert_same(name: &str, ours: &str, theirs: &str) {
    let (ours, theirs) = (told("ours", ours), told("theirs", theirs));
    for (our, their) in ours.iter().zip(&theirs) {
        assert_eq!(our, their, "{name}");
    }
    assert_eq!(ours.len(), theirs.len(), "{name}");
}

fn upgraded(text: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("a writable file");
    let run = Command::new("cibadmin")
        .args(["--upgrade", "--force"])
        .env("CIB_file", file.path())
        .output()
        .expect("it runs");
    assert!(
        run.status.success(),
        "{}\n{text}",
        String::from_utf8_lossy(&run.stderr)
    );
    fs::read_to_string(file.path()).expect("a readable file")
}

#[test]
fn old_forms_become_what_cibadmin_makes_of_them() {
    if !installed("cibadmin") {
        return;
    }
    for text in olds() {
        let theirs = upgraded(&text);
        assert_eq!(
            told("ours", &text),
            told("theirs", &theirs),
            "{text}\n{theirs}"
        );
    }
}

#[test]
fn old_cases_of_the_suite_become_what_cibadmin_makes_of_them() {
    let (Some(cases), true) = (shared_cases(), installed("cibadmin")) else {
        return;
    };
    let mut checked = 0;
    for path in cases {
        let text = fs::read_to_string(&path).expect("a readable case");
        if text.contains("validate-with=\"pacemaker-3") {
            continue;
        }
        let name = path.display().to_string();
        assert_same(&name, &text, &upgraded(&text));
        checked += 1;
    }
    assert!(checked > 5, "{checked} cases");
}

#[test]
fn a_schema_that_is_not_known_is_refused() {
    for schema in ["0.7", "4.0", "2.11", "", "3.x"] {
        let error = Cib::parse("old.xml", &old(schema, "", "", "")).expect_err("it is refused");
        let said = error.to_string();
        assert!(
            said.starts_with(&format!(
                "old.xml:1:1: error: the schema `pacemaker-{schema}` is not known"
            )),
            "{said}"
        );
    }
    for schema in ["1.0", "2.3", "3.9", "next"] {
        assert!(
            Cib::parse("old.xml", &old(schema, "", "", "")).is_ok(),
            "{schema}"
        );
    }
}

#[test]
fn what_lost_its_effect_is_named_with_its_place() {
    let text = old(
        "2.5",
        &option("o", "default-migration-threshold", "3"),
        "",
        "",
    );
    let warnings = Cib::parse("old.xml", &text).expect("it is read").warnings;
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "old.xml:2:57: warning: `default-migration-threshold` has had no effect since Pacemaker 2.0; it is left out"
        ]
    );
}
