//! Flow control: how much one token visit may send.

use super::timing::Timing;
use crate::wire::Token;

/// What this node contributed to the token's counters at its last visit.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Flow {
    /// Packets sent at the previous visit.
    sent: u32,
    /// Packets that waited at the previous visit.
    backlog: u32,
}

impl Flow {
    /// How many packets may be sent now, retransmissions included, while `waiting` packets wait here.
    pub(super) fn allowance(&self, timing: &Timing, token: &Token, waiting: u32) -> u32 {
        let mut allowed = timing
            .max_messages
            .min(timing.window_size.saturating_sub(token.fcc));
        let all_waiting = token
            .backlog
            .wrapping_add(waiting)
            .wrapping_sub(self.backlog);
        if all_waiting != 0 {
            let share =
                u64::from(timing.window_size) * u64::from(self.backlog) / u64::from(all_waiting);
            if share > 0 {
                allowed = allowed.min(u32::try_from(share).unwrap_or(u32::MAX));
            }
        }
        allowed
    }

    /// Puts this visit's figures into the token in place of the previous visit's.
    pub(super) fn account(&mut self, token: &mut Token, sent: u32, waiting: u32) {
        token.fcc = token.fcc.wrapping_add(sent).wrapping_sub(self.sent);
        token.backlog = token
            .backlog
            .wrapping_add(waiting)
            .wrapping_sub(self.backlog);
        self.sent = sent;
        self.backlog = waiting;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_sends_at_most_max_messages_and_what_the_window_leaves() {
        let timing = Timing::of(3);
        let flow = Flow::default();
        assert_eq!(flow.allowance(&timing, &Token::default(), 100), 17);
        assert_eq!(
            flow.allowance(
                &timing,
                &Token {
                    fcc: 40,
                    ..Token::default()
                },
                100
            ),
            10
        );
        assert_eq!(
            flow.allowance(
                &timing,
                &Token {
                    fcc: 60,
                    ..Token::default()
                },
                100
            ),
            0
        );
    }

    #[test]
    fn a_nodes_share_follows_its_part_of_the_backlog() {
        let timing = Timing::of(3);
        let mut flow = Flow::default();
        let mut token = Token::default();
        flow.account(&mut token, 17, 10);
        assert_eq!((token.fcc, token.backlog), (17, 10));
        token.backlog += 90;
        token.fcc = 0;
        assert_eq!(flow.allowance(&timing, &token, 10), 5);
    }
}
