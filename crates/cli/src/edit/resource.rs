//! Resources that are there: taken away, switched, and sent elsewhere.

use ringwright_placement::cib::{Constraint, Location, Resource, ResourceSet};
use ringwright_placement::{Cib, INFINITY};

use super::ids::Ids;
use super::pairs::{Pair, put};
use super::{Edited, find, refuse};

/// Takes a resource away, and what refers to it; the answer names what went with it.
pub(crate) fn delete(cib: &mut Cib, id: &str) -> Edited<Vec<String>> {
    find::known(cib, id)?;
    let mut gone: Vec<String> = Vec::new();
    let mut kept = Vec::with_capacity(cib.resources.len());
    for resource in std::mem::take(&mut cib.resources) {
        kept.extend(without(resource, id, &mut gone));
    }
    cib.resources = kept;
    for resource in gone.clone() {
        forget(cib, &resource, &mut gone);
    }
    Ok(gone)
}

/// What is left of a resource.
fn without(mut resource: Resource, id: &str, gone: &mut Vec<String>) -> Option<Resource> {
    let all = find::inside(&resource);
    if !all.contains(&id) {
        return Some(resource);
    }
    let whole: Vec<String> = all.iter().map(|id| (*id).to_owned()).collect();
    match &mut resource {
        Resource::Group(group) if group.attrs.id() != id && group.members.len() > 1 => {
            group.members.retain(|p| p.attrs.id() != id);
            gone.push(id.to_owned());
            Some(resource)
        }
        Resource::Clone(clone) if clone.attrs.id() != id => {
            let child = (*clone.child).clone();
            if let Some(left) = without(child, id, gone) {
                clone.child = left.into();
                return Some(resource);
            }
            gone.push(clone.attrs.id().to_owned());
            None
        }
        Resource::Bundle(bundle) if bundle.attrs.id() != id => {
            bundle.primitive = None;
            gone.push(id.to_owned());
            Some(resource)
        }
        _ => {
            gone.extend(whole);
            None
        }
    }
}

/// Takes away what refers to a resource.
fn forget(cib: &mut Cib, id: &str, gone: &mut Vec<String>) {
    let names = |constraint: &Constraint| {
        let keys = ["rsc", "with-rsc", "first", "then"];
        keys.iter()
            .any(|key| constraint.attrs().get(key) == Some(id))
    };
    cib.constraints.retain_mut(|constraint| {
        let sets: &mut Vec<ResourceSet> = match constraint {
            Constraint::Location(c) => &mut c.sets,
            Constraint::Colocation(c) => &mut c.sets,
            Constraint::Order(c) => &mut c.sets,
            Constraint::Ticket(c) => &mut c.sets,
        };
        let had_sets = !sets.is_empty();
        for set in &mut *sets {
            set.members.retain(|member| **member != *id);
        }
        sets.retain(|set| !set.members.is_empty());
        let emptied = had_sets && sets.is_empty();
        let stays = !emptied && !names(constraint);
        if !stays {
            gone.push(constraint.attrs().id().to_owned());
        }
        stays
    });
    for tag in &mut cib.tags {
        tag.members.retain(|member| **member != *id);
    }
    cib.tags.retain(|tag| !tag.members.is_empty());
}

/// Stops a resource wherever it runs, or lets it run again.
pub(crate) fn set_disabled(cib: &mut Cib, id: &str, disabled: bool) -> Edited {
    find::known(cib, id)?;
    let mut ids = Ids::of(cib);
    let value = disabled.then_some("Stopped");
    let mut concerned = vec![id.to_owned()];
    if !disabled {
        // A primitive runs only if its clone may, and the other way round.
        let clones = cib
            .resources
            .iter()
            .filter(|r| matches!(r, Resource::Clone(_)));
        let related = clones.map(find::inside).filter(|all| all.contains(&id));
        concerned.extend(related.flatten().map(str::to_owned));
    }
    for id in concerned {
        let set = format!("{id}-meta_attributes");
        let meta = find::resource(cib, &id)?.meta();
        put(meta, &mut ids, &set, "target-role", value);
    }
    Ok(())
}

/// Sets meta attributes; an empty value takes one away.
pub(crate) fn set_meta(cib: &mut Cib, id: &str, pairs: &[Pair]) -> Edited {
    find::known(cib, id)?;
    let mut ids = Ids::of(cib);
    let meta = find::resource(cib, id)?.meta();
    for (name, value) in pairs {
        let set = format!("{id}-meta_attributes");
        put(meta, &mut ids, &set, name, Some(value));
    }
    Ok(())
}

/// Sets parameters; an empty value takes one away.
pub(crate) fn update(cib: &mut Cib, id: &str, pairs: &[Pair]) -> Edited {
    find::known(cib, id)?;
    let mut ids = Ids::of(cib);
    let Some(params) = find::resource(cib, id)?.params() else {
        return refuse(format!("`{id}` is a bundle: it has no parameters"));
    };
    for (name, value) in pairs {
        let set = format!("{id}-instance_attributes");
        put(params, &mut ids, &set, name, Some(value));
    }
    Ok(())
}

/// Where a resource is sent, or kept from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent<'a> {
    pub(crate) resource: &'a str,
    pub(crate) node: Option<&'a str>,
    /// Its promoted instances only.
    pub(crate) promoted: bool,
    /// Where it runs now.
    pub(crate) homes: &'a [String],
}

impl Sent<'_> {
    fn role(&self) -> &'static str {
        if self.promoted { "Promoted" } else { "Started" }
    }

    fn constrain(&self, cib: &mut Cib, id: &str, rsc: &str, node: &str, score: i32) {
        cib.constraints.retain(|c| c.attrs().id() != id);
        let location = Location::new(rsc, node, score)
            .set("id", id)
            .set("role", self.role());
        cib.constraints.push(Constraint::Location(location));
    }
}

/// Sends a resource to a node, or away from where it is; the answer says what holds from now on.
pub(crate) fn send(cib: &mut Cib, sent: &Sent<'_>) -> Edited<String> {
    let Some(node) = sent.node else {
        return ban(cib, sent);
    };
    find::known(cib, sent.resource)?;
    find::node(cib, node)?;
    if sent.homes.iter().any(|home| home == node) && !sent.promoted {
        return refuse(format!("{} runs on {node} already", sent.resource));
    }
    let rsc = find::constrained(cib, sent.resource);
    clear(cib, sent.resource, None)?;
    let id = format!("cli-prefer-{rsc}");
    sent.constrain(cib, &id, &rsc, node, INFINITY);
    Ok(format!(
        "{rsc} prefers {node} from now on; `resource clear {rsc}` ends that"
    ))
}

/// Keeps a resource from a node, or from the only one where it is.
pub(crate) fn ban(cib: &mut Cib, sent: &Sent<'_>) -> Edited<String> {
    find::known(cib, sent.resource)?;
    let node = match (sent.node, sent.homes) {
        (Some(node), _) => node,
        (None, [home]) => home,
        (None, []) => {
            return refuse(format!("{} runs nowhere: name a node", sent.resource));
        }
        (None, homes) => {
            let homes = homes.join(", ");
            return refuse(format!("{} runs on {homes}: name a node", sent.resource));
        }
    };
    find::node(cib, node)?;
    let rsc = find::constrained(cib, sent.resource);
    cib.constraints.retain(|c| {
        !(c.attrs().id() == format!("cli-prefer-{rsc}") && c.attrs().get("node") == Some(node))
    });
    let id = format!("cli-ban-{rsc}-on-{node}");
    sent.constrain(cib, &id, &rsc, node, -INFINITY);
    Ok(format!(
        "{rsc} does not run on {node} from now on; `resource clear {rsc}` ends that"
    ))
}

/// Ends what [`send`] and [`ban`] said, of one node or of all; the answer names the constraints that went.
pub(crate) fn clear(cib: &mut Cib, resource: &str, node: Option<&str>) -> Edited<Vec<String>> {
    find::known(cib, resource)?;
    let rsc = find::constrained(cib, resource);
    let (prefer, ban) = (format!("cli-prefer-{rsc}"), format!("cli-ban-{rsc}-on-"));
    let mut gone = Vec::new();
    cib.constraints.retain(|constraint| {
        let attrs = constraint.attrs();
        let ours = attrs.id() == prefer || attrs.id().starts_with(&ban);
        let concerned = node.is_none_or(|node| attrs.get("node") == Some(node));
        if ours && concerned {
            gone.push(attrs.id().to_owned());
        }
        !(ours && concerned)
    });
    Ok(gone)
}

/// There is a resource of this id.
pub(crate) fn known(cib: &Cib, id: &str) -> Edited {
    find::known(cib, id)
}

/// The ids of a resource and of all inside; none if there is no such resource.
pub(crate) fn inside<'a>(cib: &'a Cib, id: &str) -> Vec<&'a str> {
    let inside = |resource| find::inside(resource);
    let top = cib
        .resources
        .iter()
        .map(inside)
        .find(|all| all.contains(&id));
    match top {
        Some(all) if all.first() == Some(&id) => all,
        Some(all) => all.into_iter().filter(|one| *one == id).collect(),
        None => Vec::new(),
    }
}
