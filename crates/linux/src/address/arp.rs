//! ARP over Ethernet (RFC 826), the probes of RFC 5227, and gratuitous ARP. Pure.
//!
//! ```text
//!  0  destination (6)   6  source (6)      12  0x0806
//! 14  hardware 1       16  protocol 0x0800 18  lengths 6, 4   20  operation
//! 22  sender's MAC (6) 28  sender's IP (4) 32  target's MAC (6) 38  target's IP (4)
//! ```

use std::net::Ipv4Addr;

/// An Ethernet address.
pub type Mac = [u8; 6];

/// The Ethernet type of ARP.
pub(crate) const ETHERTYPE: u16 = 0x0806;

/// The bytes of a frame without padding.
pub(crate) const FRAME_BYTES: usize = 42;

const BROADCAST: Mac = [0xff; 6];
const REQUEST: u16 = 1;
const REPLY: u16 = 2;

/// What an ARP frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arp {
    operation: u16,
    sender_mac: Mac,
    sender_ip: Ipv4Addr,
    target_mac: Mac,
    target_ip: Ipv4Addr,
}

impl Arp {
    /// Asks for the owner of `ip` without claiming it: answers change no cache.
    pub(crate) fn probe(mac: Mac, ip: Ipv4Addr) -> Self {
        Self {
            operation: REQUEST,
            sender_mac: mac,
            sender_ip: Ipv4Addr::UNSPECIFIED,
            target_mac: [0; 6],
            target_ip: ip,
        }
    }

    /// Claims `ip`, as a request and as a reply: which of them a cache follows differs.
    pub(crate) fn announcements(mac: Mac, ip: Ipv4Addr) -> [Self; 2] {
        [(REQUEST, [0; 6]), (REPLY, BROADCAST)].map(|(operation, target_mac)| Self {
            operation,
            sender_mac: mac,
            sender_ip: ip,
            target_mac,
            target_ip: ip,
        })
    }

    /// Who contests `ip` by this frame, if `mac` is about to take it: its owner, or somebody who probes for it too (RFC 5227
    /// section 2.1.1).
    pub(crate) fn rival(&self, mac: Mac, ip: Ipv4Addr) -> Option<Mac> {
        let owns = self.sender_ip == ip;
        let probes =
            self.sender_ip.is_unspecified() && self.operation == REQUEST && self.target_ip == ip;
        (self.sender_mac != mac && (owns || probes)).then_some(self.sender_mac)
    }

    /// The frame, to all.
    pub(crate) fn encode(&self) -> [u8; FRAME_BYTES] {
        let parts: [&[u8]; 9] = [
            &BROADCAST,
            &self.sender_mac,
            &ETHERTYPE.to_be_bytes(),
            &[0, 1, 8, 0, 6, 4],
            &self.operation.to_be_bytes(),
            &self.sender_mac,
            &self.sender_ip.octets(),
            &self.target_mac,
            &self.target_ip.octets(),
        ];
        let mut frame = [0; FRAME_BYTES];
        for (byte, part) in frame.iter_mut().zip(parts.concat()) {
            *byte = part;
        }
        frame
    }

    /// Reads a frame; `None` if it is no ARP for IPv4 over Ethernet. Padding may follow.
    pub(crate) fn decode(frame: &[u8]) -> Option<Self> {
        let frame: &[u8; FRAME_BYTES] = frame.first_chunk()?;
        let part = |at: usize| frame.get(at..);
        let header = part(12)?.first_chunk()?;
        if *header != [8, 6, 0, 1, 8, 0, 6, 4] {
            return None;
        }
        Some(Self {
            operation: u16::from_be_bytes(*part(20)?.first_chunk()?),
            sender_mac: *part(22)?.first_chunk()?,
            sender_ip: Ipv4Addr::from(*part(28)?.first_chunk::<4>()?),
            target_mac: *part(32)?.first_chunk()?,
            target_ip: Ipv4Addr::from(*part(38)?.first_chunk::<4>()?),
        })
    }
}

/// Writes a MAC as it is usually written.
pub(crate) fn mac_text(mac: Mac) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: Mac = [2, 0, 0, 0, 0, 1];
    const OTHER: Mac = [2, 0, 0, 0, 0, 2];
    const IP: Ipv4Addr = Ipv4Addr::new(192, 168, 56, 56);

    #[test]
    fn a_gratuitous_request_has_these_bytes() {
        let frame = Arp::announcements(MINE, IP)[0].encode();
        let expected = "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 \
                        020000000001 c0a83838 000000000000 c0a83838";
        let hex = frame.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex, expected.replace(' ', ""));
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same_also_with_padding() {
        let [request, reply] = Arp::announcements(MINE, IP);
        for arp in [request, reply, Arp::probe(MINE, IP)] {
            let mut frame = arp.encode().to_vec();
            assert_eq!(Arp::decode(&frame), Some(arp));
            frame.resize(60, 0);
            assert_eq!(Arp::decode(&frame), Some(arp));
        }
    }

    #[test]
    fn every_prefix_and_every_other_protocol_is_no_arp() {
        let frame = Arp::probe(MINE, IP).encode();
        for length in 0..FRAME_BYTES {
            assert_eq!(Arp::decode(&frame[..length]), None);
        }
        for at in 12..20 {
            let mut other = frame;
            other[at] ^= 0x40;
            assert_eq!(Arp::decode(&other), None);
        }
    }

    #[test]
    fn owners_and_other_probers_are_rivals_and_oneself_is_none() {
        let rival = |arp: Arp| arp.rival(MINE, IP);
        for arp in Arp::announcements(OTHER, IP) {
            assert_eq!(rival(arp), Some(OTHER));
        }
        assert_eq!(rival(Arp::probe(OTHER, IP)), Some(OTHER));
        assert_eq!(rival(Arp::probe(MINE, IP)), None);
        assert_eq!(rival(Arp::announcements(MINE, IP)[0]), None);
        let asks = Arp {
            sender_ip: Ipv4Addr::new(192, 168, 56, 1),
            ..Arp::probe(OTHER, IP)
        };
        assert_eq!(rival(asks), None);
        assert_eq!(rival(Arp::probe(OTHER, Ipv4Addr::new(10, 0, 0, 1))), None);
    }
}
