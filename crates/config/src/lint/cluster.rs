//! What rules look at.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::checks;
use crate::{Config, Node, Parsed, Provider, Transport};

use super::version::Version;

/// The configuration of a cluster: one file that all nodes share, or the files of several nodes, which have to agree.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    files: Vec<Parsed>,
    /// The addresses of the names that have been looked up; `None` if nobody has looked.
    names: Option<BTreeMap<String, Vec<IpAddr>>>,
    host: Option<Host>,
    version: Option<Version>,
    /// A sum of each file's key, in the files' order; `None` where no key is known.
    keys: Vec<Option<u64>>,
}

/// The machine that a configuration is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its own name, as `uname -n` prints it.
    pub name: String,
    /// All addresses of its interfaces in the system's order, loopback included.
    pub addresses: Vec<IpAddr>,
}

impl Cluster {
    /// The files of one cluster.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = Parsed>) -> Self {
        Self {
            files: files.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Looks up every name that stands for an address, once. `resolver` gives the addresses of a name, none if it has
    /// none. Without this call nothing is said of where names lead.
    #[must_use]
    pub fn with_names(mut self, mut resolver: impl FnMut(&str) -> Vec<IpAddr>) -> Self {
        let nodes = self.files.iter().flat_map(|file| &file.config.nodes);
        let written = nodes.flat_map(|node| node.ring_addrs.values());
        let mut names: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        for name in written.filter(|text| text.parse::<IpAddr>().is_err()) {
            if !names.contains_key(name) {
                names.insert(name.clone(), resolver(name));
            }
        }
        self.names = Some(names);
        self
    }

    /// Says that the files are this machine's: its own entry has to lead to it.
    #[must_use]
    pub fn on_host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Says which corosync the files are for: what does not concern it is not found, and what it alone does is.
    #[must_use]
    pub fn for_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Says which key each file's node has, in the files' order: a sum of its bytes, `None` where no key is known.
    #[must_use]
    pub fn with_keys(mut self, keys: Vec<Option<u64>>) -> Self {
        self.keys = keys;
        self
    }

    /// The files, in the order given.
    #[must_use]
    pub fn files(&self) -> &[Parsed] {
        &self.files
    }

    /// The configurations that can be judged, with their files' indices: braces are balanced.
    pub(super) fn configs(&self) -> impl Iterator<Item = (usize, &Config)> {
        let files = self.files.iter().enumerate();
        files
            .filter(|(_, file)| file.document.is_balanced())
            .map(|(index, file)| (index, &file.config))
    }

    /// The nodes of all files that have an address, with their places.
    pub(super) fn addressed(&self) -> impl Iterator<Item = Addressed<'_>> {
        self.configs().flat_map(|(file, config)| {
            let links = config.nodes.iter().flat_map(|node| {
                let links = node.ring_addrs.iter();
                links.map(move |(&link, text)| (node, link, text.as_str()))
            });
            links.map(move |(node, link, text)| Addressed {
                file,
                node,
                span: config.place(&node.path(&format!("ring{link}_addr"))),
                text,
            })
        })
    }

    /// The name of a file.
    pub(super) fn name(&self, file: usize) -> &str {
        self.files[file].document.name()
    }

    /// The machine, if the files are said to be its own.
    pub(super) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// The corosync that the files are for, if that is known.
    pub(super) fn version(&self) -> Option<Version> {
        self.version
    }

    /// The sum of a file's key.
    pub(super) fn key(&self, file: usize) -> Option<u64> {
        self.keys.get(file).copied().flatten()
    }

    /// What the resolver has said of a name; `None` if it was not asked.
    pub(super) fn lookup(&self, name: &str) -> Option<&[IpAddr]> {
        self.names.as_ref()?.get(name).map(Vec::as_slice)
    }

    /// The addresses that an entry means, as far as known.
    pub(super) fn addresses(&self, text: &str) -> Vec<IpAddr> {
        text.parse().map_or_else(
            |_| self.lookup(text).unwrap_or_default().to_vec(),
            |address| vec![address],
        )
    }
}

/// A `ringN_addr`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addressed<'a> {
    pub(super) file: usize,
    pub(super) node: &'a Node,
    pub(super) span: crate::Span,
    pub(super) text: &'a str,
}

impl Config {
    /// The transport; `None` if what is written is none.
    pub(super) fn known_transport(&self) -> Option<Transport> {
        let transport = self.totem.transport;
        let written = self.cmap.text("totem.transport");
        written
            .is_none_or(|text| text == transport.as_str())
            .then_some(transport)
    }

    /// The sum of the nodelist's votes.
    pub(super) fn votes(&self) -> u64 {
        self.nodes.iter().map(|node| u64::from(node.votes)).sum()
    }

    /// Whether `two_node` is on, as corosync sees it.
    pub(super) fn has_two_node(&self) -> bool {
        self.quorum_options().two_node != 0 && !checks::two_node_yields(self)
    }

    /// Whether votequorum counts the votes of a nodelist.
    pub(super) fn counts_votes(&self) -> bool {
        self.quorum.provider == Some(Provider::Votequorum) && !self.nodes.is_empty()
    }
}
