//! Colours by name, light and dark. The states' hues are those of Okabe and Ito, which all eyes tell apart; patterns tell
//! them apart once more, so that nothing hangs on colour alone.

use std::fmt::Write;

/// Name, on white, on black.
const COLOURS: [Colour; 26] = [
    ("ink", "#1b1f24", "#e8eaed"),
    ("muted", "#5a6470", "#a3acb8"),
    ("paper", "#ffffff", "#14171b"),
    ("panel", "#f4f6f8", "#1d2127"),
    ("line", "#d3d8de", "#383f48"),
    ("accent", "#0b5cad", "#7fbfff"),
    ("off", "#ffffff", "#14171b"),
    ("loading", "#d9dde2", "#4a515b"),
    ("waiting", "#f7ef94", "#6b6414"),
    ("gather", "#f7c873", "#8a5f00"),
    ("commit", "#b5def7", "#2f78a6"),
    ("recovery", "#62a9d8", "#0e4f80"),
    ("operational", "#a6e0cb", "#0b6b50"),
    ("paused", "#c3c8cf", "#4d545e"),
    ("deaf", "#ee9a6d", "#9a4310"),
    ("dead", "#33383f", "#000000"),
    ("dead-ink", "#ffffff", "#ff9b9b"),
    ("quorate", "#cfe3fb", "#1e4573"),
    ("holds", "#e3a9c9", "#93476f"),
    ("alarm", "#c1121f", "#ff6b6b"),
    ("alarm-ink", "#ffffff", "#250004"),
    ("flag", "#fff1cf", "#3b2d0b"),
    ("flag-edge", "#a86a00", "#e3a63a"),
    ("loss-path", "#5a6470", "#a3acb8"),
    ("loss-address", "#9b4f96", "#d38fce"),
    ("loss-refused", "#0072b2", "#6ab7ea"),
];

/// Declarations of all of them as custom properties.
pub(crate) fn properties(dark: bool) -> String {
    COLOURS.iter().fold(String::new(), |mut text, entry| {
        let (name, light, black) = entry;
        let _ = write!(text, "--{name}:{};", if dark { black } else { light });
        text
    })
}

/// A style sheet for programs that know no custom properties: the light colours in their place.
pub(crate) fn fixed(css: &str) -> String {
    put(css, |(_, light, _)| light)
}

/// The same with the dark ones.
pub(crate) fn fixed_dark(css: &str) -> String {
    put(css, |(_, _, black)| black)
}

type Colour = (&'static str, &'static str, &'static str);

fn put(css: &str, of: impl Fn(&Colour) -> &'static str) -> String {
    let put =
        |css: String, colour: &Colour| css.replace(&format!("var(--{})", colour.0), of(colour));
    COLOURS.iter().fold(css.to_owned(), put)
}
