//! Names that are written nearly like one that is not known.

/// How many are told.
const MANY: usize = 4;
/// From 0 to 1, what counts as near.
const NEAR: f64 = 0.6;

/// `; near it: this, that`, the nearest first; nothing if none is near.
pub(crate) fn told<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |known: &str| {
        let words = known.split_once('-').map_or(known, |(_, words)| words);
        let like = |text: &str| strsim::jaro_winkler(&text.to_lowercase(), &name.to_lowercase());
        let is_inside = !name.is_empty() && known.contains(name);
        if is_inside {
            1.0
        } else {
            like(known).max(like(words))
        }
    };
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > NEAR)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    let near: Vec<&str> = near
        .into_iter()
        .take(MANY)
        .map(|(_, known)| known)
        .collect();
    if near.is_empty() {
        String::new()
    } else {
        format!("; near it: {}", near.join(", "))
    }
}
