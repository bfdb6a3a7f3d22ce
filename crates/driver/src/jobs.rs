//! What an executor is at, beside the loop.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ringwright::manager::Input;
use ringwright::resource::{Action, AttemptId, Execution, ExitCode, Fencing, Outcome, Renewal};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::Executor;
use crate::clock::Clock;

/// Actions that are carried out at the same time; others wait for their turn.
const ACTIONS_MAX: usize = 64;

/// What an executor is asked for and has not answered yet.
pub(crate) struct Jobs<E> {
    executor: Arc<E>,
    tasks: JoinSet<Input>,
    acting: BTreeMap<AttemptId, AbortHandle>,
    waiting: VecDeque<Action>,
}

impl<E: Executor> Jobs<E> {
    pub(crate) fn new(executor: E) -> Self {
        Self {
            executor: Arc::new(executor),
            tasks: JoinSet::new(),
            acting: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Carries out an action, when it is its turn.
    pub(crate) fn act(&mut self, clock: Clock, action: Action) {
        self.waiting.push_back(action);
        self.begin(clock);
    }

    fn begin(&mut self, clock: Clock) {
        while self.acting.len() < ACTIONS_MAX
            && let Some(action) = self.waiting.pop_front()
        {
            let executor = Arc::clone(&self.executor);
            let until = action.lease.map(|at| clock.at(at));
            let attempt = action.attempt;
            let task = self.tasks.spawn(async move {
                let outcome = execute(&*executor, &action, until).await;
                Input::Done { attempt, outcome }
            });
            self.acting.insert(attempt, task);
        }
    }

    /// Nobody waits for the attempt any more.
    pub(crate) fn cancel(&mut self, clock: Clock, attempt: AttemptId) {
        self.waiting.retain(|action| action.attempt != attempt);
        if let Some(task) = self.acting.remove(&attempt) {
            task.abort();
        }
        self.begin(clock);
    }

    /// Renews a lease: at once, whatever else is under way.
    pub(crate) fn renew(&mut self, clock: Clock, resource: String, until: ringwright::Instant) {
        let executor = Arc::clone(&self.executor);
        let at = clock.at(until);
        self.tasks.spawn(async move {
            // A kernel that was asked too late has let go, or will: asking it for a time that is past helps nobody.
            let renewal = if at <= Instant::now() {
                Renewal::TooLate
            } else {
                executor.renew(&resource, at).await
            };
            Input::Renewed {
                resource,
                until,
                renewal,
            }
        });
    }

    /// Asks fence agents one after another until one has done it.
    pub(crate) fn fence(&mut self, attempt: AttemptId, requests: Vec<Fencing>) {
        let executor = Arc::clone(&self.executor);
        self.tasks.spawn(async move {
            let reason = "no fence device is known for it";
            let mut outcome = Outcome::failed(Execution::Error, ExitCode::NotConfigured, reason);
            for request in requests {
                outcome = executor.fence(&request).await;
                if outcome.execution == Execution::Done && outcome.code == ExitCode::Ok {
                    break;
                }
            }
            Input::Done { attempt, outcome }
        });
    }

    /// The next answer; never while nothing is under way. Cancel safe.
    pub(crate) async fn next(&mut self, clock: Clock) -> Input {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(input)) => {
                    if let Input::Done { attempt, .. } = &input {
                        self.acting.remove(attempt);
                        self.begin(clock);
                    }
                    return input;
                }
                // Given up, or a defect of the executor: the node counts it as timed out.
                Some(Err(_)) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

/// Lets the executor answer in its time, or answers for it.
async fn execute(executor: &impl Executor, action: &Action, until: Option<Instant>) -> Outcome {
    if until.is_some_and(|until| until <= Instant::now()) {
        let reason = "it was put off until its lease was over";
        return Outcome::failed(Execution::Error, ExitCode::Error, reason);
    }
    executor.execute(action, until).await
}
