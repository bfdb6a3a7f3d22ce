//! Tickets.

use crate::arena::RscId;
use crate::cib;
use crate::state::{Cluster, Role, TicketState};
use crate::xml::Text;

/// What happens when a ticket is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossPolicy {
    Stop,
    Demote,
    Fence,
    Freeze,
}

/// A ticket that a resource needs.
#[derive(Clone, Debug)]
pub(crate) struct TicketConstraint {
    pub(crate) ticket: Text,
    pub(crate) role: Role,
    pub(crate) policy: LossPolicy,
}

impl Cluster<'_> {
    pub(super) fn unpack_ticket(&mut self, t: &cib::Ticket) {
        let Some(ticket) = t.attrs.text("ticket").cloned() else {
            return;
        };
        let policy = t.attrs.get("loss-policy");
        let mut wanted = alloc::vec::Vec::new();
        if t.sets.is_empty() {
            let role = t.attrs.get("rsc-role");
            let name = t.attrs.get("rsc").unwrap_or("");
            let names = self
                .tagged(name)
                .unwrap_or_else(|| alloc::vec![Text::from(name)]);
            wanted.extend(
                names
                    .iter()
                    .filter_map(|n| self.constraint_rsc(n))
                    .map(|r| (r, role)),
            );
        }
        for set in &t.sets {
            let role = set.attrs.get("role");
            wanted.extend(self.set_members(set).into_iter().map(|r| (r, role)));
        }
        for (rsc, role) in wanted {
            let role = match role.and_then(Role::parse) {
                None | Some(Role::Started) => Role::Unknown,
                Some(r) => r,
            };
            self.need_ticket(rsc, ticket.clone(), role, policy);
        }
    }

    fn need_ticket(&mut self, rsc: RscId, ticket: Text, role: Role, policy: Option<&str>) {
        let policy = match policy.map(str::to_ascii_lowercase).as_deref() {
            Some("fence") if self.config.stonith => LossPolicy::Fence,
            Some("freeze") => LossPolicy::Freeze,
            Some("demote") => LossPolicy::Demote,
            None if role == Role::Promoted => LossPolicy::Demote,
            _ => LossPolicy::Stop,
        };
        let constraint = TicketConstraint {
            ticket,
            role,
            policy,
        };
        let state = self.ticket_state(&constraint);
        let index = self.ticket_constraints.len();
        self.rscs[rsc].tickets.push(index);
        if !state.granted || state.standby {
            self.apply_ticket(rsc, &constraint, state);
        }
        self.ticket_constraints.push(constraint);
    }

    pub(crate) fn ticket_state(&self, t: &TicketConstraint) -> TicketState {
        self.tickets.get(&t.ticket).copied().unwrap_or_default()
    }

    fn apply_ticket(&mut self, rsc: RscId, t: &TicketConstraint, state: TicketState) {
        let children = self.children(rsc);
        if !children.is_empty() {
            for child in children {
                self.apply_ticket(child, t, state);
            }
            return;
        }
        let active = !self.rscs[rsc].running_on.is_empty();
        let fits = t.role == Role::Unknown || t.role == self.rscs[rsc].role;
        if !state.granted && active {
            self.ticket_lost(rsc, t, fits);
        } else if t.role != Role::Promoted || t.policy == LossPolicy::Stop {
            self.ban_everywhere(rsc);
        }
    }

    fn ticket_lost(&mut self, rsc: RscId, t: &TicketConstraint, fits: bool) {
        match t.policy {
            LossPolicy::Stop => self.ban_everywhere(rsc),
            LossPolicy::Demote => {
                if t.role != Role::Promoted {
                    self.ban_everywhere(rsc);
                }
            }
            LossPolicy::Fence if fits => {
                self.ban_everywhere(rsc);
                for node in self.rscs[rsc].running_on.clone() {
                    self.fence_node(node, "deadman ticket was lost");
                }
            }
            LossPolicy::Freeze if fits => {
                self.rscs[rsc].managed = false;
                self.rscs[rsc].blocked = true;
            }
            LossPolicy::Fence | LossPolicy::Freeze => {}
        }
    }
}
