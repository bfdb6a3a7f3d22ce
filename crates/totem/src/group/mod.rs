//! Messages above the ring: packing, fragments, and process groups.

mod lane;
mod process;
mod reassembly;

pub use lane::{LANE_BYTES_MAX, Lane, LaneFull};
pub use process::{Event, Groups, JoinError, Process, Reason};
pub use reassembly::{MESSAGE_MAX, Reassembly, Undeliverable};
