//! Classes of fault: each a cause, a victim and a random schedule.

use super::draft::Draft;
use super::{Cause, Circumstance, Question, faults};

/// Which node a fault makes the odd one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Always the same: the fault is about its address, its file or its machine.
    Its,
    /// The machine that is up first, by habit the first of the nodelist.
    First,
    /// Any.
    Any,
}

/// A class of fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, such as `gap-alone`.
    pub name: &'static str,
    /// The cause that it is a form of.
    pub cause: Cause,
    /// What happens; `{}` stands for the victim's name.
    pub sentence: &'static str,
    /// What it takes.
    pub circumstance: Circumstance,
    /// Which node it makes the odd one.
    pub odd: Odd,
    pub(super) applies: fn(&Question) -> bool,
    pub(super) draw: fn(&mut Draft),
}

/// Every class of fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    faults::ALL.iter().copied().flatten()
}

/// The class of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Fault> {
    all().find(|fault| fault.name == name)
}

impl Fault {
    /// Its sentence for a node.
    #[must_use]
    pub fn told(&self, victim: &str) -> String {
        self.sentence.replace("{}", victim)
    }
}

pub(super) fn always(_: &Question) -> bool {
    true
}
