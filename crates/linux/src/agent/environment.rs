//! What an OCF agent finds in its environment. Pure.
//!
//! By the OCF resource agent API 1.1, and as Pacemaker 2.1.5's executor gives it to an agent that prints what it finds. A
//! program that runs agents adds nothing of its own environment, so that a resource does not depend on who started the node.

use std::collections::BTreeMap;
use std::path::Path;

use ringwright::resource::Action;

/// The version of the API, major and minor.
const VERSION: (&str, &str) = ("1", "1");

/// Before a reason on an agent's standard error.
pub(crate) const REASON_PREFIX: &str = "ocf-exit-reason:";

/// Where agents look for programs.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A name that no variable of an environment can have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadName(pub(crate) String);

/// The variables for one action.
pub(crate) fn environment(
    action: &Action,
    root: &Path,
) -> Result<BTreeMap<String, String>, BadName> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("PATH", PATH);
    set("HOME", "/root");
    // What agents read of other programs' output is in this language.
    set("LC_ALL", "C");
    set("HA_debug", "0");
    set("OCF_ROOT", &root.to_string_lossy());
    set("OCF_RA_VERSION_MAJOR", VERSION.0);
    set("OCF_RA_VERSION_MINOR", VERSION.1);
    set("OCF_EXIT_REASON_PREFIX", REASON_PREFIX);
    set("OCF_OUTPUT_FORMAT", "text");
    set("OCF_RESOURCE_INSTANCE", &action.resource);
    set("OCF_RESOURCE_TYPE", &action.agent.kind);
    set("OCF_RESOURCE_PROVIDER", &action.agent.provider);
    set("OCF_RESKEY_CRM_meta_name", action.operation.name());
    let millis = action.timeout.as_millis().to_string();
    set("OCF_RESKEY_CRM_meta_timeout", &millis);
    if !action.interval.is_zero() {
        let millis = action.interval.as_millis().to_string();
        set("OCF_RESKEY_CRM_meta_interval", &millis);
    }
    for (name, value) in &action.meta {
        let name = match name.as_str() {
            // No attribute of the resource, but the version of who runs it.
            "crm_feature_set" => name.clone(),
            name => format!("CRM_meta_{}", name.replace('-', "_")),
        };
        variables.insert(reskey(&name, value)?, value.clone());
    }
    for (name, value) in &action.parameters {
        variables.insert(reskey(name, value)?, value.clone());
    }
    Ok(variables)
}

fn reskey(name: &str, value: &str) -> Result<String, BadName> {
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        return Err(BadName(name.to_owned()));
    }
    // How thorough a monitor looks is told under its own name.
    Ok(match name {
        "OCF_CHECK_LEVEL" => name.to_owned(),
        _ => format!("OCF_RESKEY_{name}"),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringwright::resource::{Agent, AttemptId, Operation};

    use super::*;

    fn action() -> Action {
        let pairs = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            pairs.collect::<BTreeMap<_, _>>()
        };
        Action {
            attempt: AttemptId(1),
            resource: "D".into(),
            agent: Agent::ocf("rwdump", "Dump"),
            operation: Operation::Monitor,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(17),
            parameters: pairs(&[("state", "hello world")]),
            meta: pairs(&[
                ("on_node", "n1"),
                ("on_node_uuid", "1"),
                ("on-fail", "restart"),
                ("crm_feature_set", "3.16.1"),
            ]),
            lease: None,
        }
    }

    /// What Pacemaker 2.1.5 on Debian 12 gave an agent for this recurring monitor, but for what it inherited and for its
    /// log's settings.
    const PACEMAKER: &str = "\
HA_debug=0
HOME=/root
LC_ALL=C
OCF_EXIT_REASON_PREFIX=ocf-exit-reason:
OCF_OUTPUT_FORMAT=text
OCF_RA_VERSION_MAJOR=1
OCF_RA_VERSION_MINOR=1
OCF_RESKEY_CRM_meta_interval=30000
OCF_RESKEY_CRM_meta_name=monitor
OCF_RESKEY_CRM_meta_on_fail=restart
OCF_RESKEY_CRM_meta_on_node=n1
OCF_RESKEY_CRM_meta_on_node_uuid=1
OCF_RESKEY_CRM_meta_timeout=17000
OCF_RESKEY_crm_feature_set=3.16.1
OCF_RESKEY_state=hello world
OCF_RESOURCE_INSTANCE=D
OCF_RESOURCE_PROVIDER=rwdump
OCF_RESOURCE_TYPE=Dump
OCF_ROOT=/usr/lib/ocf";

    #[test]
    fn an_agent_finds_what_pacemaker_gives_it() {
        let mut ours = environment(&action(), Path::new("/usr/lib/ocf")).unwrap();
        ours.remove("PATH");
        let ours: Vec<_> = ours.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(ours.join("\n"), PACEMAKER);
    }

    #[test]
    fn a_probe_has_no_interval_and_a_check_level_its_own_name() {
        let mut action = action();
        action.interval = Duration::ZERO;
        action.parameters = [("OCF_CHECK_LEVEL".to_owned(), "10".to_owned())].into();
        let ours = environment(&action, Path::new("/x")).unwrap();
        assert!(!ours.contains_key("OCF_RESKEY_CRM_meta_interval"));
        assert_eq!(ours["OCF_CHECK_LEVEL"], "10");
    }

    #[test]
    fn a_name_that_no_variable_can_have_is_refused() {
        for name in ["", "a=b", "a\0b"] {
            let mut action = action();
            action.parameters = [(name.to_owned(), "1".to_owned())].into();
            let refused = environment(&action, Path::new("/x"));
            assert_eq!(refused, Err(BadName(name.to_owned())));
        }
    }
}
