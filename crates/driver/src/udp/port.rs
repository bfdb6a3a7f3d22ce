//! One UDP socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time;

use crate::{Counters, DATAGRAM_MAX};

/// What is asked of the kernel for each direction; corosync asks the same. The kernel gives what `net.core.rmem_max` and
/// `net.core.wmem_max` allow.
const KERNEL_BUFFER: usize = 16 * 136_192;

/// How long a datagram may wait for room in the kernel before it counts as lost.
const SEND_PATIENCE: Duration = Duration::from_millis(20);

/// Datagrams are received into slices of buffers of this size, bytes.
const BUFFER: usize = 4 * DATAGRAM_MAX;

/// What is thrown away at a time: more than the kernel's buffer holds.
const DRAIN_MAX: usize = 1 << 16;

/// One UDP socket with its receive buffer.
#[derive(Debug)]
pub(super) struct Port {
    socket: UdpSocket,
    buffer: BytesMut,
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
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            buffer: BytesMut::new(),
            counters: Counters::default(),
        })
    }

    /// Sends a datagram, or counts it as unsent.
    pub(super) async fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let sent = self.try_send(to, datagram).await;
        sent.map_err(|error| {
            self.counters.unsent += 1;
            io::Error::new(error.kind(), format!("to {to}: {error}"))
        })
    }

    async fn try_send(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        loop {
            match self.socket.try_send_to(datagram, to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    time::timeout(SEND_PATIENCE, self.socket.writable()).await??;
                }
                sent => return sent.map(|_| ()),
            }
        }
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// The next datagram that waits and has a length that a frame can have.
    pub(super) fn try_receive(&mut self) -> io::Result<Option<(Bytes, SocketAddr)>> {
        loop {
            // One byte more than the longest, so that a longer one shows.
            if self.buffer.capacity() <= DATAGRAM_MAX {
                self.buffer.reserve(BUFFER);
            }
            match self.socket.try_recv_buf_from(&mut self.buffer) {
                Ok((len, from)) => {
                    let datagram = self.buffer.split().freeze();
                    if len <= DATAGRAM_MAX {
                        return Ok(Some((datagram, from)));
                    }
                    self.counters.too_long += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn drain(&mut self) {
        for _ in 0..DRAIN_MAX {
            // An error shows again at the next receive.
            if !matches!(self.try_receive(), Ok(Some(_))) {
                return;
            }
        }
    }
}
