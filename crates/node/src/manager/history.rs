//! What agents did on a node: the last outcome of each operation, as the status section of a CIB has it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ringwright_placement::cib::{HistoryEntry, HistoryResource};

use super::codec::{Reader, Writer};
use crate::resource::{Agent, Operation, Outcome};

/// Stands where Pacemaker writes the id of the controller that made a transition: here all members make it.
pub(super) const CONTROLLER: &str = "72696e67-7772-6967-6874-000000000000";

/// The outcome of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// Grows with every operation on the node: what is later.
    pub call: u32,
    /// What was done.
    pub operation: Operation,
    /// Of a recurring operation the time between two, milliseconds; 0 of all others.
    pub interval_ms: u32,
    /// A CIB's `op-status`: 0 done.
    pub status: u8,
    /// OCF's exit code.
    pub code: u8,
    /// The exit code that the planner expected.
    pub expected: u8,
    /// The transition and the action in it.
    pub transition: (u32, u32),
    /// When the outcome became what it is, seconds since 1970.
    pub changed: u64,
    /// How long it took, milliseconds.
    pub took_ms: u32,
    /// Why, in a line.
    pub reason: String,
    /// What identifies the parameters that it was done with: attributes of `lrm_rsc_op` such as `op-digest`.
    pub digests: BTreeMap<String, String>,
}

impl Record {
    /// Takes what came of it.
    pub(super) fn set(&mut self, outcome: &Outcome) {
        self.status = outcome.execution.op_status();
        self.code = outcome.code.into();
        self.took_ms = u32::try_from(outcome.took.as_millis()).unwrap_or(u32::MAX);
        self.reason.clone_from(&outcome.reason);
    }

    /// Whether it is not what the planner expected.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status != 0 || self.code != self.expected
    }

    /// `fail-count-RSC#start_0` and the like name it so.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}_{}", self.operation, self.interval_ms)
    }

    fn encode(&self, w: &mut Writer) {
        w.u32(self.call);
        w.text(self.operation.name());
        w.u32(self.interval_ms);
        w.u8(self.status);
        w.u8(self.code);
        w.u8(self.expected);
        w.u32(self.transition.0);
        w.u32(self.transition.1);
        w.u64(self.changed);
        w.u32(self.took_ms);
        w.text(&self.reason);
        encode_map(&self.digests, w);
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            call: r.u32()?,
            operation: r.text()?.parse().ok()?,
            interval_ms: r.u32()?,
            status: r.u8()?,
            code: r.u8()?,
            expected: r.u8()?,
            transition: (r.u32()?, r.u32()?),
            changed: r.u64()?,
            took_ms: r.u32()?,
            reason: r.text()?,
            digests: decode_map(r)?,
        })
    }

    fn entry(&self, resource: &str, slot: &str) -> HistoryEntry {
        let (transition, step) = self.transition;
        let mut entry = HistoryEntry {
            id: format!("{resource}_{slot}").into(),
            operation: self.operation.name().into(),
            key: Some(format!("{resource}_{}", self.key()).into()),
            interval_ms: self.interval_ms,
            call_id: i32::try_from(self.call).unwrap_or(i32::MAX),
            rc: self.code.into(),
            status: self.status.into(),
            transition_key: Some(
                format!("{step}:{transition}:{}:{CONTROLLER}", self.expected).into(),
            ),
            last_rc_change: i64::try_from(self.changed).ok(),
            exec_time: Some(self.took_ms),
            queue_time: Some(0),
            ..HistoryEntry::default()
        };
        if !self.reason.is_empty() {
            entry.seldom_mut().exit_reason = Some(self.reason.as_str().into());
        }
        for (name, value) in &self.digests {
            let value = Some(value.as_str().into());
            match name.as_str() {
                "op-digest" => entry.digest = value,
                "op-restart-digest" => entry.seldom_mut().restart_digest = value,
                "op-force-restart" => entry.seldom_mut().force_restart = value,
                "migrate_source" => entry.seldom_mut().migrate_source = value,
                "migrate_target" => entry.seldom_mut().migrate_target = value,
                _ => entry.extra.set(name, value.as_deref().unwrap_or("")),
            }
        }
        entry
    }
}

/// What was done with one resource on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct History {
    /// The resource's agent.
    pub agent: Agent,
    /// The last outcomes by the name that a CIB gives them behind the resource's: `last_0`, `last_failure_0`,
    /// `monitor_30000`.
    pub records: BTreeMap<String, Record>,
}

impl History {
    pub(super) fn new(agent: Agent) -> Self {
        Self {
            agent,
            records: BTreeMap::new(),
        }
    }

    /// Keeps an outcome where a CIB keeps it: a failure beside the last that was none.
    pub(super) fn keep(&mut self, record: Record) {
        let failed = record.failed();
        if matches!(
            record.operation,
            Operation::MigrateTo | Operation::MigrateFrom
        ) {
            self.records.insert(record.key(), record.clone());
        }
        if record.interval_ms == 0 {
            let found_nothing = record.operation == Operation::Monitor && record.code == 7;
            if !failed && (record.operation == Operation::Stop || found_nothing) {
                self.forget_recurring();
            }
            self.records.insert("last_0".to_string(), record.clone());
        } else if !failed {
            self.records.insert(record.key(), record.clone());
        }
        if failed {
            self.records.insert("last_failure_0".to_string(), record);
        }
    }

    /// What is watched no more has no outcome.
    pub(super) fn forget_recurring(&mut self) {
        self.records
            .retain(|slot, record| record.interval_ms == 0 || slot == "last_failure_0");
    }

    /// Whether the resource may be held here, by the last that is known: what failed may have done something.
    #[must_use]
    pub fn may_hold(&self) -> bool {
        let mut records: Vec<_> = self.records.values().collect();
        records.sort_by_key(|record| record.call);
        records.into_iter().fold(false, |held, record| {
            use Operation::{Demote, MigrateFrom, MigrateTo, Monitor, Promote, Start, Stop};
            match (record.operation, record.status, record.code) {
                // An agent that is not there holds nothing either.
                (Stop | MigrateTo, 0, 0) | (Monitor, 0, 7) | (Monitor, _, 5) | (Monitor, 7, _) => {
                    false
                }
                (Start | Stop | Promote | Demote | MigrateFrom | MigrateTo | Monitor, ..) => true,
                _ => held,
            }
        })
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        w.text(&self.agent.to_string());
        w.len(self.records.len());
        for (slot, record) in &self.records {
            w.text(slot);
            record.encode(w);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let agent = r.text()?.parse().ok()?;
        let records = r.list(|r| Some((r.text()?, Record::decode(r)?)))?;
        Some(Self {
            agent,
            records: records.into_iter().collect(),
        })
    }

    pub(super) fn resource(&self, id: &str) -> HistoryResource {
        let provider = Some(self.agent.provider.as_str()).filter(|p| !p.is_empty());
        HistoryResource {
            id: id.into(),
            class: self.agent.class.name().into(),
            provider: provider.map(Into::into),
            kind: self.agent.kind.as_str().into(),
            ops: self
                .records
                .iter()
                .map(|(slot, record)| record.entry(id, slot))
                .collect(),
            ..HistoryResource::default()
        }
    }
}

pub(super) fn encode_record(record: &Record, w: &mut Writer) {
    record.encode(w);
}

pub(super) fn decode_record(r: &mut Reader<'_>) -> Option<Record> {
    Record::decode(r)
}

pub(super) fn encode_map(map: &BTreeMap<String, String>, w: &mut Writer) {
    w.len(map.len());
    for (name, value) in map {
        w.text(name);
        w.text(value);
    }
}

pub(super) fn decode_map(r: &mut Reader<'_>) -> Option<BTreeMap<String, String>> {
    let pairs = r.list(|r| Some((r.text()?, r.text()?)))?;
    Some(pairs.into_iter().collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::manager) fn record(call: u32, operation: Operation, code: u8) -> Record {
        Record {
            call,
            operation,
            interval_ms: 0,
            status: 0,
            code,
            expected: 0,
            transition: (1, 2),
            changed: 0,
            took_ms: 0,
            reason: String::new(),
            digests: BTreeMap::new(),
        }
    }

    fn after(records: &[Record]) -> History {
        let mut history = History::new(Agent::ocf("heartbeat", "IPaddr2"));
        for record in records {
            history.keep(record.clone());
        }
        history
    }

    #[test]
    fn what_was_started_is_held_until_it_was_stopped() {
        let probe = Record {
            expected: 7,
            ..record(1, Operation::Monitor, 7)
        };
        let start = record(2, Operation::Start, 0);
        let failed_stop = record(3, Operation::Stop, 1);
        let stop = record(4, Operation::Stop, 0);
        let mut known = Vec::new();
        for (record, held) in [
            (probe, false),
            (start, true),
            (failed_stop, true),
            (stop, false),
        ] {
            known.push(record);
            assert_eq!(after(&known).may_hold(), held, "{:?}", known.last());
        }
    }

    #[test]
    fn a_failed_watch_stands_beside_the_last_that_was_well() {
        let well = Record {
            interval_ms: 30_000,
            ..record(3, Operation::Monitor, 0)
        };
        let ill = Record {
            call: 4,
            code: 7,
            ..well.clone()
        };
        let history = after(&[record(2, Operation::Start, 0), well.clone(), ill.clone()]);
        assert_eq!(history.records["monitor_30000"], well);
        assert_eq!(history.records["last_failure_0"], ill);
        assert!(!history.may_hold());
        let stopped = after(&[well, ill, record(5, Operation::Stop, 0)]);
        assert_eq!(
            stopped.records.keys().collect::<Vec<_>>(),
            ["last_0", "last_failure_0"]
        );
    }

    #[test]
    fn a_history_survives_the_wire() {
        let history = after(&[record(2, Operation::Start, 0)]);
        let mut w = Writer::default();
        history.encode(&mut w);
        assert_eq!(
            History::decode(&mut Reader::new(&w.finish())),
            Some(history)
        );
    }
}
