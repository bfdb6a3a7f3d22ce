//! One copy of a text that occurs often.

use alloc::vec;
use alloc::vec::Vec;

use super::Text;

/// Longer texts seldom occur twice.
const BYTES_MAX: usize = 128;

const SLOTS_MIN: usize = 1024;

/// The texts seen so far, found by an open hash table of which at most half is used.
///
/// Histories of one node name the same resources in the same order as those of another, so a text is first compared with the
/// one that came after the last one before: mostly nothing has to be hashed.
pub(crate) struct Interner {
    texts: Vec<Known>,
    empty: Text,
    /// The place of the last one.
    last: usize,
    /// Hash and place within `texts`.
    slots: Vec<Option<(u32, u32)>>,
}

struct Known {
    text: Text,
    /// The place of what came after it last time.
    next: u32,
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self {
            texts: Vec::new(),
            empty: Text::from(""),
            last: 0,
            slots: vec![None; SLOTS_MIN],
        }
    }

    pub(crate) fn empty(&self) -> Text {
        Text::clone(&self.empty)
    }

    pub(crate) fn text(&mut self, s: &str) -> Text {
        if s.is_empty() {
            return self.empty();
        }
        if s.len() > BYTES_MAX {
            return Text::from(s);
        }
        if let Some(last) = self.texts.get(self.last) {
            let next = last.next as usize;
            let expected = &self.texts[next].text;
            if **expected == *s {
                self.last = next;
                return Text::clone(expected);
            }
        }
        self.looked_up(s)
    }

    fn looked_up(&mut self, s: &str) -> Text {
        let hash = hash(s.as_bytes());
        let slot = self.slot(hash, |known| *known == *s);
        let place = if let Some((_, place)) = self.slots[slot] {
            place
        } else {
            let Ok(place) = u32::try_from(self.texts.len()) else {
                return Text::from(s);
            };
            self.slots[slot] = Some((hash, place));
            let (text, next) = (Text::from(s), place);
            self.texts.push(Known { text, next });
            if self.texts.len() * 2 > self.slots.len() {
                self.grow();
            }
            place
        };
        if let Some(last) = self.texts.get_mut(self.last) {
            last.next = place;
        }
        self.last = place as usize;
        Text::clone(&self.texts[self.last].text)
    }

    /// Where a text is, or would be.
    fn slot(&self, hash: u32, is: impl Fn(&str) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some((known, place)) = self.slots[slot] {
            if known == hash && is(&self.texts[place as usize].text) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let larger = vec![None; self.slots.len() * 4];
        let old = core::mem::replace(&mut self.slots, larger);
        for (hash, place) in old.into_iter().flatten() {
            let slot = self.slot(hash, |_| false);
            self.slots[slot] = Some((hash, place));
        }
    }
}

/// Eight bytes at a time. Nothing depends on it but how long a look-up takes.
fn hash(bytes: &[u8]) -> u32 {
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
    u32::try_from((h ^ (h >> 32)) & 0xffff_ffff).unwrap_or(0)
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
        for (n, text) in first
            .iter()
            .enumerate()
            .chain(first.iter().enumerate().rev())
        {
            let again = interner.text(&format!("text {n}"));
            assert!(Text::ptr_eq(text, &again), "{text}");
        }
    }
}
