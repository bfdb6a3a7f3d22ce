//! Datagrams that are not Totem's.

use std::borrow::Cow;

use ringwright_totem::wire::{Foreign, Malformed};

/// What a datagram without Totem's magic is, as well as can be told; `None`: it is Totem's, but wrong.
///
/// corosync itself guesses by the first byte alone and takes sealed bytes for an old corosync now and then; whatever does
/// not carry knet's whole header is called sealed here.
pub(super) fn name(payload: &[u8], error: &Malformed) -> Option<Cow<'static, str>> {
    match error {
        Malformed::Foreign(Foreign::BigEndian) => Some("a big-endian totem sender".into()),
        Malformed::Foreign(_) => Some(
            knet(payload)
                .unwrap_or_else(|| "sealed or unknown bytes (knet with encryption?)".into()),
        ),
        // knet's shortest packets are shorter than any frame.
        Malformed::Truncated { .. } => knet(payload),
        _ => None,
    }
}

/// knet's plain header: version 1, type, sender (big-endian), and the counters of data.
fn knet(payload: &[u8]) -> Option<Cow<'static, str>> {
    let [1, kind, high, low, ..] = *payload else {
        return None;
    };
    let node = u16::from_be_bytes([high, low]);
    Some(match (kind, payload) {
        (0x00, [_, _, _, _, _, _, high, low, _, _, _, of, part, ..]) => {
            let seq = u16::from_be_bytes([*high, *low]);
            let part = match of {
                0 | 1 => String::new(),
                of => format!(", fragment {part} of {of}"),
            };
            format!("knet data {seq} from node {node}{part}").into()
        }
        (0x81, _) => format!("knet ping from node {node}").into(),
        (0x82, _) => format!("knet pong from node {node}").into(),
        (0x83, _) => format!("knet path MTU probe from node {node}").into(),
        (0x84, _) => format!("knet path MTU reply from node {node}").into(),
        _ => return None,
    })
}
