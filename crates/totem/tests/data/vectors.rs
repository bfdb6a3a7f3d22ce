//! Reads the recorded vectors and spoils them.

use bytes::Bytes;

/// A recorded vector.
pub(crate) struct Vector {
    /// `capture#frame`.
    pub(crate) name: &'static str,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

/// The vectors of a text: `name hex # comment` a line, whole lines of comment between.
pub(crate) fn parse(text: &'static str) -> Vec<Vector> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let vectors: Vec<_> = lines
        .map(|line| {
            let mut words = line.split_ascii_whitespace();
            let (name, hex) = (words.next().expect("a name"), words.next().expect("bytes"));
            Vector {
                name,
                bytes: unhex(hex),
            }
        })
        .collect();
    assert!(!vectors.is_empty(), "no vectors");
    vectors
}

/// Bytes from hexadecimal digits; blanks are ignored.
pub(crate) fn unhex(hex: &str) -> Bytes {
    let digits: Vec<u32> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit"))
        .collect();
    assert_eq!(digits.len() % 2, 0, "half a byte");
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap())
        .collect()
}

/// Every strict prefix.
pub(crate) fn prefixes(bytes: &Bytes) -> impl Iterator<Item = Bytes> {
    (0..bytes.len()).map(|len| bytes.slice(..len))
}

/// At every offset: the byte inverted, its lowest bit flipped, and 1, 2 and 4 bytes at once set to 0, to the largest
/// unsigned and to the largest signed number. Every length field is hit, whatever its place.
pub(crate) fn mutations(bytes: &Bytes) -> impl Iterator<Item = Bytes> {
    let spoil = |at: usize, with: &dyn Fn(&mut [u8])| {
        let mut copy = bytes.to_vec();
        with(&mut copy[at..]);
        Bytes::from(copy)
    };
    (0..bytes.len()).flat_map(move |at| {
        let mut spoiled = vec![spoil(at, &|b| b[0] ^= 0xff), spoil(at, &|b| b[0] ^= 1)];
        for width in [1, 2, 4]
            .into_iter()
            .filter(|width| at + width <= bytes.len())
        {
            spoiled.push(spoil(at, &|b| b[..width].fill(0)));
            spoiled.push(spoil(at, &|b| b[..width].fill(0xff)));
            spoiled.push(spoil(at, &|b| {
                b[..width].fill(0xff);
                b[width - 1] = 0x7f;
            }));
        }
        spoiled
    })
}
