//! Texts and data in a page, whatever is in them.

use serde::Serialize;

/// As text, and as an attribute's value in double quotes.
pub(crate) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in XML, not even as references.
            c if c.is_control() && !matches!(c, '\n' | '\t') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// JSON for the inside of a `script` element: whatever strings hold, no `</script>` and no `<!--` comes about.
///
/// # Panics
/// If `data` has maps with keys that are not strings.
pub(crate) fn json<T: Serialize>(data: &T) -> String {
    let json = serde_json::to_string(data).expect("plain data");
    json.replace('<', "\\u003c").replace('>', "\\u003e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element_that_it_is_in() {
        let evil = "</script><!--\u{1}\"'&";
        assert_eq!(text(evil), "&lt;/script&gt;&lt;!--\u{fffd}&quot;&#39;&amp;");
        let embedded = json(&[evil]);
        assert!(
            !embedded.contains('<') && !embedded.contains('>'),
            "{embedded}"
        );
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&embedded).unwrap(),
            [evil]
        );
    }
}
