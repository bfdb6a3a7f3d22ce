//! Operations as they are configured for a resource.

use crate::cib::Operation;
use crate::cib::value::{interval_ms, parse_bool};
use crate::rule::{Asked, Values};
use crate::xml::Text;

use super::{Cluster, Role};
use crate::arena::RscId;

/// What an action needs before it may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    #[default]
    Nothing,
    Quorum,
    Fencing,
    Unfencing,
}

/// What a failure leads to, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnFail {
    #[default]
    Ignore,
    Demote,
    Restart,
    RestartContainer,
    /// A remote connection failed: the node is recovered or fenced.
    ResetRemote,
    Migrate,
    Block,
    Stop,
    Standby,
    Fence,
}

/// One configured operation of a resource, looked up.
#[derive(Clone, Debug)]
pub(crate) struct OpSpec {
    pub(crate) name: Text,
    pub(crate) interval_ms: u32,
    pub(crate) role: Option<Role>,
    /// Index within the definition.
    pub(crate) index: usize,
}

impl Cluster<'_> {
    /// Configured and enabled operations of a primitive.
    pub(crate) fn operations(&self, rsc: RscId) -> impl Iterator<Item = OpSpec> + '_ {
        let def = self.rscs[rsc].def.as_deref();
        let ops: &[Operation] = def.map_or(&[], |d| &d.operations);
        ops.iter()
            .enumerate()
            .filter_map(|(index, op)| spec(index, op))
    }

    /// The operation of a name with the interval, else (for interval 0 of `monitor`) none.
    pub(crate) fn find_operation(&self, rsc: RscId, name: &str, interval: u32) -> Option<OpSpec> {
        self.operations(rsc)
            .find(|o| &*o.name == name && o.interval_ms == interval)
    }

    /// Meta attributes of an operation: its own attributes, its sets, the defaults.
    pub(crate) fn operation_meta(
        &self,
        rsc: RscId,
        index: Option<usize>,
        name: &str,
        interval: u32,
    ) -> Values {
        let r = &self.rscs[rsc];
        let mut values = Values::new();
        let asked = Asked {
            now: self.now,
            agent: Some((&r.class, r.provider.as_deref(), &r.agent)),
            op: Some((name, interval)),
            ..Asked::default()
        };
        let op = index.and_then(|i| r.def.as_deref().map(|d| &d.operations[i]));
        if let Some(op) = op {
            for (k, v) in op.attrs.iter().filter(|(k, _)| *k != "id") {
                values.insert(Text::from(k), Text::from(v));
            }
            asked.merge(&mut values, &op.meta, None);
        }
        if !self.cib.op_defaults.is_empty() {
            asked.merge(&mut values, &self.cib.op_defaults, None);
        }
        values
    }

    /// The reaction to a failure of an operation.
    pub(crate) fn on_fail(&self, rsc: RscId, name: &str, interval: u32) -> (OnFail, Option<Role>) {
        let r = &self.rscs[rsc];
        let index = self.find_operation(rsc, name, interval).map(|o| o.index);
        let meta = self.operation_meta(rsc, index, name, interval);
        let value = meta.get("on-fail").map(|v| v.to_ascii_lowercase());
        let value = self.valid_on_fail(rsc, name, interval, value, &meta);
        let stop = name == "stop";
        let mut role = None;
        let chosen = match value.as_deref() {
            Some("block") => Some(OnFail::Block),
            Some("fence") => {
                if self.config.stonith {
                    Some(OnFail::Fence)
                } else {
                    role = Some(Role::Stopped);
                    Some(OnFail::Stop)
                }
            }
            Some("standby") => Some(OnFail::Standby),
            Some("ignore" | "nothing") => Some(OnFail::Ignore),
            Some("migrate") => Some(OnFail::Migrate),
            Some("stop") => {
                role = Some(Role::Stopped);
                Some(OnFail::Stop)
            }
            Some("restart") => Some(OnFail::Restart),
            Some("restart-container") => Some(if r.container.is_some() {
                OnFail::RestartContainer
            } else {
                OnFail::Restart
            }),
            Some("demote") => Some(OnFail::Demote),
            _ => None,
        };
        let fail = chosen.unwrap_or_else(|| {
            if r.container.is_some() && r.remote_node.is_none() {
                OnFail::RestartContainer
            } else if self.is_connection(rsc) && !stop {
                self.connection_on_fail(rsc, name)
            } else if stop {
                if self.config.stonith {
                    OnFail::Fence
                } else {
                    OnFail::Block
                }
            } else if r.container.is_some() {
                OnFail::RestartContainer
            } else {
                OnFail::Restart
            }
        });
        let fail_role = role.unwrap_or(if name == "promote" {
            Role::Unpromoted
        } else {
            Role::Started
        });
        (fail, Some(fail_role))
    }

    fn connection_on_fail(&self, rsc: RscId, name: &str) -> OnFail {
        let r = &self.rscs[rsc];
        if r.container.is_some() {
            return OnFail::RestartContainer;
        }
        if name == "start" {
            return OnFail::Restart;
        }
        OnFail::ResetRemote
    }

    /// Drops values that are not allowed for the operation, and copies the promoted monitor's to demote.
    fn valid_on_fail(
        &self,
        rsc: RscId,
        name: &str,
        interval: u32,
        value: Option<alloc::string::String>,
        meta: &Values,
    ) -> Option<alloc::string::String> {
        let role = meta.get("role").and_then(|r| Role::parse(r));
        match value.as_deref() {
            None if name == "demote" => {
                // A demotion fails as the promoted monitor does.
                self.operations(rsc)
                    .filter(|o| {
                        &*o.name == "monitor" && o.role == Some(Role::Promoted) && o.interval_ms > 0
                    })
                    .find_map(|o| {
                        let m = self.operation_meta(rsc, Some(o.index), &o.name, o.interval_ms);
                        let v = m.get("on-fail")?.to_ascii_lowercase();
                        (v != "demote").then_some(v)
                    })
            }
            Some("standby" | "demote" | "stop") if name == "stop" => None,
            Some("demote") => {
                let allowed = name == "promote"
                    || name == "monitor" && interval > 0 && role == Some(Role::Promoted);
                if allowed { value } else { None }
            }
            _ => value,
        }
    }

    /// What a start or promotion needs; anything else needs nothing.
    pub(crate) fn action_needs(&self, rsc: RscId, name: &str) -> Needs {
        let r = &self.rscs[rsc];
        if name != "start" && name != "promote" {
            Needs::Nothing
        } else if r.needs_fencing {
            Needs::Fencing
        } else if r.needs_quorum {
            Needs::Quorum
        } else {
            Needs::Nothing
        }
    }
}

fn spec(index: usize, op: &Operation) -> Option<OpSpec> {
    let meta = |name: &str| {
        op.attrs
            .get(name)
            .or_else(|| op.meta.iter().rev().find_map(|s| s.get(name)))
    };
    if meta("enabled").and_then(parse_bool) == Some(false) {
        return None;
    }
    Some(OpSpec {
        name: op.attrs.text("name")?.clone(),
        interval_ms: interval_ms(meta("interval")),
        role: meta("role").and_then(Role::parse),
        index,
    })
}
