//! Constraints, in the words of `pcs constraint`.

use ringwright_placement::cib::{Colocation, Constraint, Location, Order, ResourceSet};
use ringwright_placement::{Cib, INFINITY, Score};

use super::ids::Ids;
use super::pairs::{Pair, pair};
use super::{Edited, find, refuse};
use crate::near;

const ROLES: [&str; 6] = [
    "Started",
    "Stopped",
    "Promoted",
    "Unpromoted",
    "Master",
    "Slave",
];
const ACTIONS: [&str; 4] = ["start", "stop", "promote", "demote"];
const ORDER_OPTIONS: [&str; 5] = ["id", "kind", "symmetrical", "require-all", "score"];
const COLOCATION_OPTIONS: [&str; 4] = ["id", "score", "influence", "node-attribute"];
const SET_OPTIONS: [&str; 5] = ["action", "role", "require-all", "sequential", "score"];

/// `RESOURCE prefers|avoids NODE[=SCORE]…`, or `add ID RESOURCE NODE SCORE`.
pub(crate) fn location(cib: &mut Cib, words: &[String]) -> Edited {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["add", id, resource, node, score] => {
            let mut ids = Ids::of(cib);
            ids.take(id)?;
            add_location(cib, id, resource, node, self::score(score)?)
        }
        [_, "rule", ..] => refuse(
            "rules are not written in words here: `ringwright cib show`, edit the XML, `ringwright cib replace`",
        ),
        [resource, verb @ ("prefers" | "avoids"), ref nodes @ ..] if !nodes.is_empty() => {
            for word in nodes {
                let (node, wish) = word.split_once('=').unwrap_or((word, "INFINITY"));
                let wish = score(wish)?;
                let score = if verb == "avoids" { -wish } else { wish };
                let id = format!("location-{resource}-{node}-{}", written(score));
                let mut ids = Ids::of(cib);
                ids.take(&id)?;
                add_location(cib, &id, resource, node, score)?;
            }
            Ok(())
        }
        _ => {
            refuse("expected RESOURCE prefers|avoids NODE[=SCORE]…, or add ID RESOURCE NODE SCORE")
        }
    }
}

fn add_location(cib: &mut Cib, id: &str, resource: &str, node: &str, score: Score) -> Edited {
    find::known(cib, resource)?;
    find::node(cib, node)?;
    let location = Location::new(resource, node, score).set("id", id);
    cib.constraints.push(Constraint::Location(location));
    Ok(())
}

/// `[ACTION] RESOURCE then [ACTION] RESOURCE [NAME=VALUE…]`, or sets.
pub(crate) fn order(cib: &mut Cib, words: &[String]) -> Edited {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.first() == Some(&"set") {
        let (sets, options) = sets(cib, &words, &ORDER_OPTIONS)?;
        return add_order(cib, Order::of_sets(sets), &options, "order_set");
    }
    if words.first() == Some(&"add") {
        words.remove(0);
    }
    let options = take_options(&mut words, &ORDER_OPTIONS)?;
    let Some((first, then)) = split(&words, "then") else {
        return refuse(
            "expected [ACTION] RESOURCE then [ACTION] RESOURCE [kind=…] [symmetrical=…]",
        );
    };
    let (first_action, first) = acted(first)?;
    let (then_action, then) = acted(then)?;
    find::known(cib, first)?;
    find::known(cib, then)?;
    let kind = options.iter().find(|(name, _)| name == "kind");
    let kind = kind.map_or("mandatory", |(_, kind)| kind);
    let id = format!("order-{first}-{then}-{kind}");
    let order = Order::new(first, then)
        .set("first-action", first_action.unwrap_or("start"))
        .set("then-action", then_action.unwrap_or("start"));
    add_order(cib, order, &options, &id)
}

fn add_order(cib: &mut Cib, mut order: Order, options: &[Pair], wish: &str) -> Edited {
    for (name, value) in options {
        let expected: &[&str] = match name.as_str() {
            "kind" => &["Mandatory", "Optional", "Serialize"],
            "symmetrical" | "require-all" => &["true", "false"],
            _ => &[],
        };
        if !expected.is_empty() && !expected.contains(&value.as_str()) {
            let expected = expected.join(", ");
            return refuse(format!("`{name}={value}`: expected one of {expected}"));
        }
        order.attrs.set(name, value);
    }
    let id = named(cib, options, wish, &mut order.sets)?;
    order.attrs.set("id", &id);
    cib.constraints.push(Constraint::Order(order));
    Ok(())
}

/// `[add] [ROLE] RESOURCE with [ROLE] RESOURCE [SCORE] [NAME=VALUE…]`, or sets.
pub(crate) fn colocation(cib: &mut Cib, words: &[String]) -> Edited {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.first() == Some(&"set") {
        let (sets, options) = sets(cib, &words, &COLOCATION_OPTIONS)?;
        let colocation = Colocation::of_sets(sets, INFINITY);
        return add_colocation(cib, colocation, &options, "colocation_set");
    }
    if words.first() == Some(&"add") {
        words.remove(0);
    }
    let options = take_options(&mut words, &COLOCATION_OPTIONS)?;
    let Some((resource, with)) = split(&words, "with") else {
        return refuse("expected [ROLE] RESOURCE with [ROLE] RESOURCE [SCORE]");
    };
    let (role, resource) = in_role(resource)?;
    let (with, strength) = match with {
        [with @ .., last]
            if last
                .trim_start_matches(['+', '-'])
                .starts_with(|c: char| c.is_ascii_digit() || c == 'I')
                && !with.is_empty()
                && score(last).is_ok() =>
        {
            (with, score(last)?)
        }
        with => (with, INFINITY),
    };
    let (with_role, with) = in_role(with)?;
    find::known(cib, resource)?;
    find::known(cib, with)?;
    let named = options.iter().find(|(name, _)| name == "score");
    let strength = named.map_or(Ok(strength), |(_, value)| score(value))?;
    let mut colocation = Colocation::new(resource, with, strength);
    if role.or(with_role).is_some() {
        colocation = colocation
            .set("rsc-role", role.unwrap_or("Started"))
            .set("with-rsc-role", with_role.unwrap_or("Started"));
    }
    let id = format!("colocation-{resource}-{with}-{}", written(strength));
    add_colocation(cib, colocation, &options, &id)
}

fn add_colocation(cib: &mut Cib, mut made: Colocation, options: &[Pair], wish: &str) -> Edited {
    for (name, value) in options {
        if name == "score" {
            made.attrs.set(name, &written(score(value)?));
        } else {
            made.attrs.set(name, value);
        }
    }
    let id = named(cib, options, wish, &mut made.sets)?;
    made.attrs.set("id", &id);
    cib.constraints.push(Constraint::Colocation(made));
    Ok(())
}

/// The id that is asked for, or a fresh one; sets get one each.
fn named(cib: &Cib, options: &[Pair], wish: &str, sets: &mut [ResourceSet]) -> Edited<String> {
    let mut ids = Ids::of(cib);
    let asked = options.iter().find(|(name, _)| name == "id");
    let id = match asked {
        Some((_, id)) => id.clone(),
        None if sets.is_empty() => wish.to_owned(),
        None => {
            let members = sets.iter().flat_map(|set| &set.members);
            let members: Vec<&str> = members.map(|member| &**member).collect();
            format!("{wish}_{}", members.join("_"))
        }
    };
    ids.take(&id)?;
    for set in sets {
        set.attrs.set("id", &ids.fresh(&format!("{id}_set")));
    }
    Ok(id)
}

/// `set RESOURCE… [NAME=VALUE…] [set …] [setoptions NAME=VALUE…]`.
fn sets(cib: &Cib, words: &[&str], known: &[&str]) -> Edited<(Vec<ResourceSet>, Vec<Pair>)> {
    let (words, options) = split(words, "setoptions").unwrap_or((words, &[]));
    let mut options = options.to_vec();
    let given = take_options(&mut options, known)?;
    if let [word, ..] = options[..] {
        return refuse(format!("`{word}` is not NAME=VALUE"));
    }
    let mut sets = Vec::new();
    for words in words.split(|word| *word == "set").skip(1) {
        let mut members = words.to_vec();
        let options = take_options(&mut members, &SET_OPTIONS)?;
        if members.is_empty() {
            return refuse("a set without resources");
        }
        members.iter().try_for_each(|id| find::known(cib, id))?;
        let mut set = ResourceSet::of(members);
        for (name, value) in &options {
            set.attrs.set(name, value);
        }
        sets.push(set);
    }
    Ok((sets, given))
}

/// Takes `NAME=VALUE` out of words.
fn take_options(words: &mut Vec<&str>, known: &[&str]) -> Edited<Vec<Pair>> {
    let options: Vec<Pair> = words
        .iter()
        .filter(|word| word.contains('='))
        .map(|word| pair(word))
        .collect::<Edited<_>>()?;
    words.retain(|word| !word.contains('='));
    for (name, _) in &options {
        if !known.contains(&name.as_str()) {
            let near = near::told(name, known.iter().copied());
            return refuse(format!("no option `{name}` here{near}"));
        }
    }
    Ok(options)
}

fn split<'a, 'b>(words: &'a [&'b str], at: &str) -> Option<(&'a [&'b str], &'a [&'b str])> {
    let place = words.iter().position(|word| *word == at)?;
    Some((&words[..place], &words[place + 1..]))
}

fn acted<'a>(words: &[&'a str]) -> Edited<(Option<&'a str>, &'a str)> {
    match words[..] {
        [id] => Ok((None, id)),
        [action, id] if ACTIONS.contains(&action) => Ok((Some(action), id)),
        [action, _] => refuse(format!(
            "no action is called `{action}`{}",
            near::told(action, ACTIONS)
        )),
        _ => refuse("expected [ACTION] RESOURCE on both sides of `then`"),
    }
}

fn in_role<'a>(words: &[&'a str]) -> Edited<(Option<&'static str>, &'a str)> {
    let role = |word: &str| {
        ROLES
            .into_iter()
            .find(|role| role.eq_ignore_ascii_case(word))
    };
    match words[..] {
        [id] => Ok((None, id)),
        [word, id] => match role(word) {
            Some("Master") => Ok((Some("Promoted"), id)),
            Some("Slave") => Ok((Some("Unpromoted"), id)),
            Some(role) => Ok((Some(role), id)),
            None => refuse(format!(
                "no role is called `{word}`{}",
                near::told(word, ROLES)
            )),
        },
        _ => refuse("expected [ROLE] RESOURCE on both sides of `with`"),
    }
}

/// A whole number, or `INFINITY` with a sign or without.
fn score(word: &str) -> Edited<Score> {
    match word.trim_start_matches('+') {
        "INFINITY" => Ok(INFINITY),
        "-INFINITY" => Ok(-INFINITY),
        number => match number.parse::<i64>() {
            Ok(number) => {
                let limit = i64::from(INFINITY);
                Ok(Score::try_from(number.clamp(-limit, limit)).unwrap_or_default())
            }
            Err(_) => refuse(format!(
                "`{word}` is no score: a whole number, INFINITY or -INFINITY"
            )),
        },
    }
}

fn written(score: Score) -> String {
    match score {
        INFINITY.. => "INFINITY".to_owned(),
        score if score <= -INFINITY => "-INFINITY".to_owned(),
        score => score.to_string(),
    }
}

/// Takes constraints away.
pub(crate) fn delete(cib: &mut Cib, ids: &[String]) -> Edited {
    for id in ids {
        let known = || cib.constraints.iter().map(|c| c.attrs().id());
        if !known().any(|known| known == id) {
            let near = near::told(id, known());
            return refuse(format!("no constraint `{id}`{near}"));
        }
    }
    cib.constraints
        .retain(|c| !ids.iter().any(|id| id == c.attrs().id()));
    Ok(())
}
