//! What the words do to a configuration, and what is said when they do nothing.

use ringwright_placement::Cib;

use super::create::{Create, create};
use super::node::Switch;
use super::resource::Sent;
use super::{Edited, constraint, node, pairs, property, resource};

const START: &str = "<cib epoch='3'><configuration><crm_config/><nodes>\
<node id='1' uname='primary'/><node id='2' uname='secondary'/></nodes><resources>\
<primitive id='ip' class='ocf' provider='heartbeat' type='IPaddr2'/>\
<group id='g'><primitive id='g1' class='ocf' provider='p' type='t'/><primitive id='g2' class='ocf' provider='p' type='t'/></group>\
<clone id='c'><primitive id='db' class='ocf' provider='p' type='t'/></clone>\
</resources><constraints/></configuration><status/></cib>";

fn start() -> Cib {
    Cib::parse("start", START).expect("a configuration").cib
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The lines that an edit adds to the XML.
fn added(edit: impl FnOnce(&mut Cib) -> Edited) -> Vec<String> {
    let (before, mut cib) = (start().to_xml(), start());
    edit(&mut cib).expect("an edit that is made");
    let after = cib.to_xml();
    let read = Cib::parse("after", &after).expect("what is written is read");
    assert_eq!(read.cib, cib);
    let old: Vec<&str> = before.lines().collect();
    let new = after.lines().filter(|line| !old.contains(line));
    new.map(|line| line.trim().to_owned()).collect()
}

fn refused(edit: impl FnOnce(&mut Cib) -> Edited) -> String {
    edit(&mut start()).expect_err("a refusal").to_string()
}

fn make(line: &str) -> impl FnOnce(&mut Cib) -> Edited {
    let line = words(line);
    move |cib| create(cib, &Create::read(&line[0], &line[1], &line[2..])?, None)
}

#[test]
fn the_line_of_every_tutorial_is_taken_as_it_stands() {
    let line =
        "ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s";
    assert_eq!(
        added(make(line)),
        [
            "<primitive id=\"ClusterIP\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\">",
            "<instance_attributes id=\"ClusterIP-instance_attributes\">",
            "<nvpair id=\"ClusterIP-instance_attributes-ip\" name=\"ip\" value=\"192.168.56.56\"/>",
            "<nvpair id=\"ClusterIP-instance_attributes-cidr_netmask\" name=\"cidr_netmask\" value=\"24\"/>",
            "</instance_attributes>",
            "<operations>",
            "<op name=\"monitor\" interval=\"30s\" id=\"ClusterIP-monitor-interval-30s\"/>",
            "</operations>",
            "</primitive>",
        ]
    );
    // As `pcs status` writes the agent.
    let doubled = line.replace("ocf:", "ocf::");
    assert_eq!(added(make(&doubled)), added(make(line)));
}

#[test]
fn what_is_not_understood_is_named() {
    let cases = [
        (
            "a ocf:p:t ip=1 foo",
            "`foo` is neither NAME=VALUE nor one of op, meta, clone, promotable and group",
        ),
        (
            "a ocf:p:t op monitr",
            "no operation is called `monitr`; near it: monitor",
        ),
        (
            "a ocf:p:t op interval=3s",
            "`interval=3s` after `op` belongs to no operation: `op monitor interval=3s` is meant?",
        ),
        (
            "a ocf:p:t op monitor interval=soon",
            "`interval=soon`: expected a time, such as 30s",
        ),
        (
            "a ocf:p:t op monitor monitor",
            "`op monitor` is there twice with the same interval",
        ),
        ("ip ocf:p:t", "`ip` exists already"),
        (
            "1a ocf:p:t",
            "`1a` is no id: a letter or `_`, then letters, digits and `-_.`",
        ),
        ("a ocf:p:t group ip", "`ip` is no group"),
        ("a ocf:p:t group", "`group` is followed by its name"),
    ];
    for (line, word) in cases {
        let told = refused(make(line));
        assert!(told.starts_with(word), "{line}: {told}");
    }
    let unknown = refused(make("a IPaddr3"));
    assert!(
        unknown.starts_with("agent `IPaddr3`: 'IPaddr3' is no class of agents"),
        "{unknown}"
    );
    let near = refused(|cib| resource::set_disabled(cib, "pi", true));
    assert_eq!(near, "no resource `pi`");
    let near = refused(|cib| resource::delete(cib, "G1").map(drop));
    assert_eq!(near, "no resource `G1`; near it: g1, g, g2");
    let near = refused(|cib| node::switch(cib, &["primry".into()], Switch::Standby, true));
    assert!(
        near.starts_with("no node is called `primry`; near it: primary"),
        "{near}"
    );
    let near = refused(|cib| property::set(cib, &[("stonth-enabled".into(), "x".into())], false));
    assert!(
        near.starts_with("no cluster option is called `stonth-enabled`; near it: stonith-enabled"),
        "{near}"
    );
    assert!(pairs::pairs(&["=x".into()]).is_err());
}

#[test]
fn a_constraint_names_what_there_is() {
    let location = |line: &str| {
        let line = words(line);
        move |cib: &mut Cib| constraint::location(cib, &line)
    };
    assert_eq!(
        added(location("ip prefers primary=50 secondary")),
        [
            "<constraints>",
            "<rsc_location rsc=\"ip\" node=\"primary\" score=\"50\" id=\"location-ip-primary-50\"/>",
            "<rsc_location rsc=\"ip\" node=\"secondary\" score=\"INFINITY\" id=\"location-ip-secondary-INFINITY\"/>",
            "</constraints>",
        ]
    );
    let cases = [
        (
            "ip prefers primary=lots",
            "`lots` is no score: a whole number, INFINITY or -INFINITY",
        ),
        (
            "ip likes primary",
            "expected RESOURCE prefers|avoids NODE[=SCORE]…, or add ID RESOURCE NODE SCORE",
        ),
        (
            "ip prefers primary primary",
            "`location-ip-primary-INFINITY` exists already",
        ),
        ("add x ip nowhere 5", "no node is called `nowhere`"),
    ];
    for (line, word) in cases {
        assert_eq!(refused(location(line)), word, "{line}");
    }
    let order = |line: &str| refused(|cib| constraint::order(cib, &words(line)));
    assert_eq!(
        order("ip then"),
        "expected [ACTION] RESOURCE on both sides of `then`"
    );
    assert_eq!(
        order("strt ip then g"),
        "no action is called `strt`; near it: start, stop"
    );
    assert_eq!(
        order("ip then g kind=Some"),
        "`kind=Some`: expected one of Mandatory, Optional, Serialize"
    );
    let near = order("ip then g knd=x");
    assert!(
        near.starts_with("no option `knd` here; near it: kind"),
        "{near}"
    );
    let delete = refused(|cib| constraint::delete(cib, &["x".into()]));
    assert_eq!(delete, "no constraint `x`");
}

#[test]
fn what_is_deleted_leaves_no_trace() {
    let mut cib = start();
    constraint::order(&mut cib, &words("set ip g1 set db")).unwrap();
    constraint::colocation(&mut cib, &words("ip with g1 -5")).unwrap();
    constraint::location(&mut cib, &words("g1 avoids primary")).unwrap();
    let gone = resource::delete(&mut cib, "g1").unwrap();
    assert_eq!(
        gone,
        ["g1", "colocation-ip-g1--5", "location-g1-primary--INFINITY"]
    );
    assert!(!cib.to_xml().contains("\"g1\""));
    // The last member takes its group with it, and the set with nobody in it goes.
    assert_eq!(resource::delete(&mut cib, "g2").unwrap(), ["g", "g2"]);
    assert_eq!(resource::delete(&mut cib, "db").unwrap(), ["db", "c"]);
    assert_eq!(
        resource::delete(&mut cib, "ip").unwrap(),
        ["ip", "order_set_ip_g1_db"]
    );
    assert!(cib.resources.is_empty() && cib.constraints.is_empty());
}

#[test]
fn moved_banned_and_cleared_is_as_before() {
    let homes = ["primary".to_owned()];
    let sent = |resource: &'static str, node: Option<&'static str>| Sent {
        resource,
        node,
        promoted: false,
        homes: &homes,
    };
    let mut cib = start();
    let told = resource::send(&mut cib, &sent("ip", None)).unwrap();
    assert_eq!(
        told,
        "ip does not run on primary from now on; `resource clear ip` ends that"
    );
    let told = resource::send(&mut cib, &sent("ip", Some("secondary"))).unwrap();
    assert_eq!(
        told,
        "ip prefers secondary from now on; `resource clear ip` ends that"
    );
    // Moving forgets the ban; the clone stands for what is inside.
    resource::ban(&mut cib, &sent("db", Some("secondary"))).unwrap();
    let ids: Vec<&str> = cib.constraints.iter().map(|c| c.attrs().id()).collect();
    assert_eq!(ids, ["cli-prefer-ip", "cli-ban-c-on-secondary"]);
    assert!(
        resource::clear(&mut cib, "db", Some("primary"))
            .unwrap()
            .is_empty()
    );
    resource::clear(&mut cib, "db", None).unwrap();
    resource::clear(&mut cib, "ip", None).unwrap();
    assert_eq!(cib, start());
    let told = refused(|cib| resource::send(cib, &sent("ip", Some("primary"))).map(drop));
    assert_eq!(told, "ip runs on primary already");
}

#[test]
fn switches_go_on_and_off_again() {
    let mut cib = start();
    node::switch(&mut cib, &[], Switch::Maintenance, true).unwrap();
    node::switch(&mut cib, &["primary".into()], Switch::Standby, true).unwrap();
    let standby = "<nvpair id=\"nodes-1-standby\" name=\"standby\" value=\"on\"/>";
    assert!(cib.to_xml().contains(standby));
    node::switch(&mut cib, &[], Switch::Maintenance, false).unwrap();
    node::switch(&mut cib, &[], Switch::Standby, false).unwrap();
    assert!(!cib.to_xml().contains("nvpair"));
    resource::set_disabled(&mut cib, "c", true).unwrap();
    resource::set_disabled(&mut cib, "db", true).unwrap();
    assert_eq!(cib.to_xml().matches("value=\"Stopped\"").count(), 2);
    // One is enabled with what is around it.
    resource::set_disabled(&mut cib, "db", false).unwrap();
    assert!(!cib.to_xml().contains("nvpair"));
}
