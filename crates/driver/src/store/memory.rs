//! State that lives as long as the process, for tests and simulations.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringwright::Stable;
use ringwright::manager::Base;

use super::Store;

/// Keeps the state in memory; clones share it, so that a node can be started again with it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<(Stable, Option<Base>)>>);

impl MemoryStore {
    /// What was saved last.
    #[must_use]
    pub fn stable(&self) -> Stable {
        self.saved().0
    }

    /// The configuration of resources that was saved last.
    #[must_use]
    pub fn base(&self) -> Option<Base> {
        self.saved().1.clone()
    }

    fn saved(&self) -> MutexGuard<'_, (Stable, Option<Base>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&mut self) -> io::Result<Stable> {
        Ok(self.stable())
    }

    async fn save(&mut self, stable: Stable) -> io::Result<()> {
        self.saved().0 = stable;
        Ok(())
    }

    fn load_base(&mut self) -> io::Result<Option<Base>> {
        Ok(self.base())
    }

    async fn save_base(&mut self, base: Base) -> io::Result<()> {
        self.saved().1 = Some(base);
        Ok(())
    }
}
