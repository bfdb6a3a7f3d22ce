//! The words of pcs: the same lines given to `pcs -f FILE` and to `ringwright … -f FILE` leave the same configuration.
//!
//! Skipped where pcs is not installed (`apt-get install pcs`); it and the agents are asked for a minute or more.

use std::path::Path;
use std::process::{Command, Output};

use ringwright_placement::Cib;

const EMPTY: &str = "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.8\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\">
  <configuration>
    <crm_config/>
    <nodes>
      <node id=\"1\" uname=\"primary\"/>
      <node id=\"2\" uname=\"secondary\"/>
      <node id=\"3\" uname=\"terciary\"/>
    </nodes>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
";

/// One after the other; each is compared.
const LINES: [&str; 30] = [
    "resource create ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s",
    "resource create d ocf:pacemaker:Dummy meta priority=3 --disabled",
    "resource create e ocf:pacemaker:Stateful promotable promoted-max=1",
    "resource create f ocf:pacemaker:Dummy clone interleave=true",
    "resource create g1 ocf:pacemaker:Dummy --group g",
    "resource create g2 ocf:pacemaker:Dummy --group g --before g1",
    "resource create h ocf:pacemaker:Dummy op start timeout=5s op monitor interval=7s timeout=3s OCF_CHECK_LEVEL=10 monitor interval=9s",
    "resource create i ocf:pacemaker:Dummy --no-default-ops",
    "constraint location ClusterIP prefers primary=100 secondary",
    "constraint location d avoids primary",
    "constraint location add here d secondary -7",
    "constraint order d then ClusterIP",
    "constraint order promote e-clone then start ClusterIP kind=Optional",
    "constraint order stop g then stop h symmetrical=false",
    "constraint colocation add ClusterIP with Promoted e-clone 200",
    "constraint colocation add d with ClusterIP",
    "constraint colocation add h with d -INFINITY",
    "constraint order set d ClusterIP sequential=false set g setoptions kind=Mandatory",
    "constraint colocation set d h set g setoptions score=5",
    "property set stonith-enabled=false no-quorum-policy=stop",
    "property set no-quorum-policy=",
    "resource ban ClusterIP primary",
    "resource disable f",
    "resource disable f-clone",
    "resource enable f",
    "resource defaults update resource-stickiness=100",
    "resource meta h failure-timeout=60s",
    "resource update h fake=x",
    "constraint delete here",
    "resource delete d",
];

/// Lines that neither takes; both leave the file as it is.
const REFUSED: [&str; 12] = [
    "resource create ClusterIP ocf:pacemaker:Dummy",
    "resource create j ocf:heartbeat:IPaddr2 ipp=1",
    "resource create j ocf:heartbeat:IPaddr2 cidr_netmask=24",
    "resource create j ocf:heartbeat:IPaddr3 ip=1.2.3.4",
    "resource create j ocf:pacemaker:Dummy op monitr interval=30s",
    "resource create j ocf:pacemaker:Dummy op monitor intervall=30s",
    "resource create j ocf:pacemaker:Dummy --group g --before nix",
    "resource delete nix",
    "resource disable nix",
    "property set stonth-enabled=false",
    "constraint order nix then ClusterIP",
    "constraint colocation add ClusterIP with nix",
];

fn run(program: &str, file: &Path, line: &str) -> Output {
    let mut words: Vec<&str> = line.split(' ').collect();
    let file = file.to_str().expect("a plain path");
    if program == "pcs" {
        words.splice(0..0, ["-f", file]);
    } else {
        // Before the words of a constraint, which may begin with a hyphen.
        words.splice(2..2, ["-f", file]);
    }
    let mut command = Command::new(program);
    command.args(words);
    command
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// The configuration with nothing but what it means: attributes in order, no empty sets, sets' ids left out (pcs makes
/// them of chance), members in their order.
fn meaning(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("the file");
    let mut cib = Cib::parse("cib.xml", &text).expect("a configuration").cib;
    let sets = |sets: &mut Vec<ringwright_placement::cib::NvSet>| {
        sets.retain(|set| !set.pairs.is_empty());
        for set in sets {
            set.pairs.sort_by_key(|pair| pair.id().to_owned());
        }
    };
    for resource in &mut cib.resources {
        tidy(resource, &sets);
    }
    sets(&mut cib.crm_config);
    sets(&mut cib.rsc_defaults);
    let xml = cib.to_xml();
    let inside = xml.split("<configuration>").nth(1).expect("it is there");
    inside.lines().map(line).collect()
}

fn tidy(
    resource: &mut ringwright_placement::cib::Resource,
    sets: &impl Fn(&mut Vec<ringwright_placement::cib::NvSet>),
) {
    use ringwright_placement::cib::{Primitive, Resource};
    let primitive = |p: &mut Primitive| {
        sets(&mut p.meta);
        sets(&mut p.params);
        p.operations.sort_by_key(|op| op.attrs.id().to_owned());
    };
    match resource {
        Resource::Primitive(p) => primitive(p),
        Resource::Group(g) => {
            sets(&mut g.meta);
            g.members.iter_mut().for_each(primitive);
        }
        Resource::Clone(c) => {
            sets(&mut c.meta);
            tidy(&mut c.child, sets);
        }
        Resource::Bundle(_) => {}
    }
}

/// An element's name and its attributes in order.
fn line(line: &str) -> String {
    let line = line.trim().trim_end_matches("/>").trim_end_matches('>');
    let (name, attributes) = line.split_once(' ').unwrap_or((line, ""));
    let by_chance = |attribute: &str| attribute.starts_with("id=") && attribute.contains("_set");
    let mut attributes: Vec<&str> = attributes
        .split("\" ")
        .map(|attribute| attribute.trim_end_matches('"'))
        .filter(|attribute| !by_chance(attribute))
        .collect();
    attributes.sort_unstable();
    format!("{name} {}", attributes.join(" "))
}

#[test]
#[ignore = "runs pcs, which takes its time"]
fn the_same_lines_leave_the_same_configuration_as_pcs() {
    let pcs = Command::new("pcs").arg("--version").output();
    if !pcs.is_ok_and(|output| output.status.success()) {
        println!("skipped: pcs is not installed");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (theirs, ours) = (
        directory.path().join("theirs.xml"),
        directory.path().join("ours.xml"),
    );
    std::fs::write(&theirs, EMPTY).expect("written");
    std::fs::write(&ours, EMPTY).expect("written");
    let ringwright = env!("CARGO_BIN_EXE_ringwright");
    for line in LINES {
        let told = run("pcs", &theirs, line);
        assert!(told.status.success(), "pcs {line}: {told:?}");
        let told = run(ringwright, &ours, line);
        assert!(told.status.success(), "ringwright {line}: {told:?}");
        assert_eq!(meaning(&ours), meaning(&theirs), "after {line}");
    }
    for line in REFUSED {
        let before = std::fs::read(&ours).expect("the file");
        assert!(!run("pcs", &theirs, line).status.success(), "pcs {line}");
        let told = run(ringwright, &ours, line);
        assert_eq!(told.status.code(), Some(1), "ringwright {line}: {told:?}");
        assert!(!told.stderr.is_empty(), "{line} without a word");
        assert_eq!(std::fs::read(&ours).expect("the file"), before, "{line}");
    }
}
