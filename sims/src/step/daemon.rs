//! From the start of a daemon to its end.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ringwright::{Input, Node, NodeId, Sign, Stable};

use super::Step;
use super::host::{Daemon, LATE_MAX, Running};
use crate::history::What;
use crate::host::{Bound, End};
use crate::script::Store;
use crate::vintage::{self, Boot, Look, Loopback, Start, Vintage};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Step {
    pub(super) fn start(&mut self, id: NodeId, store: Store) {
        let now = self.now;
        if !self.host(id).is_off() {
            return;
        }
        let vintage = self.host(id).vintage();
        let late = vintage.looks_after(&mut self.rng);
        let host = self.host(id);
        if store == Store::Lost {
            host.stable = Stable::default();
        }
        let life = host.life;
        host.daemon = Daemon::Loads(now + late);
        self.history.record(now, life, What::Started(store));
        if late.is_zero() {
            self.look_for_address(id);
        }
    }

    pub(super) fn look_for_address(&mut self, id: NodeId) {
        let interface = self.network.interface(id);
        let machine = self.hosts[&id].machine.as_ref();
        let start = vintage::start(&self.settings, id, machine, interface);
        match start {
            Start::Runs(boot) => self.launch(id, *boot),
            Start::Deaf(boot) => {
                let mut socket = boot.socket.clone();
                socket.bound = Bound::Loopback;
                self.network.set_socket(id, Some(socket));
                let loopback = self.poll_of(&boot, false);
                self.host(id).daemon = Daemon::Deaf(boot, loopback);
                self.tell(id, What::Deaf(LOCALHOST));
            }
            Start::Waits => {
                if !matches!(self.host(id).daemon, Daemon::Waits) {
                    self.host(id).daemon = Daemon::Waits;
                    self.tell(id, What::Waits);
                }
            }
            Start::Ends(end) => self.end(id, What::Ended(end)),
        }
    }

    fn poll_of(&self, boot: &Boot, there: bool) -> Loopback {
        let timing = &boot.config.timing;
        Loopback::start(self.now, there, timing.downcheck, timing.consensus)
    }

    fn launch(&mut self, id: NodeId, boot: Boot) {
        let (now, seed) = (self.now, self.rng.bits());
        let stable = self.host(id).stable;
        let loopback = boot
            .vintage
            .falls_back_to_loopback()
            .then(|| self.poll_of(&boot, true));
        let Boot {
            config,
            socket,
            vintage,
        } = boot;
        let Ok(node) = Node::new(config, stable, seed, now) else {
            return self.end(id, What::Ended(End::Status(8)));
        };
        self.tell(id, What::Bound(socket.address));
        self.network.set_socket(id, Some(socket));
        let running = Running {
            late: Duration::ZERO,
            node,
            vintage,
            loopback,
        };
        self.host(id).daemon = Daemon::Runs(Box::new(running));
        self.carry_out(id);
    }

    pub(super) fn tell(&mut self, id: NodeId, what: What) {
        let life = self.host(id).life;
        self.history.record(self.now, life, what);
    }

    /// A daemon ends, if there is one.
    pub(super) fn end(&mut self, id: NodeId, how: What) {
        if self.host(id).is_off() {
            return;
        }
        self.tell(id, how);
        self.host(id).end();
        self.network.set_socket(id, None);
        if std::mem::take(&mut self.host(id).restarts) {
            self.start(id, Store::Kept);
        }
    }

    pub(super) fn leave(&mut self, id: NodeId) {
        if self.host(id).awake().is_some() {
            self.input(id, Input::Leave);
        } else if !self.host(id).paused {
            // Nobody would hear a farewell.
            self.end(id, What::Left);
        }
    }

    pub(super) fn restart(&mut self, id: NodeId) {
        if self.host(id).is_off() {
            self.start(id, Store::Kept);
        } else {
            self.host(id).restarts = true;
            self.leave(id);
        }
    }

    /// What ringwright does when its address comes or goes; corosync has to look.
    pub(super) fn on_interface(&mut self, id: NodeId) {
        if self.host(id).paused {
            return;
        }
        let interface = self.network.interface(id);
        let socket = self.network.socket(id);
        let usable = socket.is_some_and(|socket| interface.is_usable(socket.address));
        let bound = socket.map(|socket| socket.bound);
        match &self.hosts[&id].daemon {
            Daemon::Waits => self.look_for_address(id),
            Daemon::Runs(running) if running.vintage == Vintage::Ringwright => {
                match (bound, usable) {
                    (Some(Bound::Closed), true) => self.rebind(id),
                    (Some(Bound::Address), false) => {
                        self.network.bind(id, Bound::Closed);
                        self.tell(id, What::Unbound);
                        self.input(id, Input::Sign(Sign::Unplugged));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn rebind(&mut self, id: NodeId) {
        self.network.bind(id, Bound::Address);
        if let Some(address) = self.network.socket(id).map(|socket| socket.address) {
            self.tell(id, What::Bound(address));
        }
    }

    pub(super) fn on_token_loss(&mut self, id: NodeId) {
        let now = self.now;
        if let Some(loopback) = self.host(id).loopback() {
            loopback.on_token_loss(now);
        }
    }

    /// A deadline of the node is noticed; how late the next one is, is chance. Without that, nodes whose timers started
    /// together would stay in step for longer than any real ones.
    pub(super) fn time_out(&mut self, id: NodeId) {
        let late = self.rng.duration(LATE_MAX);
        let host = self.host(id);
        if let Daemon::Runs(running) = &mut host.daemon {
            running.late = late;
        }
        self.input(id, Input::Timeout);
    }

    /// A 2.x daemon looks at its interface, or what it had seen comes to its end.
    pub(super) fn poll(&mut self, id: NodeId) {
        let (now, interface) = (self.now, self.network.interface(id));
        let address = self.network.socket(id).map(|socket| socket.address);
        let there =
            address.is_some_and(|address| interface.is_usable(address) || address.is_loopback());
        let Some(loopback) = self.host(id).loopback() else {
            return;
        };
        match loopback.on_time(now, there) {
            Look::Same => {}
            Look::GoesDeaf => {
                self.network.bind(id, Bound::Loopback);
                self.tell(id, What::Deaf(LOCALHOST));
            }
            Look::Returns => {
                self.network.bind(id, Bound::Address);
                self.tell(id, What::Deaf(address.unwrap_or(LOCALHOST)));
            }
            Look::Hears => match std::mem::take(&mut self.host(id).daemon) {
                Daemon::Deaf(boot, _) => self.launch(id, *boot),
                daemon => {
                    self.host(id).daemon = daemon;
                    self.rebind(id);
                }
            },
            Look::Aborts => self.end(id, What::Ended(End::Signal(6))),
        }
    }
}
