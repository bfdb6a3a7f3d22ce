//! A new resource, in the words of `pcs resource create`.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright::resource::Agent;
use ringwright_linux::agent::{ActionHint, MetaData, duration};
use ringwright_placement::Cib;
use ringwright_placement::cib::{Clone, Group, NvSet, Operation, Primitive, Resource};

use super::ids::Ids;
use super::pairs::{Pair, pair, put};
use super::{Edited, find, refuse};
use crate::near;

/// Time between two monitors that neither the operator nor the agent says.
const MONITOR_DEFAULT: &str = "60s";

/// Actions of an agent that are no operations of a resource.
const NO_OPERATIONS: [&str; 4] = ["meta-data", "validate-all", "status", "monitor-all"];

const OPERATIONS: [&str; 10] = [
    "start",
    "stop",
    "monitor",
    "promote",
    "demote",
    "notify",
    "migrate_to",
    "migrate_from",
    "reload",
    "reload-agent",
];

const OPERATION_OPTIONS: [&str; 9] = [
    "interval",
    "timeout",
    "role",
    "on-fail",
    "enabled",
    "start-delay",
    "record-pending",
    "interval-origin",
    "OCF_CHECK_LEVEL",
];

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Create {
    pub(crate) id: String,
    pub(crate) agent: Agent,
    pub(crate) params: Vec<Pair>,
    pub(crate) operations: Vec<(String, Vec<Pair>)>,
    pub(crate) meta: Vec<Pair>,
    pub(crate) clone: Option<Cloned>,
    pub(crate) group: Option<Place>,
    pub(crate) disabled: bool,
    /// Nothing is asked of what the agent says of itself.
    pub(crate) force: bool,
    pub(crate) default_operations: bool,
}

/// That it runs more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cloned {
    id: Option<String>,
    promotable: bool,
    meta: Vec<Pair>,
}

/// Where in which group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) group: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// The agent that a word names: `ocf:heartbeat:IPaddr2`, also as `pcs status` writes it (`ocf::heartbeat:IPaddr2`), and
/// the address's short name.
pub(crate) fn agent(word: &str) -> Edited<Agent> {
    let whole = match word {
        "IPaddr2" => "ocf:heartbeat:IPaddr2".to_owned(),
        word => word.replacen("ocf::", "ocf:", 1),
    };
    whole.parse().or_else(|error| {
        refuse(format!(
            "agent `{word}`: {error}; agents are written as in ocf:heartbeat:IPaddr2 or systemd:nginx"
        ))
    })
}

impl Create {
    /// Reads what follows the agent: `NAME=VALUE…`, `op NAME NAME=VALUE…`, `meta NAME=VALUE…`, `clone` or `promotable`
    /// with an id and meta attributes of the clone, `group NAME`.
    pub(crate) fn read(id: &str, agent_word: &str, words: &[String]) -> Edited<Self> {
        let mut create = Self {
            id: id.to_owned(),
            agent: agent(agent_word)?,
            params: Vec::new(),
            operations: Vec::new(),
            meta: Vec::new(),
            clone: None,
            group: None,
            disabled: false,
            force: false,
            default_operations: true,
        };
        let mut part = Part::Params;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "op" => part = Part::Operations,
                "params" => part = Part::Params,
                "meta" if create.clone.is_none() => part = Part::Meta,
                "meta" => part = Part::Clone,
                "clone" | "promotable" | "master" if create.clone.is_none() => {
                    create.clone = Some(Cloned {
                        promotable: word != "clone",
                        ..Cloned::default()
                    });
                    part = Part::Clone;
                }
                "group" => {
                    let Some(name) = words.next() else {
                        return refuse("`group` is followed by its name");
                    };
                    create.place(name)?;
                }
                word => create.word(part, word)?,
            }
        }
        Ok(create)
    }

    /// Puts it into a group.
    pub(crate) fn place(&mut self, group: &str) -> Edited {
        if self.group.is_some() {
            return refuse("it can be in one group only");
        }
        self.group = Some(Place {
            group: group.to_owned(),
            ..Place::default()
        });
        Ok(())
    }

    fn word(&mut self, part: Part, word: &str) -> Edited {
        match (part, self.operations.last_mut()) {
            (Part::Params, _) => self.params.push(option(word)?),
            (Part::Meta, _) => self.meta.push(option(word)?),
            (Part::Operations, _) if !word.contains('=') => {
                if !OPERATIONS.contains(&word) {
                    let near = near::told(word, OPERATIONS);
                    return refuse(format!("no operation is called `{word}`{near}"));
                }
                self.operations.push((word.to_owned(), Vec::new()));
            }
            (Part::Operations, None) => {
                return refuse(format!(
                    "`{word}` after `op` belongs to no operation: `op monitor {word}` is meant?"
                ));
            }
            (Part::Operations, Some((name, options))) => {
                let (key, value) = pair(word)?;
                if !OPERATION_OPTIONS.contains(&key.as_str()) {
                    let near = near::told(&key, OPERATION_OPTIONS);
                    return refuse(format!("`op {name}` has no option `{key}`{near}"));
                }
                let is_time = matches!(key.as_str(), "interval" | "timeout" | "start-delay");
                if is_time && duration(&value).is_none() {
                    return refuse(format!("`{word}`: expected a time, such as 30s"));
                }
                options.push((key, value));
            }
            (Part::Clone, _) => {
                let clone = self.clone.get_or_insert_default();
                match word.contains('=') {
                    true => clone.meta.push(pair(word)?),
                    false if clone.id.is_none() => clone.id = Some(word.to_owned()),
                    false => clone.meta.push(option(word)?),
                }
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Params,
    Operations,
    Meta,
    Clone,
}

fn option(word: &str) -> Edited<Pair> {
    pair(word).or_else(|_| {
        refuse(format!(
            "`{word}` is neither NAME=VALUE nor one of op, meta, clone, promotable and group"
        ))
    })
}

/// Adds a resource. `described` is what its agent says of itself, if that is known.
pub(crate) fn create(cib: &mut Cib, wanted: &Create, described: Option<&MetaData>) -> Edited {
    if wanted.clone.is_some() && wanted.group.is_some() {
        return refuse("a member of a group cannot be a clone: clone the group");
    }
    if let Some(agent) = described.filter(|_| !wanted.force) {
        fits(wanted, agent)?;
    }
    let mut ids = Ids::of(cib);
    ids.take(&wanted.id)?;
    let primitive = primitive(wanted, described, &mut ids)?;
    if let Some(place) = &wanted.group {
        return join(cib, &mut ids, place, primitive);
    }
    let resource = match &wanted.clone {
        None => Resource::Primitive(primitive),
        Some(clone) => Resource::Clone(cloned(wanted, clone, primitive, &mut ids)?),
    };
    cib.resources.push(resource);
    Ok(())
}

/// The parameters are such as the agent describes.
fn fits(wanted: &Create, agent: &MetaData) -> Edited {
    let params: BTreeMap<String, String> = wanted.params.iter().cloned().collect();
    let misfits = agent.misfits(&params);
    if misfits.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = misfits.iter().map(|m| format!("  {m}")).collect();
    refuse(format!(
        "`{}` does not fit {}:\n{}\n--force adds it nevertheless",
        wanted.id,
        wanted.agent,
        lines.join("\n")
    ))
}

fn primitive(wanted: &Create, described: Option<&MetaData>, ids: &mut Ids) -> Edited<Primitive> {
    let id = &wanted.id;
    let mut primitive = Primitive::new(id, &wanted.agent.to_string());
    let params = format!("{id}-instance_attributes");
    for (name, value) in &wanted.params {
        put(&mut primitive.params, ids, &params, name, Some(value));
    }
    meta(&mut primitive.meta, ids, id, &wanted.meta);
    if wanted.disabled && wanted.clone.is_none() {
        meta(&mut primitive.meta, ids, id, &stopped());
    }
    for (name, options) in &wanted.operations {
        let hint = described.and_then(|agent| agent.action(name));
        let operation = operation(id, name, options, hint, ids);
        let same = |other: &Operation| {
            ["name", "interval", "role"]
                .iter()
                .all(|key| other.attrs.get(key) == operation.attrs.get(key))
        };
        if primitive.operations.iter().any(same) {
            return refuse(format!("`op {name}` is there twice with the same interval"));
        }
        primitive.operations.push(operation);
    }
    defaults(&mut primitive, wanted, described, ids);
    Ok(primitive)
}

fn stopped() -> [Pair; 1] {
    [("target-role".to_owned(), "Stopped".to_owned())]
}

fn meta(sets: &mut Vec<NvSet>, ids: &mut Ids, id: &str, pairs: &[Pair]) {
    for (name, value) in pairs {
        put(
            sets,
            ids,
            &format!("{id}-meta_attributes"),
            name,
            Some(value),
        );
    }
}

fn operation(
    id: &str,
    name: &str,
    options: &[Pair],
    hint: Option<&ActionHint>,
    ids: &mut Ids,
) -> Operation {
    let given = options.iter().find(|(key, _)| key == "interval");
    let interval = match given {
        Some((_, value)) => value.clone(),
        None if name == "monitor" => hint
            .and_then(|hint| hint.interval)
            .map_or_else(|| MONITOR_DEFAULT.to_owned(), written),
        None => "0s".to_owned(),
    };
    let mut operation = Operation::new(name, &interval);
    for (key, value) in options.iter().filter(|(key, _)| key != "interval") {
        if key == "OCF_CHECK_LEVEL" {
            let set = format!("{id}-{name}-interval-{interval}-instance_attributes");
            put(&mut operation.params, ids, &set, key, Some(value));
        } else {
            operation.attrs.set(key, value);
        }
    }
    let wish = format!("{id}-{name}-interval-{interval}");
    operation.attrs.set("id", &ids.fresh(&wish));
    operation
}

/// What the agent suggests for operations that nobody named, and a monitor in any case.
fn defaults(
    primitive: &mut Primitive,
    wanted: &Create,
    described: Option<&MetaData>,
    ids: &mut Ids,
) {
    let named = |name: &str| wanted.operations.iter().any(|(other, _)| other == name);
    let mut hints: Vec<&ActionHint> = described
        .into_iter()
        .flat_map(|agent| &agent.actions)
        .filter(|hint| wanted.default_operations || hint.name == "monitor")
        .filter(|hint| !NO_OPERATIONS.contains(&hint.name.as_str()) && !named(&hint.name))
        .collect();
    hints.sort_by_key(|hint| (&hint.name, hint.interval));
    for hint in hints {
        let mut options = Vec::new();
        let mut option = |name: &str, value: Option<String>| {
            options.extend(value.map(|value| (name.to_owned(), value)));
        };
        option("timeout", hint.timeout.map(written));
        option("role", hint.role.as_deref().map(role));
        let operation = operation(&wanted.id, &hint.name, &options, Some(hint), ids);
        primitive
            .operations
            .push(with_interval(operation, hint, &wanted.id, ids));
    }
    let monitored = primitive
        .operations
        .iter()
        .any(|op| op.attrs.get("name") == Some("monitor"));
    if !monitored {
        let monitor = operation(&wanted.id, "monitor", &[], None, ids);
        primitive.operations.push(monitor);
    }
}

/// Several monitors have an interval each.
fn with_interval(
    mut operation: Operation,
    hint: &ActionHint,
    id: &str,
    ids: &mut Ids,
) -> Operation {
    let Some(interval) = hint.interval.filter(|interval| !interval.is_zero()) else {
        return operation;
    };
    let interval = written(interval);
    if operation.attrs.get("interval") != Some(&*interval) {
        let wish = format!("{id}-{}-interval-{interval}", hint.name);
        operation.attrs.set("interval", &interval);
        operation.attrs.set("id", &ids.fresh(&wish));
    }
    operation
}

/// The names of roles that agents written for an older Pacemaker use.
fn role(name: &str) -> String {
    match name {
        "Master" => "Promoted".to_owned(),
        "Slave" => "Unpromoted".to_owned(),
        name => name.to_owned(),
    }
}

fn written(time: Duration) -> String {
    if time.subsec_nanos() == 0 {
        format!("{}s", time.as_secs())
    } else {
        format!("{}ms", time.as_millis())
    }
}

fn cloned(wanted: &Create, clone: &Cloned, primitive: Primitive, ids: &mut Ids) -> Edited<Clone> {
    let id = match &clone.id {
        Some(id) => {
            ids.take(id)?;
            id.clone()
        }
        None => ids.fresh(&format!("{}-clone", wanted.id)),
    };
    let mut made = Clone::new(&id, primitive);
    if clone.promotable {
        let promotable = ("promotable".to_owned(), "true".to_owned());
        meta(&mut made.meta, ids, &id, &[promotable]);
    }
    meta(&mut made.meta, ids, &id, &clone.meta);
    if wanted.disabled {
        meta(&mut made.meta, ids, &id, &stopped());
    }
    Ok(made)
}

/// Becomes a member of a group, which is made if it is not there.
fn join(cib: &mut Cib, ids: &mut Ids, place: &Place, primitive: Primitive) -> Edited {
    let name = &place.group;
    if !ids.has(name) {
        if let Some(member) = place.before.as_ref().or(place.after.as_ref()) {
            return refuse(format!("`{member}` is no member of `{name}`, which is new"));
        }
        ids.take(name)?;
        let group = Group::new(name, [primitive]);
        cib.resources.push(Resource::Group(group));
        return Ok(());
    }
    let find::Found::Group(group) = find::resource(cib, name)? else {
        return refuse(format!("`{name}` is no group"));
    };
    let position = |member: &String| {
        let found = group.members.iter().position(|p| p.attrs.id() == member);
        found.map_or_else(
            || refuse(format!("`{member}` is no member of `{name}`")),
            Ok,
        )
    };
    let at = match (&place.before, &place.after) {
        (Some(before), _) => position(before)?,
        (None, Some(after)) => position(after)? + 1,
        (None, None) => group.members.len(),
    };
    group.members.insert(at, primitive);
    Ok(())
}
