//! What the tools on a node show, and on all of them, in one short notation: `1:dead 2:{2,3}- 3:{2,3}Q`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Span, State};

/// What the tools on one node show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Nothing: no daemon was started, or it left in order. `off`
    Off,
    /// Nothing: the daemon ended by itself or was killed. `dead`
    Dead,
    /// The daemon waits for its address. `waits`
    Waits,
    /// Members and verdict: `{1,2}Q`, or `{1,2}-` without quorum; `{}-` before the first ring.
    Members(Vec<u32>, bool),
}

/// What the tools on all nodes show. `1:{1}- 2,3:{2,3}Q` reads as `1:{1}- 2:{2,3}Q 3:{2,3}Q`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Outcome(pub BTreeMap<u32, View>);

/// A word that is no view of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewError(pub String);

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no view such as 1:{{1,2}}Q, 2,3:{{2,3}}-, 1:dead, 1:off or 1:waits",
            self.0
        )
    }
}

impl std::error::Error for ViewError {}

impl View {
    pub(super) fn of(span: &Span) -> Self {
        match &span.state {
            State::Off => Self::Off,
            State::Dead { .. } => Self::Dead,
            State::Waiting => Self::Waits,
            _ => Self::Members(span.members.clone(), span.quorate),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => return Some(Self::Off),
            "dead" => return Some(Self::Dead),
            "waits" => return Some(Self::Waits),
            _ => {}
        }
        let (members, quorate) = text.strip_prefix('{')?.split_once('}')?;
        let quorate = match quorate {
            "Q" => true,
            "-" => false,
            _ => return None,
        };
        Some(Self::Members(numbers(members)?, quorate))
    }
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|number| number.parse().ok()).collect()
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Dead => f.write_str("dead"),
            Self::Waits => f.write_str("waits"),
            Self::Members(members, quorate) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                let verdict = if *quorate { 'Q' } else { '-' };
                write!(f, "{{{}}}{verdict}", members.join(","))
            }
        }
    }
}

impl Outcome {
    /// Whether all that `pattern` says is so; it may leave nodes out.
    #[must_use]
    pub fn fits(&self, pattern: &Self) -> bool {
        let mut wanted = pattern.0.iter();
        wanted.all(|(node, view)| self.0.get(node) == Some(view))
    }

    /// The groups of nodes that show the same members, without dead and waiting nodes and without verdicts: `{1}{2,3}`.
    /// A node that shows somebody who shows another group is in brackets, `(1:{1,2,3})`.
    #[must_use]
    pub fn groups(&self) -> String {
        let shown = |node: &u32| match self.0.get(node) {
            Some(View::Members(members, _)) => Some(members),
            _ => None,
        };
        let mut groups: Vec<String> = Vec::new();
        for node in self.0.keys() {
            let Some(members) = shown(node) else {
                continue;
            };
            let list = View::Members(members.clone(), false).to_string();
            let list = list.trim_end_matches('-');
            let agreed = members.iter().all(|member| shown(member) == Some(members));
            let group = if agreed {
                list.to_owned()
            } else {
                format!("({node}:{list})")
            };
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups.concat()
    }

    /// How many groups of nodes consider themselves quorate.
    #[must_use]
    pub fn quorate_groups(&self) -> usize {
        let quorate = self.0.values().filter_map(|view| match view {
            View::Members(members, true) => Some(members),
            _ => None,
        });
        quorate.collect::<std::collections::BTreeSet<_>>().len()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (node, view)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{node}:{view}")?;
        }
        Ok(())
    }
}

impl FromStr for Outcome {
    type Err = ViewError;

    fn from_str(text: &str) -> Result<Self, ViewError> {
        let mut views = BTreeMap::new();
        for word in text.split_whitespace() {
            let parsed = word
                .split_once(':')
                .and_then(|(nodes, view)| Some((numbers(nodes)?, View::parse(view)?)));
            let (nodes, view) = parsed.ok_or_else(|| ViewError(word.into()))?;
            views.extend(nodes.into_iter().map(|node| (node, view.clone())));
        }
        Ok(Self(views))
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}

impl TryFrom<String> for Outcome {
    type Error = ViewError;

    fn try_from(text: String) -> Result<Self, ViewError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_read_as_they_are_written() {
        for text in [
            "1:dead 2:{2,3}- 3:{2,3}-",
            "1:off 2:waits 3:{}-",
            "1:{1,2,3}Q",
        ] {
            assert_eq!(text.parse::<Outcome>().expect(text).to_string(), text);
        }
        let short: Outcome = "1:{1}Q 2,3:{2,3}Q".parse().expect("views");
        assert_eq!(short.to_string(), "1:{1}Q 2:{2,3}Q 3:{2,3}Q");
        assert!("1:{1}".parse::<Outcome>().is_err());
    }

    #[test]
    fn groups_are_those_who_agree() {
        let groups = |text: &str| text.parse::<Outcome>().expect("views").groups();
        assert_eq!(groups("1:{1}Q 2,3:{2,3}Q"), "{1}{2,3}");
        assert_eq!(groups("1:dead 2,3:{2,3}-"), "{2,3}");
        assert_eq!(groups("1:{1,2,3}Q 2,3:{2,3}Q"), "(1:{1,2,3}){2,3}");
    }
}
