//! From a cluster on which two disagree to a small one on which they still do.

use ringwright_placement::Attrs;
use ringwright_placement::cib::{Cib, Constraint, NvSet, Primitive, Resource, ResourceSet};

/// Attributes that may be left out of a constraint, an operation or a rule.
const OPTIONAL: &[&str] = &[
    "kind",
    "symmetrical",
    "require-all",
    "first-action",
    "then-action",
    "rsc-role",
    "with-rsc-role",
    "role",
    "on-fail",
    "node-attribute",
    "influence",
    "loss-policy",
    "resource-discovery",
    "sequential",
    "dc-uuid",
];

/// The smallest cluster found, by leaving out one thing after the other, that is still `bad`.
pub(crate) fn shrink(cib: &Cib, bad: impl Fn(&Cib) -> bool) -> Cib {
    let mut best = cib.clone();
    loop {
        let before = best.clone();
        for cut in cuts() {
            let mut index = 0;
            // The same place again after something was left out there.
            while let Some(smaller) = cut(&best, index) {
                if smaller != best && bad(&smaller) {
                    best = smaller;
                } else {
                    index += 1;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}

/// Kinds of reductions: of each, the one of an index, until there is none.
fn cuts() -> Vec<fn(&Cib, usize) -> Option<Cib>> {
    vec![
        without_resource,
        |cib, index| without(cib, index, |c| &mut c.constraints),
        without_node,
        without_member,
        unwrapped,
        |cib, index| {
            without_nth(cib, index, |c, cut| {
                for state in &mut c.status.nodes {
                    state.history.retain(|_| !cut.take());
                }
            })
        },
        |cib, index| {
            without_nth(cib, index, |c, cut| {
                for resource in c.status.nodes.iter_mut().flat_map(|s| &mut s.history) {
                    let many = resource.ops.len() > 1;
                    resource.ops.retain(|_| !(many && cut.take()));
                }
            })
        },
        |cib, index| {
            without_nth(cib, index, |c, cut| {
                sets(c, &mut |set| set.pairs.retain(|_| !cut.take()));
            })
        },
        |cib, index| {
            without_nth(cib, index, |c, cut| {
                primitives(c, &mut |p| p.operations.retain(|_| !cut.take()));
            })
        },
        |cib, index| without_nth(cib, index, attributes),
        |cib, index| {
            without_nth(cib, index, |c, cut| {
                for constraint in &mut c.constraints {
                    if let Constraint::Location(location) = constraint {
                        for rule in &mut location.rules {
                            let many = rule.expressions.len() > 1;
                            rule.expressions.retain(|_| !(many && cut.take()));
                        }
                    }
                }
            })
        },
        |cib, index| without(cib, index, |c| &mut c.status.tickets),
    ]
}

/// Counts down to the one that is meant.
struct Countdown {
    left: usize,
    done: bool,
}

impl Countdown {
    /// Whether this is the one.
    fn take(&mut self) -> bool {
        if self.done {
            return false;
        }
        if self.left == 0 {
            self.done = true;
            return true;
        }
        self.left -= 1;
        false
    }
}

fn without_nth(cib: &Cib, index: usize, cut: fn(&mut Cib, &mut Countdown)) -> Option<Cib> {
    let mut smaller = cib.clone();
    let mut countdown = Countdown {
        left: index,
        done: false,
    };
    cut(&mut smaller, &mut countdown);
    countdown.done.then(|| tidied(smaller))
}

fn without<T>(cib: &Cib, index: usize, list: fn(&mut Cib) -> &mut Vec<T>) -> Option<Cib> {
    let mut smaller = cib.clone();
    let list = list(&mut smaller);
    if index >= list.len() {
        return None;
    }
    list.remove(index);
    Some(tidied(smaller))
}

fn without_resource(cib: &Cib, index: usize) -> Option<Cib> {
    without(cib, index, |c| &mut c.resources)
}

fn without_node(cib: &Cib, index: usize) -> Option<Cib> {
    without(cib, index, |c| &mut c.nodes)
}

/// A group member less.
fn without_member(cib: &Cib, index: usize) -> Option<Cib> {
    without_nth(cib, index, |c, cut| {
        for resource in &mut c.resources {
            let inner = match resource {
                Resource::Clone(clone) => &mut *clone.child,
                other => other,
            };
            if let Resource::Group(group) = inner {
                let many = group.members.len() > 1;
                group.members.retain(|_| !(many && cut.take()));
            }
        }
    })
}

/// A clone as what it clones, or a group as its first member.
fn unwrapped(cib: &Cib, index: usize) -> Option<Cib> {
    without_nth(cib, index, |c, cut| {
        for resource in &mut c.resources {
            match resource {
                Resource::Clone(clone) if cut.take() => *resource = (*clone.child).clone(),
                Resource::Group(group) if cut.take() => *resource = group.members[0].clone().into(),
                _ => {}
            }
        }
    })
}

fn primitives(cib: &mut Cib, change: &mut dyn FnMut(&mut Primitive)) {
    fn within(resource: &mut Resource, change: &mut dyn FnMut(&mut Primitive)) {
        match resource {
            Resource::Primitive(p) => change(p),
            Resource::Group(g) => g.members.iter_mut().for_each(change),
            Resource::Clone(c) => within(&mut c.child, change),
            Resource::Bundle(_) => {}
        }
    }
    for resource in &mut cib.resources {
        within(resource, change);
    }
}

fn sets(cib: &mut Cib, change: &mut dyn FnMut(&mut NvSet)) {
    cib.crm_config.iter_mut().for_each(&mut *change);
    cib.rsc_defaults.iter_mut().for_each(&mut *change);
    cib.nodes
        .iter_mut()
        .flat_map(|n| n.attributes.iter_mut().chain(&mut n.utilization))
        .for_each(&mut *change);
    cib.status
        .nodes
        .iter_mut()
        .flat_map(|s| &mut s.transient)
        .for_each(&mut *change);
    for resource in &mut cib.resources {
        match resource {
            Resource::Group(g) => g.meta.iter_mut().for_each(&mut *change),
            Resource::Clone(c) => {
                c.meta.iter_mut().for_each(&mut *change);
                if let Resource::Group(g) = &mut *c.child {
                    g.meta.iter_mut().for_each(&mut *change);
                }
            }
            _ => {}
        }
    }
    primitives(cib, &mut |p| {
        let sets = p
            .meta
            .iter_mut()
            .chain(&mut p.params)
            .chain(&mut p.utilization);
        sets.for_each(&mut *change);
    });
}

fn attributes(cib: &mut Cib, cut: &mut Countdown) {
    let mut trim = |attrs: &mut Attrs| {
        for name in OPTIONAL {
            if attrs.get(name).is_some() && cut.take() {
                attrs.remove(name);
            }
        }
    };
    trim(&mut cib.attrs);
    for constraint in &mut cib.constraints {
        let (attrs, sets): (_, &mut [ResourceSet]) = match constraint {
            Constraint::Location(c) => {
                c.rules.iter_mut().for_each(|rule| trim(&mut rule.attrs));
                (&mut c.attrs, &mut c.sets)
            }
            Constraint::Colocation(c) => (&mut c.attrs, &mut c.sets),
            Constraint::Order(c) => (&mut c.attrs, &mut c.sets),
            Constraint::Ticket(c) => (&mut c.attrs, &mut c.sets),
        };
        trim(attrs);
        for set in sets.iter_mut() {
            trim(&mut set.attrs);
        }
    }
    primitives(cib, &mut |p| {
        p.operations.iter_mut().for_each(|op| trim(&mut op.attrs));
    });
}

/// Without what is about something that is gone.
fn tidied(mut cib: Cib) -> Cib {
    let mut ids: Vec<String> = vec!["ghost".into()];
    for resource in &cib.resources {
        ids.push(resource.attrs().id().to_owned());
        if let Resource::Clone(clone) = resource {
            ids.push(clone.child.attrs().id().to_owned());
        }
    }
    primitives(&mut cib, &mut |p| ids.push(p.attrs.id().to_owned()));
    let known = |id: &str| ids.iter().any(|known| known == id);
    let nodes: Vec<String> = cib
        .nodes
        .iter()
        .filter_map(|n| n.attrs.get("uname"))
        .map(String::from)
        .collect();
    let node = |name: Option<&str>| name.is_none_or(|name| nodes.iter().any(|n| n == name));
    cib.status.nodes.retain(|s| node(s.attrs.get("uname")));
    for state in &mut cib.status.nodes {
        state
            .history
            .retain(|r| known(r.id.split(':').next().unwrap_or_default()));
    }
    cib.constraints.retain_mut(|constraint| {
        let (attrs, sets): (_, &mut Vec<ResourceSet>) = match constraint {
            Constraint::Location(c) => (&c.attrs, &mut c.sets),
            Constraint::Colocation(c) => (&c.attrs, &mut c.sets),
            Constraint::Order(c) => (&c.attrs, &mut c.sets),
            Constraint::Ticket(c) => (&c.attrs, &mut c.sets),
        };
        let had_sets = !sets.is_empty();
        for set in sets.iter_mut() {
            set.members.retain(|m| known(m));
        }
        sets.retain(|set| !set.members.is_empty());
        let named = ["rsc", "with-rsc", "first", "then"]
            .iter()
            .filter_map(|name| attrs.get(name));
        let whole = named.into_iter().all(known) && node(attrs.get("node"));
        whole && (!had_sets || !sets.is_empty())
    });
    cib
}
