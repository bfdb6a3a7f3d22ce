//! What survives a restart.

mod base;
mod file;
mod memory;

use std::io;

pub use file::FileStore;
pub use memory::MemoryStore;
use ringwright::Stable;
use ringwright::manager::Base;

/// Keeps a node's [`Stable`] state.
pub trait Store: Send + 'static {
    /// What was saved last; the default on the first start.
    fn load(&mut self) -> io::Result<Stable>;

    /// Makes `stable` durable: after a crash at any point, [`Store::load`] gives it or what was saved before.
    ///
    /// The node stops on an error.
    fn save(&mut self, stable: Stable) -> impl Future<Output = io::Result<()>> + Send;

    /// The configuration of resources that was saved last; `None` on the first start, or if nothing that was saved can be
    /// read any more.
    fn load_base(&mut self) -> io::Result<Option<Base>> {
        Ok(None)
    }

    /// Makes the configuration of resources durable: after a crash at any point, [`Store::load_base`] gives it or what was
    /// saved before.
    ///
    /// The node stops on an error.
    fn save_base(&mut self, base: Base) -> impl Future<Output = io::Result<()>> + Send {
        let _ = base;
        std::future::ready(Ok(()))
    }
}
