//! What an operator may change, and why it is not done.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use ringwright_placement::Diagnostic;

use super::base::{CIB_MAX, Version};
use super::codec::{Reader, Writer};

/// A change of what all nodes share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Change {
    /// Another configuration instead of the present one.
    Replace {
        /// The whole document; its status section counts for nothing.
        text: Arc<str>,
        /// `admin_epoch` and `epoch` of the one that it was made from: refused if the present one is another. Without, it
        /// replaces whatever there is.
        base: Option<(u64, u64)>,
    },
    /// Forget what was done with a resource and its failures, so that it is looked for and tried again.
    Cleanup {
        /// The resource; all without.
        resource: Option<String>,
        /// The node's name; all without.
        node: Option<String>,
    },
    /// Set an attribute of a node until it leaves, or take it away.
    Attribute {
        /// The node's name.
        node: String,
        /// The attribute's name.
        name: String,
        /// Its value; `None` takes it away.
        value: Option<String>,
    },
    /// An operator has made sure that a node which is no member does nothing any more.
    ConfirmFenced {
        /// The node's name.
        node: String,
    },
}

/// Why a change was not made. Unless said otherwise nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeError {
    /// This partition has no quorum.
    NoQuorum,
    /// The configuration is another one by now: make the change from that.
    Stale {
        /// The present version.
        current: Version,
    },
    /// The document is no CIB.
    Malformed(Diagnostic),
    /// The document is longer than [`CIB_MAX`].
    TooLong {
        /// Its length, bytes.
        len: usize,
    },
    /// The document asks for what would not be done.
    Refused(Vec<String>),
    /// Nobody has this name.
    UnknownNode(String),
    /// The node is a member: it says itself what it does.
    IsMember(String),
    /// Too many changes wait already.
    TooMany {
        /// How many may.
        limit: usize,
    },
    /// It was made, but the membership changed before all had stored it: it may stay or be lost.
    Lost,
    /// The node is leaving.
    Leaving,
    /// This node runs without a resource manager.
    NoManager,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuorum => f.write_str("this partition has no quorum: nothing can be changed"),
            Self::Stale { current } => write!(
                f,
                "the configuration was changed meanwhile: it is at version {current}"
            ),
            Self::Malformed(diagnostic) => diagnostic.fmt(f),
            Self::TooLong { len } => {
                write!(f, "a configuration of {len} bytes, more than {CIB_MAX}")
            }
            Self::Refused(reasons) => {
                for (index, reason) in reasons.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}{reason}")?;
                }
                Ok(())
            }
            Self::UnknownNode(name) => write!(f, "no node is called '{name}'"),
            Self::IsMember(name) => write!(f, "{name} is a member of the cluster"),
            Self::TooMany { limit } => write!(f, "more than {limit} changes wait already"),
            Self::Lost => f.write_str(
                "the node was cut off before the others had stored the change: it may be lost",
            ),
            Self::Leaving => f.write_str("the node is leaving"),
            Self::NoManager => f.write_str("this node runs without a resource manager"),
        }
    }
}

impl core::error::Error for ChangeError {}

impl Change {
    pub(super) fn encode(&self, w: &mut Writer) {
        match self {
            Self::Replace { text, base } => {
                w.u8(0);
                w.text(text);
                w.option(*base, |w, (admin_epoch, epoch)| {
                    w.u64(admin_epoch);
                    w.u64(epoch);
                });
            }
            Self::Cleanup { resource, node } => {
                w.u8(1);
                w.option(resource.as_deref(), Writer::text);
                w.option(node.as_deref(), Writer::text);
            }
            Self::Attribute { node, name, value } => {
                w.u8(2);
                w.text(node);
                w.text(name);
                w.option(value.as_deref(), Writer::text);
            }
            Self::ConfirmFenced { node } => {
                w.u8(3);
                w.text(node);
            }
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(match r.u8()? {
            0 => Self::Replace {
                text: r.text()?.into(),
                base: r.option(|r| Some((r.u64()?, r.u64()?)))?,
            },
            1 => Self::Cleanup {
                resource: r.option(Reader::text)?,
                node: r.option(Reader::text)?,
            },
            2 => Self::Attribute {
                node: r.text()?,
                name: r.text()?,
                value: r.option(Reader::text)?,
            },
            3 => Self::ConfirmFenced { node: r.text()? },
            _ => return None,
        })
    }
}
