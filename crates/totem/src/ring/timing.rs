//! The ring's timers and constants, with corosync's defaults and formulas.

use core::fmt;
use core::time::Duration;

pub use super::detection::Detection;

/// The `totem` keys of corosync.conf that shape the ring's timing, as written; `None` or 0 means the default.
///
/// Times are milliseconds. Those that begin with `detect_` are this program's own, and 0 switches them off. Source: corosync.conf(5) and the `totem` section's validation in corosync 3.1.7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is the corosync.conf key of the same name"
)]
pub struct TimingKeys {
    pub token: Option<u32>,
    pub token_coefficient: Option<u32>,
    /// Percent of the token timeout; `Some(0)` switches the warning off.
    pub token_warning: Option<u32>,
    pub token_retransmits_before_loss_const: Option<u32>,
    pub token_retransmit: Option<u32>,
    pub hold: Option<u32>,
    pub join: Option<u32>,
    pub send_join: Option<u32>,
    pub consensus: Option<u32>,
    pub merge: Option<u32>,
    pub downcheck: Option<u32>,
    pub fail_recv_const: Option<u32>,
    pub seqno_unchanged_const: Option<u32>,
    pub window_size: Option<u32>,
    pub max_messages: Option<u32>,
    pub miss_count_const: Option<u32>,
    pub heartbeat_failures_allowed: Option<u32>,
    pub max_network_delay: Option<u32>,
    pub cancel_token_hold_on_retransmit: bool,
    pub detect_refused: Option<bool>,
    pub detect_unplugged: Option<bool>,
    pub detect_silence: Option<u32>,
    pub detect_patience: Option<u32>,
    pub detect_pulse: Option<u32>,
}

/// A timing key whose effective value corosync refuses at start (exit status 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingError {
    /// The corosync.conf key, such as `token_retransmit`.
    pub key: &'static str,
    /// Its effective value, milliseconds (percent for `token_warning`).
    pub value: u32,
    /// What it must be.
    pub rule: TimingRule,
}

/// The rule that a [`TimingError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingRule {
    /// The value must be at least this.
    AtLeast(u32),
    /// The value must be at most this.
    AtMost(u32),
    /// `consensus` must not be below `join`, given here.
    AtLeastJoin(u32),
}

impl fmt::Display for TimingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, rule } = self;
        match rule {
            TimingRule::AtLeast(min) => write!(f, "{key} is {value}, less than the minimum {min}"),
            TimingRule::AtMost(max) => write!(f, "{key} is {value}, more than the maximum {max}"),
            TimingRule::AtLeastJoin(join) => write!(f, "{key} is {value}, less than join ({join})"),
        }
    }
}

impl core::error::Error for TimingError {}

/// The effective timers and constants of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Timing {
    /// Silence after which the ring is declared lost. Default 3 s, plus `token_coefficient` for each node beyond two.
    pub token: Duration,
    /// Share of `token`, percent, after which a slow token is reported; 0 is off. Default 75.
    pub token_warning: u32,
    /// A token not accepted for this long makes a node send its last one again. Default `token / 4.2`.
    pub token_retransmit: Duration,
    /// Period of an idle ring: how long the representative keeps the token. Default `0.8 · token_retransmit − 10 ms`.
    pub hold: Duration,
    /// Repetition of a JOIN while gathering. Default 50 ms.
    pub join: Duration,
    /// Upper bound of the random delay before a JOIN or LEAVE; zero (the default) is none.
    pub send_join: Duration,
    /// Gathering gives up on silent nodes after this. Default `1.2 · token`.
    pub consensus: Duration,
    /// Delay of a merge detection on an idle ring. Default 200 ms.
    pub merge: Duration,
    /// Period of the look at one's own interface while alone. Default 1 s; the transport's business, not the ring's.
    pub downcheck: Duration,
    /// Rotations without progress of `aru` caused by this node until it gives itself up. Default 2500.
    pub fail_recv_const: u32,
    /// Idle rotations before the token is held. Default 30.
    pub seqno_unchanged_const: u32,
    /// Messages that the whole ring may send in a rotation. Default 50.
    pub window_size: u32,
    /// Messages that one node may send at a token visit. Default 17.
    pub max_messages: u32,
    /// Token visits for which a message must be missing before it is requested. Default 5.
    pub miss_count_const: u32,
    /// Lost token rotations allowed before the heartbeat declares the token lost; 0 (the default) is off.
    pub heartbeat_failures_allowed: u32,
    /// Slack of the heartbeat. Default 50 ms.
    pub max_network_delay: Duration,
    /// Whether a requested retransmission also ends holding. Default no.
    pub cancel_token_hold_on_retransmit: bool,
    /// What makes a node suspicious before all that.
    #[cfg_attr(feature = "snapshot", serde(default))]
    pub detection: Detection,
}

/// Below this many milliseconds corosync refuses a timer: three ticks of a 100 Hz clock.
const TIMER_MIN: u32 = 30;
/// `hold` may be shorter: it is a part of `token_retransmit`.
const HOLD_MIN: u32 = 14;

impl Timing {
    /// The effective timing of a ring whose nodelist has `nodes` entries.
    ///
    /// Source: corosync.conf(5) and `totem_volatile_config_read` of corosync 3.1.7 as measured: with three nodes and no
    /// keys, token 3650 ms, `token_retransmit` 869, hold 685, consensus 4380.
    pub fn resolve(keys: &TimingKeys, nodes: usize) -> Result<Self, TimingError> {
        let or = |key: Option<u32>, default: u32| key.filter(|&v| v != 0).unwrap_or(default);
        let beyond_two = u32::try_from(nodes.saturating_sub(2)).unwrap_or(u32::MAX);
        let coefficient = keys.token_coefficient.unwrap_or(650);
        let written = or(keys.token, 3000);
        let token = written.saturating_add(coefficient.saturating_mul(beyond_two));
        let retransmits = or(keys.token_retransmits_before_loss_const, 4);
        // token / (retransmits + 0.2) and 0.8 · token_retransmit − 10, truncated, in whole numbers
        let retransmit_default = u64::from(token) * 5 / (u64::from(retransmits) * 5 + 1);
        let retransmit = or(
            keys.token_retransmit,
            u32::try_from(retransmit_default).unwrap_or(u32::MAX),
        );
        let hold_default = (u64::from(retransmit) * 4 / 5).saturating_sub(10);
        let hold = or(keys.hold, u32::try_from(hold_default).unwrap_or(u32::MAX));
        let consensus_default = u64::from(token) * 6 / 5;
        let consensus = or(
            keys.consensus,
            u32::try_from(consensus_default).unwrap_or(u32::MAX),
        );
        let join = or(keys.join, 50);
        let merge = or(keys.merge, 200);
        let downcheck = or(keys.downcheck, 1000);
        let max_network_delay = or(keys.max_network_delay, 50);
        let token_warning = keys.token_warning.unwrap_or(75);

        check_floors(&[
            ("token", token, TIMER_MIN),
            ("token_retransmit", retransmit, TIMER_MIN),
            ("hold", hold, HOLD_MIN),
            ("join", join, TIMER_MIN),
            ("consensus", consensus, TIMER_MIN),
            ("merge", merge, TIMER_MIN),
            ("downcheck", downcheck, TIMER_MIN),
            ("max_network_delay", max_network_delay, TIMER_MIN),
        ])?;
        check_detection(keys)?;
        check_relations(consensus, join, token_warning)?;
        let ms = |v: u32| Duration::from_millis(u64::from(v));
        Ok(Self {
            token: ms(token),
            token_warning,
            token_retransmit: ms(retransmit),
            hold: ms(hold),
            join: ms(join),
            send_join: ms(keys.send_join.unwrap_or(0)),
            consensus: ms(consensus),
            merge: ms(merge),
            downcheck: ms(downcheck),
            fail_recv_const: or(keys.fail_recv_const, 2500),
            seqno_unchanged_const: or(keys.seqno_unchanged_const, 30),
            window_size: or(keys.window_size, 50),
            max_messages: or(keys.max_messages, 17),
            miss_count_const: or(keys.miss_count_const, 5),
            heartbeat_failures_allowed: keys.heartbeat_failures_allowed.unwrap_or(0),
            max_network_delay: ms(max_network_delay),
            cancel_token_hold_on_retransmit: keys.cancel_token_hold_on_retransmit,
            detection: Detection::resolve(keys, written),
        })
    }

    /// The same as corosync would have it: nothing is suspected early.
    #[must_use]
    pub fn without_detection(self) -> Self {
        Self {
            detection: Detection::OFF,
            ..self
        }
    }

    /// How long the token of an idle ring rests at a representative that has these timers.
    pub(super) fn rest(&self) -> Duration {
        match self.detection.pulse {
            Duration::ZERO => self.hold,
            pulse => self.hold.min(pulse),
        }
    }

    /// When a token that does not come back is sent once more.
    pub(super) fn first_retransmit(&self) -> Duration {
        match self.detection.pulse {
            Duration::ZERO => self.token_retransmit,
            pulse => self.token_retransmit.min(pulse + pulse / 2),
        }
    }

    /// And when again after that.
    pub(super) fn next_retransmit(&self) -> Duration {
        match self.detection.pulse {
            Duration::ZERO => self.token_retransmit,
            pulse => self.token_retransmit.min(pulse / 2),
        }
    }

    /// How long a token may stay away that was at most `longest` on its way before.
    pub(super) fn loss(&self, longest: Duration) -> Duration {
        match self.detection.silence {
            Duration::ZERO => self.token,
            silence => self.token.min(silence.max(longest * 2)),
        }
    }

    /// How long suspects who say nothing are waited for, if others answer.
    pub(super) fn patience(&self) -> Option<Duration> {
        let patience = self.detection.patience;
        let chances = (self.join + self.send_join) * 3;
        (!patience.is_zero()).then(|| patience.max(chances))
    }

    /// The defaults of a ring whose nodelist has `nodes` entries.
    ///
    /// # Panics
    /// Never: the defaults satisfy every rule for any number of nodes.
    #[must_use]
    pub fn of(nodes: usize) -> Self {
        Self::resolve(&TimingKeys::default(), nodes).expect("the defaults are valid")
    }
}

fn check_floors(floors: &[(&'static str, u32, u32)]) -> Result<(), TimingError> {
    match floors.iter().find(|(_, value, min)| value < min) {
        Some(&(key, value, min)) => Err(TimingError {
            key,
            value,
            rule: TimingRule::AtLeast(min),
        }),
        None => Ok(()),
    }
}

/// Zero is off; what is shorter than corosync's shortest timer would do nothing but load the ring.
fn check_detection(keys: &TimingKeys) -> Result<(), TimingError> {
    let written = |key: Option<u32>| key.filter(|&value| value != 0).unwrap_or(u32::MAX);
    check_floors(&[
        ("detect_silence", written(keys.detect_silence), TIMER_MIN),
        ("detect_patience", written(keys.detect_patience), TIMER_MIN),
        ("detect_pulse", written(keys.detect_pulse), TIMER_MIN),
    ])
}

fn check_relations(consensus: u32, join: u32, token_warning: u32) -> Result<(), TimingError> {
    if consensus < join {
        return Err(TimingError {
            key: "consensus",
            value: consensus,
            rule: TimingRule::AtLeastJoin(join),
        });
    }
    if token_warning > 100 {
        return Err(TimingError {
            key: "token_warning",
            value: token_warning,
            rule: TimingRule::AtMost(100),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(nodes: usize) -> [u128; 4] {
        let t = Timing::of(nodes);
        [t.token, t.token_retransmit, t.hold, t.consensus].map(|d| d.as_millis())
    }

    #[test]
    fn the_defaults_grow_with_the_nodelist_as_corosyncs_do() {
        assert_eq!(ms(1), [3000, 714, 561, 3600]);
        assert_eq!(ms(2), [3000, 714, 561, 3600]);
        assert_eq!(ms(3), [3650, 869, 685, 4380]);
        assert_eq!(ms(4), [4300, 1023, 808, 5160]);
        assert_eq!(ms(5), [4950, 1178, 932, 5940]);
        assert_eq!(ms(8), [6900, 1642, 1303, 8280]);
        assert_eq!(ms(16), [12100, 2880, 2294, 14520]);
    }

    #[test]
    fn values_below_the_minimum_are_refused_by_name() {
        let keys = TimingKeys {
            token: Some(100),
            ..TimingKeys::default()
        };
        let error = Timing::resolve(&keys, 2).unwrap_err();
        assert_eq!((error.key, error.value), ("token_retransmit", 23));
        let keys = TimingKeys {
            consensus: Some(40),
            ..TimingKeys::default()
        };
        assert_eq!(
            Timing::resolve(&keys, 2).unwrap_err().rule,
            TimingRule::AtLeastJoin(50)
        );
    }

    #[test]
    fn zero_means_the_default() {
        let keys = TimingKeys {
            token: Some(0),
            ..TimingKeys::default()
        };
        assert_eq!(Timing::resolve(&keys, 3).unwrap(), Timing::of(3));
        let keys = TimingKeys {
            token: Some(500),
            token_coefficient: Some(0),
            ..TimingKeys::default()
        };
        let t = Timing::resolve(&keys, 3).unwrap();
        assert_eq!(
            [t.token_retransmit, t.hold, t.consensus].map(|d| d.as_millis()),
            [119, 85, 600]
        );
    }
}
