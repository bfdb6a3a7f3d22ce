//! The chat example, three times, as a user runs it.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// What the test may take at most.
const PATIENCE: Duration = Duration::from_mins(1);

fn start(me: u8, peers: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    // Cargo has built the examples before it runs this test.
    let this = std::env::current_exe().unwrap();
    let chat = this.ancestors().nth(2).unwrap().join("examples/chat");
    let mut command = Command::new(chat);
    command
        .args(["--me", &me.to_string(), "--peers", peers])
        .env("RUST_LOG", "warn");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let output = child.stdout.take().unwrap();
    (child, BufReader::new(output).lines())
}

async fn until(lines: &mut Lines<BufReader<ChildStdout>>, wanted: &str) {
    while lines.next_line().await.unwrap().expect("more to come") != wanted {}
}

#[tokio::test]
async fn three_see_the_same_lines_in_the_same_order() {
    let test = async {
        let [low, high, ..] = std::process::id().to_le_bytes();
        let peers = [201, 202, 203].map(|node| Ipv4Addr::new(127, high, low, node).to_string());
        let peers = peers.join(",");
        let mut chats = [1, 2, 3].map(|me| start(me, &peers));
        for (_, lines) in &mut chats {
            until(lines, "* here: 1 2 3").await;
        }
        for (i, (child, _)) in chats.iter_mut().enumerate() {
            let words: Vec<_> = (0..50)
                .map(|k| {
                    format!(
                        "{i}/{k}
"
                    )
                })
                .collect();
            child
                .stdin
                .as_mut()
                .unwrap()
                .write_all(words.concat().as_bytes())
                .await
                .unwrap();
        }
        let mut seen = Vec::new();
        for (_, lines) in &mut chats {
            let mut texts = Vec::new();
            while texts.len() < 150 {
                texts.push(lines.next_line().await.unwrap().unwrap());
            }
            seen.push(texts);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        // The end of its input makes one leave.
        let [(one, _), (_, two), _] = &mut chats;
        drop(one.stdin.take());
        until(two, "* here: 2 3").await;
        assert!(one.wait().await.unwrap().success());
    };
    timeout(PATIENCE, test)
        .await
        .expect("the test within its time");
}
