//! Words that are checked where a key is written last.

use crate::diagnostic::Report;
use crate::{Config, value};

pub(super) fn last_word(config: &Config, report: &mut Report) {
    for (path, entry) in config.cmap.iter() {
        let text = entry.value.to_string();
        if let Some(expected) = entry.row.and_then(|row| value::wrong_word(row.kind, &text)) {
            let key = path.rsplit('.').next().unwrap_or(path);
            report.error(
                "wrong-value",
                entry.span,
                format!("`{key}` must be {expected}, found \"{text}\""),
            );
        }
    }
}
