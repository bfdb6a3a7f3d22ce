//! Every datagram of the recordings of real rings, where they are at hand beside the workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ringwright_totem::wire::packet::Packet;
use ringwright_totem::wire::service::Message;
use ringwright_totem::wire::{ENCAPSULATED, Frame, Kind, Mcast};

/// The recordings over udp and udpu: those of knet carry another protocol around the frames.
fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/captures");
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|x| x == "pcap"))
        .filter(|path| {
            !path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("knet")
        })
        .collect();
    files.sort();
    files
}

fn le_u32(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes[..4].try_into().unwrap())
        .try_into()
        .unwrap()
}

fn be_u16(bytes: &[u8]) -> usize {
    u16::from_be_bytes(bytes[..2].try_into().unwrap()).into()
}

/// The UDP payloads of a little-endian pcap file of Ethernet, with their frame numbers; fragments of IPv4 packets are
/// joined, in the order in which they were sent. The second number counts fragments without their beginning or end.
fn datagrams(pcap: &[u8]) -> (Vec<(usize, Bytes)>, usize) {
    assert_eq!(
        pcap[..4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        "a little-endian pcap file"
    );
    let (mut datagrams, mut lost) = (Vec::new(), 0);
    let mut unfinished = BTreeMap::<_, (usize, Vec<u8>)>::new();
    let (mut rest, mut number) = (&pcap[24..], 0);
    while !rest.is_empty() {
        let (record, len) = (rest, le_u32(&rest[8..]));
        rest = &rest[16 + len..];
        number += 1;
        let frame = &record[16..16 + len];
        let is_udp = frame[12..14] == [8, 0] && frame[14 + 9] == 17;
        if !is_udp {
            continue;
        }
        let ip = &frame[14..];
        let ip = &ip[..be_u16(&ip[2..])];
        let payload = &ip[usize::from(ip[0] & 15) * 4..];
        let (offset, more) = ((be_u16(&ip[6..]) & 0x1fff) * 8, ip[6] & 0x20 != 0);
        // Fragments of one packet share its addresses and identification.
        let key = (&ip[12..20], &ip[4..6]);
        let (first, mut bytes) = match offset {
            0 => (number, Vec::new()),
            _ => match unfinished.remove(&key) {
                Some((first, bytes)) if bytes.len() == offset => (first, bytes),
                _ => {
                    lost += 1;
                    continue;
                }
            },
        };
        bytes.extend_from_slice(payload);
        if more {
            unfinished.insert(key, (first, bytes));
        } else {
            datagrams.push((first, Bytes::from(bytes).slice(8..)));
        }
    }
    (datagrams, lost + unfinished.len())
}

/// Follows an MCAST down to its packet and compares every level; the result is the number of whole messages.
fn check_contents(mcast: &Mcast) -> usize {
    if mcast.header.encapsulated == ENCAPSULATED {
        let frame = Frame::decode(&mcast.payload).expect("an old message");
        assert_eq!(frame.encode(), mcast.payload);
        let Frame::Mcast(inner) = frame else {
            panic!("an old message is an MCAST")
        };
        return check_contents(&inner);
    }
    let packet = Packet::decode(&mcast.payload).expect("a packet");
    assert_eq!(packet.encode(), mcast.payload);
    let start = usize::from(packet.continuation != 0);
    let end = packet.pieces.len() - usize::from(packet.fragmented != 0);
    let whole = packet.pieces.get(start..end).unwrap_or_default();
    for piece in whole {
        let message = Message::decode(piece).expect("a message");
        assert_eq!(message.encode(), piece);
    }
    whole.len()
}

#[test]
fn every_recorded_datagram_decodes_and_encodes_to_the_same_bytes() {
    let files = captures();
    if files.is_empty() {
        println!("skipped: no recordings beside the workspace");
        return;
    }
    let (mut kinds, mut messages, mut lost) = (BTreeMap::<Kind, usize>::new(), 0, 0);
    for file in &files {
        let pcap = std::fs::read(file).expect("a readable file");
        let (datagrams, without_rest) = datagrams(&pcap);
        assert!(!datagrams.is_empty(), "{}", file.display());
        lost += without_rest;
        for (number, bytes) in datagrams {
            let at = || format!("{}#{number}", file.display());
            let frame = Frame::decode(&bytes).unwrap_or_else(|e| panic!("{}: {e}", at()));
            assert_eq!(frame.encode(), bytes, "{}", at());
            *kinds.entry(frame.kind()).or_default() += 1;
            if let Frame::Mcast(mcast) = &frame {
                messages += check_contents(mcast);
            }
        }
    }
    println!(
        "{} files: {kinds:?}, {messages} whole messages, {lost} lone fragments",
        files.len()
    );
    assert!(kinds.keys().copied().eq(Kind::ALL), "{kinds:?}");
    assert!(messages > 0);
}
