//! One copy of a text that occurs often.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::Text;

const SLOTS: usize = 4096;

/// A direct-mapped cache: a text that was seen recently is shared, any other is allocated.
pub(crate) struct Interner {
    slots: Vec<Option<Text>>,
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![None; SLOTS],
        }
    }

    pub(crate) fn text(&mut self, s: &str) -> Text {
        let slot = &mut self.slots[slot(s)];
        match slot {
            Some(known) if **known == *s => Arc::clone(known),
            _ => {
                let new: Text = Arc::from(s);
                *slot = Some(Arc::clone(&new));
                new
            }
        }
    }
}

/// FNV-1a, folded.
fn slot(s: &str) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    for b in s.bytes() {
        h = (h ^ u32::from(b)).wrapping_mul(0x0100_0193);
    }
    ((h ^ (h >> 15)) as usize) % SLOTS
}
