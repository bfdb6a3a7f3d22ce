//! What the error queue of a socket tells (`IP_RECVERR` in ip(7), `IPV6_RECVERR` in ipv6(7)): datagrams that were refused
//! where they went, also by a socket that is not connected. Only Linux has one; elsewhere nothing is told.

use std::io;

#[cfg(target_os = "linux")]
pub(super) use queue::{keep, take};

/// Whether an error of a call may be the report of another datagram's fate: then the call is made again.
pub(super) fn is_report(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

#[cfg(target_os = "linux")]
mod queue {
    use std::io;
    use std::net::IpAddr;
    use std::os::fd::{AsFd, AsRawFd};

    use nix::libc;
    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };

    /// Lets the kernel keep what comes back by ICMP. From now on it also tells it, once, as the error of a call that has
    /// nothing to do with it: see [`super::is_report`].
    pub(in super::super) fn keep(socket: &impl AsFd, own: IpAddr) -> io::Result<()> {
        match own {
            IpAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &true)?,
            IpAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &true)?,
        }
        Ok(())
    }

    /// Takes the oldest report: where the datagram went, if its port was refused there. An error of the kind `WouldBlock`
    /// once there is none.
    pub(in super::super) fn take(socket: &impl AsRawFd) -> io::Result<Option<IpAddr>> {
        let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
        // What was sent is of no interest.
        let mut contents = [];
        let report = recvmsg::<SockaddrStorage>(
            socket.as_raw_fd(),
            &mut contents,
            Some(&mut control),
            MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
        )?;
        let refused = report.cmsgs()?.any(|message| match message {
            ControlMessageOwned::Ipv4RecvErr(error, _) => {
                is_refusal(&error, libc::SO_EE_ORIGIN_ICMP)
            }
            ControlMessageOwned::Ipv6RecvErr(error, _) => {
                is_refusal(&error, libc::SO_EE_ORIGIN_ICMP6)
            }
            _ => false,
        });
        Ok(report.address.filter(|_| refused).and_then(ip))
    }

    fn is_refusal(error: &libc::sock_extended_err, origin: u8) -> bool {
        error.ee_origin == origin && i32::try_from(error.ee_errno) == Ok(libc::ECONNREFUSED)
    }

    fn ip(address: SockaddrStorage) -> Option<IpAddr> {
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn keep<S>(_: &S, _: std::net::IpAddr) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn take<S>(_: &S) -> io::Result<Option<std::net::IpAddr>> {
    Err(io::ErrorKind::WouldBlock.into())
}
