//! A machine with one node's process, its socket's buffer and its disk.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use ringwright::ring::PhaseName;
use ringwright::{Instant, Node, NodeId, Stable};

use crate::history::Life;
use crate::setup::Machine;
use crate::vintage::{Boot, Loopback, Vintage};

/// What Linux lets wait in a UDP socket by default (`net.core.rmem_default`), bytes.
const SOCKET_BYTES_MAX: usize = 212_992;
/// What Linux charges a datagram on top of its bytes, roughly.
const DATAGRAM_OVERHEAD: usize = 768;

/// Timers of real loops are noticed up to so much late: both corosync's and ours wait for whole milliseconds.
pub(super) const LATE_MAX: Duration = Duration::from_millis(1);

/// The daemon.
#[derive(Debug, Default)]
pub(super) enum Daemon {
    /// None runs.
    #[default]
    Off,
    /// It loads, and looks for its address then.
    Loads(Instant),
    /// It waits for its address.
    Waits,
    /// It was started without a usable interface, and is deaf.
    Deaf(Box<Boot>, Loopback),
    /// It runs.
    Runs(Box<Running>),
}

/// A daemon that has started its node.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) node: Node,
    pub(super) vintage: Vintage,
    /// How late its next deadline is noticed.
    pub(super) late: Duration,
    /// The poll of those vintages that fall back to 127.0.0.1.
    pub(super) loopback: Option<Loopback>,
}

/// What a host does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    LookForAddress,
    Poll,
    Timeout,
}

#[derive(Debug)]
pub(super) struct Host {
    pub(super) life: Life,
    /// What it is, unless it is a plain one.
    pub(super) machine: Option<Machine>,
    pub(super) daemon: Daemon,
    pub(super) paused: bool,
    /// Starts again once it has ended.
    pub(super) restarts: bool,
    /// Ends at its next store; whether that still becomes durable.
    pub(super) crash_at_store: Option<bool>,
    /// What is on its disk.
    pub(super) stable: Stable,
    /// What it does next, as the world has noted it.
    pub(super) noted: Option<(Instant, Due)>,
    socket: VecDeque<Bytes>,
    socket_bytes: usize,
    /// Nodes whose hosts refused datagrams of this process, which stands still.
    pub(super) refusals: BTreeSet<NodeId>,
}

impl Running {
    fn deaf(&self) -> bool {
        self.loopback.as_ref().is_some_and(Loopback::is_deaf)
    }

    fn is_lonely(&self) -> bool {
        let ring = self.node.engine().ring();
        ring.phase() != PhaseName::Operational || ring.members().len() <= 1
    }
}

impl Host {
    pub(super) fn new(life: Life, machine: Option<Machine>) -> Self {
        Self {
            life,
            machine,
            daemon: Daemon::Off,
            paused: false,
            restarts: false,
            crash_at_store: None,
            stable: Stable::default(),
            noted: None,
            socket: VecDeque::new(),
            socket_bytes: 0,
            refusals: BTreeSet::new(),
        }
    }

    pub(super) fn vintage(&self) -> Vintage {
        let machine = self.machine.as_ref();
        machine.map_or(Vintage::Ringwright, |machine| machine.vintage)
    }

    pub(super) fn is_off(&self) -> bool {
        matches!(self.daemon, Daemon::Off)
    }

    /// The node, if it was started.
    pub(super) fn node(&self) -> Option<&Node> {
        match &self.daemon {
            Daemon::Runs(running) => Some(&running.node),
            _ => None,
        }
    }

    /// The node, if it takes inputs.
    pub(super) fn awake(&mut self) -> Option<&mut Node> {
        match &mut self.daemon {
            Daemon::Runs(running) if !self.paused && !running.deaf() => Some(&mut running.node),
            _ => None,
        }
    }

    pub(super) fn loopback(&mut self) -> Option<&mut Loopback> {
        match &mut self.daemon {
            Daemon::Deaf(_, loopback) => Some(loopback),
            Daemon::Runs(running) => running.loopback.as_mut(),
            _ => None,
        }
    }

    /// What it does next, and when.
    pub(super) fn due(&self, now: Instant) -> Option<(Instant, Due)> {
        if self.paused {
            return None;
        }
        match &self.daemon {
            Daemon::Off | Daemon::Waits => None,
            Daemon::Loads(at) => Some((*at, Due::LookForAddress)),
            Daemon::Deaf(_, loopback) => Some((loopback.deadline(now, true)?, Due::Poll)),
            Daemon::Runs(running) => {
                let timeout = running.node.poll_timeout().filter(|_| !running.deaf());
                let timeout = timeout.map(|at| ((at + running.late).max(now), Due::Timeout));
                let poll = running.loopback.as_ref();
                let poll = poll.and_then(|poll| poll.deadline(now, running.is_lonely()));
                let poll = poll.map(|at| (at, Due::Poll));
                [timeout, poll].into_iter().flatten().min()
            }
        }
    }

    /// A datagram waits in the socket; false if it is lost because that is full.
    pub(super) fn buffer(&mut self, datagram: Bytes) -> bool {
        let charge = datagram.len() + DATAGRAM_OVERHEAD;
        let fits = self.socket_bytes + charge <= SOCKET_BYTES_MAX;
        if fits {
            self.socket_bytes += charge;
            self.socket.push_back(datagram);
        }
        fits
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
        self.daemon = Daemon::Off;
        self.paused = false;
        self.crash_at_store = None;
        self.drain_socket();
        self.refusals.clear();
        self.life.number += 1;
    }
}
