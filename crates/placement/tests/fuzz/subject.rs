//! What the fuzzer does with its bytes: a cluster information base as text, or edits of one.

use ringwright_placement::{Cib, Options, active, overview, place};

/// What is edited; the first byte says which.
const BASES: [&str; 13] = [
    include_str!("../data/everything.xml"),
    include_str!("../data/recorded/micro/promo-ip.xml"),
    include_str!("../data/recorded/micro/order-set.xml"),
    include_str!("../data/recorded/micro/util-balanced.xml"),
    include_str!("../data/recorded/micro/migrate.xml"),
    include_str!("../data/recorded/micro/group-sticky-move.xml"),
    include_str!("../data/recorded/micro/ticket-stop.xml"),
    include_str!("../data/recorded/micro/clone-interleave-true.xml"),
    include_str!("../data/recorded/micro/fail-threshold.xml"),
    include_str!("../data/recorded/micro/onfail-fence.xml"),
    include_str!("../data/recorded/micro/multiple-active.xml"),
    include_str!("../data/recorded/micro/clone-unique.xml"),
    include_str!("../data/recorded/micro/coloc-set.xml"),
];

/// Values that something may depend on.
const VALUES: [&str; 24] = [
    "",
    "0",
    "1",
    "-1",
    "2",
    "7",
    "8",
    "true",
    "false",
    "INFINITY",
    "-INFINITY",
    "99999999999999999999",
    "P1D",
    "10s",
    "Stopped",
    "Started",
    "Promoted",
    "Unpromoted",
    "block",
    "fence",
    "ignore",
    "demote",
    "freeze",
    "stop",
];

/// Whatever the bytes are, nothing panics: a text is refused or read; what is read is written and read again; what is
/// placed is carried out, and placed again.
pub(crate) fn run(data: &[u8]) {
    let edited;
    let text = match core::str::from_utf8(data) {
        Ok(text) if text.starts_with('<') => text,
        _ => {
            edited = edit(data);
            &edited
        }
    };
    let Ok(parsed) = Cib::parse("fuzz.xml", text) else {
        return;
    };
    let cib = parsed.cib;
    Cib::parse("written.xml", &cib.to_xml()).expect("what is written is read");
    let options = Options {
        now: Some(1_700_000_000),
        clock: 0,
        scores: true,
        orders: false,
    };
    let Ok(placement) = place(&cib, &options) else {
        return;
    };
    let after = placement.graph.carry_out(&cib);
    active(&after, &options).expect("it was supported before");
    overview(&after, &options).expect("it was supported before");
    place(&after, &options).expect("it was supported before");
}

/// A base with an edit for every three bytes: a value replaced by another of the text or of the list, or a line taken out,
/// doubled or moved.
fn edit(data: &[u8]) -> String {
    let Some((base, edits)) = data.split_first() else {
        return BASES[0].into();
    };
    let base = BASES[usize::from(*base) % BASES.len()];
    let mut lines: Vec<String> = base.lines().map(String::from).collect();
    for three in edits.chunks_exact(3) {
        let [line, what, with] = [three[0], three[1], three[2]].map(usize::from);
        let line = line % lines.len();
        match what % 8 {
            0 => drop(lines.remove(line)),
            1 => lines.insert(line, lines[line].clone()),
            2 => {
                let moved = lines.remove(line);
                lines.insert(with % (lines.len() + 1), moved);
            }
            3 => {
                let other = lines[with % lines.len()].clone();
                replace(
                    &mut lines[line],
                    what / 8,
                    other.split('"').nth(1).unwrap_or(""),
                );
            }
            _ => replace(&mut lines[line], what / 8, VALUES[with % VALUES.len()]),
        }
        if lines.is_empty() || lines.len() > 400 {
            break;
        }
    }
    lines.join("\n")
}

/// Replaces the nth value of a line.
fn replace(line: &mut String, nth: usize, value: &str) {
    let parts: Vec<&str> = line.split('"').collect();
    let values = parts.len() / 2;
    if values == 0 {
        return;
    }
    let place = nth % values * 2 + 1;
    let parts: Vec<&str> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| if i == place { value } else { part })
        .collect();
    *line = parts.join("\"");
}
