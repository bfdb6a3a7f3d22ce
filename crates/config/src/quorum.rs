//! The section `quorum`.

use ringwright_totem::quorum::{DeviceOptions, Options, TwoNode};

use crate::{Cmap, Config};

/// Who decides about quorum: `quorum.provider`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// `corosync_votequorum`
    Votequorum,
    /// `corosync_ykd`
    Ykd,
}

/// The section `quorum`; its nodes come with [`Config::quorum_options`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Who decides; `None` if the key is absent: then a node is always quorate.
    pub provider: Option<Provider>,
    options: Options,
}

impl Quorum {
    pub(crate) fn read(cmap: &Cmap) -> Self {
        let u8 = |key: &str| cmap.u8(&format!("quorum.{key}"));
        let u32 = |key: &str| cmap.u32(&format!("quorum.{key}"));
        let provider = match cmap.text("quorum.provider") {
            Some("corosync_votequorum") => Some(Provider::Votequorum),
            Some("corosync_ykd") => Some(Provider::Ykd),
            _ => None,
        };
        let device = cmap
            .text("quorum.device.model")
            .filter(|model| !model.is_empty())
            .map(|_| DeviceOptions {
                votes: u32("device.votes"),
                timeout: u32("device.timeout"),
                sync_timeout: u32("device.sync_timeout"),
            });
        let two_node_semantics = match cmap.text("quorum.two_node_semantics") {
            Some("corosync") => TwoNode::Corosync,
            _ => TwoNode::Strict,
        };
        let options = Options {
            nodes: Vec::new(),
            expected_votes: u32("expected_votes").unwrap_or(0),
            votes: u32("votes"),
            two_node: u8("two_node").unwrap_or(0),
            two_node_semantics,
            wait_for_all: u8("wait_for_all"),
            auto_tie_breaker: u8("auto_tie_breaker").unwrap_or(0),
            auto_tie_breaker_node: cmap.text("quorum.auto_tie_breaker_node").map(Into::into),
            last_man_standing: u8("last_man_standing").unwrap_or(0),
            last_man_standing_window: u32("last_man_standing_window"),
            allow_downscale: u8("allow_downscale").unwrap_or(0),
            expected_votes_tracking: u8("expected_votes_tracking").unwrap_or(0),
            device,
        };
        Self { provider, options }
    }
}

impl Config {
    /// What votequorum starts with: its options and the nodes with their votes. Nodes whose ids are not known before
    /// [`Config::resolve`] are missing.
    #[must_use]
    pub fn quorum_options(&self) -> Options {
        let nodes = self
            .nodes
            .iter()
            .filter_map(|node| Some((node.id?, node.votes)))
            .collect();
        Options {
            nodes,
            ..self.quorum.options.clone()
        }
    }
}
