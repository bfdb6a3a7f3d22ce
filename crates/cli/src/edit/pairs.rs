//! Names and values: as words of a command line, and as sets of a configuration.

use ringwright_placement::Attrs;
use ringwright_placement::cib::NvSet;

use super::ids::Ids;
use super::{Edited, refuse};

/// A name and its value.
pub(crate) type Pair = (String, String);

/// `NAME=VALUE`.
pub(crate) fn pair(word: &str) -> Edited<Pair> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => refuse(format!("`{word}` is not NAME=VALUE")),
    }
}

/// `NAME=VALUE`s.
pub(crate) fn pairs(words: &[String]) -> Edited<Vec<Pair>> {
    words.iter().map(|word| pair(word)).collect()
}

/// Sets a value where it is set already, otherwise in the first set that counts always; no value takes it away. `set_id` is
/// the id of a set that is not there yet.
pub(super) fn put(
    sets: &mut Vec<NvSet>,
    ids: &mut Ids,
    set_id: &str,
    name: &str,
    value: Option<&str>,
) {
    // Copies of other sets are not this one's to change.
    let own = |set: &&mut NvSet| set.attrs.get("id-ref").is_none();
    let named = |pair: &Attrs| pair.get("name") == Some(name) && pair.get("id-ref").is_none();
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        for set in sets.iter_mut().filter(own) {
            set.pairs.retain(|pair| !named(pair));
        }
        return;
    };
    let mut there = sets.iter_mut().filter(own).flat_map(|set| &mut set.pairs);
    if let Some(pair) = there.find(|pair| named(pair)) {
        pair.set("value", value);
        return;
    }
    let plain = |set: &NvSet| set.attrs.get("id-ref").is_none() && set.rule.is_none();
    let place = sets.iter().position(plain).unwrap_or_else(|| {
        let mut set = NvSet::default();
        set.attrs.set("id", &ids.fresh(set_id));
        sets.push(set);
        sets.len() - 1
    });
    let set = &mut sets[place];
    let mut pair = Attrs::default();
    pair.set("id", &ids.fresh(&format!("{}-{name}", set.attrs.id())));
    pair.set("name", name);
    pair.set("value", value);
    set.pairs.push(pair);
}
