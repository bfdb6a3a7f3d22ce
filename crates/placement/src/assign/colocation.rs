//! Colocations: what they do to the dependent, and what dependents do to the primary.

use core::cmp::Ordering;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::action::Flow;
use crate::arena::{ColocationId, NodeId, RscId};
use crate::score::{self, INFINITY, Score};
use crate::state::{ABSENT, Cluster, Kind, Role, Table};
use crate::xml::Text;

/// Instead of a score: "would have become negative".
pub(super) const WOULD_BE_NEGATIVE: Score = -INFINITY * 100;

/// A colocation of two resources.
#[derive(Clone, Debug)]
pub(crate) struct Colocation {
    pub(crate) attribute: Option<Text>,
    pub(crate) score: Score,
    pub(crate) dependent: RscId,
    pub(crate) primary: RscId,
    pub(crate) dependent_role: Role,
    pub(crate) primary_role: Role,
    pub(crate) influence: bool,
}

/// On what a colocation has an effect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affects {
    Nothing,
    Location,
    Role,
}

/// How preferences are added.
#[derive(Clone, Copy, Default)]
pub(crate) struct Adding {
    /// A score that would turn from positive to negative is marked instead.
    pub(crate) nonnegative: bool,
    /// What would leave no available node is not added.
    pub(crate) revocable: bool,
}

impl Adding {
    pub(crate) const CAREFUL: Self = Self {
        nonnegative: true,
        revocable: true,
    };
}

impl Cluster<'_> {
    pub(crate) fn new_colocation(&mut self, c: Colocation) {
        if c.score == 0 {
            return;
        }
        let (d, p, score) = (c.dependent, c.primary, c.score);
        let roles = (c.dependent_role, c.primary_role);
        let id = self.colocations.push(c);
        self.insert_this_with(d, id);
        self.insert_with_this(p, id);
        if score <= -INFINITY {
            self.keep_apart(d, roles.0, p, roles.1);
            self.keep_apart(p, roles.1, d, roles.0);
        }
    }

    pub(super) fn insert_this_with(&mut self, rsc: RscId, id: ColocationId) {
        let at = self.rscs[rsc].this_with.partition_point(|c| {
            self.by_importance(self.colocations[*c].primary, self.colocations[id].primary)
                == Ordering::Less
        });
        self.rscs[rsc].this_with.insert(at, id);
    }

    pub(super) fn insert_with_this(&mut self, rsc: RscId, id: ColocationId) {
        let at = self.rscs[rsc].with_this.partition_point(|c| {
            self.by_importance(
                self.colocations[*c].dependent,
                self.colocations[id].dependent,
            ) == Ordering::Less
        });
        self.rscs[rsc].with_this.insert(at, id);
    }

    fn by_importance(&self, a: RscId, b: RscId) -> Ordering {
        let (x, y) = (&self.rscs[a], &self.rscs[b]);
        y.priority
            .cmp(&x.priority)
            .then(y.kind.cmp(&x.kind))
            .then(y.promotable.cmp(&x.promotable))
            .then_with(|| x.id.cmp(&y.id))
    }

    /// On one node the one must be gone before the other comes.
    fn keep_apart(&mut self, first: RscId, first_role: Role, then: RscId, then_role: Role) {
        let firsts: &[&'static str] = match first_role {
            Role::Promoted => &["demote"],
            Role::Unpromoted => &["stop", "promote"],
            _ => &["stop"],
        };
        let thens: &[&'static str] = match then_role {
            Role::Promoted => &["promote"],
            Role::Unpromoted => &["start", "demote"],
            _ => &["start"],
        };
        for f in firsts {
            for t in thens {
                self.order_tasks(
                    first,
                    Cow::Borrowed(f),
                    then,
                    Cow::Borrowed(t),
                    Flow::ANTI_COLOCATION,
                );
            }
        }
    }

    /// Whether the dependent has a say in where the primary goes.
    pub(crate) fn has_influence(&self, c: &Colocation, rsc: Option<RscId>) -> bool {
        let r = &self.rscs[rsc.unwrap_or(c.primary)];
        if self.rscs[c.dependent].allow_remote_remotes && !r.failed && r.running_on.len() == 1 {
            return false;
        }
        c.influence || r.running_on.is_empty()
    }

    pub(crate) fn affects(
        &self,
        dependent: RscId,
        primary: RscId,
        c: &Colocation,
        preview: bool,
    ) -> Affects {
        let (d, p) = (&self.rscs[dependent], &self.rscs[primary]);
        if !preview && p.provisional {
            return Affects::Nothing;
        }
        let promotable = d.parent.is_some_and(|x| self.rscs[x].promotable);
        if c.dependent_role >= Role::Unpromoted && promotable && !d.provisional {
            return Affects::Role;
        }
        if !preview && !d.provisional {
            return Affects::Nothing;
        }
        let fits = |wanted: Role, is: Role| {
            wanted == Role::Unknown
                || if c.score > 0 {
                    wanted == is
                } else {
                    wanted != is
                }
        };
        if fits(c.dependent_role, d.next_role) && fits(c.primary_role, p.next_role) {
            Affects::Location
        } else {
            Affects::Nothing
        }
    }

    /// Applies a colocation to the dependent, whose primary is assigned.
    pub(crate) fn apply_colocation(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
        for_dependent: bool,
    ) {
        if for_dependent && self.rscs[dependent].kind == Kind::Group {
            self.apply_group_as_dependent(dependent, primary, id);
            return;
        }
        if for_dependent && self.rscs[dependent].is_collective() {
            return;
        }
        match self.rscs[primary].kind {
            Kind::Primitive => {
                let c = &self.colocations[id];
                match self.affects(dependent, primary, c, false) {
                    Affects::Nothing => {}
                    Affects::Location => self.colocation_to_scores(dependent, primary, id),
                    Affects::Role => self.colocation_to_priority(dependent, primary, id),
                }
            }
            Kind::Group => self.apply_group_as_primary(dependent, primary, id),
            Kind::Clone => self.apply_clone_as_primary(dependent, primary, id),
            Kind::Bundle => {}
        }
    }

    fn colocation_to_scores(&mut self, dependent: RscId, primary: RscId, id: ColocationId) {
        let c = &self.colocations[id];
        let at = self.rscs[primary].assigned;
        if at.is_none() && c.score < 0 {
            return;
        }
        let by = c.score;
        let mut work = self.rscs[dependent].allowed.clone();
        for node in work.nodes() {
            match at {
                None => work.add(node, -by),
                Some(p) if self.same_place(node, p, c.attribute.as_deref()) => {
                    if by < INFINITY {
                        work.add(node, by);
                    }
                }
                Some(_) if by >= INFINITY => work.add(node, -by),
                Some(_) => {}
            }
        }
        if by.abs() >= INFINITY || self.any_available(&work) {
            self.rscs[dependent].allowed = work;
        }
    }

    /// Whether two nodes are one place, by an attribute (a node on its own, if none is given).
    pub(crate) fn same_place(&self, a: NodeId, b: NodeId, attribute: Option<&str>) -> bool {
        match attribute {
            None | Some("#id" | "#uname") => a == b,
            Some(name) => match (self.nodes[a].attr(name), self.nodes[b].attr(name)) {
                (Some(x), Some(y)) => x.eq_ignore_ascii_case(y),
                (None, None) => true,
                _ => false,
            },
        }
    }

    fn colocation_to_priority(&mut self, dependent: RscId, primary: RscId, id: ColocationId) {
        let c = &self.colocations[id];
        let (Some(d), Some(p)) = (self.rscs[dependent].assigned, self.rscs[primary].assigned)
        else {
            return;
        };
        if !self.same_place(d, p, c.attribute.as_deref()) {
            if c.score >= INFINITY && c.dependent_role == Role::Promoted {
                self.rscs[dependent].priority = -INFINITY;
            }
            return;
        }
        if c.primary_role != Role::Unknown && c.primary_role != self.rscs[primary].next_role {
            return;
        }
        let by = if c.dependent_role == Role::Unpromoted {
            -c.score
        } else {
            c.score
        };
        let r = &mut self.rscs[dependent];
        r.priority = score::add(by, r.priority);
    }

    /// Adds what a dependent (and its own dependents) prefer to a table of its primary.
    pub(crate) fn add_preferences(
        &mut self,
        rsc: RscId,
        table: &mut Table,
        attribute: Option<&Text>,
        factor: f32,
        how: Adding,
    ) {
        if self.rscs[rsc].merging {
            return;
        }
        self.rscs[rsc].merging = true;
        if self.rscs[rsc].kind == Kind::Group {
            self.add_group_preferences(rsc, table, attribute, factor, how);
        } else {
            self.add_own_preferences(rsc, table, attribute, factor, how);
        }
        self.rscs[rsc].merging = false;
    }

    fn add_group_preferences(
        &mut self,
        rsc: RscId,
        table: &mut Table,
        attribute: Option<&Text>,
        factor: f32,
        how: Adding,
    ) {
        if let Some(&first) = self.rscs[rsc].children.first() {
            self.add_preferences(first, table, attribute, factor, how);
        }
        // Until the group is assigned, its own dependents are not yet its last member's.
        if self.rscs[rsc].provisional && !self.rscs[rsc].allocating {
            self.add_dependents(rsc, table, factor, how);
        }
    }

    fn add_own_preferences(
        &mut self,
        rsc: RscId,
        table: &mut Table,
        attribute: Option<&Text>,
        factor: f32,
        how: Adding,
    ) {
        let mut work = table.clone();
        self.add_matching(
            rsc,
            &mut work,
            attribute.map(|a| &**a),
            factor,
            how.nonnegative,
        );
        if self.any_available(&work) {
            self.add_dependents(rsc, &mut work, factor, how);
        } else if how.revocable {
            return;
        }
        *table = work;
    }

    fn add_dependents(&mut self, rsc: RscId, table: &mut Table, factor: f32, how: Adding) {
        let list: Vec<ColocationId> = self.rscs[rsc].with_this.clone();
        for id in list {
            let c = &self.colocations[id];
            if !self.has_influence(c, None) {
                continue;
            }
            let sign = if factor < 0.0 { -1.0 } else { 1.0 };
            let (dependent, attribute) = (c.dependent, c.attribute.clone());
            let factor = sign * fraction(c.score);
            self.add_preferences(dependent, table, attribute.as_ref(), factor, how);
        }
    }

    pub(super) fn add_matching(
        &self,
        rsc: RscId,
        work: &mut Table,
        attribute: Option<&str>,
        factor: f32,
        nonnegative: bool,
    ) {
        for (node, old) in work.clone().iter() {
            if old == WOULD_BE_NEGATIVE {
                continue;
            }
            let best = self.best_matching(rsc, node, attribute);
            if factor < 0.0 && best < 0 {
                continue;
            }
            let by = scaled(factor, best);
            let new = score::add(by, old);
            if nonnegative && new < 0 && old > 0 {
                work.set(node, WOULD_BE_NEGATIVE);
            } else if !(nonnegative && new < 0 && old == 0) {
                work.set(node, new);
            }
        }
    }

    /// The best score of a resource among the available nodes of one place.
    fn best_matching(&self, rsc: RscId, place: NodeId, attribute: Option<&str>) -> Score {
        let allowed = &self.rscs[rsc].allowed;
        match attribute {
            None | Some("#id" | "#uname") => {
                let score = allowed.get(place).filter(|_| self.available(place));
                score.unwrap_or(-INFINITY)
            }
            Some(_) => allowed
                .iter()
                .filter(|(n, _)| self.available(*n) && self.same_place(*n, place, attribute))
                .map(|(_, s)| s)
                .max()
                .unwrap_or(-INFINITY)
                .max(-INFINITY),
        }
    }

    /// Only nodes of the list stay allowed.
    pub(crate) fn ban_others(&mut self, rsc: RscId, allowed: &[NodeId]) {
        for node in self.rscs[rsc].allowed.nodes() {
            if !allowed.contains(&node) {
                self.rscs[rsc].allowed.set(node, -INFINITY);
            }
        }
        debug_assert!(
            self.rscs[rsc].allowed.iter().all(|(_, s)| s != ABSENT),
            "absent is no score"
        );
    }
}

/// A score as a factor, −1 … 1.
#[expect(clippy::cast_precision_loss, reason = "scores are below 2^24")]
pub(crate) fn fraction(score: Score) -> f32 {
    score as f32 / INFINITY as f32
}

/// Factor × score, rounded half away from zero; never 0 unless one of them is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "scores are below 2^24"
)]
pub(crate) fn scaled(factor: f32, score: Score) -> Score {
    let f = factor * score as f32;
    let rounded = if f < 0.0 {
        (f - 0.5) as Score
    } else {
        (f + 0.5) as Score
    };
    if rounded == 0 && score != 0 {
        if factor > 0.0 {
            return 1;
        } else if factor < 0.0 {
            return -1;
        }
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_factor_leaves_a_trace() {
        assert_eq!(scaled(0.000_1, 5), 1);
        assert_eq!(scaled(-0.000_1, 5), -1);
        assert_eq!(scaled(0.5, 5), 3);
        assert_eq!(scaled(0.5, -5), -3);
        assert_eq!(scaled(0.0, 5), 0);
    }
}
