//! Resources on real hosts: a ring with corosync in it, and what can be wrong with a host, its disk, its network, its agents.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;

use serde_json::{Value, json};

use crate::hosts::{Lab, ringwright_node};

const FLOATING: &str = "192.168.56.99";

fn try_ask(lab: &Lab, host: usize, request: &Value) -> Option<Value> {
    let path = lab.dir(host).join("run/ringwright/control.sock");
    let mut stream = UnixStream::connect(path).ok()?;
    writeln!(stream, "{request}").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// What a host's daemon tells of resources, once `holds` of it.
fn until(lab: &Lab, host: usize, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    lab.until(what, || {
        let answer = try_ask(lab, host, &json!({"resources": {"wait_members": null}}))?;
        Some(answer["ok"].clone()).filter(|told| told["settled"] == true && holds(told))
    })
}

/// Replaces the configuration; how often one must try depends on who has joined yet.
fn configure(lab: &Lab, host: usize, options: &[(&str, &str)], resources: &str) {
    let pair = |(name, value): &(&str, &str)| {
        format!("<nvpair id=\"{name}\" name=\"{name}\" value=\"{value}\"/>")
    };
    let pairs: Vec<_> = options.iter().map(pair).collect();
    let pairs = pairs.concat();
    let xml = format!(
        "<cib validate-with=\"pacemaker-3.7\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\"><configuration><crm_config>\
         <cluster_property_set id=\"o\">{pairs}</cluster_property_set></crm_config><nodes/>\
         <resources>{resources}</resources><constraints/></configuration><status/></cib>"
    );
    let change = json!({"change": {"replace": {"xml": xml, "base": null}}});
    lab.until("configured", || {
        try_ask(lab, host, &change).filter(|answer| answer["ok"].is_string())
    });
}

fn address_resource(parameters: &str) -> String {
    format!(
        "<primitive id=\"ClusterIP\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"><instance_attributes id=\"p\">\
         <nvpair id=\"ip\" name=\"ip\" value=\"{FLOATING}\"/>{parameters}</instance_attributes><operations>\
         <op id=\"m\" name=\"monitor\" interval=\"30s\"/></operations></primitive>"
    )
}

/// Where a resource is.
fn place(told: &Value, resource: &str) -> Vec<String> {
    let all = told["resources"].as_array().into_iter().flatten();
    let it = all.filter(|it| it["id"] == resource);
    let nodes = it.flat_map(|it| it["nodes"].as_array().cloned().unwrap_or_default());
    nodes
        .filter_map(|node| node.as_str().map(str::to_owned))
        .collect()
}

fn state(told: &Value, node: &str) -> String {
    let mut nodes = told["nodes"].as_array().into_iter().flatten();
    let it = nodes.find(|it| it["name"] == node);
    it.and_then(|it| it["state"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// The reasons of all that failed, with exit code and status.
fn failures(told: &Value) -> Vec<(u64, u64, String)> {
    let all = told["failures"].as_array().into_iter().flatten();
    let one = |it: &Value| {
        Some((
            it["code"].as_u64()?,
            it["status"].as_u64()?,
            it["reason"].as_str()?.to_owned(),
        ))
    };
    all.filter_map(one).collect()
}

/// The hosts whose kernels have the floating address.
fn holders(lab: &Lab) -> Vec<usize> {
    let has = |host: &usize| {
        let shown = lab.exec(*host, &["ip", "-4", "address", "show", "dev", "eth0"]);
        String::from_utf8_lossy(&shown.stdout).contains(FLOATING)
    };
    lab.hosts().filter(has).collect()
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn with_a_corosync_in_the_ring_resources_run_on_the_others() {
    let Some(lab) = Lab::up("mix", "RRC") else {
        return;
    };
    lab.start_all();
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    configure(&lab, 2, &[], &address_resource(""));
    let told = until(&lab, 2, "placed on host 1", |told| {
        place(told, "ClusterIP") == ["n1"]
    });
    assert_eq!(state(&told, "n3"), "voting-only");
    assert_eq!(holders(&lab), [1]);
    lab.signal(1, "KILL");
    // Quorate by corosync's vote; never on corosync's host.
    until(&lab, 2, "moved to host 2", |told| {
        place(told, "ClusterIP") == ["n2"]
    });
    assert_eq!(holders(&lab), [2]);
    lab.start(1);
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    lab.assert_healthy();
    if lab
        .exec(3, &["sh", "-c", "command -v pacemakerd"])
        .status
        .success()
    {
        lab.must(&["start", "3", "pacemaker", "pacemakerd", "-f"]);
        until(&lab, 2, "told apart from a Pacemaker", |told| {
            state(told, "n3") == "pacemaker"
        });
        assert_eq!(holders(&lab), [2]);
        lab.assert_healthy();
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_full_disk_ends_the_node_and_the_others_go_on() {
    let Some(lab) = Lab::up("disk", "RRR") else {
        return;
    };
    let state = lab.dir(3).join("varlib");
    let _small = Mounted::small(&state);
    lab.start_all();
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    let filler = state.join("filler");
    // What is being stored when the disk is filled leaves the room of what it replaces: the next one finds none.
    lab.until("the node that cannot store has ended", || {
        let mut file = std::fs::File::options();
        let mut file = file.create(true).append(true).open(&filler).unwrap();
        while file.write_all(&[7; 512]).is_ok() {}
        configure(&lab, 1, &[], &address_resource(""));
        (!lab.is_alive(3)).then_some(())
    });
    let log = lab.log(3);
    assert!(
        log.contains("cib") && log.contains("No space left on device"),
        "{log}"
    );
    until(&lab, 1, "placed by the others", |told| {
        place(told, "ClusterIP") == ["n1"]
    });
    std::fs::remove_file(&filler).unwrap();
    lab.start(3);
    until(&lab, 3, "back with the configuration", |told| {
        place(told, "ClusterIP") == ["n1"]
    });
    let stored = std::fs::read_to_string(state.join("cib.xml")).unwrap();
    assert!(stored.contains(FLOATING), "{stored}");
}

/// A small file system, until it is dropped.
struct Mounted<'a>(&'a std::path::Path);

impl<'a> Mounted<'a> {
    fn small(path: &'a std::path::Path) -> Self {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(path);
        assert!(mount.status().unwrap().success(), "{}", path.display());
        Self(path)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Daemons may still have files there.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn an_address_that_somebody_has_is_not_taken_and_a_missing_interface_is_said() {
    let Some(lab) = Lab::up("dup", "RRR") else {
        return;
    };
    // Host 3 is no node that runs, but a stranger that has the address.
    lab.exec(
        3,
        &[
            "ip",
            "address",
            "add",
            &format!("{FLOATING}/24"),
            "dev",
            "eth0",
        ],
    );
    for host in [1, 2] {
        lab.start(host);
    }
    lab.until_ring(&[1, 2], &[1, 2]);
    configure(&lab, 1, &[], &address_resource(""));
    let told = until(&lab, 1, "refused on both", |told| {
        failures(told).len() == 2 && place(told, "ClusterIP").is_empty()
    });
    for (code, _, reason) in failures(&told) {
        assert_eq!(code, 1);
        assert!(
            reason.contains(FLOATING) && reason.contains(':'),
            "no MAC: {reason}"
        );
    }
    assert_eq!(holders(&lab), [3]);
    lab.exec(
        3,
        &[
            "ip",
            "address",
            "del",
            &format!("{FLOATING}/24"),
            "dev",
            "eth0",
        ],
    );
    let cleanup = json!({"change": {"cleanup": {"resource": null, "node": null}}});
    assert!(try_ask(&lab, 1, &cleanup).unwrap()["ok"].is_string());
    until(&lab, 1, "placed after a clean-up", |told| {
        place(told, "ClusterIP") == ["n1"]
    });
    assert_eq!(holders(&lab), [1]);
    let missing = "<nvpair id=\"nic\" name=\"nic\" value=\"eth9\"/>";
    configure(&lab, 1, &[], &address_resource(missing));
    let told = until(&lab, 1, "refused for its interface", |told| {
        !failures(told).is_empty()
    });
    let reasons = failures(&told);
    assert!(
        reasons.iter().all(|(_, _, reason)| reason.contains("eth9")),
        "{reasons:?}"
    );
    assert_eq!(holders(&lab), Vec::<usize>::new());
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_process_without_capabilities_says_so_and_others_hold_the_address() {
    let Some(lab) = Lab::up("caps", "RRR") else {
        return;
    };
    let less = [
        "start",
        "1",
        "daemon",
        "setpriv",
        "--bounding-set=-net_admin,-net_raw",
        "--inh-caps=-net_admin,-net_raw",
    ];
    lab.must(&[&less[..], &ringwright_node()[..]].concat());
    for host in [2, 3] {
        lab.start(host);
    }
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    let log = lab.log(1);
    assert!(
        log.contains("floating addresses cannot be held: this process lacks CAP_NET_ADMIN"),
        "{log}"
    );
    configure(&lab, 1, &[], &address_resource(""));
    let told = until(&lab, 1, "placed where it can be", |told| {
        place(told, "ClusterIP") == ["n2"]
    });
    assert_eq!(holders(&lab), [2]);
    assert_eq!(
        failures(&told).first().map(|(code, ..)| *code),
        Some(4),
        "{told}"
    );
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn an_agent_that_hangs_keeps_nobody_else_waiting() {
    let Some(lab) = Lab::up("hang", "RRR") else {
        return;
    };
    lab.start_all();
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    let hanging = "<primitive id=\"slow\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"><instance_attributes id=\"s\">\
        <nvpair id=\"s1\" name=\"op_sleep\" value=\"600\"/></instance_attributes><operations>\
        <op id=\"s2\" name=\"monitor\" interval=\"10s\" timeout=\"2s\"/><op id=\"s3\" name=\"start\" interval=\"0\" timeout=\"2s\"/>\
        <op id=\"s4\" name=\"stop\" interval=\"0\" timeout=\"2s\" on-fail=\"block\"/></operations></primitive>";
    let both = format!("{}{hanging}", address_resource(""));
    configure(&lab, 1, &[("stonith-enabled", "false")], &both);
    until(&lab, 1, "the address beside it", |told| {
        place(told, "ClusterIP") == ["n1"]
    });
    let told = until(&lab, 1, "timed out", |told| {
        failures(told).iter().any(|(_, status, _)| *status == 2)
    });
    assert_eq!(place(&told, "ClusterIP"), ["n1"]);
    lab.assert_healthy();
}
