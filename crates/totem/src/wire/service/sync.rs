//! The messages of the sync engine, totempg group `sync`.
//!
//! | id | size | layout after the 16-byte header |
//! |---|---|---|
//! | 0 barrier | 32 | ring 12, pad 4 |
//! | 1 service build | 552 | ring 12, pad 4, i32 count, pad 4, 128 × i32 service |
//!
//! The services after the counted ones are undefined.

use super::{Message, SYNC_GROUP, begin};
use crate::RingId;
use crate::wire::{Malformed, Reader, Writer};

/// The most services that a service build has room for.
pub const SERVICES_MAX: usize = 128;

pub(super) fn decode(id: u32, r: &mut Reader<'_>) -> Result<Message, Malformed> {
    let ring = r.ring()?;
    r.skip(4)?;
    match id {
        0 => Ok(Message::Barrier { ring }),
        1 => {
            let n = r.count("service count", SERVICES_MAX)?;
            r.skip(4)?;
            let services = (0..n).map(|_| r.u32()).collect::<Result<_, _>>()?;
            r.skip(SERVICES_MAX.saturating_sub(n).saturating_mul(4))?;
            Ok(Message::ServiceBuild { ring, services })
        }
        _ => Err(Malformed::OutOfRange {
            field: "sync message id",
            value: id.into(),
            max: 1,
        }),
    }
}

pub(super) fn encode_barrier(ring: RingId) -> Writer {
    let mut w = begin(SYNC_GROUP, 0, 32);
    w.ring(ring).zeros(4);
    w
}

/// # Panics
/// With more than [`SERVICES_MAX`] services.
pub(super) fn encode_service_build(ring: RingId, services: &[u32]) -> Writer {
    assert!(
        services.len() <= SERVICES_MAX,
        "{} services",
        services.len()
    );
    let mut w = begin(SYNC_GROUP, 1, 552);
    w.ring(ring).zeros(4).count(services.len()).zeros(4);
    for &service in services {
        w.u32(service);
    }
    w.zeros(
        SERVICES_MAX
            .saturating_sub(services.len())
            .saturating_mul(4),
    );
    w
}
