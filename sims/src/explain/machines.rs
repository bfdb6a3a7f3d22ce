//! From the files of a cluster to its machines: whose file is which.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ringwright::NodeId;
use ringwright_config::{Config, parse};

use crate::setup::{Machine, Setup, SetupError};
use crate::vintage::Vintage;

/// A corosync.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is called; may tell whose it is.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Files that are not those of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesError {
    /// No file.
    None,
    /// No file lists a node.
    Setup(SetupError),
    /// One node, which has nobody to split from.
    OneNode,
    /// There are more files than nodes.
    TooMany {
        /// Files.
        files: usize,
        /// Nodes in the longest nodelist.
        nodes: usize,
    },
    /// More nodes than a simulation is made for.
    TooManyNodes(usize),
}

/// Above this a simulation of every class of fault takes too long to wait for.
pub const NODES_MAX: usize = 32;

impl fmt::Display for FilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no file"),
            Self::Setup(error) => error.fmt(f),
            Self::OneNode => f.write_str(
                "one node: it has nobody to split from; give the file that lists all nodes, or each node's own",
            ),
            Self::TooMany { files, nodes } => {
                write!(
                    f,
                    "{files} files for {nodes} nodes: give one file, or one a node"
                )
            }
            Self::TooManyNodes(nodes) => {
                write!(f, "{nodes} nodes: at most {NODES_MAX} are simulated")
            }
        }
    }
}

impl std::error::Error for FilesError {}

impl Setup {
    /// The machines of a cluster: one file for all of them, or those of several. A file is of the node whose address
    /// is its `bindnetaddr`, or whose name, address or id is part of the file's path, or, failing that, of the next node.
    ///
    /// The longest nodelist says which machines there are. Nothing is looked up: names get invented addresses.
    pub fn from_files(files: &[File], vintage: Vintage) -> Result<Self, FilesError> {
        let configs: Vec<Config> = files
            .iter()
            .map(|file| parse(&file.name, file.text.as_str()).config)
            .collect();
        let longest = (0..files.len())
            .rev()
            .max_by_key(|&file| configs[file].nodes.len());
        let longest = longest.ok_or(FilesError::None)?;
        let hosts = BTreeMap::new();
        let mut setup = Self::from_conf(&files[longest].text, vintage, &hosts);
        if setup == Err(SetupError::NoNodes) && configs[longest].nodes.iter().any(has_slip) {
            setup = Ok(Self::default());
        }
        let mut setup = setup.map_err(FilesError::Setup)?;
        setup.add_slips(&configs, &files[longest].text, vintage);
        let nodes = setup.machines.len();
        if nodes == 1 {
            return Err(FilesError::OneNode);
        }
        if nodes > NODES_MAX {
            return Err(FilesError::TooManyNodes(nodes));
        }
        if files.len() > nodes {
            let files = files.len();
            return Err(FilesError::TooMany { files, nodes });
        }
        if files.len() > 1 {
            for (node, file) in owners(&setup, files, &configs) {
                setup.machine(node).conf = files[file].text.as_str().into();
            }
        }
        Ok(setup)
    }

    /// Machines whose address has a slip in the longest list: another file may have it right, and digits tell.
    fn add_slips(&mut self, configs: &[Config], text: &str, vintage: Vintage) {
        for node in configs.iter().flat_map(|config| &config.nodes) {
            let Some(id) = node.id.filter(|id| !self.machines.contains_key(id)) else {
                continue;
            };
            let written = node.ring0_addr().unwrap_or_default();
            let digits = written.trim_start_matches(|c: char| c.is_alphabetic());
            let Some(address) = node.address.or_else(|| digits.parse::<IpAddr>().ok()) else {
                continue;
            };
            let machine = Machine {
                conf: text.into(),
                hostname: node.label(),
                addresses: vec![address],
                other_addresses: Vec::new(),
                hosts: BTreeMap::new(),
                key: Some(0),
                vintage,
            };
            self.machines.insert(id, machine);
        }
    }
}

fn has_slip(node: &ringwright_config::Node) -> bool {
    node.id.is_some() && node.address.is_none()
}

/// Whether a file shows whose it is.
type Sign<'a> = dyn Fn(NodeId, &Machine, usize) -> bool + 'a;

/// Which node has which file.
fn owners(setup: &Setup, files: &[File], configs: &[Config]) -> Vec<(NodeId, usize)> {
    let mut owners: Vec<(NodeId, usize)> = Vec::new();
    let signs: [&Sign<'_>; 2] = [
        &|_, machine, file| {
            let bind = configs[file].cmap.text("totem.interface.0.bindnetaddr");
            let bind = bind.or_else(|| configs[file].cmap.text("totem.interface.bindnetaddr"));
            let bind = bind.and_then(|text| text.parse::<IpAddr>().ok());
            bind.is_some_and(|bind| machine.addresses.contains(&bind))
        },
        &|node, machine, file| {
            let mut names = machine.addresses.iter().map(ToString::to_string);
            is_part(&machine.hostname, &files[file].name)
                || is_part(&node.to_string(), &files[file].name)
                || names.any(|name| is_part(&name, &files[file].name))
        },
    ];
    // A sign that is the same in all files says nothing.
    for sign in signs {
        for (&node, machine) in &setup.machines {
            let hits: Vec<usize> = (0..files.len())
                .filter(|&file| sign(node, machine, file))
                .collect();
            let taken = |known: &(NodeId, usize)| known.0 == node || hits.contains(&known.1);
            if let ([file], false) = (&hits[..], owners.iter().any(taken)) {
                owners.push((node, *file));
            }
        }
    }
    let free = (0..files.len()).filter(|file| !owners.iter().any(|(_, known)| known == file));
    let free: Vec<usize> = free.collect();
    let rest = setup.machines.keys().copied();
    let rest: Vec<NodeId> = rest
        .filter(|node| !owners.iter().any(|(known, _)| known == node))
        .collect();
    owners.extend(rest.into_iter().zip(free));
    owners
}

/// Whether a word stands in a path, with no letter or digit of its own kind beside it.
fn is_part(word: &str, path: &str) -> bool {
    !word.is_empty()
        && path.match_indices(word).any(|(at, _)| {
            let before = path[..at].chars().next_back();
            let after = path[at + word.len()..].chars().next();
            let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            let digit = word.starts_with(|c: char| c.is_ascii_digit());
            // `master1.conf` is the file of node 1, too.
            (apart(before) || digit && before.is_some_and(char::is_alphabetic)) && apart(after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::REPORT;

    fn file(name: &str, text: &str) -> File {
        let (name, text) = (name.into(), text.into());
        File { name, text }
    }

    fn of(files: &[File]) -> Setup {
        Setup::from_files(files, Vintage::Corosync3_1_7).expect("a cluster")
    }

    #[test]
    fn one_file_is_everybodys() {
        let setup = of(&[file("corosync.conf", REPORT)]);
        assert_eq!(setup.machines.len(), 3);
        assert!(
            setup
                .machines
                .values()
                .all(|machine| &*machine.conf == REPORT)
        );
    }

    #[test]
    fn files_are_told_apart_by_bindnetaddr_then_by_name() {
        let other = |address: &str| {
            REPORT.replace(
                "bindnetaddr: 192.168.56.2",
                &format!("bindnetaddr: {address}"),
            )
        };
        let (second, third) = (other("192.168.56.3"), other("192.168.56.4"));
        let setup = of(&[file("x", &third), file("y", REPORT), file("z", &second)]);
        assert_eq!(*setup.machines[&NodeId(3)].conf, *third);
        assert_eq!(*setup.machines[&NodeId(2)].conf, *second);
        let same = |port: u16| REPORT.replace("5405", &port.to_string());
        let setup = of(&[
            file("terciary/corosync.conf", &same(1)),
            file("master1.conf", &same(2)),
            file("c", &same(3)),
        ]);
        assert_eq!(*setup.machines[&NodeId(3)].conf, *same(1));
        assert_eq!(*setup.machines[&NodeId(1)].conf, *same(2));
        assert_eq!(*setup.machines[&NodeId(2)].conf, *same(3));
    }

    #[test]
    fn a_slip_in_an_address_still_is_a_machine() {
        let text = REPORT.replace("ring0_addr: 192.168.56.4", "ring0_addr: s192.168.56.4");
        let setup = of(&[file("corosync.conf", &text)]);
        let third = &setup.machines[&NodeId(3)];
        assert_eq!(
            third.addresses,
            ["192.168.56.4".parse::<IpAddr>().expect("an address")]
        );
    }

    #[test]
    fn a_name_gets_an_address_of_the_others_family() {
        let six = REPORT.replace("192.168.56.", "fd00::");
        for (text, address) in [(REPORT, "198.18.0.2"), (&six, "2001:2::2")] {
            let second = text
                .lines()
                .find(|line| line.contains("ring0_addr") && line.ends_with('3'));
            let named = text.replace(second.expect("the second node"), "ring0_addr: master2");
            let setup = of(&[file("corosync.conf", &named)]);
            let expected: IpAddr = address.parse().expect("an address");
            assert_eq!(setup.machines[&NodeId(2)].addresses, [expected]);
        }
    }

    #[test]
    fn one_node_and_more_files_than_nodes_are_refused() {
        let files = vec![file("corosync.conf", REPORT); 4];
        let refused = Setup::from_files(&files, Vintage::Ringwright);
        assert_eq!(refused, Err(FilesError::TooMany { files: 4, nodes: 3 }));
        let alone = file("corosync.conf", include_str!("../scenario/conf/alone.conf"));
        let refused = Setup::from_files(&[alone], Vintage::Ringwright);
        assert_eq!(refused, Err(FilesError::OneNode));
    }
}
