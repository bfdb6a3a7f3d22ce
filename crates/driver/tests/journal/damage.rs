//! Torn ends are told and ignored; other damage is an error with its place.

use bytes::Bytes;
use ringwright_driver::journal::{Damage, PartReader, Torn};

use crate::cluster::recorded;

/// How many records can be read, what is torn, and what is wrong.
fn read(bytes: Vec<u8>) -> (usize, Option<Torn>, Option<Damage>) {
    let mut reader = match PartReader::new(Bytes::from(bytes)) {
        Ok(reader) => reader,
        Err(damage) => return (0, None, Some(damage)),
    };
    let mut records = 0;
    loop {
        match reader.next_record() {
            Ok(Some(_)) => records += 1,
            Ok(None) => return (records, reader.torn(), None),
            Err(damage) => return (records, None, Some(damage)),
        }
    }
}

/// Where each record ends, the head's first.
fn ends(part: &[u8]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    for len in 0..=part.len() {
        if let (records, None, None) = read(part[..len].to_vec()) {
            assert_eq!(records, ends.len());
            ends.push(len);
        }
    }
    ends
}

#[test]
fn a_part_cut_anywhere_is_read_up_to_its_last_whole_record() {
    let part = recorded(3, 150, 0).part();
    let ends = ends(&part);
    assert!(ends.len() > 50, "{} records", ends.len());
    for len in ends[0]..=part.len() {
        let whole = ends.iter().rposition(|&end| end <= len).unwrap();
        let torn = (len > ends[whole]).then(|| Torn {
            offset: ends[whole],
            len: len - ends[whole],
        });
        let (records, found, damage) = read(part[..len].to_vec());
        assert_eq!((records, found), (whole, torn), "cut to {len}");
        assert!(damage.is_none(), "cut to {len}: {damage:?}");
    }
    for len in 0..ends[0] {
        let (_, _, damage) = read(part[..len].to_vec());
        assert!(damage.is_some(), "cut to {len}");
    }
}

#[test]
fn zeros_that_a_power_failure_left_are_a_torn_end() {
    let part = recorded(3, 150, 0).part();
    let ends = ends(&part);
    for cut in (ends[0]..part.len()).step_by(7) {
        let zeros = [&part[..cut], &[0; 5000]].concat();
        let whole = ends.iter().rposition(|&end| end <= cut).unwrap();
        let (records, torn, damage) = read(zeros);
        assert!(damage.is_none(), "zeros from {cut}: {damage:?}");
        // A record that ends in zeros may be whole nevertheless.
        assert!(records == whole || records == whole + 1, "zeros from {cut}");
        assert!(torn.is_some());
    }
}

#[test]
fn a_changed_byte_is_pointed_at() {
    let part = recorded(3, 120, 0).part();
    let ends = ends(&part);
    for at in ends[0]..part.len() {
        let mut bytes = part.clone();
        bytes[at] ^= 0x10;
        let whole = ends.iter().rposition(|&end| end <= at).unwrap();
        let (records, torn, damage) = read(bytes);
        assert_eq!(records, whole, "byte {at}");
        match damage {
            Some(Damage::Record { offset, number, .. }) => {
                assert_eq!(
                    (offset, number),
                    (ends[whole], whole as u64 + 1),
                    "byte {at}"
                );
            }
            // A length that has no end before the file's is told as torn, nothing else is.
            other => assert!(
                other.is_none() && torn.is_some() && at + 10 > part.len(),
                "byte {at}: {other:?}"
            ),
        }
    }
}

#[test]
fn other_formats_and_other_files_are_refused() {
    let told = |bytes: &[u8]| match PartReader::new(Bytes::copy_from_slice(bytes)) {
        Ok(_) => panic!("it was read"),
        Err(damage) => damage.to_string(),
    };
    let ours = env!("CARGO_PKG_VERSION");
    assert_eq!(
        told(b"ringwright journal 2 0.9.1\nwho knows"),
        format!(
            "a journal of format 2, written by ringwright 0.9.1; this version, {ours}, reads format 1"
        )
    );
    for other in [
        &b""[..],
        b"totem {\n",
        b"ringwright journal\n",
        b"ringwright journal one 0.1.0\n",
        b"\xff\xfe\n",
    ] {
        assert_eq!(told(other), "not a journal: it does not begin as one");
    }
    assert_eq!(
        told(b"ringwright journal 1 0.1.0\n"),
        "byte 27, record 0: the file ends within its head"
    );
}
