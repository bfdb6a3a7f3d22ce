//! Real rings: unmodified corosync and `ringwright node` side by side on hosts in network namespaces.
//!
//! Needs root, Debian's `corosync`, `iproute2` and `iptables`, and the script `lab` that makes the hosts; a test that
//! lacks one of them says so and passes. Run by `.ci/lab`, two labs at a time.

mod bench;
mod client;
mod conflicts;
mod faults;
mod hosts;
mod journal;
mod quorum;
mod resources;
mod startup;
mod stranger;
mod view;
