//! What the ring counts.

/// Counters since the start; those of corosync bear the names of its `stats.srp` keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is the stats.srp key of the same name"
)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Stats {
    pub orf_token_tx: u64,
    pub orf_token_rx: u64,
    pub memb_merge_detect_tx: u64,
    pub memb_merge_detect_rx: u64,
    pub memb_join_tx: u64,
    pub memb_join_rx: u64,
    pub mcast_tx: u64,
    pub mcast_retx: u64,
    pub mcast_rx: u64,
    pub memb_commit_token_tx: u64,
    pub memb_commit_token_rx: u64,
    pub token_hold_cancel_tx: u64,
    pub token_hold_cancel_rx: u64,
    pub operational_entered: u64,
    pub operational_token_lost: u64,
    pub gather_entered: u64,
    pub gather_token_lost: u64,
    pub commit_entered: u64,
    pub commit_token_lost: u64,
    pub recovery_entered: u64,
    pub recovery_token_lost: u64,
    pub consensus_timeouts: u64,
    /// Gatherings in a row without a ring.
    pub continuous_gather: u32,
    /// Datagrams that are no frame of ours.
    pub malformed: u64,
    /// Frames of, or naming, nodes outside the nodelist.
    pub unlisted: u64,
    /// Frames whose numbers no honest peer can send.
    pub implausible: u64,
}

impl Stats {
    /// Everything that was dropped, as `stats.srp.rx_msg_dropped`.
    #[must_use]
    pub fn rx_msg_dropped(&self) -> u64 {
        self.malformed + self.unlisted + self.implausible
    }
}
