//! State that lives as long as the process, for tests and simulations.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ringwright::Stable;

use super::Store;

/// Keeps the state in memory; clones share it, so that a node can be started again with it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Stable>>);

impl MemoryStore {
    /// What was saved last.
    #[must_use]
    pub fn stable(&self) -> Stable {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&mut self) -> io::Result<Stable> {
        Ok(self.stable())
    }

    async fn save(&mut self, stable: Stable) -> io::Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stable;
        Ok(())
    }
}
