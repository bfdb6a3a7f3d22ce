//! Datagrams that one system call can send.

use bytes::Bytes;
use ringwright::Target;

/// The most bytes in one run: a UDP datagram before the kernel cuts it.
const RUN_BYTES_MAX: usize = 65_000;

/// Datagrams to one target, one after another in memory: all of one length, but the last, which may be shorter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    pub(super) to: Target,
    /// All of them.
    pub(super) contents: &'a [u8],
    /// The length of each.
    pub(super) segment: usize,
}

/// Puts datagrams of a train one after another.
#[derive(Debug, Default)]
pub(super) struct Couplings {
    coupled: Vec<u8>,
}

impl Couplings {
    /// Takes the longest run of at most `segments_max` datagrams off the front of `train`; `None` at its end.
    pub(super) fn next_run<'a, 't: 'a>(
        &'a mut self,
        train: &mut &'t [(Target, Bytes)],
        segments_max: usize,
    ) -> Option<Run<'a>> {
        let (to, first) = train.first()?;
        let (run, rest) = train.split_at(run_len(train, segments_max));
        *train = rest;
        let contents = if let [_] = run {
            first
        } else {
            self.coupled.clear();
            for (_, datagram) in run {
                self.coupled.extend_from_slice(datagram);
            }
            &self.coupled[..]
        };
        let segment = first.len();
        Some(Run {
            to: *to,
            contents,
            segment,
        })
    }
}

/// How many datagrams the first run has.
fn run_len(train: &[(Target, Bytes)], segments_max: usize) -> usize {
    let Some((to, first)) = train.first() else {
        return 0;
    };
    let (segment, mut len, mut bytes) = (first.len(), 1, first.len());
    for (target, datagram) in train.iter().skip(1) {
        bytes += datagram.len();
        let fits = datagram.len() <= segment && bytes <= RUN_BYTES_MAX && len < segments_max;
        if target != to || datagram.is_empty() || !fits {
            break;
        }
        len += 1;
        if datagram.len() < segment {
            break;
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use ringwright::NodeId;

    use super::*;

    fn train(lens: &[(Target, usize)]) -> Vec<(Target, Bytes)> {
        let datagram = |(i, &(to, len)): (usize, &(Target, usize))| {
            let fill = u8::try_from(i).unwrap();
            (to, Bytes::from(vec![fill; len]))
        };
        lens.iter().enumerate().map(datagram).collect()
    }

    /// Each run: whether it goes to all, the lengths of its datagrams.
    fn runs(train: &[(Target, Bytes)], segments_max: usize) -> Vec<(bool, Vec<usize>)> {
        let (mut couplings, mut runs, mut rest) = (Couplings::default(), Vec::new(), train);
        let mut seen = Vec::new();
        while let Some(run) = couplings.next_run(&mut rest, segments_max) {
            seen.extend_from_slice(run.contents);
            let lens = run.contents.chunks(run.segment).map(<[u8]>::len).collect();
            runs.push((run.to == Target::All, lens));
        }
        let whole: Vec<u8> = train.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
        assert_eq!(seen, whole, "every byte in its place");
        runs
    }

    #[test]
    fn a_run_ends_with_the_first_shorter_datagram_or_before_a_longer_one() {
        let lens = [9, 9, 4, 4, 6, 6].map(|len| (Target::All, len));
        assert_eq!(
            runs(&train(&lens), 64),
            [(true, vec![9, 9, 4]), (true, vec![4]), (true, vec![6, 6])]
        );
    }

    #[test]
    fn targets_segments_and_bytes_bound_a_run() {
        let token = (Target::Node(NodeId(2)), 7);
        let mut lens = vec![(Target::All, 7); 3];
        lens.push(token);
        assert_eq!(
            runs(&train(&lens), 2),
            [(true, vec![7, 7]), (true, vec![7]), (false, vec![7])]
        );
        let long = [(Target::All, 30_000); 3];
        assert_eq!(
            runs(&train(&long), 64),
            [(true, vec![30_000; 2]), (true, vec![30_000])]
        );
    }
}
