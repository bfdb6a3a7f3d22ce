//! The example of a floating address, on three hosts.

mod support;

use std::process::Stdio;

use support::{PATIENCE, inside, ip};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const PEERS: &str = "10.0.0.1,10.0.0.2,10.0.0.3";
const FLOATING: &str = "10.0.0.56";

/// A host with a network namespace of its own, and the example on it.
struct Host {
    me: u8,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: Option<ChildStdin>,
}

impl Host {
    async fn start(me: u8) -> Self {
        // Cargo has built the examples before it runs this test.
        let this = std::env::current_exe().unwrap();
        let example = this
            .ancestors()
            .nth(2)
            .unwrap()
            .join("examples/floating_ip");
        let mut child = Command::new("unshare")
            .args([
                "--net",
                "--",
                "sh",
                "-c",
                "echo there; read go; exec \"$@\"",
                "sh",
            ])
            .arg(example)
            .args(["--me", &me.to_string(), "--peers", PEERS, "--ip", FLOATING])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let input = child.stdin.take();
        let mut host = Self {
            me,
            child,
            lines,
            input,
        };
        assert_eq!(host.line().await, "there");
        let pid = host.child.id().unwrap();
        ip(&format!(
            "link add port{pid} type veth peer name eth0 netns {pid}"
        ));
        ip(&format!("link set port{pid} master lan up"));
        host.ip(&format!("address add 10.0.0.{me}/24 dev eth0"))
            .await;
        host.ip("link set eth0 up").await;
        host.input
            .as_mut()
            .unwrap()
            .write_all(b"go\n")
            .await
            .unwrap();
        host
    }

    async fn line(&mut self) -> String {
        let line = self.lines.next_line().await.unwrap();
        let line = line.expect("more to come");
        println!("{}: {line}", self.me);
        line
    }

    async fn until(&mut self, wanted: &str) {
        while !self.line().await.starts_with(wanted) {}
    }

    /// What `ip` prints on that host.
    async fn ip(&self, arguments: &str) -> String {
        let pid = self.child.id().expect("a host that is there").to_string();
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--net", "--target", &pid, "--", "ip"]);
        let output = nsenter.args(arguments.split(' ')).output().await.unwrap();
        assert!(output.status.success(), "{}: ip {arguments}", self.me);
        String::from_utf8(output.stdout).unwrap()
    }

    async fn has_it(&self) -> bool {
        self.ip("-4 address show dev eth0").await.contains(FLOATING)
    }
}

/// Which of these hosts have the address.
async fn holders<const N: usize>(hosts: [&Host; N]) -> Vec<u8> {
    let mut holders = Vec::new();
    for host in hosts {
        if host.has_it().await {
            holders.push(host.me);
        }
    }
    holders
}

#[tokio::test]
async fn the_address_moves_when_its_host_leaves_and_when_its_program_is_killed() {
    if !inside("the_address_moves_when_its_host_leaves_and_when_its_program_is_killed") {
        return;
    }
    ip("link add lan type bridge");
    ip("link set lan up");
    let story = async {
        let (mut one, mut two) = (Host::start(1).await, Host::start(2).await);
        let mut three = Host::start(3).await;
        three.until("node 1 has it").await;
        assert_eq!(holders([&one, &two, &three]).await, [1]);
        one.input.take();
        one.until("node 1 gives it back").await;
        one.until("the node left the cluster").await;
        two.until("node 2 has it").await;
        assert_eq!(holders([&two, &three]).await, [2]);
        // Back, so that there is a quorum without the next. The address stays where it is.
        let mut one = Host::start(1).await;
        one.until("the configuration was changed meanwhile").await;
        two.child.kill().await.unwrap();
        one.until("node 1 has it").await;
        assert_eq!(holders([&one, &three]).await, [1]);
    };
    timeout(PATIENCE, story)
        .await
        .expect("a test within its time");
}
