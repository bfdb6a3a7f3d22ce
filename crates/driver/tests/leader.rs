//! The leader example, three times, as a user runs it.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// What the test may take at most.
const PATIENCE: Duration = Duration::from_mins(1);

struct Participant {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: Option<ChildStdin>,
}

impl Participant {
    fn start(me: u8, peers: &str) -> Self {
        // Cargo has built the examples before it runs this test.
        let this = std::env::current_exe().unwrap();
        let leader = this.ancestors().nth(2).unwrap().join("examples/leader");
        let mut child = Command::new(leader)
            .args(["--me", &me.to_string(), "--peers", peers])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let input = child.stdin.take();
        Self {
            child,
            lines,
            input,
        }
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().expect("more to come")
    }
}

#[tokio::test]
async fn the_lead_passes_on_when_its_holder_leaves_and_when_it_dies() {
    let [low, high, ..] = std::process::id().to_le_bytes();
    let addresses = [1, 2, 3].map(|node| Ipv4Addr::new(127, high, low, 100 + node).to_string());
    let peers = addresses.join(",");
    let story = async {
        let mut all = [1, 2, 3].map(|me| Participant::start(me, &peers));
        assert_eq!(all[0].line().await, "leader");
        // In order.
        all[0].input.take();
        assert_eq!(all[0].line().await, "follower");
        assert_eq!(all[0].line().await, "the node left the cluster");
        assert_eq!(all[1].line().await, "leader");
        // Back, so that there is a quorum without the next.
        all[0] = Participant::start(1, &peers);
        all[1].child.kill().await.unwrap();
        let [one, _, three] = &mut all;
        let next = tokio::select! {
            line = one.line() => line,
            line = three.line() => line,
        };
        assert_eq!(next, "leader");
    };
    timeout(PATIENCE, story)
        .await
        .expect("a test within its time");
}
