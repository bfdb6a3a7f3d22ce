//! What differs between two configurations, as a unified diff of their XML.

use anstyle::{AnsiColor, Style};
use ringwright_placement::Cib;
use ringwright_placement::cib::Status;
use similar::TextDiff;

const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();

/// What the root says of the moment, not of the configuration.
const MOMENTARY: [&str; 13] = [
    "admin_epoch",
    "epoch",
    "num_updates",
    "cib-last-written",
    "crm_feature_set",
    "dc-uuid",
    "execution-date",
    "have-quorum",
    "no-quorum-panic",
    "update-client",
    "update-origin",
    "update-user",
    "validate-with",
];

/// Nothing if they say the same; each comes with its name.
pub(crate) fn difference(from: (&str, &Cib), to: (&str, &Cib)) -> String {
    let (before, after) = (canonical(from.1), canonical(to.1));
    let diff = TextDiff::from_lines(&before, &after);
    let unified = diff
        .unified_diff()
        .context_radius(3)
        .header(from.0, to.0)
        .to_string();
    let colour = |line: &str| {
        let style = match line.as_bytes() {
            [b'-', ..] => GONE,
            [b'+', ..] => NEW,
            [b'@', ..] => PLACE,
            _ => Style::new(),
        };
        format!("{style}{line}{style:#}\n")
    };
    unified.lines().map(colour).collect()
}

/// The configuration alone, every element's attributes by their names, the `id` first.
fn canonical(cib: &Cib) -> String {
    let mut cib = cib.clone();
    cib.status = Status::default();
    for name in MOMENTARY {
        cib.attrs.remove(name);
    }
    cib.to_xml().lines().map(sorted).collect()
}

/// A line of the writer's with the attributes of its element in order: values have their quotes escaped.
fn sorted(line: &str) -> String {
    let Some((start, rest)) = line.split_once(' ').filter(|_| line.contains("=\"")) else {
        return format!("{line}\n");
    };
    // The indentation is blanks, too.
    let indent = line.len() - line.trim_start().len();
    let (start, rest) = if indent == 0 {
        (start.to_owned(), rest)
    } else {
        let inner = &line[indent..];
        let (name, rest) = inner.split_once(' ').unwrap_or((inner, ""));
        (format!("{}{name}", &line[..indent]), rest)
    };
    let (body, end) = match rest.rfind('"') {
        Some(at) => rest.split_at(at + 1),
        None => (rest, ""),
    };
    let mut attributes: Vec<&str> = body.split_inclusive("\" ").map(str::trim_end).collect();
    attributes.sort_by_key(|attribute| (!attribute.starts_with("id="), *attribute));
    format!("{start} {}{end}\n", attributes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cib(inside: &str) -> Cib {
        let text = format!(
            "<cib epoch='1'><configuration><crm_config/><nodes/><resources>{inside}</resources><constraints/></configuration><status/></cib>"
        );
        Cib::parse("a", &text).expect("a configuration").cib
    }

    #[test]
    fn the_order_of_attributes_and_versions_are_no_difference() {
        let one = cib("<primitive id='a' class='ocf' provider='p' type='t \" > x'/>");
        let mut same = cib("<primitive type='t \" > x' provider='p' class='ocf' id='a'/>");
        same.attrs.set("epoch", "9");
        assert_eq!(difference(("x", &one), ("y", &same)), "");
        let other = cib("<primitive id='a' class='ocf' provider='p' type='u'/>");
        let told = difference(("x", &one), ("y", &other));
        let told = anstream::adapter::strip_str(&told).to_string();
        assert!(told.starts_with("--- x\n+++ y\n@@"), "{told}");
        assert!(
            told.contains(
                "\n+      <primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"u\"/>\n"
            ),
            "{told}"
        );
    }
}
