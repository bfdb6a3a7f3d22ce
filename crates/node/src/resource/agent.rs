//! Which agent runs a resource.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

/// The standard that an agent follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Class {
    /// The Open Cluster Framework's resource agent interface; has providers.
    Ocf,
    /// A unit of systemd.
    Systemd,
    /// An init script by the Linux Standard Base.
    Lsb,
    /// A systemd unit or an init script, whichever the host has.
    Service,
    /// A fence agent.
    Stonith,
}

impl Class {
    const ALL: [Self; 5] = [
        Self::Ocf,
        Self::Systemd,
        Self::Lsb,
        Self::Service,
        Self::Stonith,
    ];

    /// Its name in a resource's `class`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ocf => "ocf",
            Self::Systemd => "systemd",
            Self::Lsb => "lsb",
            Self::Service => "service",
            Self::Stonith => "stonith",
        }
    }
}

/// An agent as it is written, `ocf:heartbeat:IPaddr2` or `systemd:nginx`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Agent {
    /// Its standard.
    pub class: Class,
    /// Who wrote it, of OCF agents only: the folder of the script. Empty for other classes.
    pub provider: String,
    /// What it runs: the script's, the unit's or the fence agent's name.
    pub kind: String,
}

impl Agent {
    /// The agent `ocf:PROVIDER:KIND`.
    #[must_use]
    pub fn ocf(provider: &str, kind: &str) -> Self {
        Self {
            class: Class::Ocf,
            provider: provider.to_string(),
            kind: kind.to_string(),
        }
    }

    /// Whether the resource is a floating address, which ringwright holds itself and on a lease:
    /// `ocf:heartbeat:IPaddr2`. All other agents' resources stay when the node that holds them dies.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.class == Class::Ocf && self.provider == "heartbeat" && self.kind == "IPaddr2"
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class.name())?;
        if self.class == Class::Ocf {
            write!(f, ":{}", self.provider)?;
        }
        write!(f, ":{}", self.kind)
    }
}

/// Why a text names no agent. Nothing was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentError {
    /// The first part is none of the classes.
    UnknownClass(String),
    /// OCF agents have three parts, others two.
    Parts {
        /// How many the class has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A part that is empty, or that would lead out of the agents' folder: letters, digits, `-`, `_`, `.`, `+` and `@`
    /// make a name (of a systemd unit also `:` and `\`), and it begins with none of `.` and `-`.
    Name(String),
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownClass(class) => write!(
                f,
                "'{class}' is no class of agents: ocf, systemd, lsb, service and stonith are"
            ),
            Self::Parts { expected, found } => {
                write!(f, "expected {expected} parts between colons, found {found}")
            }
            Self::Name(name) => write!(f, "'{name}' cannot be the name of an agent"),
        }
    }
}

impl core::error::Error for AgentError {}

impl FromStr for Agent {
    type Err = AgentError;

    fn from_str(text: &str) -> Result<Self, AgentError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let class = Class::ALL.into_iter().find(|class| class.name() == name);
        let class = class.ok_or_else(|| AgentError::UnknownClass(name.to_string()))?;
        let found = text.split(':').count();
        let (provider, kind) = match class {
            Class::Ocf if found == 3 => rest.split_once(':').unwrap_or_default(),
            // A unit's name may have colons of its own.
            Class::Systemd if found > 1 => ("", rest),
            Class::Lsb | Class::Service | Class::Stonith if found == 2 => ("", rest),
            _ => {
                let expected = if class == Class::Ocf { 3 } else { 2 };
                return Err(AgentError::Parts { expected, found });
            }
        };
        if class == Class::Ocf {
            check_name(provider, class)?;
        }
        check_name(kind, class)?;
        Ok(Self {
            class,
            provider: provider.to_string(),
            kind: kind.to_string(),
        })
    }
}

/// A name becomes part of a path and an argument of a program.
fn check_name(name: &str, class: Class) -> Result<(), AgentError> {
    let unit = class == Class::Systemd;
    let fits = |c: char| {
        c.is_ascii_alphanumeric() || "-_.+@".contains(c) || unit && (c == ':' || c == '\\')
    };
    let good = !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(fits);
    good.then_some(())
        .ok_or_else(|| AgentError::Name(name.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_agent_is_written_as_it_was_read() {
        for text in [
            "ocf:heartbeat:IPaddr2",
            "systemd:getty@tty1",
            "systemd:dev-disk-by\\x2did:a.device",
            "lsb:nginx",
            "service:nginx",
            "stonith:fence_ipmilan",
        ] {
            let agent: Agent = text.parse().unwrap();
            assert_eq!(agent.to_string(), text);
        }
        let address: Agent = "ocf:heartbeat:IPaddr2".parse().unwrap();
        assert!(address.is_address());
        assert_eq!(address, Agent::ocf("heartbeat", "IPaddr2"));
    }

    #[test]
    fn what_names_no_agent_is_refused_with_its_reason() {
        let refusal = |text: &str| text.parse::<Agent>().unwrap_err().to_string();
        assert!(refusal("upstart:x").starts_with("'upstart' is no class of agents"));
        assert_eq!(
            refusal("ocf:IPaddr2"),
            "expected 3 parts between colons, found 2"
        );
        assert_eq!(
            refusal("lsb:a:b"),
            "expected 2 parts between colons, found 3"
        );
        assert_eq!(
            refusal("systemd"),
            "expected 2 parts between colons, found 1"
        );
        for text in [
            "ocf:heartbeat:../../x",
            "ocf::x",
            "ocf:..:x",
            "lsb:-x",
            "systemd:a b",
        ] {
            assert!(
                refusal(text).ends_with("cannot be the name of an agent"),
                "{text}"
            );
        }
    }
}
