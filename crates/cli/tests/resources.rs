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
