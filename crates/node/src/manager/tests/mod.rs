//! Clusters in memory: nodes, a network that can be cut, executors that hold addresses.

mod changes;
mod cluster;
mod leases;
mod random;
mod running;
