//! The machines below the nodes, the same for both engines: an interface with addresses that come and go, a socket that
//! is bound or not, a table of neighbours, and the network between them.

mod interface;
mod losses;
mod neighbours;
mod network;
mod socket;
mod traffic;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use interface::Interface;
pub use losses::{Cause, Losses, SLOT};
pub use network::{Arrival, Flight, Network};
pub use socket::{Bound, Seal, Socket};
pub use traffic::{Amount, Traffic};

/// How a daemon ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum End {
    /// It exited with this status.
    Status(u8),
    /// It was ended by this signal: 6 is an assertion that failed, 11 a wild pointer.
    Signal(u8),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit {status}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}
