//! What `corosync-quorumtool -s` shows, and `ringwright quorum` in the same form.

/// A node's view of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) ring_id: String,
    pub(crate) quorate: bool,
    pub(crate) expected: u32,
    pub(crate) highest: u32,
    pub(crate) total: u32,
    pub(crate) quorum: u32,
    pub(crate) flags: Vec<String>,
    pub(crate) members: Vec<usize>,
}

impl View {
    /// `None`: the text is not a whole status.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let number = |name: &str| field(name)?.split_whitespace().next()?.parse().ok();
        let rows = text
            .lines()
            .skip_while(|line| !line.contains("Nodeid"))
            .skip(1);
        Some(Self {
            ring_id: field("Ring ID:")?.to_string(),
            quorate: field("Quorate:")? == "Yes",
            expected: number("Expected votes:")?,
            highest: number("Highest expected:")?,
            total: number("Total votes:")?,
            quorum: number("Quorum:")?,
            flags: field("Flags:")?
                .split_whitespace()
                .map(String::from)
                .collect(),
            members: rows
                .filter_map(|row| row.split_whitespace().next()?.parse().ok())
                .collect(),
        })
    }

    /// Whether two nodes are in the same ring and say the same of it.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        (&self.ring_id, self.quorate, &self.members)
            == (&other.ring_id, other.quorate, &other.members)
            && (self.expected, self.total, self.quorum)
                == (other.expected, other.total, other.quorum)
    }
}
