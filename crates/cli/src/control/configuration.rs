//! Read, change, put back: of the cluster, where another change in between makes it begin anew, or of a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use ringwright_placement::Cib;

use super::client::Control;
use super::{Request, resources};
use crate::failure::Failure;
use crate::place::input;

/// How often a change begins anew because others were faster.
const ATTEMPTS: u32 = 20;

/// Which configuration is meant.
#[derive(Debug, Args)]
pub(crate) struct Configuration {
    #[command(flatten)]
    control: Control,
    /// A file instead of the cluster's configuration, as `pcs -f`
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Configuration {
    /// The configuration, with its status.
    pub(crate) fn read(&self) -> Result<Cib, Failure> {
        match &self.file {
            Some(path) => input::cib(path).map(|(_, cib)| cib),
            None => parsed(&self.asked()?),
        }
    }

    /// Changes it. `edit` may be asked more than once; if it refuses, nothing changes.
    pub(crate) fn change<T>(
        &self,
        edit: impl Fn(&mut Cib) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match &self.file {
            Some(path) => change_file(path, edit),
            None => self.change_cluster(edit),
        }
    }

    fn change_cluster<T>(
        &self,
        edit: impl Fn(&mut Cib) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut told = self.asked()?;
        for _ in 0..ATTEMPTS {
            let before = parsed(&told)?;
            let mut cib = before.clone();
            let answer = edit(&mut cib)?;
            if cib == before {
                return Ok(answer);
            }
            let Err(refused) = self.replace(cib, Some(told.base)) else {
                return Ok(answer);
            };
            let now = self.asked()?;
            if now.base == told.base {
                return Err(refused);
            }
            told = now;
        }
        Err(Failure::new(format!(
            "others changed the configuration {ATTEMPTS} times meanwhile: nothing was changed"
        )))
    }

    /// Puts a whole document in place of the cluster's; the answer is its version.
    pub(crate) fn replace(
        &self,
        mut cib: Cib,
        base: Option<(u64, u64)>,
    ) -> Result<String, Failure> {
        sign(&mut cib);
        let xml = cib.to_xml();
        let change = resources::Change::Replace { xml, base };
        self.control.ask(&Request::Change(change))
    }

    /// The daemon that is meant, for what a file cannot answer.
    pub(crate) fn cluster(&self) -> Result<&Control, Failure> {
        match &self.file {
            None => Ok(&self.control),
            Some(_) => Err(Failure::new("this needs a cluster: a file does not do")),
        }
    }

    fn asked(&self) -> Result<resources::Cib, Failure> {
        self.control.ask(&Request::Cib)
    }
}

/// Writes down when, by whom and where it was changed, as Pacemaker does.
fn sign(cib: &mut Cib) {
    let time = jiff::Zoned::now().strftime("%a %b %e %H:%M:%S %Y");
    cib.attrs.set("cib-last-written", &time.to_string());
    cib.attrs.set("update-client", "ringwright");
    let facts = [
        ("update-user", std::env::var("USER").ok()),
        ("update-origin", ringwright_linux::hostname().ok()),
    ];
    for (name, fact) in facts {
        match fact {
            Some(fact) => cib.attrs.set(name, &fact),
            None => cib.attrs.remove(name),
        }
    }
}

fn parsed(told: &resources::Cib) -> Result<Cib, Failure> {
    let parsed = Cib::parse("cib.xml", &told.xml);
    parsed.map(|parsed| parsed.cib).map_err(Failure::new)
}

fn change_file<T>(
    path: &Path,
    edit: impl Fn(&mut Cib) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (_, before) = input::cib(path)?;
    let mut cib = before.clone();
    let answer = edit(&mut cib)?;
    if cib != before {
        let epoch = cib.attrs.get("epoch").and_then(|epoch| epoch.parse().ok());
        let epoch: u64 = epoch.unwrap_or(0) + 1;
        cib.attrs.set("epoch", &epoch.to_string());
        cib.attrs.set("num_updates", "0");
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(cib.to_xml().as_bytes())?;
        file.as_file()
            .set_permissions(fs::metadata(path)?.permissions())?;
        file.persist(path)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    Ok(answer)
}
