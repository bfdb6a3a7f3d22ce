//! A command's side: plain blocking sockets.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Answer, LINE_MAX, Request};
use crate::failure::Failure;

/// Which daemon to ask.
#[derive(Debug, Args)]
pub(crate) struct Control {
    /// The daemon's control socket
    #[arg(long = "control", value_name = "PATH", default_value_os_t = super::default_path())]
    path: PathBuf,
}

/// A connection to the daemon.
pub(crate) struct Connection {
    path: PathBuf,
    input: BufReader<UnixStream>,
}

impl Control {
    /// Asks and waits for the one answer.
    pub(crate) fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failure> {
        let mut connection = self.connect(request)?;
        connection.next()?.ok_or_else(|| connection.gone())
    }

    /// Asks, for more than one answer or to say more.
    pub(crate) fn connect(&self, request: &Request) -> Result<Connection, Failure> {
        let stream =
            UnixStream::connect(&self.path).map_err(|error| not_there(&self.path, &error))?;
        let connection = Connection {
            path: self.path.clone(),
            input: BufReader::new(stream),
        };
        connection.say(request)?;
        Ok(connection)
    }
}

impl Connection {
    /// Says a line.
    pub(crate) fn say(&self, what: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(what).map_err(Failure::new)?;
        line.push(b'\n');
        let mut stream = self.input.get_ref();
        stream.write_all(&line).map_err(|_| self.gone())
    }

    /// Says that there is nothing more to say.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        let stream = self.input.get_ref();
        stream.shutdown(Shutdown::Write).map_err(|_| self.gone())
    }

    /// The next answer; `None` when the daemon has hung up.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        let mut line = Vec::new();
        let read = (&mut self.input)
            .take(LINE_MAX)
            .read_until(b'\n', &mut line);
        if read.map_err(|_| self.gone())? == 0 {
            return Ok(None);
        }
        match serde_json::from_slice(&line) {
            Ok(Answer::Ok(answer)) => Ok(Some(answer)),
            Ok(Answer::Error(why)) => Err(Failure::new(why)),
            Err(error) => Err(Failure::new(format!(
                "{}: no ringwright daemon answers: {error}",
                self.path.display()
            ))),
        }
    }

    /// The daemon hung up.
    pub(crate) fn gone(&self) -> Failure {
        Failure::new(format!("{}: the daemon has gone away", self.path.display()))
    }
}

fn not_there(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            "no daemon runs there (`ringwright node` starts one)".into()
        }
        io::ErrorKind::PermissionDenied => "only root and the daemon's own user may ask".into(),
        _ => error.to_string(),
    };
    Failure::new(format!("{}: {why}", path.display()))
}
