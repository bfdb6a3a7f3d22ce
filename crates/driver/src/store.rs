//! What survives a restart.

mod file;
mod memory;

use std::io;

pub use file::FileStore;
pub use memory::MemoryStore;
use ringwright::Stable;

/// Keeps a node's [`Stable`] state.
pub trait Store: Send + 'static {
    /// What was saved last; the default on the first start.
    fn load(&mut self) -> io::Result<Stable>;

    /// Makes `stable` durable: after a crash at any point, [`Store::load`] gives it or what was saved before.
    ///
    /// The node stops on an error.
    fn save(&mut self, stable: Stable) -> impl Future<Output = io::Result<()>> + Send;
}
