//! The messages of one ring that somebody may still ask for.

use alloc::collections::VecDeque;

use bytes::Bytes;

use super::seq::Seq;
use crate::NodeId;

/// The most messages between the oldest kept and the newest: corosync's sort queue.
pub(super) const WINDOW_MAX: u32 = 16384;

/// A received message, as its datagram.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Stored {
    pub(super) datagram: Bytes,
    /// The originator.
    pub(super) from: NodeId,
    /// Carries a message of an older ring.
    pub(super) encapsulated: bool,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
enum Slot {
    /// Not received; seen missing at this many token visits.
    Missing(u32),
    Have(Stored),
}

/// What became of a message offered to [`Window::insert`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insert {
    New,
    Duplicate,
    /// Too far ahead to keep.
    OutOfWindow,
}

/// Messages in order of their sequence numbers, with holes.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Window {
    /// Everything up to here was freed; slot 0 is the number after it.
    freed: Seq,
    slots: VecDeque<Slot>,
    aru: Seq,
    high: Seq,
}

impl Window {
    /// All messages up to this one were received.
    pub(super) fn aru(&self) -> Seq {
        self.aru
    }

    /// The highest message received.
    pub(super) fn high(&self) -> Seq {
        self.high
    }

    /// Everything up to this one was freed.
    pub(super) fn freed(&self) -> Seq {
        self.freed
    }

    /// Whether nothing is missing below the highest received message.
    pub(super) fn is_complete(&self) -> bool {
        self.aru == self.high
    }

    pub(super) fn get(&self, seq: Seq) -> Option<&Stored> {
        match self.slots.get(self.index(seq)?)? {
            Slot::Have(stored) => Some(stored),
            Slot::Missing(_) => None,
        }
    }

    pub(super) fn insert(&mut self, seq: Seq, stored: Stored) -> Insert {
        if !seq.follows(self.freed) {
            return Insert::Duplicate;
        }
        if seq.ahead_of(self.freed) > WINDOW_MAX {
            return Insert::OutOfWindow;
        }
        let index = self.reach(seq);
        if matches!(self.slots[index], Slot::Have(_)) {
            return Insert::Duplicate;
        }
        self.slots[index] = Slot::Have(stored);
        self.high = self.high.later(seq);
        while self.get(self.aru.next()).is_some() {
            self.aru = self.aru.next();
        }
        Insert::New
    }

    /// Frees everything up to `seq`.
    pub(super) fn free(&mut self, seq: Seq) {
        while seq.follows(self.freed) && self.slots.pop_front().is_some() {
            self.freed = self.freed.next();
        }
    }

    /// Counts one more visit for each message missing up to `last`, and returns those missing for at least `visits`, up
    /// to `room` of them, without those that are `asked` for already.
    pub(super) fn overdue(
        &mut self,
        last: Seq,
        visits: u32,
        room: usize,
        asked: impl Fn(Seq) -> bool,
    ) -> alloc::vec::Vec<Seq> {
        let mut overdue = alloc::vec::Vec::new();
        let mut seq = self.aru.next();
        while !seq.follows(last) && overdue.len() < room {
            let index = self.reach(seq);
            if let Slot::Missing(seen) = &mut self.slots[index] {
                *seen += 1;
                if *seen >= visits && !asked(seq) {
                    overdue.push(seq);
                }
            }
            seq = seq.next();
        }
        overdue
    }

    /// The messages after `seq` in order, holes skipped.
    pub(super) fn after(&self, seq: Seq) -> impl Iterator<Item = (Seq, &Stored)> {
        let skip = if seq.follows(self.freed) {
            seq.ahead_of(self.freed)
        } else {
            0
        };
        let first = self.freed.plus(skip).next();
        let mut next = first;
        self.slots
            .iter()
            .skip(skip as usize)
            .filter_map(move |slot| {
                let seq = next;
                next = next.next();
                match slot {
                    Slot::Have(stored) => Some((seq, stored)),
                    Slot::Missing(_) => None,
                }
            })
    }

    fn index(&self, seq: Seq) -> Option<usize> {
        seq.follows(self.freed)
            .then(|| seq.ahead_of(self.freed) as usize - 1)
    }

    /// The slot of `seq`, made if it is not there yet; `seq` must be within the window.
    fn reach(&mut self, seq: Seq) -> usize {
        let ahead = seq.ahead_of(self.freed);
        assert!(
            (1..=WINDOW_MAX).contains(&ahead),
            "{seq:?} is outside the window after {:?}",
            self.freed
        );
        let index = ahead as usize - 1;
        if index >= self.slots.len() {
            self.slots.resize(index + 1, Slot::Missing(0));
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Stored {
        Stored {
            datagram: Bytes::new(),
            from: NodeId(1),
            encapsulated: false,
        }
    }

    #[test]
    fn aru_stops_before_the_first_hole() {
        let mut w = Window::default();
        for seq in [1, 2, 4] {
            assert_eq!(w.insert(Seq(seq), message()), Insert::New);
        }
        assert_eq!(
            (w.aru(), w.high(), w.is_complete()),
            (Seq(2), Seq(4), false)
        );
        assert_eq!(w.insert(Seq(3), message()), Insert::New);
        assert_eq!((w.aru(), w.is_complete()), (Seq(4), true));
        assert_eq!(w.insert(Seq(3), message()), Insert::Duplicate);
    }

    #[test]
    fn a_message_beyond_the_window_is_not_kept() {
        let mut w = Window::default();
        assert_eq!(
            w.insert(Seq(WINDOW_MAX + 1), message()),
            Insert::OutOfWindow
        );
        assert_eq!(w.insert(Seq(WINDOW_MAX), message()), Insert::New);
        assert_eq!(w.insert(Seq(u32::MAX), message()), Insert::Duplicate);
    }

    #[test]
    fn a_missing_message_is_overdue_at_the_fifth_visit() {
        let mut w = Window::default();
        w.insert(Seq(2), message());
        for _ in 0..4 {
            assert!(w.overdue(Seq(2), 5, 30, |_| false).is_empty());
        }
        assert_eq!(w.overdue(Seq(2), 5, 30, |_| false), [Seq(1)]);
        assert!(w.overdue(Seq(2), 5, 30, |seq| seq == Seq(1)).is_empty());
    }

    #[test]
    fn freed_messages_are_gone_and_the_window_moves() {
        let mut w = Window::default();
        for seq in 1..=3 {
            w.insert(Seq(seq), message());
        }
        w.free(Seq(2));
        assert!(w.get(Seq(2)).is_none());
        assert_eq!(
            w.after(Seq(0))
                .map(|(seq, _)| seq)
                .collect::<alloc::vec::Vec<_>>(),
            [Seq(3)]
        );
        assert_eq!(w.after(Seq(3)).count(), 0);
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut w = Window {
            freed: Seq(u32::MAX - 1),
            aru: Seq(u32::MAX - 1),
            high: Seq(u32::MAX - 1),
            ..Window::default()
        };
        for seq in [u32::MAX, 0, 1] {
            assert_eq!(w.insert(Seq(seq), message()), Insert::New);
        }
        assert_eq!(w.aru(), Seq(1));
    }
}
