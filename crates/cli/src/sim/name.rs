//! Scenarios by name, or by the beginning of one.

use ringwright_sims::scenario::{self, Scenario};

use crate::failure::Failure;
use crate::near;

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
    let near = near::told(name, names.chain([RANDOM]));
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
