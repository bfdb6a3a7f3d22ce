//! What an agent says of itself: the XML of `meta-data`, of OCF and of fence agents. Pure.

use std::fmt;
use std::time::Duration;

use roxmltree::{Document, Node, ParsingOptions};

/// An agent's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetaData {
    /// Its name.
    pub name: String,
    /// What it is in a line.
    pub short: String,
    /// What it is.
    pub long: String,
    /// What it can be told, in its order.
    pub parameters: Vec<Parameter>,
    /// What it can be asked for, with what it suggests, in its order.
    pub actions: Vec<ActionHint>,
}

/// A parameter of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The agent does not work without.
    pub required: bool,
    /// No two resources may have the same value.
    pub unique: bool,
    /// `string`, `integer`, `boolean`, `select`, `time` …
    pub content: String,
    /// What a `select` may be.
    pub options: Vec<String>,
    /// What it is if nobody says.
    pub default: Option<String>,
    /// What it is for in a line.
    pub short: String,
}

/// An action of an agent. Suggestions are read as they stand: nobody has to follow them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionHint {
    /// Its name: `start`, `monitor`.
    pub name: String,
    /// The time that it should be given.
    pub timeout: Option<Duration>,
    /// The time between two, of a recurring one.
    pub interval: Option<Duration>,
    /// The role in which it is meant, of monitors of promotable agents.
    pub role: Option<String>,
}

/// Why a text is no description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaDataError {
    line: u32,
    column: u32,
    what: String,
}

impl fmt::Display for MetaDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, what } = self;
        write!(f, "line {line}, column {column}: {what}")
    }
}

impl std::error::Error for MetaDataError {}

impl MetaData {
    /// Reads the output of `meta-data`, or a fence agent's of `metadata`.
    pub fn parse(xml: &str) -> Result<Self, MetaDataError> {
        let options = ParsingOptions {
            // Agents name OCF's; nothing is fetched.
            allow_dtd: true,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(xml.trim_start(), options);
        let document = document.map_err(|error| MetaDataError {
            line: error.pos().row,
            column: error.pos().col,
            what: error.to_string(),
        })?;
        let root = document.root_element();
        if !root.has_tag_name("resource-agent") {
            return Err(at(root, "expected the element resource-agent"));
        }
        let parameters = list(root, "parameters", "parameter");
        let actions = list(root, "actions", "action");
        Ok(Self {
            name: named(root)?,
            short: text(root, "shortdesc").unwrap_or(attribute(root, "shortdesc")),
            long: text(root, "longdesc").unwrap_or_default(),
            parameters: parameters.map(parameter).collect::<Result<_, _>>()?,
            actions: actions.map(action).collect::<Result<_, _>>()?,
        })
    }

    /// What the agent suggests for an action; of several the first.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&ActionHint> {
        self.actions.iter().find(|action| action.name == name)
    }
}

fn at(node: Node<'_, '_>, what: &str) -> MetaDataError {
    let position = node.document().text_pos_at(node.range().start);
    MetaDataError {
        line: position.row,
        column: position.col,
        what: what.to_owned(),
    }
}

fn list<'a>(
    root: Node<'a, 'a>,
    group: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'a>> {
    let groups = root.children().filter(move |node| node.has_tag_name(group));
    groups.flat_map(move |group| group.children().filter(move |node| node.has_tag_name(name)))
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

fn named(node: Node<'_, '_>) -> Result<String, MetaDataError> {
    match node.attribute("name") {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(at(node, "expected a name")),
    }
}

/// The text of the child of this name, its lines trimmed.
fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node.children().find(|child| child.has_tag_name(name))?;
    Some(child.text().unwrap_or_default().trim().to_owned())
}

fn is_set(node: Node<'_, '_>, name: &str) -> bool {
    matches!(node.attribute(name), Some("1" | "true" | "yes"))
}

fn parameter(node: Node<'_, '_>) -> Result<Parameter, MetaDataError> {
    let content = node.children().find(|child| child.has_tag_name("content"));
    let options = content.into_iter().flat_map(|content| content.children());
    let options = options.filter(|option| option.has_tag_name("option"));
    Ok(Parameter {
        name: named(node)?,
        required: is_set(node, "required"),
        // API 1.1 has groups of parameters that are unique together in place of a flag.
        unique: is_set(node, "unique") || node.has_attribute("unique-group"),
        content: content.map_or_else(|| "string".to_owned(), |content| attribute(content, "type")),
        options: options.map(|option| attribute(option, "value")).collect(),
        default: content
            .and_then(|content| content.attribute("default"))
            .map(str::to_owned),
        short: text(node, "shortdesc").unwrap_or_default(),
    })
}

fn action(node: Node<'_, '_>) -> Result<ActionHint, MetaDataError> {
    let time = |name| node.attribute(name).and_then(duration);
    Ok(ActionHint {
        name: named(node)?,
        timeout: time("timeout"),
        interval: time("interval").filter(|interval| !interval.is_zero()),
        role: node.attribute("role").map(str::to_owned),
    })
}

/// A time as agents and CIBs write it: a number, and a unit that is seconds if nobody says.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ms" | "msec" => return Some(Duration::from_millis(number)),
        "us" | "usec" => return Some(Duration::from_micros(number)),
        "" | "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" | "hr" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="X" version="1.0">
<version>1.1</version>
<shortdesc lang="en">An X</shortdesc>
<parameters>
<parameter name="ip" unique="1" required="1"><shortdesc lang="en">Address</shortdesc><content type="string"/></parameter>
<parameter name="mode" unique-group="m"><content type="select" default="a"><option value="a"/><option value="b"/></content></parameter>
</parameters>
<actions>
<action name="start" timeout="20s"/>
<action name="monitor" timeout="90" interval="10000ms" role="Promoted"/>
<action name="meta-data" timeout="soon" interval="0"/>
</actions>
</resource-agent>"#;

    #[test]
    fn parameters_and_actions_are_read_with_what_they_suggest() {
        let read = MetaData::parse(XML).unwrap();
        assert_eq!((&*read.name, &*read.short), ("X", "An X"));
        let [ip, mode] = &read.parameters[..] else {
            panic!("{read:?}");
        };
        assert!(ip.required && ip.unique && ip.default.is_none());
        assert!(!mode.required && mode.unique);
        assert_eq!(mode.options, ["a", "b"]);
        assert_eq!(mode.default.as_deref(), Some("a"));
        let monitor = read.action("monitor").unwrap();
        assert_eq!(monitor.timeout, Some(Duration::from_secs(90)));
        assert_eq!(monitor.interval, Some(Duration::from_secs(10)));
        assert_eq!(monitor.role.as_deref(), Some("Promoted"));
        let odd = read.action("meta-data").unwrap();
        assert_eq!((odd.timeout, odd.interval), (None, None));
    }

    #[test]
    fn what_is_no_description_is_refused_at_its_place() {
        let refusal = |xml: &str| MetaData::parse(xml).unwrap_err().to_string();
        assert_eq!(
            refusal("<a/>"),
            "line 1, column 1: expected the element resource-agent"
        );
        let nameless = XML.replace("<action name=\"start\"", "<action");
        assert_eq!(refusal(&nameless), "line 11, column 1: expected a name");
        assert!(refusal(&XML[..300]).starts_with("line "));
        assert!(refusal("").starts_with("line 1, column 1: "));
    }

    #[test]
    fn times_are_read_in_their_units() {
        let times = [
            ("20", 20_000),
            ("20s", 20_000),
            ("1min", 60_000),
            ("2h", 7_200_000),
        ];
        for (text, millis) in times {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        assert_eq!(duration("250 ms"), Some(Duration::from_millis(250)));
        for text in [
            "",
            "s",
            "-1",
            "1 fortnight",
            "99999999999999999999",
            "18446744073709551615h",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
