//! What people call the nodes.

use ringwright_sims::Setup;
use ringwright_sims::timeline::{Outcome, View};

use crate::failure::Failure;

/// A machine, and its names.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) addresses: Vec<String>,
}

/// The machines of a cluster, by their ids.
#[derive(Debug)]
pub(super) struct Nodes(pub(super) Vec<Named>);

impl Nodes {
    pub(super) fn of(setup: &Setup) -> Self {
        let named = setup.machines.iter().map(|(node, machine)| Named {
            number: node.0,
            name: machine.hostname.clone(),
            addresses: machine.addresses.iter().map(ToString::to_string).collect(),
        });
        Self(named.collect())
    }

    /// The number of the node that somebody calls so.
    pub(super) fn find(&self, called: &str) -> Result<u32, Failure> {
        let by_name = self.0.iter().find(|node| node.name == called);
        let by_address = || {
            self.0
                .iter()
                .find(|node| node.addresses.iter().any(|a| a == called))
        };
        let by_number = || {
            let number: u32 = called.parse().ok()?;
            self.0.iter().find(|node| node.number == number)
        };
        let found = by_name
            .or_else(by_address)
            .or_else(by_number)
            .or_else(|| self.by_place(called));
        found.map(|node| node.number).ok_or_else(|| {
            let names: Vec<&str> = self.0.iter().map(|node| node.name.as_str()).collect();
            Failure::new(format!(
                "there is no node `{called}`: the nodes are {}",
                names.join(", ")
            ))
        })
    }

    /// `master2` is the second node if no node is called so.
    fn by_place(&self, called: &str) -> Option<&Named> {
        let digits = called.trim_start_matches(|c: char| !c.is_ascii_digit());
        let word = &called[..called.len() - digits.len()];
        if word.is_empty()
            || !word
                .chars()
                .all(|c| c.is_alphabetic() || c == '-' || c == '_')
        {
            return None;
        }
        let place: usize = digits.parse().ok()?;
        self.0.get(place.checked_sub(1)?)
    }

    pub(super) fn name(&self, number: u32) -> &str {
        let found = self.0.iter().find(|node| node.number == number);
        found.map_or("?", |node| &node.name)
    }

    /// What the tools of each node show, nodes that show the same together.
    pub(super) fn told(&self, outcome: &Outcome) -> Vec<(String, String)> {
        let mut told: Vec<(Vec<u32>, &View)> = Vec::new();
        for (node, view) in &outcome.0 {
            match told.iter_mut().find(|(_, known)| *known == view) {
                Some((nodes, _)) => nodes.push(*node),
                None => told.push((vec![*node], view)),
            }
        }
        let words = told.into_iter().map(|(nodes, view)| {
            let stale = nodes.len() < members(view).len();
            (
                self.list(&nodes),
                self.view(view, stale && self.is_old(&nodes, view, outcome)),
            )
        });
        words.collect()
    }

    /// Whether somebody whom a view lists shows another one.
    fn is_old(&self, nodes: &[u32], view: &View, outcome: &Outcome) -> bool {
        let others = members(view)
            .iter()
            .filter(|member| !nodes.contains(member));
        let mut others = others.map(|member| outcome.0.get(member));
        self.0.len() > 1 && others.any(|other| other != Some(view))
    }

    fn view(&self, view: &View, old: bool) -> String {
        match view {
            View::Off => "nothing: no daemon was started".into(),
            View::Dead => "nothing: the daemon has ended".into(),
            View::Waits => "the daemon waits for its address".into(),
            View::Members(members, _) if members.is_empty() => "no members yet, no quorum".into(),
            View::Members(members, quorate) => {
                let verdict = if *quorate { "quorate" } else { "no quorum" };
                let old = if old {
                    " (its last view, no longer true)"
                } else {
                    ""
                };
                format!("{}; {verdict}{old}", self.list(members))
            }
        }
    }

    pub(super) fn list(&self, numbers: &[u32]) -> String {
        if numbers.len() > 2 && numbers.len() == self.0.len() {
            return format!("all {}", numbers.len());
        }
        let names: Vec<&str> = numbers.iter().map(|&number| self.name(number)).collect();
        names.join(", ")
    }
}

fn members(view: &View) -> &[u32] {
    match view {
        View::Members(members, _) => members,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Nodes {
        let named = |number: u32, name: &str| Named {
            number,
            name: name.into(),
            addresses: vec![format!("10.0.0.{number}")],
        };
        Nodes(vec![
            named(11, "primary"),
            named(12, "secondary"),
            named(13, "master1"),
        ])
    }

    #[test]
    fn nodes_are_found_by_name_address_id_and_place() {
        let find = |called: &str| nodes().find(called).ok();
        assert_eq!(find("secondary"), Some(12));
        assert_eq!(find("10.0.0.11"), Some(11));
        assert_eq!(find("12"), Some(12));
        assert_eq!(find("master2"), Some(12));
        assert_eq!(find("master1"), Some(13), "a name goes first");
        assert_eq!(find("master4"), None);
        assert_eq!(find("7"), None);
    }

    #[test]
    fn views_are_told_in_words() {
        let outcome = "11:{11,12,13}Q 12,13:{12,13}-".parse().expect("an outcome");
        let told = nodes().told(&outcome);
        assert_eq!(told[0].1, "all 3; quorate (its last view, no longer true)");
        assert_eq!(
            told[1],
            (
                "secondary, master1".into(),
                "secondary, master1; no quorum".into()
            )
        );
    }
}
