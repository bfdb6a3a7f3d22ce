//! Running a program to its end, or to the end of its time.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use ringwright::resource::OUTPUT_MAX;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout, timeout_at};

/// How long a program that was told to end (SIGTERM) may take before it is ended (SIGKILL), and then until nobody waits
/// for it any more.
const GRACE: Duration = Duration::from_secs(1);

/// How long output is still read once the program has ended: what it has written is there already, and what a child that it
/// left behind writes is not waited for.
const DRAIN: Duration = Duration::from_millis(100);

/// How a program ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself, with this status.
    Exited(u8),
    /// By a signal of somebody else.
    Signalled(i32),
    /// By us, when its time was over.
    TimedOut,
    /// It never ran.
    NotStarted(io::Error),
}

/// What a program left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) ended: Ended,
    /// The first [`OUTPUT_MAX`] bytes of its standard output; of broken UTF-8 the replacement character.
    pub(crate) stdout: String,
    /// The same of its standard error.
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

/// Runs `command` in a process group of its own, with `input` as its standard input. When its time is over, or nobody waits
/// for it any more, the whole group is ended; what a program leaves running after its own end is left alone, a daemon.
pub(crate) async fn run(mut command: Command, input: &[u8], limit: Duration) -> Finished {
    let start = Instant::now();
    command.process_group(0).kill_on_drop(true);
    command.stdin(if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let finished = |ended, stdout: &Output, stderr: &Output| Finished {
        ended,
        stdout: stdout.text(),
        stderr: stderr.text(),
        took: start.elapsed(),
    };
    let (mut stdout, mut stderr) = (Output::default(), Output::default());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return finished(Ended::NotStarted(error), &stdout, &stderr),
    };
    let mut group = Group::of(&child);
    let (out, err, into) = (child.stdout.take(), child.stderr.take(), child.stdin.take());
    let feed = async {
        if let Some(mut into) = into {
            // A program need not read what it is given.
            let _ = into.write_all(input).await;
        }
    };
    let ended = {
        let io = async { tokio::join!(stdout.fill(out), stderr.fill(err), feed) };
        tokio::pin!(io);
        let end = wait(&mut child, &group, start + limit);
        tokio::pin!(end);
        tokio::select! {
            biased;
            ended = &mut end => {
                let _ = timeout(DRAIN, &mut io).await;
                ended
            }
            _ = &mut io => end.await,
        }
    };
    group.done();
    finished(ended, &stdout, &stderr)
}

/// Waits for the child, and ends its group when its time is over.
async fn wait(child: &mut Child, group: &Group, end: Instant) -> Ended {
    match timeout_at(end, child.wait()).await {
        Ok(Ok(status)) => return of(status),
        Ok(Err(error)) => return Ended::NotStarted(error),
        Err(_time_is_over) => {}
    }
    group.signal(Signal::SIGTERM);
    let _ = timeout(GRACE, child.wait()).await;
    // Also when the leader has ended: those whom it started may not have.
    group.signal(Signal::SIGKILL);
    let _ = timeout(GRACE, child.wait()).await;
    Ended::TimedOut
}

fn of(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        // The kernel's exit statuses have eight bits.
        (Some(code), _) => Ended::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, signal) => Ended::Signalled(signal.unwrap_or_default()),
    }
}

/// The process group of a child; ended when it is dropped before it is done.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        Self(pid.map(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // That it has no member any more is fine.
            let _ = killpg(pid, signal);
        }
    }

    fn done(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The beginning of what a program writes; the rest is read and dropped, so that it never has to wait.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
}

impl Output {
    async fn fill(&mut self, from: Option<impl AsyncRead + Unpin>) {
        let Some(mut from) = from else { return };
        let mut chunk = vec![0; 8192];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            let room = OUTPUT_MAX.saturating_sub(self.bytes.len());
            self.bytes.extend(chunk.iter().take(length.min(room)));
        }
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.truncate(text.floor_char_boundary(OUTPUT_MAX));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn shell(script: &str, limit: Duration) -> Finished {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, b"one\ntwo\n", limit).await
    }

    #[tokio::test]
    async fn a_programs_status_and_output_are_kept_apart() {
        let finished = shell("read a; read b; echo $b; echo $a >&2; exit 7", LONG).await;
        assert!(matches!(finished.ended, Ended::Exited(7)));
        assert_eq!((&*finished.stdout, &*finished.stderr), ("two\n", "one\n"));
    }

    #[tokio::test]
    async fn a_signal_is_no_status() {
        let finished = shell("kill -9 $$", LONG).await;
        assert!(matches!(finished.ended, Ended::Signalled(9)));
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_does_not_block() {
        let flood = "yes 0123456789 | head -c 4000000; yes x | head -c 3000000 >&2; echo end >&2";
        let finished = shell(flood, LONG).await;
        assert!(matches!(finished.ended, Ended::Exited(0)));
        assert_eq!(finished.stdout.len(), OUTPUT_MAX);
        assert_eq!(finished.stderr.len(), OUTPUT_MAX);
    }

    #[tokio::test]
    async fn a_child_that_keeps_the_pipe_is_not_waited_for_and_lives_on() {
        let finished = shell("sleep 600 & echo $!", LONG).await;
        assert!(matches!(finished.ended, Ended::Exited(0)));
        let pid = Pid::from_raw(finished.stdout.trim().parse().unwrap());
        nix::sys::signal::kill(pid, Signal::SIGKILL).expect("it runs");
    }

    /// Long enough for a shell to get up on a busy machine.
    const SHORT: Duration = Duration::from_secs(2);

    #[tokio::test]
    async fn when_the_time_is_over_the_whole_group_ends() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("held");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        // Neither listens to SIGTERM, and both hold the fifo.
        let script = format!(
            "exec 3>{}; trap '' TERM; (trap '' TERM; sleep 600) & sleep 600",
            fifo.display()
        );
        let held = tokio::task::spawn_blocking(move || std::fs::read(fifo));
        let finished = shell(&script, SHORT).await;
        assert!(matches!(finished.ended, Ended::TimedOut));
        let held = timeout(LONG, held).await.expect("nobody holds it any more");
        assert!(held.unwrap().unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_ends_on_sigterm_may_say_so() {
        let script = "trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.05; done";
        let finished = shell(script, SHORT).await;
        assert!(matches!(finished.ended, Ended::TimedOut));
        assert_eq!(finished.stdout, "up\ntidied\n");
    }

    #[tokio::test]
    async fn what_does_not_exist_is_not_started() {
        let finished = run(Command::new("/nonexistent"), b"", LONG).await;
        let Ended::NotStarted(error) = finished.ended else {
            panic!("{finished:?}");
        };
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
