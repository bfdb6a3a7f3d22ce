//! A quorum device of the embedding program: half of a cluster of two acts with its vote, and not without.

use ringwright_totem::quorum::{CallError, DeviceOptions, Options};
use ringwright_totem::wire::service::votequorum::DeviceName;
use ringwright_totem::{
    Config, DeviceCall, Engine, Event, Input, Instant, NodeId, Output, QuorumCall, Rejected, Stable,
};

/// Node 1 of two, the other one absent.
struct Half {
    now: Instant,
    engine: Engine,
    quorate: Option<bool>,
    registered: Option<Result<(), CallError>>,
}

impl Half {
    fn start() -> Self {
        let ids = [NodeId(1), NodeId(2)];
        let device = DeviceOptions {
            votes: Some(1),
            ..DeviceOptions::default()
        };
        let quorum = Options {
            device: Some(device),
            ..Options::of([1, 2])
        };
        let config = Config {
            quorum: Some(quorum),
            ..Config::of(ids[0], &ids)
        };
        let engine = Engine::new(config, Stable::default(), 1, Instant::ZERO).unwrap();
        let mut half = Self {
            now: Instant::ZERO,
            engine,
            quorate: None,
            registered: None,
        };
        half.until(|half| half.engine.is_synchronised());
        half
    }

    fn call(&mut self, call: DeviceCall) -> Result<(), Rejected> {
        let result = self
            .engine
            .handle_input(self.now, Input::Quorum(QuorumCall::Device(call)));
        self.observe();
        result
    }

    /// Lets time pass until something is so; there is no network to wait for.
    fn until(&mut self, so: impl Fn(&Self) -> bool) {
        for _ in 0..10_000 {
            self.observe();
            if so(self) {
                return;
            }
            self.now = self
                .engine
                .poll_timeout()
                .expect("a ring has timers")
                .max(self.now);
            self.engine.handle_input(self.now, Input::Timeout).unwrap();
        }
        panic!("it never came to be");
    }

    fn observe(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Event(Event::Quorum { quorate, .. }) => self.quorate = Some(quorate),
                Output::Event(Event::DeviceRegistered(result)) => self.registered = Some(result),
                _ => {}
            }
        }
    }
}

#[test]
fn half_a_cluster_acts_while_its_device_votes_for_it() {
    let name = DeviceName::try_from("net").unwrap();
    let mut half = Half::start();
    assert_eq!(half.quorate, Some(false));

    let ring_id = half.engine.ring().ring_id();
    let poll = |cast| DeviceCall::Poll {
        name: name.clone(),
        cast,
        ring_id,
    };
    assert_eq!(
        half.call(poll(true)),
        Err(Rejected::Quorum(CallError::NotExist))
    );
    half.call(DeviceCall::Register(name.clone())).unwrap();
    half.until(|half| half.registered == Some(Ok(())));
    half.call(poll(true)).unwrap();
    half.until(|half| half.quorate == Some(true));

    // It stops polling: after its time-out the vote is gone.
    half.until(|half| half.quorate == Some(false));
    half.call(poll(true)).unwrap();
    half.until(|half| half.quorate == Some(true));
    half.call(DeviceCall::Unregister(name)).unwrap();
    half.until(|half| half.quorate == Some(false));
}
