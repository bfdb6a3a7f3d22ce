//! Scenarios by name, or by the beginning of one.

use ringwright_sims::scenario::{self, Scenario};

use crate::failure::Failure;

/// The random schedules of ringwright's own node, which are no scenario.
pub(crate) const RANDOM: &str = "random";

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    /// A story.
    Scenario(&'static Scenario),
    /// [`RANDOM`].
    Random,
}

/// How many near names are told.
const NEAR_MAX: usize = 4;
/// From 0 to 1, what counts as near.
const NEAR: f64 = 0.6;

/// Finds by name, by what it begins with up to a hyphen (`s09`), or by the beginning of one name only.
pub(crate) fn find(name: &str) -> Result<Named, Failure> {
    if name == RANDOM {
        return Ok(Named::Random);
    }
    if let Some(found) = scenario::find(name) {
        return Ok(Named::Scenario(found));
    }
    let begin: Vec<_> = scenario::all()
        .into_iter()
        .filter(|scenario| !name.is_empty() && scenario.name.starts_with(name))
        .collect();
    match begin.as_slice() {
        [one] => Ok(Named::Scenario(one)),
        [] if RANDOM.starts_with(name) && !name.is_empty() => Ok(Named::Random),
        [] => Err(unknown(name)),
        many => {
            let names: Vec<&str> = many.iter().map(|scenario| scenario.name).collect();
            let names = names.join(", ");
            Err(Failure::new(format!("`{name}` may be any of {names}")))
        }
    }
}

fn unknown(name: &str) -> Failure {
    let names = scenario::all().into_iter().map(|scenario| scenario.name);
    let likeness = |known: &str| {
        let words = known.split_once('-').map_or(known, |(_, words)| words);
        let like = |text: &str| strsim::jaro_winkler(text, name);
        let is_inside = !name.is_empty() && known.contains(name);
        if is_inside {
            1.0
        } else {
            like(known).max(like(words))
        }
    };
    let mut near: Vec<(f64, &str)> = names
        .chain([RANDOM])
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > NEAR)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    let near: Vec<&str> = near
        .into_iter()
        .take(NEAR_MAX)
        .map(|(_, known)| known)
        .collect();
    let near = if near.is_empty() {
        String::new()
    } else {
        format!("; near it: {}", near.join(", "))
    };
    Failure::new(format!(
        "no scenario `{name}`{near}; `ringwright sim list` shows all"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> String {
        match find(name) {
            Ok(Named::Random) => RANDOM.into(),
            Ok(Named::Scenario(scenario)) => scenario.name.into(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    #[test]
    fn the_beginning_of_one_name_is_enough() {
        assert_eq!(found("s09-gap-alone"), "s09-gap-alone");
        assert_eq!(found("s09"), "s09-gap-alone");
        assert_eq!(
            found("s12"),
            "s12-twin",
            "up to the hyphen before the longer one"
        );
        assert_eq!(found("s12b"), "s12b-twin-later");
        assert_eq!(found("ran"), "random");
        assert!(
            found("s1").contains("may be any of s10-gap-member, s11"),
            "{}",
            found("s1")
        );
    }

    #[test]
    fn unknown_names_are_answered_with_near_ones() {
        assert!(
            found("gap").contains("near it: s09-gap-alone, s10-gap-member, s11-gap-new"),
            "{}",
            found("gap")
        );
        assert!(found("s03-cat").contains("s03-cut"), "{}", found("s03-cat"));
        assert!(
            found("").contains("no scenario ``; `ringwright"),
            "{}",
            found("")
        );
    }
}
