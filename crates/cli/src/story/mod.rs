//! A [`Timeline`](ringwright_sims::Timeline) in words: what happened when, how it ended, what was lost.

mod events;
mod stretch;
mod summary;
mod verbs;
mod words;

pub(crate) use events::{Event, Kind, events, is_work};
pub(crate) use stretch::{alarms, holders, joined, list, name, seconds, verdicts};
pub(crate) use summary::{Ends, ends, lost};
pub(crate) use words::{STATES, set, shows, software, state, vintage};
