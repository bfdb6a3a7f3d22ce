//! What nodes are told to be.

use ringwright_placement::Cib;

use super::ids::Ids;
use super::pairs::put;
use super::{Edited, find, refuse};

/// A standing order to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// It runs no resources.
    Standby,
    /// Its resources are left as they are.
    Maintenance,
}

impl Switch {
    fn name(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Maintenance => "maintenance",
        }
    }
}

/// Switches nodes on or off; all of them if none is named.
pub(crate) fn switch(cib: &mut Cib, nodes: &[String], switch: Switch, on: bool) -> Edited {
    if cib.nodes.is_empty() {
        return refuse("the configuration has no nodes");
    }
    nodes.iter().try_for_each(|name| find::node(cib, name))?;
    let mut ids = Ids::of(cib);
    let all = nodes.is_empty();
    for node in &mut cib.nodes {
        let name = node.attrs.get("uname").unwrap_or_default().to_owned();
        if all || nodes.contains(&name) {
            let set = format!("nodes-{}", node.attrs.id());
            let value = on.then_some("on");
            put(&mut node.attributes, &mut ids, &set, switch.name(), value);
        }
    }
    Ok(())
}
