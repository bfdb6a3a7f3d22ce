//! Configurations of Pacemaker 1.0 to 2.x, turned into today's form as `cibadmin --upgrade` does.
//!
//! Two things changed: with 2.0 the form of access control, with 3.0 the names and places of options that had been
//! superseded before.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Element, Text};

/// What an upgraded configuration says it is.
const SCHEMA: &str = "pacemaker-3.0";

/// Cluster options and what became of them.
const OPTIONS: &[(&str, Now)] = &[
    (
        "cluster_recheck_interval",
        Now::Named("cluster-recheck-interval"),
    ),
    ("dc_deadtime", Now::Named("dc-deadtime")),
    ("default-action-timeout", Now::OpDefault("timeout")),
    ("default_action_timeout", Now::OpDefault("timeout")),
    ("default-migration-threshold", Now::Gone),
    ("default_migration_threshold", Now::Gone),
    ("default-resource-failure-stickiness", Now::Threshold),
    ("default_resource_failure_stickiness", Now::Threshold),
    (
        "default-resource-stickiness",
        Now::RscDefault("resource-stickiness"),
    ),
    (
        "default_resource_stickiness",
        Now::RscDefault("resource-stickiness"),
    ),
    ("election_timeout", Now::Named("election-timeout")),
    ("expected-quorum-votes", Now::Gone),
    ("is-managed-default", Now::RscDefault("is-managed")),
    ("is_managed_default", Now::RscDefault("is-managed")),
    ("no_quorum_policy", Now::Named("no-quorum-policy")),
    ("notification-agent", Now::Gone),
    ("notification-recipient", Now::Gone),
    ("remove_after_stop", Now::Named("remove-after-stop")),
    ("shutdown_escalation", Now::Named("shutdown-escalation")),
    ("startup_fencing", Now::Named("startup-fencing")),
    ("stonith_action", Now::Named("stonith-action")),
    ("stonith_enabled", Now::Named("stonith-enabled")),
    ("stop_orphan_actions", Now::Named("stop-orphan-actions")),
    ("stop_orphan_resources", Now::Named("stop-orphan-resources")),
    ("symmetric_cluster", Now::Named("symmetric-cluster")),
    ("transition_idle_timeout", Now::Named("cluster-delay")),
];

/// Parameters of fencing devices that have another name today.
const PARAMETERS: &[(&str, &str)] = &[
    ("pcmk_list_cmd", "pcmk_list_action"),
    ("pcmk_monitor_cmd", "pcmk_monitor_action"),
    ("pcmk_off_cmd", "pcmk_off_action"),
    ("pcmk_on_cmd", "pcmk_on_action"),
    ("pcmk_reboot_cmd", "pcmk_reboot_action"),
    ("pcmk_status_cmd", "pcmk_status_action"),
];

/// Parameters of an operation that are meta attributes today.
const OPERATION_META: &[&str] = &[
    "interval-origin",
    "start-delay",
    "enabled",
    "on-fail",
    "record-pending",
    "role",
    "timeout",
];

/// Cluster layers that a cluster of today does not stand on.
const OLD_LAYERS: &[&str] = &[
    "heartbeat",
    "openais",
    "classic openais",
    "classic openais (with plugin)",
    "cman",
];

/// What became of an option.
#[derive(Clone, Copy)]
enum Now {
    Named(&'static str),
    RscDefault(&'static str),
    OpDefault(&'static str),
    /// −INFINITY became a migration threshold of 1 in the resource defaults; other values have no effect.
    Threshold,
    Gone,
}

/// How old the schema of a `cib` element is.
enum Age {
    Today,
    /// Before 3.0.
    Two,
    /// Before 2.0, or not said.
    One,
}

/// Upgrades `configuration` in place if the schema that `cib` names is older than 3.0.
///
/// # Errors
/// No such schema is known.
pub(super) fn upgrade(
    file: &str,
    cib: &mut Attrs,
    configuration: &mut Element,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let age = age(file, cib)?;
    if matches!(age, Age::Today) {
        return Ok(Vec::new());
    }
    let mut upgrade = Upgrade {
        file,
        warnings: Vec::new(),
    };
    if matches!(age, Age::One) {
        configuration
            .children
            .iter_mut()
            .filter(|e| &*e.name == "acls")
            .for_each(access);
    }
    upgrade.options(configuration);
    for e in &mut configuration.children {
        match &*e.name {
            "nodes" => e.children.iter_mut().for_each(node),
            "resources" => upgrade.resources(e),
            "constraints" => e.children.iter_mut().for_each(constraint),
            _ => {}
        }
    }
    if cib.get("validate-with").is_some() {
        cib.set("validate-with", SCHEMA);
    }
    Ok(upgrade.warnings)
}

fn age(file: &str, cib: &Attrs) -> Result<Age, Diagnostic> {
    let Some(schema) = cib.get("validate-with") else {
        return Ok(Age::One);
    };
    let version = schema
        .strip_prefix("pacemaker-")
        .and_then(|v| v.split_once('.'));
    let number = |s: &str| s.parse::<u32>().ok();
    let version = version.and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    match version {
        Some((1, 0..=3)) => Ok(Age::One),
        Some((2, 0..=10)) => Ok(Age::Two),
        Some((3, _)) => Ok(Age::Today),
        _ if matches!(schema, "none" | "pacemaker-next") => Ok(Age::Today),
        _ => {
            let message = format!(
                "the schema `{schema}` is not known: pacemaker-1.0 to 1.3, 2.0 to 2.10 and 3.x are, and none"
            );
            Err(Diagnostic::error(
                file,
                cib.place,
                "unknown-schema",
                message,
            ))
        }
    }
}

struct Upgrade<'a> {
    file: &'a str,
    warnings: Vec<Diagnostic>,
}

impl Upgrade<'_> {
    fn gone(&mut self, pair: &Element) {
        let name = pair.attrs.get("name").unwrap_or_default();
        self.warnings.push(Diagnostic::warning(
            self.file,
            pair.attrs.place,
            "outdated",
            format!("`{name}` has had no effect since Pacemaker 2.0; it is left out"),
        ));
    }

    /// Cluster options get their names of today, or become defaults.
    fn options(&mut self, configuration: &mut Element) {
        let (mut rsc, mut op) = (Vec::new(), Vec::new());
        for section in named_mut(configuration, "crm_config") {
            for set in named_mut(section, "cluster_property_set") {
                let ruled = set.child("rule").is_some();
                let mut kept = Vec::new();
                for mut pair in core::mem::take(&mut set.children) {
                    let Some(now) = became(&pair) else {
                        kept.push(pair);
                        continue;
                    };
                    let target = match now {
                        Now::Named(name) => {
                            pair.attrs.set("name", name);
                            kept.push(pair);
                            continue;
                        }
                        // A rule does not move with it.
                        _ if ruled => None,
                        Now::RscDefault(name) => Some((&mut rsc, name)),
                        Now::OpDefault(name) => Some((&mut op, name)),
                        Now::Threshold if pair.attrs.get("value") == Some("-INFINITY") => {
                            pair.attrs.set("value", "1");
                            Some((&mut rsc, "migration-threshold"))
                        }
                        Now::Threshold | Now::Gone => None,
                    };
                    if let Some((defaults, name)) = target {
                        pair.attrs.set("name", name);
                        defaults.push(pair);
                    } else {
                        self.gone(&pair);
                    }
                }
                set.children = kept;
            }
            let holds =
                |set: &Element| pairs(set).next().is_some() || set.attrs.get("id-ref").is_some();
            section.children.retain(holds);
        }
        defaults(configuration, "rsc_defaults", rsc);
        defaults(configuration, "op_defaults", op);
    }

    fn resources(&mut self, e: &mut Element) {
        for child in &mut e.children {
            match &*child.name {
                "primitive" | "template" => self.primitive(child),
                "group" | "clone" | "master" | "bundle" => self.resources(child),
                _ => {}
            }
        }
    }

    fn primitive(&mut self, p: &mut Element) {
        for set in named_mut(p, "instance_attributes") {
            set.children.retain_mut(parameter);
        }
        for set in named_mut(p, "meta_attributes") {
            self.meta(set);
        }
        let empty = |e: &Element| e.children.is_empty() && e.attrs.get("id-ref").is_none();
        let is_set = |e: &Element| matches!(&*e.name, "instance_attributes" | "meta_attributes");
        p.children.retain(|e| !(is_set(e) && empty(e)));
        let mut requires = None;
        for operations in named_mut(p, "operations") {
            for op in named_mut(operations, "op") {
                requires = operation(op).or(requires);
                op.children.retain(|e| !(is_set(e) && empty(e)));
            }
        }
        let has = |set: &Element| pairs(set).any(|pair| pair.attrs.get("name") == Some("requires"));
        if let Some(value) = requires
            && !p.named("meta_attributes").any(has)
        {
            let id = format!("{}-requires", p.attrs.id());
            let pair = pair(&format!("{id}-value"), "requires", &value);
            p.children.push(set("meta_attributes", &id, vec![pair]));
        }
    }

    /// Meta attributes of a primitive.
    fn meta(&mut self, set: &mut Element) {
        let named =
            |set: &Element, name: &str| pairs(set).any(|p| p.attrs.get("name") == Some(name));
        let has_threshold = named(set, "migration-threshold");
        let mut kept: Vec<Element> = Vec::new();
        for mut pair in core::mem::take(&mut set.children) {
            match pair.attrs.get("name") {
                Some("resource-failure-stickiness" | "resource_failure_stickiness") => {
                    if has_threshold || pair.attrs.get("value") != Some("-INFINITY") {
                        self.gone(&pair);
                        continue;
                    }
                    pair.attrs.set("name", "migration-threshold");
                    pair.attrs.set("value", "1");
                }
                Some(
                    "isolation" | "isolation-host" | "isolation-instance" | "isolation-wrapper",
                ) => {
                    if !kept.is_empty() {
                        self.gone(&pair);
                        continue;
                    }
                    // The wrapper is no more: better no service than one without it.
                    pair.attrs.set("name", "target-role");
                    pair.attrs.set("value", "Stopped");
                }
                _ => {}
            }
            kept.push(pair);
        }
        set.children = kept;
    }
}

fn became(pair: &Element) -> Option<Now> {
    let name = pair.attrs.get("name")?;
    if name == "cluster-infrastructure" {
        let layer = pair.attrs.get("value")?;
        return OLD_LAYERS.contains(&layer).then_some(Now::Gone);
    }
    OPTIONS
        .iter()
        .find(|(old, _)| *old == name)
        .map(|(_, now)| *now)
}

/// Adds pairs to the first set of defaults without a rule, unless a default of their name is there.
fn defaults(configuration: &mut Element, section: &str, mut moved: Vec<Element>) {
    for existing in configuration.named(section).flat_map(|e| &e.children) {
        let names: Vec<&str> = pairs(existing)
            .filter_map(|p| p.attrs.get("name"))
            .collect();
        moved.retain(|p| {
            p.attrs
                .get("name")
                .is_none_or(|name| !names.contains(&name))
        });
    }
    if moved.is_empty() {
        return;
    }
    let id = format!("{section}-of-options");
    let Some(defaults) = named_mut(configuration, section).next() else {
        let children = vec![set("meta_attributes", &id, moved)];
        configuration.children.push(Element {
            name: Text::from(section),
            attrs: Attrs::default(),
            children,
        });
        return;
    };
    if defaults.children.is_empty() {
        defaults.children.push(set("meta_attributes", &id, moved));
    } else if let Some(free) = defaults
        .children
        .iter_mut()
        .find(|s| s.child("rule").is_none())
    {
        free.children.extend(moved);
    }
}

/// Renames a parameter; whether it stays.
fn parameter(pair: &mut Element) -> bool {
    let name = pair.attrs.get("name").unwrap_or_default();
    if name == "pcmk_arg_map" {
        let value = pair.attrs.get("value").unwrap_or_default();
        let Some(argument) = value.strip_prefix("port:").map(String::from) else {
            return false;
        };
        pair.attrs.set("name", "pcmk_host_argument");
        pair.attrs.set("value", &argument);
    } else if let Some((_, now)) = PARAMETERS.iter().find(|(old, _)| *old == name) {
        pair.attrs.set("name", now);
    }
    true
}

/// Moves meta attributes among the parameters of an operation to their place; what it says about `requires`, which belongs
/// to the resource today.
fn operation(op: &mut Element) -> Option<Text> {
    let counts = matches!(op.attrs.get("name"), Some("start" | "promote"));
    let mut requires = op.attrs.text("requires").cloned();
    op.attrs.remove("requires");
    let mut moved = Vec::new();
    for set in &mut op.children {
        let parameters = &*set.name == "instance_attributes";
        set.children.retain(|pair| {
            let name = pair.attrs.get("name").unwrap_or_default();
            if name == "requires" {
                requires = requires
                    .take()
                    .or_else(|| pair.attrs.text("value").cloned());
                return false;
            }
            let stays = !parameters || !OPERATION_META.contains(&name);
            if !stays {
                moved.push(pair.clone());
            }
            stays
        });
    }
    if !moved.is_empty() {
        let id = format!("{}-meta", op.attrs.id());
        if let Some(meta) = named_mut(op, "meta_attributes").next() {
            meta.children.extend(moved);
        } else {
            op.children.push(set("meta_attributes", &id, moved));
        }
    }
    requires.filter(|_| counts)
}

fn node(e: &mut Element) {
    if e.attrs.get("type") == Some("normal") {
        e.attrs.set("type", "member");
    }
}

fn constraint(e: &mut Element) {
    if &*e.name == "rsc_colocation" {
        e.attrs.remove("score-attribute");
        e.attrs.remove("score-attribute-mangle");
    }
}

/// Access control of before 2.0: users with rights of their own, or with roles.
fn access(acls: &mut Element) {
    let mut now = Vec::new();
    for mut e in core::mem::take(&mut acls.children) {
        e.children.iter_mut().for_each(permission);
        if &*e.name == "acl_user" {
            e.name = Text::from("acl_target");
            let own: Vec<Element> = e.named("acl_permission").cloned().collect();
            if !own.is_empty() {
                let id = format!("auto-{}", e.attrs.id());
                e.children = vec![set("role", &id, Vec::new())];
                now.push(e);
                now.push(set("acl_role", &id, own));
                continue;
            }
        }
        now.push(e);
    }
    acls.children = now;
}

fn permission(e: &mut Element) {
    let kind = Text::clone(&e.name);
    match &*kind {
        "role_ref" => e.name = Text::from("role"),
        "read" | "write" | "deny" => {
            let old = core::mem::take(&mut e.attrs);
            e.name = Text::from("acl_permission");
            e.attrs = Attrs::at(old.place);
            e.attrs.set("id", old.id());
            e.attrs.set("kind", &kind);
            let attribute = old.get("attribute");
            if let Some(reference) = old.get("ref") {
                e.attrs.set("reference", reference);
            } else if let Some(tag) = old.get("tag") {
                e.attrs.set("object-type", tag);
                if let Some(attribute) = attribute {
                    e.attrs.set("attribute", attribute);
                }
            } else if let Some(path) = old.get("xpath") {
                match attribute {
                    Some(a) => e.attrs.set("xpath", &format!("{path}[@{a}]")),
                    None => e.attrs.set("xpath", path),
                }
            }
        }
        _ => {}
    }
}

fn named_mut<'a>(e: &'a mut Element, name: &'a str) -> impl Iterator<Item = &'a mut Element> {
    e.children.iter_mut().filter(move |c| &*c.name == name)
}

fn pairs(set: &Element) -> impl Iterator<Item = &Element> {
    set.named("nvpair")
}

fn set(name: &str, id: &str, children: Vec<Element>) -> Element {
    let mut attrs = Attrs::default();
    attrs.set("id", id);
    Element {
        name: Text::from(name),
        attrs,
        children,
    }
}

fn pair(id: &str, name: &str, value: &str) -> Element {
    let mut element = set("nvpair", id, Vec::new());
    element.attrs.set("name", name);
    element.attrs.set("value", value);
    element
}
