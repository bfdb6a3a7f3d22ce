//! What is made in Rust is what Pacemaker's own tools take.

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use ringwright_placement::INFINITY;
use ringwright_placement::cib::{
    BuildError, Bundle, Cib, CibBuilder, Clone, Colocation, Expression, Group, HistoryEntry,
    Location, Node, NvSet, Operation, Order, Primitive, ResourceSet, Rule, Ticket,
};
use support::installed;

fn dummy(id: &str) -> Primitive {
    Primitive::new(id, "ocf:pacemaker:Dummy").monitor("10s")
}

/// Every kind of part.
#[expect(clippy::too_many_lines, reason = "one of each, in a list")]
fn everything() -> CibBuilder {
    let site = Rule::any([
        Expression::compare("site", "eq", "a"),
        Expression::defined("rack"),
    ]);
    let mut op = Operation::new("monitor", "11s").set("role", "Promoted");
    op = op.meta("on-fail", "demote");
    let mut inherited = dummy("t2");
    inherited
        .params
        .push(NvSet::of(&[("x", "1")]).when(site.clone()));
    Cib::builder()
        .option("stonith-enabled", "false")
        .at(1_700_000_000)
        .quorum(true)
        .rsc_default("resource-stickiness", "1")
        .op_default("timeout", "30s")
        .node(Node::new("n1").attribute("site", "a").capacity("cpu", 4))
        .node("n2")
        .lost("n3")
        .offline("n4")
        .unseen("n5")
        .transient("n2", "standby", "on")
        .template(Primitive::new("t", "ocf:pacemaker:Dummy"))
        .resource(inherited)
        .resource(Primitive::new("fence", "stonith:fence_dummy"))
        .resource(Group::new(
            "g",
            [
                dummy("g1"),
                dummy("g2").param("fake", "a<b&\"c\"").needs("cpu", 2),
            ],
        ))
        .resource(Clone::new("c", dummy("c1")).meta("interleave", "true"))
        .resource(Clone::promotable(
            "m",
            Primitive::new("m1", "ocf:pacemaker:Stateful").operation(op),
        ))
        .resource(
            Bundle::new("b", "podman", "image")
                .replicas(2)
                .addresses_from("192.0.2.1")
                .inside(dummy("b1")),
        )
        .constraint(Location::new("g", "n1", 100))
        .constraint(Location::new("g", "n1", -INFINITY).set("resource-discovery", "never"))
        .constraint(Location::by_rules("c", [site.score(50)]))
        .constraint(Location::of_set(ResourceSet::of(["t2", "g"]), "n2", 7))
        .constraint(Colocation::new("t2", "m", INFINITY).set("with-rsc-role", "Promoted"))
        .constraint(Colocation::of_sets(
            [ResourceSet::of(["t2", "g1"]).set("sequential", "false")],
            5,
        ))
        .constraint(
            Order::new("m", "t2")
                .set("first-action", "promote")
                .set("kind", "Optional"),
        )
        .constraint(Order::of_sets([
            ResourceSet::of(["t2", "g"]),
            ResourceSet::of(["c"]),
        ]))
        .constraint(Ticket::new("g", "paris").set("loss-policy", "stop"))
        .ticket("paris", true)
        .tag("web", ["t2", "g"])
        .fencing_level("n1", 1, &["fence"])
        .history(
            "n1",
            "t2",
            [
                HistoryEntry::ended("start", 0, 0).at(5),
                HistoryEntry::ended("monitor", 10_000, 0),
            ],
        )
        .history("n2", "m1", [HistoryEntry::pending("start")])
}

#[test]
fn what_is_built_is_read_as_it_was() {
    let cib = everything().build().expect("it fits together");
    let parsed = Cib::parse("built.xml", &cib.to_xml()).expect("it can be read");
    assert_eq!(parsed.cib, cib);
    assert_eq!(parsed.warnings, []);
}

#[test]
fn crm_verify_accepts_what_is_built() {
    if !installed("crm_verify") {
        return;
    }
    let text = everything().build().expect("it fits together").to_xml();
    let mut verify = Command::new("crm_verify")
        .args(["-V", "-p"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = verify.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let out = verify.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}\n{text}");
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let two = |second| {
        Cib::builder()
            .node("n1")
            .resource(dummy("a"))
            .resource(dummy(second))
    };
    let refused = |builder: CibBuilder| builder.build().expect_err("it is refused");
    assert_eq!(refused(two("a")), BuildError::DuplicateId("a".into()));
    assert_eq!(refused(two("1b")), BuildError::InvalidId("1b".into()));
    let about = |c: Location| two("b").constraint(c);
    assert_eq!(
        refused(about(Location::new("x", "n1", 1))),
        BuildError::UnknownResource("x".into())
    );
    assert_eq!(
        refused(about(Location::new("a", "n9", 1))),
        BuildError::UnknownNode("n9".into())
    );
    assert_eq!(
        refused(two("b").transient("n7", "x", "1")),
        BuildError::UnknownNode("n7".into())
    );
    let nameless = two("b").resource(Primitive::new("c", "Dummy"));
    assert_eq!(refused(nameless), BuildError::InvalidAgent("c".into()));
    assert_eq!(two("b").build().map(|cib| cib.resources.len()), Ok(2));
}
