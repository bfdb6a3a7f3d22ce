//! One copy of a text that occurs often.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::Text;

/// Longer texts seldom occur twice.
const BYTES_MAX: usize = 128;

const SLOTS_MIN: usize = 1024;

/// The texts seen so far, in an open hash table; at most half of it is used.
pub(crate) struct Interner {
    slots: Vec<Option<Text>>,
    used: usize,
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![None; SLOTS_MIN],
            used: 0,
        }
    }

    pub(crate) fn text(&mut self, s: &str) -> Text {
        if s.len() > BYTES_MAX {
            return Arc::from(s);
        }
        let slot = self.slot(s);
        if let Some(known) = &self.slots[slot] {
            return Arc::clone(known);
        }
        let new: Text = Arc::from(s);
        self.slots[slot] = Some(Arc::clone(&new));
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
        new
    }

    /// Where a text is, or would be.
    fn slot(&self, s: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(s.as_bytes()) & mask;
        while self.slots[slot].as_deref().is_some_and(|known| known != s) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let larger = vec![None; self.slots.len() * 4];
        for text in core::mem::replace(&mut self.slots, larger)
            .into_iter()
            .flatten()
        {
            let slot = self.slot(&text);
            self.slots[slot] = Some(text);
        }
    }
}

/// Eight bytes at a time. Nothing depends on it but how long a look-up takes.
fn hash(bytes: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut h = bytes.len() as u64;
    let mut mix =
        |word: [u8; 8]| h = (h.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        mix(*word);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(last);
    usize::try_from((h ^ (h >> 32)) & 0xffff_ffff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_text_is_kept_once_however_many_there_are() {
        let mut interner = Interner::new();
        let first: Vec<Text> = (0..5000)
            .map(|n| interner.text(&format!("text {n}")))
            .collect();
        for (n, text) in first.iter().enumerate() {
            let again = interner.text(&format!("text {n}"));
            assert!(Arc::ptr_eq(text, &again), "{text}");
        }
    }
}
