//! The message of cmap, service 0: the version of the configuration.
//!
//! | off | size | field |
//! |---|---|---|
//! | 16 | u8 | reason: 0 sync, 1 a new version; pad 7 |
//! | 24 | u8 | number of items; pad 7 |
//! | 32 | 16 | two reserved bytes and their pads |
//! | 48 | … | items, each starting at a multiple of 8 |
//!
//! | off | size | field of an item |
//! |---|---|---|
//! | 0 | u16 | key length; pad 6 |
//! | 8 | 256 | key |
//! | 264 | u8 | value type; pad 7 |
//! | 272 | u64 | value length |
//! | 280 | … | value, padded to a multiple of 8 |
//!
//! Pads, reserved bytes and what follows the counted key are undefined.

use alloc::vec::Vec;

use bytes::Bytes;

use super::{CMAP, Text, begin_service};
use crate::wire::{Malformed, Reader, Writer};

/// The most items in a message.
pub const ITEMS_MAX: usize = 32;
/// The only key that corosync exchanges.
pub const CONFIG_VERSION: &str = "totem.config_version";
/// The type of a value whose key does not exist; its length is 0.
pub const TYPE_ABSENT: u8 = 0;
/// The type of an unsigned 64-bit value.
pub const TYPE_U64: u8 = 8;

const FIXED_LEN: usize = 48;
const ITEM_FIXED_LEN: usize = 280;

/// A key's name.
pub type Key = Text<256>;

/// Keys of one node, told to all: function 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Why it is sent.
    pub reason: Reason,
    /// At most [`ITEMS_MAX`]; corosync sends one.
    pub items: Vec<Item>,
}

/// Why a node tells its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Service synchronisation after a new ring.
    Sync,
    /// The version changed.
    NewConfigVersion,
}

/// One key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The key.
    pub key: Key,
    /// The value's type, [`TYPE_ABSENT`], [`TYPE_U64`] or another of cmap's.
    pub value_type: u8,
    /// The value's bytes, little-endian.
    pub value: Bytes,
}

impl Message {
    /// What corosync sends: the configuration's version, or that there is none.
    ///
    /// # Panics
    /// Never: the key fits.
    #[must_use]
    pub fn of_config_version(reason: Reason, version: Option<u64>) -> Self {
        let key = Key::new(CONFIG_VERSION.as_bytes()).expect("the key fits");
        let item = match version {
            None => Item {
                key,
                value_type: TYPE_ABSENT,
                value: Bytes::new(),
            },
            Some(version) => {
                let value = Bytes::copy_from_slice(&version.to_le_bytes());
                Item {
                    key,
                    value_type: TYPE_U64,
                    value,
                }
            }
        };
        Self {
            reason,
            items: Vec::from([item]),
        }
    }

    /// The configuration's version, 0 when it is absent or of another type; `None` if the message
    /// does not speak of it.
    #[must_use]
    pub fn config_version(&self) -> Option<u64> {
        let item = self
            .items
            .iter()
            .find(|i| i.key.as_bytes() == CONFIG_VERSION.as_bytes())?;
        Some(
            match (item.value_type, <[u8; 8]>::try_from(&item.value[..])) {
                (TYPE_U64, Ok(bytes)) => u64::from_le_bytes(bytes),
                _ => 0,
            },
        )
    }

    /// `None`: no such function.
    pub(super) fn decode(
        function: u32,
        r: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Option<Self>, Malformed> {
        if function != 0 {
            return Ok(None);
        }
        let reason = match r.u8()? {
            0 => Reason::Sync,
            1 => Reason::NewConfigVersion,
            value => {
                let field = "cmap reason";
                return Err(Malformed::OutOfRange {
                    field,
                    value: value.into(),
                    max: 1,
                });
            }
        };
        r.skip(7)?;
        let n = r.u8()?;
        if usize::from(n) > ITEMS_MAX {
            return Err(Malformed::OutOfRange {
                field: "cmap items",
                value: n.into(),
                max: 32,
            });
        }
        r.skip(7 + 16)?;
        let items = (0..n)
            .map(|_| Item::decode(r, body))
            .collect::<Result<_, _>>()?;
        Ok(Some(Self { reason, items }))
    }

    /// # Panics
    /// With more than [`ITEMS_MAX`] items.
    pub(super) fn encode(&self) -> Writer {
        assert!(
            self.items.len() <= ITEMS_MAX,
            "{} cmap items",
            self.items.len()
        );
        let items = self
            .items
            .iter()
            .map(Item::len)
            .fold(0, usize::saturating_add);
        let mut w = begin_service(CMAP, 0, FIXED_LEN.saturating_add(items));
        w.u8(match self.reason {
            Reason::Sync => 0,
            Reason::NewConfigVersion => 1,
        });
        w.zeros(7)
            .u8(u8::try_from(self.items.len()).unwrap_or(u8::MAX))
            .zeros(7 + 16);
        for item in &self.items {
            item.encode(&mut w);
        }
        w
    }
}

impl Item {
    fn len(&self) -> usize {
        ITEM_FIXED_LEN.saturating_add(self.value.len().next_multiple_of(8))
    }

    fn decode(r: &mut Reader<'_>, body: &Bytes) -> Result<Self, Malformed> {
        let key_len = r.u16()?;
        r.skip(6)?;
        if usize::from(key_len) > Key::MAX {
            let (field, value) = ("cmap key length", key_len.into());
            return Err(Malformed::OutOfRange {
                field,
                value,
                max: 256,
            });
        }
        let key = Key::decode(key_len.into(), r)?;
        let value_type = r.u8()?;
        r.skip(7)?;
        let value_len = r.u64()?;
        let have = r.rest().len();
        let len = usize::try_from(value_len)
            .ok()
            .filter(|len| *len <= have)
            .ok_or_else(|| {
                let max = u64::try_from(have).unwrap_or(u64::MAX);
                Malformed::OutOfRange {
                    field: "cmap value length",
                    value: value_len,
                    max,
                }
            })?;
        let value = body.slice_ref(r.take(len)?);
        r.skip(len.next_multiple_of(8).saturating_sub(len))?;
        Ok(Self {
            key,
            value_type,
            value,
        })
    }

    fn encode(&self, w: &mut Writer) {
        w.short_count(self.key.as_bytes().len()).zeros(6);
        self.key.encode(w);
        let len = self.value.len();
        w.u8(self.value_type)
            .zeros(7)
            .u64(u64::try_from(len).unwrap_or(u64::MAX));
        w.bytes(&self.value)
            .zeros(len.next_multiple_of(8).saturating_sub(len));
    }
}
