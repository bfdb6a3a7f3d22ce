//! Colocations.

use alloc::vec::Vec;

use crate::arena::RscId;
use crate::assign::Colocation;
use crate::cib::value::{parse_bool, parse_score};
use crate::cib::{self, ResourceSet};
use crate::score::Score;
use crate::state::{Cluster, Role};
use crate::xml::{Attrs, Text};

/// What all pairs of one constraint share.
#[derive(Clone, Copy)]
struct Shared<'c> {
    attribute: Option<&'c Text>,
    influence: Option<bool>,
}

impl Cluster<'_> {
    pub(super) fn unpack_colocation(&mut self, c: &cib::Colocation) {
        let score = c.attrs.get("score").map_or(0, parse_score);
        let shared = Shared {
            attribute: c.attrs.text("node-attribute"),
            influence: c.attrs.get("influence").and_then(parse_bool),
        };
        if !c.sets.is_empty() {
            self.colocate_sets(&c.sets, score, shared);
            return;
        }
        let (Some(d), Some(p)) = (c.attrs.get("rsc"), c.attrs.get("with-rsc")) else {
            return;
        };
        let role = |name: &str| {
            let mut attrs = Attrs::default();
            if let Some(role) = c.attrs.get(name) {
                attrs.set("role", role);
            }
            attrs
        };
        // Which of the one should be with which of the other is not said.
        if self.tagged(d).is_some() && self.tagged(p).is_some() {
            return;
        }
        if let Some(sets) = self.tag_sets(d, &role("rsc-role"), p, &role("with-rsc-role")) {
            self.colocate_sets(&sets, score, shared);
            return;
        }
        if let (Some(d), Some(p)) = (self.constraint_rsc(d), self.constraint_rsc(p)) {
            let roles = (
                role_of(c.attrs.get("rsc-role")),
                role_of(c.attrs.get("with-rsc-role")),
            );
            self.pair(d, p, roles, score, shared);
        }
    }

    fn pair(
        &mut self,
        dependent: RscId,
        primary: RscId,
        roles: (Role, Role),
        score: Score,
        shared: Shared<'_>,
    ) {
        let influence = shared.influence.unwrap_or(self.rscs[dependent].critical);
        self.new_colocation(Colocation {
            attribute: shared.attribute.cloned(),
            score,
            dependent,
            primary,
            dependent_role: roles.0,
            primary_role: roles.1,
            influence,
        });
    }

    fn colocate_sets(&mut self, sets: &[ResourceSet], score: Score, shared: Shared<'_>) {
        for set in sets {
            self.colocate_within(set, score, shared);
        }
        for two in sets.windows(2) {
            self.colocate_between(&two[0], &two[1], score, shared);
        }
    }

    fn colocate_within(&mut self, set: &ResourceSet, score: Score, shared: Shared<'_>) {
        if !sequential(set) {
            return;
        }
        let score = set.attrs.get("score").map_or(score, parse_score);
        let role = role_of(set.attrs.get("role"));
        let members = self.set_members(set);
        let group = set.attrs.get("ordering").is_none_or(|o| o == "group");
        if score > 0 {
            for two in members.windows(2) {
                let (d, p) = if group {
                    (two[1], two[0])
                } else {
                    (two[0], two[1])
                };
                self.pair(d, p, (role, role), score, shared);
            }
            return;
        }
        for (i, &d) in members.iter().enumerate() {
            for &p in &members[..i] {
                self.pair(d, p, (role, role), score, shared);
            }
        }
    }

    fn colocate_between(
        &mut self,
        one: &ResourceSet,
        two: &ResourceSet,
        score: Score,
        shared: Shared<'_>,
    ) {
        let roles = (
            role_of(one.attrs.get("role")),
            role_of(two.attrs.get("role")),
        );
        let pick = |c: &Self, set: &ResourceSet, first: bool| -> Vec<RscId> {
            let members = c.set_members(set);
            if !sequential(set) {
                return members;
            }
            let one = if first {
                members.first()
            } else {
                members.last()
            };
            one.copied().into_iter().collect()
        };
        let dependents = pick(self, one, true);
        let primaries = pick(self, two, false);
        for d in dependents {
            for &p in &primaries {
                self.pair(d, p, roles, score, shared);
            }
        }
    }
}

fn sequential(set: &ResourceSet) -> bool {
    set.attrs
        .get("sequential")
        .and_then(parse_bool)
        .unwrap_or(true)
}

/// Started is no limit.
fn role_of(name: Option<&str>) -> Role {
    match name.and_then(Role::parse) {
        Some(Role::Started) | None => Role::Unknown,
        Some(role) => role,
    }
}
