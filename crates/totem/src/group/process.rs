//! Process groups (cpg): which processes of which nodes are in which group, in the same order everywhere.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::fmt;

use bytes::{Bytes, BytesMut};

use crate::NodeId;
pub use crate::wire::service::cpg::Reason;
use crate::wire::service::cpg::{GroupName, Message, PartialKind};

/// The most processes of one node that may be in groups: what a join list can carry in one message.
const PROCESSES_MAX: usize = 4096;
/// The most memberships of all nodes together; joins beyond are dropped.
const MEMBERSHIPS_MAX: usize = 1 << 16;
/// The largest message put together from partial ones, bytes.
const PARTIAL_MAX: usize = 16 << 20;

/// A process of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Process {
    /// Where it runs.
    pub node: NodeId,
    /// Its process id there.
    pub pid: u32,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.pid)
    }
}

/// What a local process in a group sees, in the same order as every other member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message to the group.
    Message {
        /// The group.
        group: GroupName,
        /// Its sender.
        from: Process,
        /// What it sent.
        payload: Bytes,
    },
    /// The group's membership changed.
    Membership {
        /// The group.
        group: GroupName,
        /// Everybody in it now, ascending.
        members: Vec<Process>,
        /// Who is new.
        joined: Vec<(Process, Reason)>,
        /// Who is gone.
        left: Vec<(Process, Reason)>,
    },
}

/// Why a process cannot join a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// It is in the group already, or has asked to be.
    AlreadyIn,
    /// The node has 4096 memberships already.
    TooMany,
}

#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Group {
    members: BTreeSet<Process>,
    joined: Vec<(Process, Reason)>,
    left: Vec<(Process, Reason)>,
}

/// All groups as one node sees them.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Groups {
    me: NodeId,
    by_name: BTreeMap<GroupName, Group>,
    /// What local processes have asked for: they may send as soon as they have asked.
    asked: BTreeSet<(GroupName, u32)>,
    /// The members when services were last synchronised.
    synchronised: Vec<NodeId>,
    /// Of those, the ones that are not in the present configuration, or did not come along.
    gone: Vec<NodeId>,
    present: Vec<NodeId>,
    /// Join lists of the synchronisation that is under way.
    join_lists: BTreeMap<NodeId, Vec<(u32, GroupName)>>,
    /// Messages that come in parts.
    partial: BTreeMap<Process, BytesMut>,
    memberships: usize,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    events: VecDeque<Event>,
    /// Messages that could not be given to anybody.
    strays: u64,
}

impl Groups {
    /// No groups yet.
    #[must_use]
    pub fn new(me: NodeId) -> Self {
        Self {
            me,
            by_name: BTreeMap::new(),
            asked: BTreeSet::new(),
            synchronised: Vec::new(),
            gone: Vec::new(),
            present: Vec::new(),
            join_lists: BTreeMap::new(),
            partial: BTreeMap::new(),
            memberships: 0,
            events: VecDeque::new(),
            strays: 0,
        }
    }

    /// A local process wants to join: what to multicast.
    pub fn join(&mut self, pid: u32, group: &GroupName) -> Result<Message, JoinError> {
        if self.asked.len() >= PROCESSES_MAX {
            return Err(JoinError::TooMany);
        }
        if !self.asked.insert((group.clone(), pid)) {
            return Err(JoinError::AlreadyIn);
        }
        Ok(Message::ProcJoin {
            group: group.clone(),
            pid,
            reason: Reason::Join,
        })
    }

    /// A local process wants to leave: what to multicast; `None` if it is not in the group.
    pub fn leave(&mut self, pid: u32, group: &GroupName, reason: Reason) -> Option<Message> {
        let asked = self.asked.remove(&(group.clone(), pid));
        asked.then(|| Message::ProcLeave {
            group: group.clone(),
            pid,
            reason,
        })
    }

    /// The groups that local processes are in or have asked to join.
    pub fn asked(&self) -> impl Iterator<Item = (&GroupName, u32)> {
        self.asked.iter().map(|(group, pid)| (group, *pid))
    }

    /// Whether this local process may send to the group.
    #[must_use]
    pub fn may_send(&self, pid: u32, group: &GroupName) -> bool {
        self.asked.contains(&(group.clone(), pid))
    }

    /// Everybody in a group, ascending.
    pub fn members(&self, group: &GroupName) -> impl Iterator<Item = Process> {
        self.by_name
            .get(group)
            .into_iter()
            .flat_map(|g| g.members.iter().copied())
    }

    /// Every group with its members.
    pub fn all(&self) -> impl Iterator<Item = (&GroupName, Vec<Process>)> {
        self.by_name
            .iter()
            .map(|(name, group)| (name, group.members.iter().copied().collect()))
    }

    /// Messages dropped because their sender is not in the group, their parts do not fit, or there are too many members.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays
    }

    /// The next event for local processes.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// A configuration was installed; `transitional` are the members that came along.
    pub fn sync_init(&mut self, transitional: &[NodeId], members: &[NodeId]) {
        self.join_lists.clear();
        self.present = members.to_vec();
        let gone = |node: &&NodeId| !transitional.contains(node) && **node != self.me;
        // A synchronisation that was given up leaves its losses to the next.
        self.gone.extend(self.synchronised.iter().filter(gone));
        self.gone.sort_unstable();
        self.gone.dedup();
    }

    /// What to multicast in the synchronisation.
    #[must_use]
    pub fn sync_process(&self) -> Vec<Message> {
        let old_members = u32::try_from(self.synchronised.len()).unwrap_or(u32::MAX);
        let mut messages = alloc::vec![Message::Downlist {
            old_members,
            left: self.gone.clone()
        }];
        let local = self.by_name.iter().flat_map(|(name, group)| {
            let here = group
                .members
                .iter()
                .filter(|process| process.node == self.me);
            here.map(|process| (process.pid, name.clone()))
        });
        let local: Vec<_> = local.collect();
        if !local.is_empty() {
            messages.push(Message::JoinList(local));
        }
        messages
    }

    /// Everybody's join lists are in: the groups become what they say.
    pub fn sync_activate(&mut self) {
        for node in core::mem::take(&mut self.gone) {
            self.remove_where(Reason::NodeDown, |_, process| process.node == node);
        }
        let lists = core::mem::take(&mut self.join_lists);
        let present = core::mem::take(&mut self.present);
        self.remove_where(Reason::NodeDown, |_, process| {
            !present.contains(&process.node)
        });
        self.remove_where(Reason::ProcDown, |name, process| {
            let list = lists.get(&process.node).map_or(&[][..], Vec::as_slice);
            !list
                .iter()
                .any(|(pid, group)| *pid == process.pid && group == name)
        });
        for (node, list) in lists {
            for (pid, name) in list {
                self.insert(name, Process { node, pid }, Reason::NodeUp);
            }
        }
        self.synchronised = present;
        self.publish();
    }

    /// A cpg message of the total order.
    pub fn on_message(&mut self, from: NodeId, message: Message) {
        match message {
            Message::ProcJoin { group, pid, reason } => {
                self.insert(group, Process { node: from, pid }, reason);
                self.publish();
            }
            Message::ProcLeave { group, pid, reason } => {
                let leaver = Process { node: from, pid };
                self.remove_where(reason, |name, process| *name == group && *process == leaver);
                self.publish_to(&group, from == self.me);
                self.publish();
            }
            Message::JoinList(list) => {
                self.join_lists.insert(from, list);
            }
            Message::Downlist { .. } => {} // each node knows for itself who left
            Message::Mcast {
                group,
                pid,
                payload,
                ..
            } => self.deliver(&group, Process { node: from, pid }, payload),
            Message::Partial {
                group,
                pid,
                kind,
                msglen,
                payload,
                ..
            } => {
                let sender = Process { node: from, pid };
                if let Some(whole) = self.put_together(sender, kind, msglen, &payload) {
                    self.deliver(&group, sender, whole);
                }
            }
        }
    }

    fn deliver(&mut self, group: &GroupName, from: Process, payload: Bytes) {
        let group = self.by_name.get_key_value(group);
        let Some((name, group)) = group.filter(|(_, group)| group.members.contains(&from)) else {
            self.strays += 1;
            return;
        };
        if group.members.iter().any(|process| process.node == self.me) {
            self.events.push_back(Event::Message {
                // Ours: the message's shares its memory.
                group: name.clone(),
                from,
                payload,
            });
        }
    }

    fn put_together(
        &mut self,
        sender: Process,
        kind: PartialKind,
        msglen: u32,
        part: &[u8],
    ) -> Option<Bytes> {
        if kind == PartialKind::First {
            self.partial.insert(sender, BytesMut::new());
        }
        let buffer = self.partial.get_mut(&sender)?;
        buffer.extend_from_slice(part);
        if buffer.len() > (msglen as usize).min(PARTIAL_MAX) {
            self.partial.remove(&sender);
            self.strays += 1;
            return None;
        }
        if kind != PartialKind::Last {
            return None;
        }
        self.partial.remove(&sender).map(BytesMut::freeze)
    }

    fn insert(&mut self, name: GroupName, process: Process, reason: Reason) {
        if self.memberships == MEMBERSHIPS_MAX {
            self.strays += 1;
            return;
        }
        let group = self.by_name.entry(name).or_default();
        if group.members.insert(process) {
            group.joined.push((process, reason));
            self.memberships += 1;
        }
    }

    fn remove_where(&mut self, reason: Reason, gone: impl Fn(&GroupName, &Process) -> bool) {
        for (name, group) in &mut self.by_name {
            let leavers: Vec<_> = group
                .members
                .iter()
                .filter(|process| gone(name, process))
                .copied()
                .collect();
            for process in leavers {
                group.members.remove(&process);
                group.left.push((process, reason));
                self.memberships -= 1;
                self.partial.remove(&process);
            }
        }
    }

    /// Tells local members of every group that changed.
    fn publish(&mut self) {
        let changed = self
            .by_name
            .iter()
            .filter(|(_, g)| !g.joined.is_empty() || !g.left.is_empty());
        let names: Vec<_> = changed.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.publish_to(&name, false);
        }
        self.by_name.retain(|_, group| !group.members.is_empty());
    }

    /// Tells one group's local members; a local process that just left (`always`) hears of it too.
    fn publish_to(&mut self, name: &GroupName, always: bool) {
        let Some(group) = self.by_name.get_mut(name) else {
            return;
        };
        let joined = core::mem::take(&mut group.joined);
        let left = core::mem::take(&mut group.left);
        let local = group.members.iter().any(|process| process.node == self.me);
        if (local || always) && (!joined.is_empty() || !left.is_empty()) {
            let members = group.members.iter().copied().collect();
            self.events.push_back(Event::Membership {
                group: name.clone(),
                members,
                joined,
                left,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::wire::service::Source;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn name() -> GroupName {
        GroupName::new(b"chat").unwrap()
    }

    fn process(node: NodeId, pid: u32) -> Process {
        Process { node, pid }
    }

    fn events(groups: &mut Groups) -> Vec<Event> {
        core::iter::from_fn(|| groups.poll_event()).collect()
    }

    /// Groups of node 1, synchronised with node 2, in which a process of node 1 has joined.
    fn joined() -> Groups {
        let mut groups = Groups::new(A);
        groups.sync_init(&[], &[A, B]);
        groups.sync_activate();
        let join = groups.join(10, &name()).unwrap();
        groups.on_message(A, join);
        events(&mut groups);
        groups
    }

    #[test]
    fn a_join_counts_when_it_comes_back_in_the_total_order() {
        let mut groups = Groups::new(A);
        let join = groups.join(10, &name()).unwrap();
        assert_eq!(groups.join(10, &name()), Err(JoinError::AlreadyIn));
        assert_eq!(groups.members(&name()).count(), 0);
        groups.on_message(A, join);
        let joined = vec![(process(A, 10), Reason::Join)];
        let members = vec![process(A, 10)];
        assert_eq!(
            events(&mut groups),
            [Event::Membership {
                group: name(),
                members,
                joined,
                left: vec![]
            }]
        );
    }

    #[test]
    fn only_members_messages_are_delivered() {
        let mut groups = joined();
        let source = Source::default();
        let message = |pid| Message::Mcast {
            group: name(),
            pid,
            source,
            payload: Bytes::from_static(b"hi"),
        };
        groups.on_message(B, message(20));
        assert_eq!((events(&mut groups), groups.strays()), (vec![], 1));
        groups.on_message(A, message(10));
        let payload = Bytes::from_static(b"hi");
        assert_eq!(
            events(&mut groups),
            [Event::Message {
                group: name(),
                from: process(A, 10),
                payload
            }]
        );
    }

    #[test]
    fn processes_of_a_node_that_is_gone_leave_and_join_lists_bring_others() {
        let mut groups = joined();
        groups.on_message(
            B,
            Message::ProcJoin {
                group: name(),
                pid: 20,
                reason: Reason::Join,
            },
        );
        events(&mut groups);
        let c = NodeId(3);
        groups.sync_init(&[A], &[A, c]);
        let downlist = Message::Downlist {
            old_members: 2,
            left: vec![B],
        };
        let list = Message::JoinList(vec![(10, name())]);
        assert_eq!(groups.sync_process(), [downlist, list.clone()]);
        groups.on_message(A, list);
        groups.on_message(c, Message::JoinList(vec![(30, name())]));
        groups.sync_activate();
        let expected = Event::Membership {
            group: name(),
            members: vec![process(A, 10), process(c, 30)],
            joined: vec![(process(c, 30), Reason::NodeUp)],
            left: vec![(process(B, 20), Reason::NodeDown)],
        };
        assert_eq!(events(&mut groups), [expected]);
    }

    #[test]
    fn parts_are_put_together_and_a_lost_beginning_is_dropped() {
        let mut groups = joined();
        let part = |kind, bytes: &'static [u8]| Message::Partial {
            group: name(),
            pid: 10,
            kind,
            msglen: 4,
            source: Source::default(),
            payload: Bytes::from_static(bytes),
        };
        groups.on_message(A, part(PartialKind::Last, b"xx"));
        assert_eq!(events(&mut groups), []);
        groups.on_message(A, part(PartialKind::First, b"ab"));
        groups.on_message(A, part(PartialKind::Last, b"cd"));
        let payload = Bytes::from_static(b"abcd");
        assert_eq!(
            events(&mut groups),
            [Event::Message {
                group: name(),
                from: process(A, 10),
                payload
            }]
        );
    }
}
