//! Clusters of any size to place: nodes that are all there, and addresses with a monitor each.

use ringwright_placement::Text;
use ringwright_placement::cib::{
    Cib, Colocation, HistoryEntry, HistoryResource, Location, Order, Primitive,
};

/// MD5 of no parameters, and of those of a monitor with the default timeout, as they are kept beside an operation.
const DIGEST: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";
const MONITOR_DIGEST: &str = "4811cef7f7f94e3a35a70be7916cb2fd";

/// How far a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is known: everything has to be probed first.
    Cold,
    /// Resource i runs on node i mod N.
    Running,
    /// The same, and the last node vanished; there is a fencing device.
    Lost,
}

/// A cluster with a constraint for every second resource: a third locations, a third colocations, a third orders.
///
/// # Panics
/// If its parts do not fit together.
#[must_use]
pub fn cluster(nodes: usize, resources: usize, state: State) -> Cib {
    let fencing = state == State::Lost;
    let mut builder = Cib::builder()
        .option("stonith-enabled", if fencing { "true" } else { "false" })
        .rsc_default("resource-stickiness", "1")
        .attribute("dc-uuid", "1")
        .at(1_700_000_000);
    for number in 1..=nodes {
        let name = node(number - 1);
        builder = if number == nodes && fencing {
            builder.lost(&*name)
        } else {
            builder.node(&*name)
        };
    }
    if fencing {
        builder = builder.resource(Primitive::new("fencing", "stonith:fence_dummy"));
    }
    for number in 0..resources {
        builder =
            builder.resource(Primitive::new(&rsc(number), "ocf:heartbeat:IPaddr2").monitor("30s"));
    }
    for number in 0..resources / 2 {
        // Always from a lower to a higher number: never a loop.
        let (a, b) = (
            rsc(number * 7 % (resources / 2)),
            rsc(resources / 2 + number),
        );
        builder = match number % 3 {
            0 => builder.constraint(Location::new(&a, &node(number * 5 % nodes), 100)),
            1 => builder.constraint(Colocation::new(&b, &a, 500)),
            _ => builder.constraint(Order::new(&a, &b).set("kind", "Optional")),
        };
    }
    let mut cib = builder.build().expect("the parts fit together");
    if state != State::Cold {
        run(&mut cib, resources);
    }
    cib
}

fn node(number: usize) -> String {
    format!("node{:03}", number + 1)
}

fn rsc(number: usize) -> String {
    format!("rsc{number:05}")
}

/// Histories in which resource i runs on node i mod N, and nowhere else.
fn run(cib: &mut Cib, resources: usize) {
    let nodes = cib.status.nodes.len();
    for (index, state) in cib.status.nodes.iter_mut().enumerate() {
        for number in 0..resources {
            let id = rsc(number);
            let mut ops = Vec::new();
            if number % nodes == index {
                ops.push(entry(&id, "start", 0, 0, number + 1));
                ops.push(entry(&id, "monitor", 30_000, 0, resources + number + 1));
            } else {
                ops.push(entry(&id, "monitor", 0, 7, number + 1));
            }
            state.history.push(HistoryResource {
                id: Text::from(id),
                class: Text::from("ocf"),
                provider: Some(Text::from("heartbeat")),
                kind: Text::from("IPaddr2"),
                ops,
                ..HistoryResource::default()
            });
        }
    }
}

fn entry(id: &str, operation: &str, interval_ms: u32, rc: i32, call: usize) -> HistoryEntry {
    let digest = if interval_ms == 0 {
        DIGEST
    } else {
        MONITOR_DIGEST
    };
    let mut entry = HistoryEntry::ended(operation, interval_ms, rc)
        .expecting(rc)
        .digest(digest);
    entry.key = Some(Text::from(format!("{id}_{operation}_{interval_ms}")));
    entry.id = match interval_ms {
        0 => Text::from(format!("{id}_last_0")),
        _ => Text::from(format!("{id}_{operation}_{interval_ms}")),
    };
    entry.call_id = i32::try_from(call).expect("few");
    entry
}
