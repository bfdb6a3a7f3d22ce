//! What cluster options mean here, and what is refused of a configuration.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use ringwright_placement::cib::{Cib, NvSet, Primitive, Resource};

use super::base::Base;
use super::fold::Fold;
use super::lease::LEASE_MIN;
use crate::resource::{Action, Agent, Class};

/// The cluster option that sets the lease of addresses: a duration, `true` (the default) or `false`.
pub(super) const LEASE: &str = "ringwright-lease";

/// Read as Pacemaker reads truth.
pub(super) fn truth(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "on", "yes", "y", "1"]) {
        Some(true)
    } else if is(&["false", "off", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// A duration with its unit, seconds without.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "" | "s" | "sec" => Some(Duration::from_secs(number)),
        "ms" | "msec" => Some(Duration::from_millis(number)),
        "m" | "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

/// The lease that addresses are held on; `None`: until they are stopped.
pub(super) fn lease(fold: &Fold) -> Option<Duration> {
    let Some(text) = fold.base.option(LEASE) else {
        return Some(fold.lease);
    };
    match (truth(text), duration(text)) {
        (Some(false), _) => None,
        (None, Some(lease)) => Some(lease.max(LEASE_MIN)),
        _ => Some(fold.lease),
    }
}

/// Whether an action's resource is on a lease, if there are any: an address, or one whose meta attribute
/// `ringwright-lease` says that its agent keeps one.
pub(super) fn is_leased(action: &Action) -> bool {
    let word = action.meta.get(LEASE).and_then(|text| truth(text));
    word.unwrap_or_else(|| action.agent.is_address())
}

fn agent(primitive: &Primitive) -> Option<Agent> {
    let get = |name| primitive.attrs.get(name);
    let class = get("class")?;
    let kind = get("type")?;
    let text = match get("provider") {
        Some(provider) => format!("{class}:{provider}:{kind}"),
        None => format!("{class}:{kind}"),
    };
    text.parse().ok()
}

pub(super) fn value<'a>(sets: &'a [NvSet], name: &str) -> Option<&'a str> {
    sets.iter().find_map(|set| set.get(name))
}

/// Every primitive with the sets of meta attributes that reach it, nearest first.
pub(super) fn primitives(cib: &Cib) -> Vec<(&Primitive, Vec<&[NvSet]>)> {
    fn walk<'a>(
        resource: &'a Resource,
        above: &[&'a [NvSet]],
        found: &mut Vec<(&'a Primitive, Vec<&'a [NvSet]>)>,
    ) {
        let mut sets = alloc::vec![resource.meta()];
        sets.extend_from_slice(above);
        match resource {
            Resource::Primitive(primitive) => found.push((primitive, sets)),
            Resource::Group(group) => {
                for member in &group.members {
                    let mut own = alloc::vec![member.meta.as_slice()];
                    own.extend_from_slice(&sets);
                    found.push((member, own));
                }
            }
            Resource::Clone(clone) => walk(&clone.child, &sets, found),
            Resource::Bundle(bundle) => {
                found.extend(
                    bundle
                        .primitive
                        .iter()
                        .map(|primitive| (primitive, sets.clone())),
                );
            }
        }
    }
    let mut found = Vec::new();
    for resource in &cib.resources {
        walk(resource, &[], &mut found);
    }
    found
}

fn has_device(cib: &Cib) -> bool {
    primitives(cib)
        .iter()
        .any(|(p, _)| p.attrs.get("class") == Some("stonith"))
}

fn fences(base: &Base) -> bool {
    base.option("stonith-enabled")
        .and_then(truth)
        .unwrap_or(true)
}

/// What a configuration asks for that would not be done, in words. Empty: all of it would.
pub(super) fn refusals(base: &Base) -> Vec<String> {
    let cib = base.document();
    if let Some(text) = base.option(LEASE)
        && truth(text).is_none()
        && duration(text).is_none()
    {
        return alloc::vec![format!(
            "{LEASE} is '{text}': it must be a duration such as 5s, true or false"
        )];
    }
    if has_device(cib) {
        return Vec::new();
    }
    let leases = base.option(LEASE).and_then(truth) != Some(false);
    let mut reasons = Vec::new();
    for (primitive, meta) in primitives(cib) {
        let id = primitive.attrs.id();
        for op in &primitive.operations {
            if op.attrs.get("on-fail") == Some("fence")
                || value(&op.meta, "on-fail") == Some("fence")
            {
                let name = op.attrs.get("name").unwrap_or("");
                reasons.push(format!(
                    "{id}: on-fail=fence of {name} needs a fence device, and there is none"
                ));
            }
        }
        if !fences(base) {
            continue;
        }
        let Some(agent) = agent(primitive) else {
            continue;
        };
        let word = meta
            .iter()
            .find_map(|sets| value(sets, LEASE))
            .and_then(truth);
        let expires = leases && word.unwrap_or_else(|| agent.is_address());
        let requires = meta.iter().find_map(|sets| value(sets, "requires"));
        let needs = !matches!(requires, Some("nothing" | "quorum"));
        if needs && !expires && agent.class != Class::Stonith {
            reasons.push(format!(
                "{id} ({agent}) stays when its node dies, so it needs fencing, and there is no fence device: configure \
                 one, or set stonith-enabled=false to go without"
            ));
        }
    }
    reasons
}

/// What is to be told of a configuration that is in force.
pub(super) fn warnings(base: &Base) -> Vec<String> {
    let mut warnings = Vec::new();
    let cib = base.document();
    let leases = base.option(LEASE).and_then(truth) != Some(false);
    let stays = primitives(cib).into_iter().filter(|(primitive, meta)| {
        let word = meta
            .iter()
            .find_map(|sets| value(sets, LEASE))
            .and_then(truth);
        agent(primitive).is_some_and(|agent| {
            agent.class != Class::Stonith && !(leases && word.unwrap_or_else(|| agent.is_address()))
        })
    });
    let stays: Vec<_> = stays
        .map(|(primitive, _)| primitive.attrs.id().to_string())
        .collect();
    if !fences(base) && !stays.is_empty() {
        warnings.push(format!(
            "fencing is off: when a node dies, what it runs of these may run twice: {}",
            stays.join(", ")
        ));
    }
    if base.option("no-quorum-policy") == Some("ignore") {
        warnings.push(
            "no-quorum-policy=ignore: two partitions may both run everything, leases or not"
                .to_string(),
        );
    }
    warnings
}

/// The configuration that placement sees: without fence devices nothing is fenced, and what does not expire was refused.
pub(super) fn for_placement(base: &Base, cib: &mut Cib) {
    if fences(base) && !has_device(cib) {
        let mut set = NvSet::default();
        set.attrs.set("id", "ringwright-leases");
        set.attrs.set("score", "INFINITY");
        let mut pair = ringwright_placement::Attrs::default();
        pair.set("id", "ringwright-leases-stonith-enabled");
        pair.set("name", "stonith-enabled");
        pair.set("value", "false");
        set.pairs.push(pair);
        cib.crm_config.insert(0, set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(options: &[(&str, &str)], resources: &str) -> Base {
        let pair = |(name, value): &(&str, &str)| {
            format!("<nvpair id=\"{name}\" name=\"{name}\" value=\"{value}\"/>")
        };
        let pairs: Vec<String> = options.iter().map(pair).collect();
        let pairs = pairs.concat();
        let text = format!(
            "<cib validate-with=\"pacemaker-3.7\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\"><configuration><crm_config>\
<cluster_property_set id=\"o\">{pairs}</cluster_property_set></crm_config><nodes/><resources>{resources}\
</resources><constraints/></configuration><status/></cib>"
        );
        Base::parse("cib.xml", &text).unwrap()
    }

    const ADDRESS: &str =
        "<primitive id=\"ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>";
    const DUMMY: &str = "<primitive id=\"d\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>";
    const FENCED: &str = "<primitive id=\"ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"><operations>\
<op id=\"m\" name=\"monitor\" interval=\"5s\" on-fail=\"fence\"/></operations></primitive>";
    const DEVICE: &str = "<primitive id=\"f\" class=\"stonith\" type=\"fence_dummy\"/>";

    #[test]
    fn what_cannot_expire_needs_a_fence_device_or_a_word_that_none_is_wanted() {
        assert_eq!(refusals(&base(&[], ADDRESS)), Vec::<String>::new());
        let refused = refusals(&base(&[], DUMMY));
        assert!(
            refused[0].starts_with(
                "d (ocf:heartbeat:Dummy) stays when its node dies, so it needs fencing"
            ),
            "{refused:?}"
        );
        assert!(refusals(&base(&[], &format!("{DUMMY}{DEVICE}"))).is_empty());
        let off = base(&[("stonith-enabled", "false")], DUMMY);
        assert!(refusals(&off).is_empty());
        assert!(warnings(&off)[0].ends_with("may run twice: d"));
        let without_leases = base(&[("ringwright-lease", "false")], ADDRESS);
        assert_eq!(refusals(&without_leases).len(), 1);
    }

    #[test]
    fn a_failure_that_fences_needs_a_device() {
        let options = [("stonith-enabled", "false")];
        assert_eq!(
            refusals(&base(&options, FENCED)),
            ["ip: on-fail=fence of monitor needs a fence device, and there is none"]
        );
        assert!(refusals(&base(&[], &format!("{FENCED}{DEVICE}"))).is_empty());
    }

    #[test]
    fn the_lease_is_a_duration_or_a_truth() {
        let of = |value: &str| {
            let fold = Fold {
                base: base(&[("ringwright-lease", value)], ADDRESS),
                lease: Duration::from_secs(8),
                ..Fold::default()
            };
            lease(&fold).map(|lease| lease.as_secs())
        };
        assert_eq!(of("true"), Some(8));
        assert_eq!(of("false"), None);
        assert_eq!(of("12s"), Some(12));
        assert_eq!(of("1s"), Some(3));
        assert_eq!(
            refusals(&base(&[("ringwright-lease", "soon")], "")),
            ["ringwright-lease is 'soon': it must be a duration such as 5s, true or false"]
        );
    }
}
