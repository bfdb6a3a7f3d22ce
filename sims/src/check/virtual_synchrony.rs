//! Members that go together from one ring to the next deliver the same messages in between, in the regular and in the
//! transitional configuration alike, and see the same groups.
//!
//! Compared are, for each pair of such members, the groups in which both had processes all the while: the sequence of
//! messages, and of group memberships from the end of service synchronisation on. Two rings of one id, whose representative lost
//! its ring sequence in between, are one to the protocol when both come together: recovery mixes their messages, and nothing
//! is asked of them. Source: "Extended virtual synchrony",
//! specification 4 (failure atomicity); Birman, Joseph, "Exploiting virtual synchrony in distributed systems" (1987).

use std::collections::{BTreeMap, BTreeSet};

use ringwright::group::Process;
use ringwright::{Event, GroupName, Instant, NodeId, RingId};

use super::{Violation, ensure};
use crate::history::{History, Life, MessageId, What};
use crate::world::Settings;

const PROPERTY: &str = "virtual_synchrony";

type RingKey = (RingId, usize);

/// What processes of a group saw.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(Option<MessageId>),
    Members(Vec<Process>),
    /// Everything after this was seen in the transitional configuration.
    Transitional,
}

/// A life's stay in one ring, up to the next.
#[derive(Debug, Default)]
struct Stay {
    life: Option<Life>,
    ring: Option<RingKey>,
    next: Option<RingKey>,
    /// Who goes along into the next.
    companions: Vec<NodeId>,
    until: Instant,
    /// By group; only those with local processes all the while.
    seen: BTreeMap<GroupName, Vec<Seen>>,
    synchronised: bool,
    in_transition: bool,
    incomplete: BTreeSet<GroupName>,
}

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    let mut by_move: BTreeMap<(Option<RingKey>, Option<RingKey>), Vec<Stay>> = BTreeMap::new();
    for (life, entries) in history.lives() {
        for stay in stays(history, life, &entries) {
            by_move
                .entry((stay.ring, stay.next))
                .or_default()
                .push(stay);
        }
    }
    let mut alike: BTreeMap<_, usize> = BTreeMap::new();
    for (ring, next) in by_move.keys() {
        *alike.entry((ring.map(|(id, _)| id), *next)).or_default() += 1;
    }
    for ((ring, next), stays) in &by_move {
        if alike[&(ring.map(|(id, _)| id), *next)] > 1 {
            continue;
        }
        for (index, one) in stays.iter().enumerate() {
            for other in &stays[index + 1..] {
                compare(one, other)?;
            }
        }
    }
    Ok(())
}

fn compare(one: &Stay, other: &Stay) -> Result<(), Violation> {
    let (Some(a), Some(b)) = (one.life, other.life) else {
        return Ok(());
    };
    let together = one.companions.contains(&b.node) && other.companions.contains(&a.node);
    if !together {
        return Ok(());
    }
    for (group, seen) in &one.seen {
        let Some(theirs) = other.seen.get(group) else {
            continue;
        };
        let differs = || {
            let place = seen
                .iter()
                .zip(theirs)
                .take_while(|(ours, theirs)| ours == theirs)
                .count();
            format!(
                "from {:?} to {:?}, {a} saw {:?} in {group} as number {place} of {}, {b} {:?} of {}",
                one.ring.map(|(ring, _)| ring),
                one.next.map(|(ring, _)| ring),
                seen.get(place),
                seen.len(),
                theirs.get(place),
                theirs.len(),
            )
        };
        ensure(
            seen == theirs,
            PROPERTY,
            one.until.max(other.until),
            differs,
        )?;
    }
    Ok(())
}

/// Every stay of a life in a ring that ended in another ring.
fn stays(history: &History, life: Life, entries: &[(Instant, &What)]) -> Vec<Stay> {
    let mut stays = Vec::new();
    let mut local: BTreeSet<GroupName> = BTreeSet::new();
    let mut stay = Stay::default();
    for &(at, what) in entries {
        match what {
            What::Delivered { message, group, .. } => {
                stay.see(group, Seen::Message(*message));
            }
            What::Membership { group, members, .. } => {
                let here = members.iter().any(|process| process.node == life.node);
                if here != local.contains(group) {
                    stay.incomplete.insert(group.clone());
                    stay.seen.remove(group);
                }
                if here {
                    local.insert(group.clone());
                } else {
                    local.remove(group);
                }
                if stay.synchronised {
                    stay.see(group, Seen::Members(members.clone()));
                }
            }
            What::Event(Event::Synchronised(_)) => stay.synchronised = true,
            What::Event(Event::Transitional(next)) => {
                stay.companions.clone_from(&next.members);
                stay.in_transition = true;
                for seen in stay.seen.values_mut() {
                    seen.push(Seen::Transitional);
                }
            }
            What::Event(Event::Regular(next)) => {
                let key = history.ring_key(next.ring_id, at);
                stay.next = Some(key);
                stay.until = at;
                let seen = local.iter().map(|group| (group.clone(), Vec::new()));
                let new = Stay {
                    life: Some(life),
                    ring: Some(key),
                    seen: seen.collect(),
                    ..Stay::default()
                };
                let old = std::mem::replace(&mut stay, new);
                stays.extend(old.ring.is_some().then_some(old));
            }
            _ => {}
        }
    }
    stays
}

impl Stay {
    fn see(&mut self, group: &GroupName, seen: Seen) {
        if let Some(list) = self.seen.get_mut(group) {
            list.push(seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;
    use crate::script::Store;

    #[test]
    fn a_message_that_one_of_two_companions_lacks_is_found() {
        let mut f = Forge::ring_of(3);
        let (a, b) = (f.send(1), f.send(3));
        f.deliver(1, a).deliver(1, b).deliver(2, a).deliver(3, a);
        f.move_to(&[1, 2], 9, &[1, 2]);
        let violation = check(&f.history, &f.settings).unwrap_err();
        assert_eq!(violation.property, PROPERTY);
    }

    #[test]
    fn who_does_not_come_along_may_lack_messages() {
        let mut f = Forge::ring_of(3);
        let (a, b) = (f.send(1), f.send(3));
        f.deliver(1, a).deliver(1, b).deliver(2, a).deliver(2, b);
        f.deliver(3, a);
        f.move_to(&[1, 2], 9, &[1, 2]).move_to(&[3], 13, &[3]);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
    }

    #[test]
    fn two_rings_of_one_id_that_come_together_may_mix_their_messages_others_may_not() {
        for (store, next, asked) in [
            (Store::Lost, 9, false),
            (Store::Kept, 9, true),
            (Store::Lost, 13, true),
        ] {
            let mut f = Forge::ring_of(4);
            f.restart(1, store).restart(2, store);
            for node in [1, 2] {
                f.regular(node, 5, &[1, 2]).membership(node, &[1, 2], &[]);
                f.transitional(node, 6, &[1, 2]).regular(node, 6, &[1, 2]);
            }
            let a = f.send(1);
            f.deliver(1, a);
            f.move_to(&[1, 2], 9, &[1, 2, 3, 4])
                .move_to(&[3, 4], next, &[1, 2, 3, 4]);
            assert_eq!(
                check(&f.history, &f.settings).is_err(),
                asked,
                "{store:?} {next}"
            );
        }
    }

    #[test]
    fn delivery_in_the_regular_and_in_the_transitional_configuration_is_not_the_same() {
        let mut f = Forge::ring_of(2);
        let a = f.send(1);
        f.deliver(1, a)
            .transitional(1, 9, &[1, 2])
            .regular(1, 9, &[1, 2]);
        f.transitional(2, 9, &[1, 2])
            .deliver(2, a)
            .regular(2, 9, &[1, 2]);
        assert!(check(&f.history, &f.settings).is_err());
    }
}
