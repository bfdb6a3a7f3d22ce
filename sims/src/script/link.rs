//! How a direction between two nodes treats datagrams.

use std::time::Duration;

/// A direction's properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Nothing comes through.
    pub cut: bool,
    /// Nothing comes through, and a packet filter refuses it in the receiver's name.
    pub refused: bool,
    /// Lost datagrams of a thousand.
    pub loss: u32,
    /// Doubled datagrams of a thousand.
    pub duplicate: u32,
    /// Of a thousand, datagrams that others overtake.
    pub reorder: u32,
    /// Least time on the way.
    pub delay: Duration,
    /// Added to the delay at random, up to this.
    pub jitter: Duration,
    /// Longer datagrams are lost; UDP payload bytes.
    pub len_max: usize,
}

impl Link {
    /// Nothing comes through.
    #[must_use]
    pub fn cut() -> Self {
        Self {
            cut: true,
            ..Self::default()
        }
    }
}

impl Default for Link {
    /// A quiet local network: 50 to 100 µs, nothing lost, in order.
    fn default() -> Self {
        Self {
            cut: false,
            refused: false,
            loss: 0,
            duplicate: 0,
            reorder: 0,
            delay: Duration::from_micros(50),
            jitter: Duration::from_micros(50),
            len_max: usize::MAX,
        }
    }
}
