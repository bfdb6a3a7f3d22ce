//! State in corosync's own files, so that a node can take over where corosync stopped, and back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ringwright::manager::Base;
use ringwright::{NodeId, Stable};
use tracing::warn;

use super::{Store, base};

/// Keeps the state in corosync's files of a directory (`system.state_dir`, by default `/var/lib/corosync`):
///
/// | file | content |
/// |---|---|
/// | `ringid_N`, N the node id | the ring sequence: 8 bytes, little endian |
/// | `ev_tracking` | the highest expected votes: 4 bytes, little endian |
/// | `cib.xml` | the configuration of resources; ours, corosync has none |
/// | `cib.previous.xml` | the one before |
/// | `cib.damaged-N.xml` | one that could not be read, put aside |
///
/// A file is replaced as a whole: written beside, synced, renamed, and the directory synced. corosync writes in place;
/// what its crash may leave, a file of another length, counts as no file and is warned of.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
    ring_id: PathBuf,
    tracking: PathBuf,
    saved: Stable,
}

impl FileStore {
    /// The store of node `me` in a directory, which is made if it is not there.
    pub fn open(directory: impl Into<PathBuf>, me: NodeId) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory).map_err(|error| at(&directory, &error))?;
        Ok(Self {
            ring_id: directory.join(format!("ringid_{me}")),
            tracking: directory.join("ev_tracking"),
            directory,
            saved: Stable::default(),
        })
    }

    fn write(&mut self, stable: Stable) -> io::Result<()> {
        if stable.ring_seq != self.saved.ring_seq {
            self.replace(&self.ring_id, &stable.ring_seq.to_le_bytes())?;
        }
        if let Some(votes) = stable.expected_votes
            && stable.expected_votes != self.saved.expected_votes
        {
            self.replace(&self.tracking, &votes.to_le_bytes())?;
        }
        self.saved = stable;
        Ok(())
    }

    fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        replace(&self.directory, path, content)
    }
}

/// Replaces a file of a directory as a whole.
pub(super) fn replace(directory: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|error| at(path, &error))
}

impl Store for FileStore {
    fn load(&mut self) -> io::Result<Stable> {
        self.saved = Stable {
            ring_seq: read(&self.ring_id)?.map_or(0, u64::from_le_bytes),
            expected_votes: read(&self.tracking)?.map(u32::from_le_bytes),
        };
        Ok(self.saved)
    }

    async fn save(&mut self, stable: Stable) -> io::Result<()> {
        // A disk may take its time: other tasks of the runtime go on meanwhile.
        let mut store = self.clone();
        let write = move || store.write(stable).map(|()| store);
        *self = tokio::task::spawn_blocking(write).await??;
        Ok(())
    }

    fn load_base(&mut self) -> io::Result<Option<Base>> {
        base::load(&self.directory)
    }

    async fn save_base(&mut self, base: Base) -> io::Result<()> {
        let directory = self.directory.clone();
        tokio::task::spawn_blocking(move || base::save(&directory, &base)).await?
    }
}

/// The content of a file of N bytes; `None` if it is missing or has another length.
fn read<const N: usize>(path: &Path) -> io::Result<Option<[u8; N]>> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path, &error)),
    };
    let exact = content.as_slice().try_into().ok();
    if exact.is_none() {
        warn!(
            "{} has {} bytes, not {N}: it was cut short, and counts as missing",
            path.display(),
            content.len()
        );
    }
    Ok(exact)
}

pub(super) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Stable = Stable {
        ring_seq: 5,
        expected_votes: Some(3),
    };
    const AFTER: Stable = Stable {
        ring_seq: 9,
        expected_votes: Some(4),
    };

    fn open(directory: &Path) -> FileStore {
        FileStore::open(directory, NodeId(1)).unwrap()
    }

    fn saved(directory: &Path, stable: Stable) -> FileStore {
        let mut store = open(directory);
        store.write(stable).unwrap();
        store
    }

    #[test]
    fn the_first_start_finds_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = open(&directory.path().join("not/yet/there"));
        assert_eq!(store.load().unwrap(), Stable::default());
    }

    #[test]
    fn the_files_are_corosyncs() {
        let directory = tempfile::tempdir().unwrap();
        saved(
            directory.path(),
            Stable {
                ring_seq: 0x0d,
                expected_votes: Some(3),
            },
        );
        let ring_id = fs::read(directory.path().join("ringid_1")).unwrap();
        let tracking = fs::read(directory.path().join("ev_tracking")).unwrap();
        assert_eq!(
            (ring_id, tracking),
            (vec![13, 0, 0, 0, 0, 0, 0, 0], vec![3, 0, 0, 0])
        );
    }

    #[test]
    fn a_crash_while_writing_leaves_what_was_saved_before() {
        let directory = tempfile::tempdir().unwrap();
        saved(directory.path(), BEFORE);
        // However much of the new file was written before the crash, it was not renamed yet.
        for length in 0..=8 {
            let torn = &AFTER.ring_seq.to_le_bytes()[..length];
            fs::write(directory.path().join("ringid_1.new"), torn).unwrap();
            fs::write(
                directory.path().join("ev_tracking.new"),
                &torn[..length.min(4)],
            )
            .unwrap();
            assert_eq!(
                open(directory.path()).load().unwrap(),
                BEFORE,
                "{length} bytes written"
            );
        }
        saved(directory.path(), AFTER);
        assert_eq!(open(directory.path()).load().unwrap(), AFTER);
    }

    #[test]
    fn a_crash_between_the_files_leaves_each_old_or_new() {
        let directory = tempfile::tempdir().unwrap();
        let store = saved(directory.path(), BEFORE);
        store
            .replace(&store.ring_id, &AFTER.ring_seq.to_le_bytes())
            .unwrap();
        let found = open(directory.path()).load().unwrap();
        assert_eq!(
            found,
            Stable {
                ring_seq: AFTER.ring_seq,
                ..BEFORE
            }
        );
    }

    #[test]
    fn a_file_of_another_length_counts_as_missing() {
        let directory = tempfile::tempdir().unwrap();
        saved(directory.path(), BEFORE);
        for length in [0, 1, 7, 9] {
            fs::write(directory.path().join("ringid_1"), vec![1; length]).unwrap();
            let found = open(directory.path()).load().unwrap();
            assert_eq!(
                found,
                Stable {
                    ring_seq: 0,
                    ..BEFORE
                },
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_an_error_that_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = saved(directory.path(), BEFORE);
        fs::remove_dir_all(directory.path()).unwrap();
        let error = store.write(AFTER).unwrap_err().to_string();
        assert!(error.contains("ringid_1: "), "{error}");
    }

    #[tokio::test]
    async fn what_is_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = open(directory.path());
        for stable in [BEFORE, AFTER] {
            store.save(stable).await.unwrap();
            assert_eq!(open(directory.path()).load().unwrap(), stable);
        }
    }
}
