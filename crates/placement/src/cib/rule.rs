//! Rules, kept as expressions until they are asked.

use alloc::vec::Vec;

use crate::xml::Attrs;

/// A rule: expressions joined by `boolean-op`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// `id`, `boolean-op` (`and` if absent), `score`, `score-attribute`, `role`, or `id-ref` beside a copy.
    pub attrs: Attrs,
    /// What is joined, in the order of the document.
    pub expressions: Vec<Expression>,
}

/// One term of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A rule within a rule.
    Rule(Rule),
    /// `expression`: a node attribute is compared (`attribute`, `operation`, `type`, `value`, `value-source`).
    Attribute(Attrs),
    /// `date_expression`: the time is compared.
    Date(DateExpression),
    /// `rsc_expression`: the kind of the resource (`class`, `provider`, `type`).
    Resource(Attrs),
    /// `op_expression`: the operation (`name`, `interval`).
    Operation(Attrs),
}

/// A comparison of the time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DateExpression {
    /// `operation` (`gt`, `lt`, `in_range`, `date_spec`), `start`, `end`.
    pub attrs: Attrs,
    /// The child `duration`, added to `start`.
    pub duration: Option<Attrs>,
    /// The child `date_spec`.
    pub spec: Option<Attrs>,
}
