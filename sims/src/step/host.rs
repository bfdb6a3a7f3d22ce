//! A machine with one node's process, its socket and its disk.

use std::collections::VecDeque;

use bytes::Bytes;
use ringwright::{Node, Stable};

use crate::history::Life;

/// What Linux lets wait in a UDP socket by default (`net.core.rmem_default`), bytes.
const SOCKET_BYTES_MAX: usize = 212_992;
/// What Linux charges a datagram on top of its bytes, roughly.
const DATAGRAM_OVERHEAD: usize = 768;

#[derive(Debug)]
pub(super) struct Host {
    pub(super) life: Life,
    /// The process, if it runs.
    pub(super) node: Option<Node>,
    pub(super) paused: bool,
    /// Ends at its next store; whether that still becomes durable.
    pub(super) crash_at_store: Option<bool>,
    /// What is on its disk.
    pub(super) stable: Stable,
    socket: VecDeque<Bytes>,
    socket_bytes: usize,
}

impl Host {
    pub(super) fn new(life: Life) -> Self {
        Self {
            life,
            node: None,
            paused: false,
            crash_at_store: None,
            stable: Stable::default(),
            socket: VecDeque::new(),
            socket_bytes: 0,
        }
    }

    /// The process, if it runs and does not stand still.
    pub(super) fn awake(&self) -> Option<&Node> {
        self.node.as_ref().filter(|_| !self.paused)
    }

    /// A datagram waits in the socket, or is lost because that is full.
    pub(super) fn buffer(&mut self, datagram: Bytes) {
        let charge = datagram.len() + DATAGRAM_OVERHEAD;
        if self.socket_bytes + charge <= SOCKET_BYTES_MAX {
            self.socket_bytes += charge;
            self.socket.push_back(datagram);
        }
    }

    pub(super) fn read_socket(&mut self) -> Option<Bytes> {
        let datagram = self.socket.pop_front()?;
        self.socket_bytes -= datagram.len() + DATAGRAM_OVERHEAD;
        Some(datagram)
    }

    pub(super) fn drain_socket(&mut self) {
        self.socket.clear();
        self.socket_bytes = 0;
    }

    /// The process ends; what is on disk stays.
    pub(super) fn end(&mut self) {
        self.node = None;
        self.paused = false;
        self.crash_at_store = None;
        self.drain_socket();
    }
}
