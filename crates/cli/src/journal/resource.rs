//! What happened to resources, in words.

use ringwright::manager::{Change, Event, Input, Output};

use super::entry::{Detail, Mood, Told};

pub(super) fn told(input: &Input) -> Told {
    match input {
        Input::Done { attempt, outcome } => {
            Told::new("outcome", format!("action {}: {outcome}", attempt.0))
                .at(Detail::Groups)
                .with("attempt", attempt.0)
                .with("code", u8::from(outcome.code))
                .with("status", outcome.execution.op_status())
        }
        Input::Renewed {
            resource, renewal, ..
        } => Told::new("renewal", format!("lease of {resource}: {renewal}"))
            .at(Detail::Inputs)
            .with("resource", resource.clone()),
        Input::Change { id, change } => {
            Told::new("change", format!("is asked to {}", asked(change))).with("id", *id)
        }
    }
}

fn asked(change: &Change) -> String {
    let all = |what: &Option<String>, name| {
        what.as_ref()
            .map_or_else(|| format!("all {name}s"), |one| format!("{name} {one}"))
    };
    match change {
        Change::Replace { text, .. } => {
            format!("replace the configuration by one of {} bytes", text.len())
        }
        Change::Cleanup { resource, node } => {
            let (resource, node) = (all(resource, "resource"), all(node, "node"));
            format!("forget the history of {resource} on {node}")
        }
        Change::Attribute { node, name, value } => match value {
            Some(value) => format!("set {name}={value} on node {node}"),
            None => format!("take {name} from node {node}"),
        },
        Change::ConfirmFenced { node } => format!("believe that node {node} is off"),
    }
}

pub(super) fn output(output: &Output) -> Told {
    match output {
        Output::Store(base) => {
            let version = base.version();
            Told::new("configuration", format!("stores configuration {version}"))
                .at(Detail::Inputs)
                .with("version", version.to_string())
        }
        Output::Act(action) => {
            let (operation, resource) = (action.operation, &action.resource);
            let attempt = action.attempt.0;
            Told::new(
                "action",
                format!("action {attempt}: {operation} {resource}"),
            )
            .at(Detail::Groups)
            .with("attempt", attempt)
            .with("resource", resource.clone())
            .with("operation", operation.to_string())
        }
        Output::Cancel(attempt) => Told::new("cancel", format!("gives up action {}", attempt.0))
            .at(Detail::Groups)
            .with("attempt", attempt.0),
        Output::Renew { resource, .. } => {
            Told::new("renew", format!("renews the lease of {resource}"))
                .at(Detail::Inputs)
                .with("resource", resource.clone())
        }
        Output::Fence { attempt, requests } => {
            let mut targets = requests.iter().filter_map(|request| request.target.clone());
            let target = targets.next().unwrap_or_default();
            Told::new("fence", format!("action {}: fences {target}", attempt.0))
                .mood(Mood::Warning)
                .with("attempt", attempt.0)
                .with("target", target)
        }
        Output::Changed { id, result } => match result {
            Ok(version) => Told::new(
                "changed",
                format!("all have stored configuration {version}"),
            ),
            Err(error) => {
                Told::new("changed", format!("a change is refused: {error}")).mood(Mood::Warning)
            }
        }
        .with("id", *id),
        Output::Event(event) => Told::new("resource", event.to_string()).mood(mood(event)),
    }
}

fn mood(event: &Event) -> Mood {
    match event {
        Event::NotPlaced(_)
        | Event::Fenced {
            failure: Some(_), ..
        } => Mood::Bad,
        Event::Done {
            result, expected, ..
        } if *result != (0, *expected) => Mood::Bad,
        Event::Waits { .. }
        | Event::Lapsed { .. }
        | Event::NotRenewed { .. }
        | Event::Fenced { .. }
        | Event::Features { .. }
        | Event::Dropped { .. } => Mood::Warning,
        _ => Mood::Plain,
    }
}
