//! Runs the command as a user does.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Status, standard output, standard error.
pub(crate) type Ended = (i32, String, String);

/// Runs a subcommand in a folder, so that the paths shown are short.
pub(crate) fn run(subcommand: &str, folder: &Path, args: &[&str], input: &[u8]) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .arg(subcommand)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    // One that reads nothing may have ended by now.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("no signal");
    (status, text(output.stdout), text(output.stderr))
}
