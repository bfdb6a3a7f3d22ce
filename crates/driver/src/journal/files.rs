//! The files of a journal, and the thread that writes them.
//!
//! The part that is being written is `FILE`; when it is complete it becomes `FILE.N`, N its number, and keeps that name.
//! `FILE.lock` is locked by whoever writes them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use tracing::error;

use super::part::MAGIC;
use super::reader::PartReader;

/// What all parts of a journal may take by default, bytes: 64 MiB.
pub const JOURNAL_SIZE_DEFAULT: u64 = 64 << 20;

/// The least that all parts of a journal may take, bytes: 8 MiB.
pub const JOURNAL_SIZE_MIN: u64 = 8 << 20;

/// Bytes that wait for the disk at most.
const QUEUED_MAX: usize = 16 << 20;

/// What the node's loop wants of the thread.
#[derive(Debug)]
pub(super) enum Order {
    /// Begin the part of this number with these bytes.
    Part(u64, Vec<u8>),
    /// Write on.
    Append(Vec<u8>),
}

impl Order {
    fn len(&self) -> usize {
        let (Self::Part(_, bytes) | Self::Append(bytes)) = self;
        bytes.len()
    }
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes on their way to the disk.
    queued: AtomicUsize,
    /// The disk has failed: nothing is written any more.
    dead: AtomicBool,
}

/// The loop's end of the thread.
#[derive(Debug)]
pub(super) struct Files {
    orders: Option<Sender<Order>>,
    done: Receiver<()>,
    shared: Arc<Shared>,
}

impl Files {
    /// Makes room for the first part, whose number is returned, and starts the thread.
    pub(super) fn open(path: PathBuf, size: u64) -> io::Result<(Self, u64)> {
        let named = |error: io::Error| {
            let told = format!("{}: {error}", path.display());
            io::Error::new(error.kind(), told)
        };
        let lock = lock(&path).map_err(named)?;
        let number = put_aside(&path).map_err(named)?;
        let shared = Arc::<Shared>::default();
        let (orders, ordered) = channel();
        let (done_tx, done) = channel::<()>();
        let mut disk = Disk {
            path,
            size,
            file: None,
            _lock: lock,
        };
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("journal".into())
            .spawn(move || {
                disk.work(&ordered, &theirs);
                // The next one may take the lock as soon as we are known to be done.
                drop(disk);
                drop(done_tx);
            })?;
        let files = Self {
            orders: Some(orders),
            done,
            shared,
        };
        Ok((files, number))
    }

    /// Hands bytes on; `false`, and nothing done, if too many wait already or the disk has failed.
    pub(super) fn send(&self, order: Order) -> bool {
        let len = order.len();
        let waiting = self.shared.queued.load(Ordering::Acquire);
        // A snapshot longer than the bound goes alone.
        let fits = waiting == 0 || waiting + len <= QUEUED_MAX;
        if self.is_dead() || !fits {
            return false;
        }
        self.shared.queued.fetch_add(len, Ordering::AcqRel);
        let sent = self.orders.as_ref().map(|orders| orders.send(order));
        matches!(sent, Some(Ok(())))
    }

    /// Whether less than half of what may wait does.
    pub(super) fn has_room(&self) -> bool {
        self.shared.queued.load(Ordering::Acquire) < QUEUED_MAX / 2
    }

    pub(super) fn is_dead(&self) -> bool {
        self.shared.dead.load(Ordering::Acquire)
    }

    /// Waits until everything is written, for so long at most.
    pub(super) fn close(&mut self, patience: Duration) {
        self.orders = None;
        // It never sends, so this is the thread's end, or a disk that hangs.
        let _ = self.done.recv_timeout(patience);
    }
}

/// The thread's state.
struct Disk {
    path: PathBuf,
    size: u64,
    /// The part that is being written, and its number.
    file: Option<(File, u64)>,
    _lock: File,
}

impl Disk {
    fn work(&mut self, orders: &Receiver<Order>, shared: &Shared) {
        for order in orders {
            let len = order.len();
            if let Err(why) = self.carry_out(order) {
                error!(
                    "the journal {} cannot be written on: {why}; it ends here, and the node goes on without it",
                    self.path.display()
                );
                shared.dead.store(true, Ordering::Release);
                return;
            }
            shared.queued.fetch_sub(len, Ordering::AcqRel);
        }
        if let Some((file, _)) = &self.file {
            // The end of a life; what cannot be synced now may still reach the disk.
            let _ = file.sync_data();
        }
    }

    fn carry_out(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Part(number, bytes) => {
                if let Some((file, number)) = self.file.take() {
                    file.sync_data()?;
                    fs::rename(&self.path, numbered(&self.path, number))?;
                }
                self.delete_oldest(bytes.len() as u64)?;
                let mut options = OpenOptions::new();
                // It may hold what processes told each other: its owner's alone.
                let options = options.append(true).create_new(true).mode(0o600);
                let mut file = options.open(&self.path)?;
                file.write_all(&bytes)?;
                self.file = Some((file, number));
                Ok(())
            }
            Order::Append(bytes) => match &mut self.file {
                Some((file, _)) => file.write_all(&bytes),
                None => Ok(()),
            },
        }
    }

    /// Deletes old parts until the next one fits into the size: `coming` bytes, and what it may grow by.
    fn delete_oldest(&self, coming: u64) -> io::Result<()> {
        let mut parts = Vec::new();
        for (number, path) in rotated(&self.path)? {
            let len = fs::metadata(&path)?.len();
            parts.push((number, path, len));
        }
        let mut total: u64 = parts.iter().map(|(_, _, len)| len).sum();
        let room = self.size - self.size / 8;
        for (_, path, len) in parts {
            if total + coming <= room {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }
}

/// Taken for as long as the result lives; the kernel gives it back when the process dies.
fn lock(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::other("another process writes this journal"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Renames the part that an earlier life left at `path`; the number of the next part.
fn put_aside(path: &Path) -> io::Result<u64> {
    let last = rotated(path)?.last().map_or(0, |(number, _)| *number);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(last + 1),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        fs::remove_file(path)?;
        return Ok(last + 1);
    }
    if !bytes.starts_with(MAGIC.as_bytes()) {
        return Err(io::Error::other("there is a file that is not a journal"));
    }
    // One that cannot be read is kept nevertheless: its end may tell.
    let part = PartReader::new(Bytes::from(bytes));
    let number = part.map_or(last + 1, |part| part.head().part.max(last + 1));
    fs::rename(path, numbered(path, number))?;
    Ok(number + 1)
}

/// The files of a journal, oldest first, the one at `path` last.
///
/// `path` may also be a part of its own, `FILE.N`: then it is the only one.
pub fn parts(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut parts: Vec<_> = rotated(path)?.into_iter().map(|(_, path)| path).collect();
    if path.exists() || parts.is_empty() {
        parts.push(path.to_owned());
    }
    Ok(parts)
}

fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// The complete parts beside `path`, by their numbers.
fn rotated(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let file_name = entry.file_name();
        let number = file_name.to_str().and_then(|file| {
            let number = file.strip_prefix(name.as_ref())?.strip_prefix('.')?;
            let number: u64 = number.parse().ok()?;
            (file == format!("{name}.{number}")).then_some(number)
        });
        if let Some(number) = number {
            found.push((number, numbered(path, number)));
        }
    }
    found.sort_unstable();
    Ok(found)
}
