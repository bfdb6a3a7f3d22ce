//! The configuration that all nodes keep: its text, its version, and the ring in which it was last agreed on.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

use ringwright_placement::Diagnostic;
use ringwright_placement::cib::Cib;

use super::codec::fnv;

/// The version of a CIB, compared as Pacemaker does: `admin_epoch`, then `epoch`, then `num_updates`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Version {
    /// Set by an administrator only.
    pub admin_epoch: u64,
    /// Grows with every change of the configuration.
    pub epoch: u64,
    /// Grows with every change of the status; starts anew with every epoch.
    pub num_updates: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            admin_epoch,
            epoch,
            num_updates,
        } = self;
        write!(f, "{admin_epoch}.{epoch}.{num_updates}")
    }
}

impl Version {
    /// What the root of a document says; 0 for what it does not say.
    pub(super) fn of(cib: &Cib) -> Self {
        let number = |name| cib.attrs.get(name).and_then(|text| text.parse().ok());
        Self {
            admin_epoch: number("admin_epoch").unwrap_or(0),
            epoch: number("epoch").unwrap_or(0),
            num_updates: number("num_updates").unwrap_or(0),
        }
    }

    /// Without the part that changes of the status move.
    pub(super) fn configured(self) -> (u64, u64) {
        (self.admin_epoch, self.epoch)
    }
}

/// The longest configuration, bytes.
pub const CIB_MAX: usize = 8 << 20;

/// The configuration part of the cluster information base, as every node stores it.
///
/// Two are compared by the ring in which a quorate membership last agreed on them, then by version. The first part is what
/// keeps a change that was acknowledged: a node that was cut off with a change that nobody else has seen has not agreed with
/// a quorum since, however high the number that it counted to.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "String", try_from = "String")
)]
pub struct Base {
    term: u64,
    version: Version,
    text: Arc<str>,
    cib: Arc<Cib>,
}

impl PartialEq for Base {
    fn eq(&self, other: &Self) -> bool {
        (self.term, self.version, &self.text) == (other.term, other.version, &other.text)
    }
}

impl Eq for Base {}

/// Why stored bytes are no [`Base`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damaged {
    /// No line at the end tells the ring and the digest: the end is missing, or somebody else wrote it.
    NoSeal,
    /// The digest is of other bytes.
    Digest,
    /// It is no CIB.
    Cib(Diagnostic),
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeal => f.write_str("the last line, with the digest, is missing"),
            Self::Digest => {
                f.write_str("the digest does not fit: some bytes are others than were written")
            }
            Self::Cib(diagnostic) => diagnostic.fmt(f),
        }
    }
}

impl core::error::Error for Damaged {}

const EMPTY: &str = "<cib admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\" validate-with=\"pacemaker-3.9\">\
<configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>";

impl Default for Base {
    /// An empty configuration that nobody has agreed on.
    fn default() -> Self {
        Self::parse("the empty configuration", EMPTY).expect("an empty configuration is one")
    }
}

impl Base {
    /// Takes a whole `cib` document; `file` is its name in messages. Its status section counts for nothing.
    ///
    /// # Errors
    /// It is no cluster information base; the diagnostic points at the place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut cib = Cib::parse(file, text)?.cib;
        cib.status = ringwright_placement::cib::Status::default();
        Ok(Self {
            term: 0,
            version: Version::of(&cib),
            text: text.trim_end().into(),
            cib: Arc::new(cib),
        })
    }

    /// The same configuration with another version, agreed on in another ring.
    pub(super) fn stamped(&self, term: u64, version: Version) -> Self {
        Self {
            term,
            version,
            ..self.clone()
        }
    }

    /// The sequence of the quorate ring whose members last agreed on it; 0 if none did.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.term
    }

    /// Its version. What the text says of it is older.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The document as it was last replaced.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the document says, without status, with the version that counts.
    #[must_use]
    pub fn cib(&self) -> Cib {
        let mut cib = (*self.cib).clone();
        let Version {
            admin_epoch,
            epoch,
            num_updates,
        } = self.version;
        cib.attrs.set("admin_epoch", &admin_epoch.to_string());
        cib.attrs.set("epoch", &epoch.to_string());
        cib.attrs.set("num_updates", &num_updates.to_string());
        cib
    }

    /// What the document says, with the version that it was written with.
    #[must_use]
    pub fn document(&self) -> &Cib {
        &self.cib
    }

    /// A cluster option; the last set that names it counts, unless it has a rule.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        let sets = self.cib.crm_config.iter().filter(|set| set.rule.is_none());
        let score = |set: &&ringwright_placement::cib::NvSet| {
            set.attrs.get("score").and_then(|s| s.parse::<i64>().ok())
        };
        let with = sets.filter(|set| set.get(name).is_some());
        // Of equal scores the first.
        let best = with.min_by_key(|set| core::cmp::Reverse(score(set).unwrap_or(0)));
        best.and_then(|set| set.get(name))
    }

    /// The bytes to be stored: the document, and a comment that tells the rest and seals it.
    #[must_use]
    pub fn encode(&self) -> String {
        let Version {
            admin_epoch,
            epoch,
            num_updates,
        } = self.version;
        let text = self.text.trim_end();
        let line = format!(
            "{text}\n<!-- ringwright: ring {:x}, version {admin_epoch}.{epoch}.{num_updates}",
            self.term
        );
        let digest = fnv(line.as_bytes());
        format!("{line}, digest {digest:016x} -->\n")
    }

    /// Reads what [`Base::encode`] wrote.
    ///
    /// # Errors
    /// It is not what was written.
    pub fn decode(file: &str, stored: &str) -> Result<Self, Damaged> {
        let (line, seal) = stored.rsplit_once(", digest ").ok_or(Damaged::NoSeal)?;
        let digest = seal.strip_suffix(" -->\n").ok_or(Damaged::NoSeal)?;
        if u64::from_str_radix(digest, 16) != Ok(fnv(line.as_bytes())) || digest.len() != 16 {
            return Err(Damaged::Digest);
        }
        let (text, facts) = line
            .rsplit_once("\n<!-- ringwright: ring ")
            .ok_or(Damaged::NoSeal)?;
        let (term, version) = facts.split_once(", version ").ok_or(Damaged::NoSeal)?;
        let term = u64::from_str_radix(term, 16).map_err(|_| Damaged::NoSeal)?;
        let mut numbers = version.split('.').map(|number| number.parse().ok());
        let mut number = || numbers.next().flatten().ok_or(Damaged::NoSeal);
        let version = Version {
            admin_epoch: number()?,
            epoch: number()?,
            num_updates: number()?,
        };
        let base = Self::parse(file, text).map_err(Damaged::Cib)?;
        Ok(base.stamped(term, version))
    }

    /// By what two are compared; the digest only makes sure that any two differ in a definite way.
    pub(super) fn rank(&self) -> (u64, Version, u64) {
        (self.term, self.version, fnv(self.text.as_bytes()))
    }
}

impl From<Base> for String {
    fn from(base: Base) -> Self {
        base.encode()
    }
}

impl TryFrom<String> for Base {
    type Error = Damaged;

    fn try_from(stored: String) -> Result<Self, Damaged> {
        Self::decode("the configuration", &stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        let text = EMPTY.replace("epoch=\"0\" num", "epoch=\"12\" num");
        let base = Base::parse("cib.xml", &text).unwrap();
        let version = base.version();
        base.stamped(0x1f, version)
    }

    #[test]
    fn what_is_stored_is_read_and_every_cut_and_every_flipped_byte_is_noticed() {
        let stored = base().encode();
        assert_eq!(Base::decode("cib.xml", &stored), Ok(base()));
        for len in 0..stored.len() {
            assert!(
                Base::decode("cib.xml", &stored[..len]).is_err(),
                "{len} bytes"
            );
        }
        for at in 0..stored.len() {
            let mut bytes = stored.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(Base::decode("cib.xml", &text).is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_last_agreement_counts_before_the_number() {
        let cut_off = base();
        let version = Version {
            epoch: 11,
            ..cut_off.version()
        };
        let agreed = cut_off.stamped(0x23, version);
        assert!(agreed.rank() > cut_off.rank());
        let higher = Version {
            admin_epoch: 1,
            ..Version::default()
        };
        assert!(cut_off.stamped(0x1f, higher).rank() > cut_off.rank());
    }

    #[test]
    fn an_option_is_found_in_the_set_with_the_highest_score() {
        let sets = "<crm_config><cluster_property_set id=\"a\"><nvpair id=\"a1\" name=\"x\" value=\"1\"/>\
</cluster_property_set><cluster_property_set id=\"b\" score=\"5\"><nvpair id=\"b1\" name=\"x\" value=\"2\"/>\
</cluster_property_set></crm_config>";
        let text = EMPTY.replace("<crm_config/>", sets);
        let base = Base::parse("cib.xml", &text).unwrap();
        assert_eq!((base.option("x"), base.option("y")), (Some("2"), None));
    }
}
