//! Steps in words.

use ringwright_placement::Step;

/// What is done, to what, where.
pub(super) fn tasks(step: &Step) -> [String; 3] {
    let task = match (&step.fence, step.interval_ms) {
        (Some(how), _) => format!("fence ({how})"),
        (None, 0) if step.task == "monitor" => "probe".into(),
        (None, 0) => step.task.clone(),
        (None, ms) if ms % 1000 == 0 => format!("{} every {} s", step.task, ms / 1000),
        (None, ms) => format!("{} every {ms} ms", step.task),
    };
    let name = step
        .resource
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let node = step
        .node
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    [task, name, node]
}

pub(super) mod label {
    //! Names as Pacemaker's own tools write them.

    use ringwright_placement::{INFINITY, ScoreEntry, Step};

    /// `RSC_TASK_INTERVAL NODE`, `stonith-HOW NODE`, `do_shutdown NODE`.
    pub(in crate::place) fn step(step: &Step) -> String {
        let key = match &step.fence {
            Some(how) => format!("stonith-{how}"),
            None if step.resource.is_none() && !step.task.is_empty() && !step.pseudo => {
                step.task.clone()
            }
            None => step.key.clone(),
        };
        match &step.node {
            Some(node) => format!("{key} {node}"),
            None => key,
        }
    }

    /// `STEP: RSC allocation score on NODE: SCORE`.
    pub(in crate::place) fn score(entry: &ScoreEntry) -> String {
        let score = number(entry.score);
        format!(
            "{}: {} allocation score on {}: {score}",
            entry.step, entry.resource, entry.node
        )
    }

    /// A score; the ends are infinite.
    pub(in crate::place) fn number(score: i32) -> String {
        match score {
            INFINITY.. => "INFINITY".into(),
            s if s <= -INFINITY => "-INFINITY".into(),
            s => s.to_string(),
        }
    }
}
