//! What holds for every input, however absurd: nothing overflows, and a verdict depends on its inputs alone.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use ringwright_totem::quorum::{
    DEVICE, DeviceOptions, Options, Output, Reason, Refusal, TwoNode, Votequorum,
};
use ringwright_totem::wire::service::votequorum::{DeviceName, Message, NodeInfo};
use ringwright_totem::{Instant, NodeId, RingId};

/// Anything that can be put into one service.
#[derive(Clone, Debug)]
enum Input {
    Message(NodeId, Message),
    Ring(Vec<NodeId>),
    Process,
    Activate,
    Pass(Duration),
    SetExpected(u32),
    SetVotes(NodeId, u32),
    Reconfigure(Box<Options>),
    Register,
    Poll(bool),
    MasterWins(bool),
    Unregister,
    Leave,
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..10_u32,
        250..260_u32,
        Just(u32::MAX),
        Just(u32::MAX - 1),
        any::<u32>()
    ]
}

fn any_node() -> impl Strategy<Value = NodeId> {
    prop_oneof![8 => (0..4_u32).prop_map(NodeId), 1 => any::<u32>().prop_map(NodeId)]
}

fn any_options() -> impl Strategy<Value = Options> {
    let switch = || 0..=1_u8;
    let named = prop::option::of(prop_oneof![
        Just("lowest"),
        Just("highest"),
        Just("2 1"),
        Just("x")
    ]);
    (
        (
            vec((any_node(), number()), 0..4),
            prop_oneof![Just(0), number()],
            prop::option::of(number()),
        ),
        (
            switch(),
            any::<bool>(),
            prop::option::of(switch()),
            switch(),
            named,
        ),
        (switch(), prop::option::of(number()), switch(), switch()),
        prop::option::of(prop::option::of(number())),
    )
        .prop_map(|(votes, first, second, device)| Options {
            nodes: votes.0,
            expected_votes: votes.1,
            votes: votes.2,
            two_node: first.0,
            two_node_semantics: if first.1 {
                TwoNode::Strict
            } else {
                TwoNode::Corosync
            },
            wait_for_all: first.2,
            auto_tie_breaker: first.3,
            auto_tie_breaker_node: first.4.map(Into::into),
            last_man_standing: second.0,
            last_man_standing_window: second.1,
            allow_downscale: second.2,
            expected_votes_tracking: second.3,
            device: device.map(|votes| DeviceOptions {
                votes,
                ..DeviceOptions::default()
            }),
        })
}

/// Mostly what `from` may say; now and then somebody else's words.
fn any_message(from: NodeId) -> impl Strategy<Value = Message> {
    let name = || {
        prop_oneof![
            Just(device("disk")),
            Just(device("other")),
            Just(device(""))
        ]
    };
    let about = prop_oneof![6 => Just(from), 2 => Just(DEVICE), 1 => any_node()];
    let flags = prop_oneof![0..=255_u32, any::<u32>()];
    prop_oneof![
        6 => (about, number(), number(), flags).prop_map(|(node, votes, expected, flags)| {
            Message::NodeInfo(NodeInfo { node, votes, expected, flags })
        }),
        3 => (any_node(), number(), 0..5_u8)
            .prop_map(|(node, value, param)| Message::Reconfigure { node, value, param }),
        2 => (any::<bool>(), name())
            .prop_map(|(register, name)| Message::QdeviceReg { register, name }),
        1 => (name(), name()).prop_map(|(old, new)| Message::QdeviceReconfigure { old, new }),
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        8 => any_node().prop_flat_map(|from| (Just(from), any_message(from)))
            .prop_map(|(from, message)| Input::Message(from, message)),
        3 => vec(any_node(), 0..5).prop_map(Input::Ring),
        2 => Just(Input::Process),
        2 => Just(Input::Activate),
        2 => number().prop_map(|ms| Input::Pass(Duration::from_millis(ms.into()))),
        1 => number().prop_map(Input::SetExpected),
        1 => (any_node(), number()).prop_map(|(node, votes)| Input::SetVotes(node, votes)),
        1 => any_options().prop_map(|options| Input::Reconfigure(Box::new(options))),
        1 => Just(Input::Register),
        2 => any::<bool>().prop_map(Input::Poll),
        1 => any::<bool>().prop_map(Input::MasterWins),
        1 => Just(Input::Unregister),
        1 => Just(Input::Leave),
    ]
}

fn device(name: &str) -> DeviceName {
    name.try_into().unwrap()
}

const ME: NodeId = NodeId(1);

/// One service fed with anything, its clock, and all that it ever wanted.
struct Fed {
    service: Votequorum,
    now: Instant,
    ring: RingId,
    wanted: Vec<Output>,
}

impl Fed {
    fn new(options: &Options, origin: Instant) -> Result<Self, Refusal> {
        let (service, _) = Votequorum::new(ME, options, Some(7))?;
        Ok(Self {
            service,
            now: origin,
            ring: RingId::default(),
            wanted: Vec::new(),
        })
    }

    /// Feeds one input; what came out.
    fn feed(&mut self, input: &Input) -> usize {
        let (service, now, disk) = (&mut self.service, self.now, device("disk"));
        match input {
            Input::Message(from, message) => service.on_message(*from, message),
            Input::Ring(members) => {
                self.ring.seq += 4;
                service.sync_init(now, members, self.ring);
            }
            Input::Process => drop(service.sync_process()),
            Input::Activate => service.sync_activate(),
            Input::Pass(time) => {
                self.now = now + *time;
                service.on_timeout(self.now);
            }
            Input::SetExpected(votes) => drop(service.set_expected(*votes)),
            Input::SetVotes(node, votes) => drop(service.set_votes(*node, *votes)),
            Input::Reconfigure(options) => drop(service.reconfigure(options).to_vec()),
            Input::Register => drop(service.register_device(&disk)),
            Input::Poll(cast) => drop(service.poll_device(now, &disk, *cast, self.ring)),
            Input::MasterWins(allow) => drop(service.device_master_wins(&disk, *allow)),
            Input::Unregister => drop(service.unregister_device(&disk)),
            Input::Leave => service.leave(),
        }
        let before = self.wanted.len();
        self.wanted
            .extend(std::iter::from_fn(|| self.service.poll_output()));
        self.wanted.len() - before
    }
}

proptest! {
    #[test]
    fn nothing_overflows_and_every_input_wants_little(
        options in any_options(),
        inputs in vec(any_input(), 1..100),
    ) {
        let Ok(mut fed) = Fed::new(&options, Instant::ZERO) else { return Ok(()) };
        for input in &inputs {
            let count = fed.feed(input);
            prop_assert!(count <= 16, "{count} outputs of {input:?}");
            let info = fed.service.info(DEVICE).unwrap();
            prop_assert!(info.quorum <= 255);
            let why = fed.service.explain();
            prop_assert_eq!(why.quorate, fed.service.is_quorate());
            if why.reason != Reason::WaitForAll {
                prop_assert_eq!(why.quorate, why.reason.is_quorate());
            }
            prop_assert!(!why.to_string().is_empty());
        }
    }

    #[test]
    fn a_verdict_depends_on_its_inputs_alone(
        options in any_options(),
        inputs in vec(any_input(), 1..100),
        origin in 0..u64::MAX / 4,
    ) {
        let Ok(mut plain) = Fed::new(&options, Instant::ZERO) else { return Ok(()) };
        let mut other = Fed::new(&options, Instant::from_nanos(origin)).unwrap();
        for input in &inputs {
            plain.feed(input);
            // Another origin of time, looks in between and an early wake-up make no difference.
            let (_, _) = (other.service.explain(), other.service.info(ME));
            if other.service.poll_timeout().is_some_and(|due| due > other.now) {
                other.service.on_timeout(other.now);
            }
            other.feed(input);
            prop_assert_eq!(plain.service.info(ME), other.service.info(ME));
            prop_assert_eq!(plain.service.runtime(), other.service.runtime());
        }
        prop_assert_eq!(plain.wanted, other.wanted);
    }
}
