//! Ids for what is added.

use std::collections::BTreeSet;

use ringwright_placement::Cib;

use super::{Edited, refuse};

/// Every id of a document.
#[derive(Debug)]
pub(super) struct Ids(BTreeSet<String>);

impl Ids {
    /// Those that are taken.
    pub(super) fn of(cib: &Cib) -> Self {
        // What is written has quotes inside values escaped: this finds attributes only.
        let text = cib.to_xml();
        let ids = text.split(" id=\"").skip(1);
        Self(
            ids.filter_map(|rest| rest.split('"').next())
                .map(str::to_owned)
                .collect(),
        )
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// `wish`, with a number if it is taken.
    pub(super) fn fresh(&mut self, wish: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let wish = wish.replace(|c| !allowed(c), "_");
        let mut id = wish.clone();
        let mut number = 1;
        while !self.0.insert(id.clone()) {
            id = format!("{wish}-{number}");
            number += 1;
        }
        id
    }

    /// Takes an id that somebody chose.
    pub(super) fn take(&mut self, id: &str) -> Edited {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !starts || !id.chars().all(allowed) {
            return refuse(format!(
                "`{id}` is no id: a letter or `_`, then letters, digits and `-_.`"
            ));
        }
        if !self.0.insert(id.to_owned()) {
            return refuse(format!("`{id}` exists already"));
        }
        Ok(())
    }
}
