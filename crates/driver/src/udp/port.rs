//! One UDP socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
#[cfg(target_os = "linux")]
use nix::sys::socket::{setsockopt, sockopt::UdpGroSegment};
use quinn_udp::{Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time;

use super::receiver::Receiver;
use super::refusals;
use super::train::Run;
use crate::Counters;

/// What is asked of the kernel for each direction; corosync asks the same. The kernel gives what `net.core.rmem_max` and
/// `net.core.wmem_max` allow.
const KERNEL_BUFFER: usize = 16 * 136_192;

/// How long a datagram may wait for room in the kernel before it counts as lost.
const SEND_PATIENCE: Duration = Duration::from_millis(20);

/// How often a call that was told of another datagram's fate is made again: the kernel tells each once.
const REPORTS_MAX: usize = 8;

/// How many calls throw away at a time: what they bring is more than the kernel's buffer holds.
const DRAIN_MAX: usize = 1 << 16;

/// One UDP socket with its receive buffers.
#[derive(Debug)]
pub(super) struct Port {
    socket: UdpSocket,
    /// What the kernel can do beyond one datagram a call.
    offload: UdpSocketState,
    receiver: Receiver,
    pub(super) counters: Counters,
}

/// A socket, not bound yet.
pub(super) fn socket(address: IpAddr) -> io::Result<Socket> {
    let domain = if address.is_ipv4() {
        Domain::IPV4
    } else {
        Domain::IPV6
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_recv_buffer_size(KERNEL_BUFFER)?;
    socket.set_send_buffer_size(KERNEL_BUFFER)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

impl Port {
    pub(super) fn bind(socket: Socket, address: SocketAddr) -> io::Result<Self> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}"));
        socket.bind(&address.into()).map_err(named)?;
        refusals::keep(&socket, address.ip())?;
        Ok(Self {
            offload: offload(&socket, address)?,
            socket: UdpSocket::from_std(socket.into())?,
            receiver: Receiver::new(),
            counters: Counters::default(),
        })
    }

    /// How many datagrams one call can send: 1 where the kernel or the interface cannot cut a run.
    pub(super) fn segments_max(&self) -> usize {
        self.offload.max_gso_segments()
    }

    /// Sends a run, or what of it can be sent, and counts the rest as unsent.
    pub(super) async fn send(&mut self, to: SocketAddr, run: &Run<'_>) -> io::Result<()> {
        let whole = self.try_send(to, run.contents, run.segment).await;
        if run.contents.len() <= run.segment || whole.is_ok() {
            return self.count(to, whole);
        }
        // The kernel fragments a datagram that is too long for the path, but cuts no run into such: one after another.
        let mut result = Ok(());
        for datagram in run.contents.chunks(run.segment) {
            let sent = self.try_send(to, datagram, run.segment).await;
            result = result.and(self.count(to, sent));
        }
        result
    }

    fn count(&mut self, to: SocketAddr, sent: io::Result<()>) -> io::Result<()> {
        sent.map_err(|error| {
            self.counters.unsent += 1;
            io::Error::new(error.kind(), format!("to {to}: {error}"))
        })
    }

    async fn try_send(&self, to: SocketAddr, contents: &[u8], segment: usize) -> io::Result<()> {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: Some(segment),
            src_ip: None,
        };
        let mut reports = 0;
        loop {
            let send = || self.offload.try_send((&self.socket).into(), &transmit);
            match self.socket.try_io(Interest::WRITABLE, send) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    time::timeout(SEND_PATIENCE, self.socket.writable()).await??;
                }
                Err(error) if refusals::is_report(&error) && reports < REPORTS_MAX => reports += 1,
                done => return done,
            }
        }
    }

    /// Waits for a datagram or a refusal.
    pub(super) async fn ready(&self) -> io::Result<()> {
        let interest = Interest::READABLE.add(Interest::ERROR);
        self.socket.ready(interest).await.map(|_| ())
    }

    /// The next address at which a datagram of ours was refused.
    pub(super) fn refused(&self) -> Option<IpAddr> {
        loop {
            let take = || refusals::take(&self.socket);
            match self.socket.try_io(Interest::ERROR, take) {
                Ok(Some(address)) => return Some(address),
                Ok(None) => {}
                // An error of another kind shows again at the next receive.
                Err(_) => return None,
            }
        }
    }

    /// Hands to `take` what waits and has a length that a frame can have, as far as one system call brings it; what `take`
    /// refuses is counted. Returns whether that was all.
    pub(super) fn receive(
        &mut self,
        mut take: impl FnMut(Bytes, SocketAddr) -> bool,
    ) -> io::Result<bool> {
        let Self {
            socket,
            offload,
            receiver,
            counters,
        } = self;
        let receive = || {
            let drained =
                receiver.receive(
                    offload,
                    (&*socket).into(),
                    |datagram, from| match datagram {
                        Some(datagram) => counters.rejected += u64::from(!take(datagram, from)),
                        None => counters.too_long += 1,
                    },
                )?;
            // tokio then waits for the next arrival without another call that finds nothing.
            if drained {
                Err(io::ErrorKind::WouldBlock.into())
            } else {
                Ok(())
            }
        };
        match socket.try_io(Interest::READABLE, receive) {
            Ok(()) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) if refusals::is_report(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn drain(&mut self) {
        for _ in 0..DRAIN_MAX {
            // An error shows again at the next receive.
            if !matches!(self.receive(|_, _| true), Ok(false)) {
                return;
            }
        }
    }
}

/// Lets the kernel put together what arrives in a row, where it can; finds out how much it cuts of what is sent.
fn offload(socket: &Socket, address: SocketAddr) -> io::Result<UdpSocketState> {
    // The library forbids fragmentation on the socket that it is shown, and tokens of large rings need it.
    let shown = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    let offload = UdpSocketState::new((&shown).into())?;
    // Without it, each datagram arrives alone.
    #[cfg(target_os = "linux")]
    let _ = setsockopt(socket, UdpGroSegment, &true);
    Ok(offload)
}
