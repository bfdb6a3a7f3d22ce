//! Recorded rings, made readable: capture file → datagrams → frames and messages → lines and a summary.

mod capture;
mod fields;
mod foreign;
mod frame;
mod link;
mod message;
mod packet;
mod record;
mod run;
mod streams;
mod summary;

pub(crate) use capture::{Capture, Item, Near};
pub(crate) use link::{Arp, Mac, Unreachable};
pub(crate) use record::{Decoder, Record, Type};
pub(crate) use summary::Summary;
