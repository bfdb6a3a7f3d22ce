use super::*;
use crate::cib::Cib;
use alloc::format;

fn rule(body: &str) -> Rule {
    let text = format!(
        "<cib><configuration><constraints><rsc_location id='l' rsc='r'>{body}</rsc_location></constraints></configuration></cib>"
    );
    let cib = Cib::parse("cib.xml", &text).unwrap().cib;
    match &cib.constraints[0] {
        crate::cib::Constraint::Location(l) => l.rules[0].clone(),
        other => panic!("{other:?}"),
    }
}

fn on(pairs: &[(&str, &str)], expression: &str) -> bool {
    let values: Values = pairs
        .iter()
        .map(|(k, v)| (Text::from(*k), Text::from(*v)))
        .collect();
    let rule = rule(&format!("<rule id='x'>{expression}</rule>"));
    let asked = Asked {
        node: Some(&values),
        ..Asked::default()
    };
    asked.passes(&rule)
}

#[test]
fn numbers_compare_as_numbers_only_where_order_is_asked() {
    let attrs = [("a", "10")];
    assert!(on(
        &attrs,
        "<expression id='e' attribute='a' operation='gt' value='9'/>"
    ));
    assert!(!on(
        &attrs,
        "<expression id='e' attribute='a' operation='gt' type='string' value='9'/>"
    ));
    assert!(on(
        &attrs,
        "<expression id='e' attribute='a' operation='lt' type='version' value='10.1'/>"
    ));
    assert!(on(
        &attrs,
        "<expression id='e' attribute='b' operation='ne' value='9'/>"
    ));
    assert!(!on(
        &attrs,
        "<expression id='e' attribute='b' operation='lt' value='9'/>"
    ));
    assert!(on(
        &attrs,
        "<expression id='e' attribute='b' operation='not_defined'/>"
    ));
}

#[test]
fn dates_are_compared_at_the_time_that_is_given() {
    let in_range = |now: i64| {
        let rule = rule(
            "<rule id='x'><date_expression id='d' operation='in_range' start='2020-01-01' end='2020-01-02 12:00:00Z'/></rule>",
        );
        let asked = Asked {
            now,
            ..Asked::default()
        };
        asked.passes(&rule)
    };
    let start = 1_577_836_800;
    assert!(!in_range(start - 1));
    assert!(in_range(start));
    assert!(in_range(start + 36 * 3600));
    assert!(!in_range(start + 36 * 3600 + 1));
}
