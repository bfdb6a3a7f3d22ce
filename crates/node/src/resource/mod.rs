//! The words in which actions on resources are ordered and answered: plain data, the same for a kernel, a simulation and
//! a program that places resources of its own.
//!
//! An [`Action`] says what to do with one resource; an [`Outcome`] says what came of it, in OCF's exit codes and
//! Pacemaker's execution statuses. [`Renewal`] and [`Fencing`] are the two things that are no action of a resource.

mod action;
mod agent;
mod fencing;
mod lease;
mod outcome;

pub use action::{Action, AttemptId, Operation, UnknownOperation};
pub use agent::{Agent, AgentError, Class};
pub use fencing::{FenceOperation, Fencing};
pub use lease::Renewal;
pub use outcome::{Execution, ExitCode, OUTPUT_MAX, Outcome, REASON_MAX};
