//! What rules find.

use super::rule::Rule;
use crate::Span;

/// What a rule has found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule, with its severity, its explanation and the general remedy.
    pub rule: &'static Rule,
    /// What was found.
    pub message: String,
    /// Where: at least one place, the one to blame first. With several files, one of each side.
    pub places: Vec<Label>,
    /// The remedy in this case, if there is more to say than [`Rule::remedy`].
    pub help: Option<String>,
}

/// A place in one of a [`Cluster`](super::Cluster)'s files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file's index.
    pub file: usize,
    /// The place in it.
    pub span: Span,
    /// What is there; empty if the message says it all.
    pub text: String,
}

impl Finding {
    /// The first place.
    ///
    /// # Panics
    /// If somebody has taken it away.
    #[must_use]
    pub fn place(&self) -> &Label {
        &self.places[0]
    }

    /// What to say at the first place.
    pub(super) fn label(&mut self, text: impl Into<String>) -> &mut Self {
        self.places[0].text = text.into();
        self
    }

    /// One more place.
    pub(super) fn also(&mut self, file: usize, span: Span, text: impl Into<String>) -> &mut Self {
        let text = text.into();
        self.places.push(Label { file, span, text });
        self
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }
}

/// The findings of one rule while it looks.
#[derive(Debug)]
pub(super) struct Found {
    rule: &'static Rule,
    findings: Vec<Finding>,
}

impl Found {
    pub(super) fn of(rule: &'static Rule) -> Self {
        Self {
            rule,
            findings: Vec::new(),
        }
    }

    pub(super) fn rule(&self) -> &'static Rule {
        self.rule
    }

    pub(super) fn at(
        &mut self,
        file: usize,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.findings.push(Finding {
            rule: self.rule,
            message: message.into(),
            places: vec![Label {
                file,
                span,
                text: String::new(),
            }],
            help: None,
        });
        self.findings.last_mut().expect("just pushed")
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        self.findings
    }
}
