//! Whether parameters fit an agent's description. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::metadata::{MetaData, Parameter, duration};

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Its name.
    pub parameter: String,
    /// What is wrong.
    pub why: Why,
}

/// Why a parameter does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The agent has none of this name.
    Unknown {
        /// One that is written nearly the same.
        similar: Option<String>,
    },
    /// It must be given.
    Missing,
    /// Its value is not what the agent expects.
    Value {
        /// The value.
        value: String,
        /// What it must be.
        expected: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.parameter;
        match &self.why {
            Why::Unknown { similar: None } => write!(f, "{name}: the agent has no such parameter"),
            Why::Unknown {
                similar: Some(similar),
            } => write!(
                f,
                "{name}: the agent has no such parameter; is {similar} meant?"
            ),
            Why::Missing => write!(f, "{name}: the agent does not work without"),
            Why::Value { value, expected } => write!(f, "{name}={value}: expected {expected}"),
        }
    }
}

impl MetaData {
    /// Everything that does not fit, in the order of the names, then what is missing.
    #[must_use]
    pub fn misfits(&self, parameters: &BTreeMap<String, String>) -> Vec<Misfit> {
        let known = |name: &str| self.parameters.iter().find(|p| p.name == name);
        let given = parameters.iter().filter_map(|(name, value)| {
            let why = match known(name) {
                Some(parameter) => wrong(parameter, value)?,
                // What an operation may set for any agent.
                None if name == "OCF_CHECK_LEVEL" => return None,
                None => Why::Unknown {
                    similar: self.similar(name),
                },
            };
            let parameter = name.clone();
            Some(Misfit { parameter, why })
        });
        let missing = self
            .parameters
            .iter()
            .filter(|p| p.required && p.default.is_none() && !parameters.contains_key(&p.name));
        let missing = missing.map(|p| Misfit {
            parameter: p.name.clone(),
            why: Why::Missing,
        });
        given.chain(missing).collect()
    }

    fn similar(&self, name: &str) -> Option<String> {
        let names = self.parameters.iter().map(|p| &p.name);
        let near = names.map(|known| (distance(known, name), known));
        let nearest = near.min().filter(|(distance, _)| *distance <= 2);
        nearest.map(|(_, known)| known.clone())
    }
}

fn wrong(parameter: &Parameter, value: &str) -> Option<Why> {
    let truths = [
        "true", "false", "yes", "no", "on", "off", "1", "0", "y", "n",
    ];
    let (fits, expected) = match parameter.content.as_str() {
        "integer" => (value.parse::<i64>().is_ok(), "a whole number".to_owned()),
        "boolean" => (
            truths.contains(&value.to_ascii_lowercase().as_str()),
            "true or false".to_owned(),
        ),
        "time" | "timeout" => (duration(value).is_some(), "a time such as 20s".to_owned()),
        "select" if !parameter.options.is_empty() => (
            parameter.options.iter().any(|option| option == value),
            format!("one of {}", parameter.options.join(", ")),
        ),
        _ => return None,
    };
    let value = value.to_owned();
    (!fits && !value.is_empty()).then_some(Why::Value { value, expected })
}

/// How many letters apart two names are (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&other) {
            let best = (diagonal + usize::from(a != *b))
                .min(*cell + 1)
                .min(left + 1);
            (diagonal, left) = (*cell, best);
            *cell = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfits(parameters: &[(&str, &str)]) -> Vec<String> {
        let parameter = |name: &str, content: &str, required| Parameter {
            name: name.into(),
            content: content.into(),
            required,
            options: vec!["a".into(), "b".into()],
            ..Parameter::default()
        };
        let agent = MetaData {
            parameters: vec![
                parameter("ip", "string", true),
                parameter("count", "integer", false),
                parameter("quiet", "boolean", false),
                parameter("mode", "select", false),
                parameter("delay", "time", false),
            ],
            ..MetaData::default()
        };
        let pairs = parameters.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let misfits = agent.misfits(&pairs.collect());
        misfits.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_fits_is_not_complained_about() {
        let good = [
            ("ip", "x"),
            ("count", "-3"),
            ("quiet", "Yes"),
            ("mode", "b"),
            ("delay", "5m"),
        ];
        assert!(misfits(&good).is_empty());
        assert!(misfits(&[("ip", ""), ("count", ""), ("OCF_CHECK_LEVEL", "10")]).is_empty());
    }

    #[test]
    fn each_misfit_says_what_was_expected() {
        let bad = [
            ("cuont", "1"),
            ("count", "x"),
            ("mode", "c"),
            ("quiet", "maybe"),
            ("zzz", ""),
        ];
        let expected = [
            "count=x: expected a whole number",
            "cuont: the agent has no such parameter; is count meant?",
            "mode=c: expected one of a, b",
            "quiet=maybe: expected true or false",
            "zzz: the agent has no such parameter",
            "ip: the agent does not work without",
        ];
        assert_eq!(misfits(&bad), expected);
    }

    #[test]
    fn names_are_as_far_apart_as_their_letters() {
        for (one, other, apart) in [
            ("", "abc", 3),
            ("ip", "ip", 0),
            ("nic", "nci", 2),
            ("a", "", 1),
        ] {
            assert_eq!(distance(one, other), apart, "{one} {other}");
        }
    }
}
