//! What daemons answer about resources, over their control sockets: three of them on loopback addresses, without root and
//! without a resource.

use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

struct Cluster {
    directory: tempfile::TempDir,
    conf: PathBuf,
    daemons: Vec<Option<Child>>,
}

impl Cluster {
    /// Three daemons that agree; `nth` must differ among the tests of this file.
    fn start(nth: u8) -> Self {
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let address = |node: u8| format!("127.{}.{low}.{}", high % 250 + 1, nth * 10 + node);
        let free = UdpSocket::bind((address(1), 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let node = |id| {
            format!(
                "  node {{\n    ring0_addr: {}\n    nodeid: {id}\n    name: n{id}\n  }}\n",
                address(id)
            )
        };
        let text = format!(
            "totem {{\n  version: 2\n  token: 1000\n  transport: udpu\n  interface {{\n    mcastport: {port}\n  }}\n}}\n\
             quorum {{\n  provider: corosync_votequorum\n}}\nnodelist {{\n{}{}{}}}\n",
            node(1),
            node(2),
            node(3)
        );
        let directory = tempfile::tempdir().unwrap();
        let conf = directory.path().join("corosync.conf");
        std::fs::write(&conf, text).unwrap();
        let mut cluster = Self {
            directory,
            conf,
            daemons: vec![None, None, None],
        };
        for id in 1..=3 {
            cluster.start_one(id);
        }
        cluster.settle();
        cluster
    }

    fn start_one(&mut self, id: usize) {
        let path = |name: &str| self.directory.path().join(format!("{name}{id}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringwright"))
            .arg("node")
            .arg("-c")
            .arg(&self.conf)
            .args(["--nodeid", &id.to_string()])
            .arg("--state-dir")
            .arg(path("state"))
            .arg("--control")
            .arg(path("control"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = format!("node {id} (n{id})");
        log.by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(&ready))
            .expect("a daemon that starts");
        thread::spawn(move || log.for_each(drop));
        self.daemons[id - 1] = Some(child);
    }

    /// Waits until all three agree.
    fn settle(&self) {
        for id in 1..=3 {
            self.told(id);
        }
    }

    /// What a daemon tells of resources once all three agree.
    fn told(&self, id: usize) -> Value {
        self.ask(id, &json!({"resources": {"wait_members": 3}}))
    }

    fn connect(&self, id: usize, request: &Value) -> BufReader<UnixStream> {
        let path = self.directory.path().join(format!("control{id}"));
        let mut stream = UnixStream::connect(path).unwrap();
        writeln!(stream, "{request}").unwrap();
        BufReader::new(stream)
    }

    fn answer(&self, id: usize, request: &Value) -> Value {
        let mut line = String::new();
        self.connect(id, request).read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The answer to a request that succeeds.
    fn ask(&self, id: usize, request: &Value) -> Value {
        let answer = self.answer(id, request);
        assert!(answer["error"].is_null(), "{request}: {answer}");
        answer["ok"].clone()
    }

    fn kill(&mut self, id: usize) {
        let mut child = self.daemons[id - 1].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.daemons.iter_mut().flatten() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn configuration(option: &str, value: &str, resources: &str) -> String {
    format!(
        "<cib validate-with=\"pacemaker-3.7\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\"><configuration><crm_config>\
<cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"{option}\" value=\"{value}\"/></cluster_property_set></crm_config>\
<nodes/><resources>{resources}</resources><constraints/></configuration><status/></cib>"
    )
}

fn replace(xml: &str, base: &Value) -> Value {
    json!({"change": {"replace": {"xml": xml, "base": base}}})
}

#[test]
fn a_change_at_one_daemon_is_every_daemons_and_outlives_them() {
    let mut cluster = Cluster::start(1);
    let xml = configuration("stonith-enabled", "false", "");
    let version = cluster.ask(2, &replace(&xml, &Value::Null));
    assert_eq!(version, "0.1.0");
    for id in 1..=3 {
        let told = cluster.told(id);
        assert_eq!(told["dc"], "n1");
        assert_eq!(told["version"], "0.1.0");
        let states: Vec<_> = told["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| &n["state"])
            .collect();
        assert_eq!(states, ["online", "online", "online"]);
        let cib = cluster.ask(id, &json!("cib"));
        assert!(
            cib["xml"].as_str().unwrap().contains("value=\"false\""),
            "{cib}"
        );
        assert_eq!(cib["base"], json!([0, 1]));
    }
    // One made from an older one is refused, by everyone.
    let stale = cluster.answer(3, &replace(&xml, &json!([0, 0])));
    assert_eq!(
        stale["error"],
        "the configuration was changed meanwhile: it is at version 0.1.0"
    );
    cluster.ask(3, &replace(&xml, &json!([0, 1])));
    for id in 1..=3 {
        cluster.kill(id);
    }
    // One has a damaged file: the others give it theirs.
    let stored = cluster.directory.path().join("state1/cib.xml");
    std::fs::write(&stored, "<cib").unwrap();
    for id in 1..=3 {
        cluster.start_one(id);
    }
    cluster.settle();
    for id in 1..=3 {
        let cib = cluster.ask(id, &json!("cib"));
        assert_eq!(cib["base"], json!([0, 2]));
    }
    assert!(stored.with_file_name("cib.damaged-1.xml").exists());
    let whole = std::fs::read_to_string(stored).unwrap();
    assert!(whole.contains("stonith-enabled"), "{whole}");
}

#[test]
fn what_would_not_be_done_is_refused_with_a_word() {
    let cluster = Cluster::start(2);
    let dummy = "<primitive id=\"d\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>";
    let refused = |xml: &str| {
        let answer = cluster.answer(1, &replace(xml, &Value::Null));
        answer["error"].as_str().unwrap_or_default().to_owned()
    };
    let word = refused(&configuration("no-quorum-policy", "stop", dummy));
    assert!(
        word.starts_with("d (ocf:pacemaker:Dummy) stays when its node dies, so it needs fencing"),
        "{word}"
    );
    assert!(
        refused("<cib>").starts_with("cib.xml:1:"),
        "{}",
        refused("<cib>")
    );
    let confirm = json!({"change": {"confirm_fenced": {"node": "n9"}}});
    assert_eq!(
        cluster.answer(1, &confirm)["error"],
        "no node is called 'n9'"
    );
    assert_eq!(cluster.ask(1, &json!("cib"))["base"], json!([0, 0]));
}

#[test]
fn what_was_acknowledged_survives_the_death_of_all() {
    let mut cluster = Cluster::start(3);
    for round in 1..=4 {
        let acknowledged = format!("round {round}");
        let xml = configuration("word", &acknowledged, "");
        cluster.ask(round % 3 + 1, &replace(&xml, &Value::Null));
        // Another change is on its way when all are killed: it may have been made or not.
        let unheard = format!("after {round}");
        let xml = configuration("word", &unheard, "");
        let _unread = cluster.connect(round % 3 + 1, &replace(&xml, &Value::Null));
        (1..=3).for_each(|id| cluster.kill(id));
        (1..=3).for_each(|id| cluster.start_one(id));
        cluster.settle();
        let told = [1, 2, 3].map(|id| cluster.ask(id, &json!("cib")));
        for cib in &told {
            let xml = cib["xml"].as_str().unwrap();
            let is = |word: &String| xml.contains(&format!("value=\"{word}\""));
            assert!(is(&acknowledged) || is(&unheard), "{xml}");
            assert_eq!(cib["base"], told[0]["base"]);
        }
    }
}

impl Cluster {
    /// A command that asks a daemon.
    fn command(&self, id: usize, words: &[&str]) -> std::process::Output {
        let control = self.directory.path().join(format!("control{id}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringwright"));
        let (before, after) = words.split_at(if words[0] == "status" { 1 } else { 2 });
        command.args(before).arg("--control").arg(control);
        command.args(after).output().unwrap()
    }

    /// What one that succeeds prints.
    fn tell(&self, id: usize, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.command(id, &words);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What one that fails says.
    fn refused(&self, id: usize, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.command(id, &words);
        assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn commands_change_what_all_nodes_share_and_status_shows_it() {
    let cluster = Cluster::start(4);
    cluster.tell(1, "property set stonith-enabled=false");
    // What nobody has a root for: it is not run.
    cluster.tell(
        2,
        "resource create ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s --disabled",
    );
    cluster.tell(3, "constraint location ClusterIP prefers n1=50");
    cluster.tell(3, "node standby n2");
    assert_eq!(cluster.tell(1, "property list"), "stonith-enabled  false\n");
    let constraints = cluster.tell(2, "constraint list");
    assert!(
        constraints.contains("ClusterIP prefers n1 (score:50)  (id:location-ClusterIP-n1-50)\n"),
        "{constraints}"
    );
    let told = cluster.told(1);
    assert_eq!(told["version"], "0.4.0");
    let status = cluster.tell(1, "status --wait-members 3");
    let lines: Vec<&str> = status.lines().collect();
    for line in [
        "Current DC: n1 (1) - partition with quorum",
        "3 nodes configured",
        "1 resource configured",
        "Node n2: standby",
        "Online: [ n1 n3 ]",
        " ClusterIP  (ocf:heartbeat:IPaddr2):  Stopped (disabled)",
        "Quorate:    yes",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{status}");
    }
    let json: Value = serde_json::from_str(&cluster.tell(1, "status --json")).unwrap();
    assert_eq!(json["cluster"]["nodes"][1]["standby"], true);
    assert_eq!(json["cluster"]["resources"][0]["role"], "Stopped");
    let list: Value = serde_json::from_str(&cluster.tell(3, "resource list --json")).unwrap();
    assert_eq!(list[0]["agent"], "ocf:heartbeat:IPaddr2");
}

#[test]
fn what_is_refused_changes_nothing_and_says_why() {
    let cluster = Cluster::start(5);
    cluster.tell(1, "property set stonith-enabled=false");
    let cases = [
        ("resource delete ClusterIP", "no resource `ClusterIP`"),
        (
            "node standby n4",
            "no node is called `n4`; near it: n1, n2, n3",
        ),
        (
            "resource create a ocf:heartbeat:IPaddr2 ipp=1",
            "`a` does not fit ocf:heartbeat:IPaddr2",
        ),
        ("property set ringwright-lease=soon", "ringwright-lease"),
        ("resource cleanup nothing", "no resource `nothing`"),
    ];
    for (line, word) in cases {
        let told = cluster.refused(2, line);
        assert!(told.contains(word), "{line}: {told}");
    }
    assert_eq!(cluster.ask(1, &json!("cib"))["base"], json!([0, 1]));
    // The XML that is shown can be put back, as long as nobody changed it meanwhile.
    let file = cluster.directory.path().join("cib.xml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, cluster.tell(1, "cib show --configuration")).unwrap();
    assert_eq!(cluster.tell(1, &format!("cib diff {path}")), "");
    cluster.tell(3, "property set no-quorum-policy=stop");
    let output = cluster.command(1, &["cib", "diff", path]);
    assert_eq!(output.status.code(), Some(1));
    let diff = String::from_utf8(output.stdout).unwrap();
    assert!(
        diff.contains("\n-        <nvpair id=\"cib-bootstrap-options-no-quorum-policy\""),
        "{diff}"
    );
    let stale = cluster.refused(1, &format!("cib replace --if-unchanged {path}"));
    assert!(stale.contains("was changed meanwhile"), "{stale}");
    assert_eq!(cluster.tell(1, &format!("cib replace {path}")), "0.3.0\n");
    std::fs::write(&file, "<cib>\n <configuration x=1/>\n</cib>").unwrap();
    let broken = cluster.command(1, &["cib", "replace", path]);
    let told = String::from_utf8(broken.stderr).unwrap();
    assert!(
        told.contains("cib.xml:2:19: error: the value of `x` has no quotes"),
        "{told}"
    );
}

#[test]
fn changes_made_at_once_are_all_made() {
    let cluster = Cluster::start(6);
    thread::scope(|scope| {
        for id in 1..=3 {
            let cluster = &cluster;
            scope.spawn(move || {
                for number in 0..4 {
                    cluster.tell(id, &format!("property set --force a{id}{number}=x"));
                }
            });
        }
    });
    let options: Value = serde_json::from_str(&cluster.tell(1, "property list --json")).unwrap();
    assert_eq!(options.as_object().unwrap().len(), 12);
}

#[test]
fn events_tell_of_a_change_on_another_node() {
    let cluster = Cluster::start(7);
    let control = cluster.directory.path().join("control2");
    let mut events = Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .args(["events", "--json", "--control"])
        .arg(control)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    // Until the follower is known to follow, changes are made again.
    let mut number = 0;
    let seen = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            lines
                .by_ref()
                .map_while(Result::ok)
                .find(|line| line.contains("\"configured\""))
        });
        while !reader.is_finished() {
            number += 1;
            cluster.tell(1, &format!("property set cluster-delay={number}s"));
        }
        reader.join().unwrap()
    });
    events.kill().unwrap();
    events.wait().unwrap();
    let event: Value = serde_json::from_str(&seen.expect("an event")).unwrap();
    assert!(
        event["version"].as_str().unwrap().starts_with("0."),
        "{event}"
    );
}
