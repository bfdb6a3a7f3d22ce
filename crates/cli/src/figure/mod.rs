//! A [`Timeline`] as a picture: the cluster's verdict above, a lane a node below, time from left to right.
//!
//! The same SVG is drawn once here, and laid out again by the page's script for another width or another stretch of time.

mod axis;
mod canvas;
mod flags;
mod lane;
mod legend;
pub(crate) mod palette;
mod strip;

use std::fmt::Write;

use ringwright_sims::Timeline;

use crate::html::escape;
use crate::story;
use canvas::{Canvas, Scale};
pub(crate) use legend::entries as legend;

/// How the parts look, in the page and alone.
pub(crate) const STYLE: &str = include_str!("figure.css");
/// What states are filled with beside their colour.
pub(crate) const PATTERNS: &str = include_str!("patterns.svg");

/// Of a picture that stands alone, and before the page's script has measured its own, px.
const WIDTH: f64 = 1000.0;
/// Space around a picture that stands alone, px.
const MARGIN: f64 = 16.0;

/// The picture inside of a page.
pub(crate) fn inline(title: &str, timeline: &Timeline) -> String {
    let (drawn, height) = draw(timeline);
    format!(
        "<svg class=\"figure\" role=\"img\" aria-label=\"{}\" data-until=\"{}\" viewBox=\"0 0 {WIDTH} {height:.0}\">\n{}</svg>\n",
        escape::text(&sentence(title, timeline)),
        timeline.until,
        drawn
    )
}

/// The picture as a file of its own, in light colours, for documents.
pub(crate) fn alone(title: &str, timeline: &Timeline) -> String {
    let (drawn, height) = draw(timeline);
    let (legend, legend_height) = legend::draw(timeline, WIDTH);
    let (whole_width, top) = (WIDTH + 2.0 * MARGIN, MARGIN + 24.0);
    let whole_height = top + height + legend_height + MARGIN;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="figure" width="{whole_width}" height="{whole_height:.0}" viewBox="0 0 {whole_width} {whole_height:.0}" role="img">"#
    );
    let _ = writeln!(
        svg,
        "<title>{}</title>",
        escape::text(&sentence(title, timeline))
    );
    let _ = writeln!(svg, "<style>{}</style>", palette::fixed(STYLE));
    svg.push_str(&palette::fixed(PATTERNS));
    let _ = writeln!(svg, r#"<rect class="paper" width="100%" height="100%"/>"#);
    let _ = writeln!(
        svg,
        r#"<text class="title" x="{MARGIN}" y="{:.0}">{}</text>"#,
        MARGIN + 8.0,
        escape::text(title)
    );
    let _ = writeln!(
        svg,
        r#"<svg x="{MARGIN}" y="{top}" width="{WIDTH}" height="{height:.0}">"#
    );
    let _ = write!(svg, "{drawn}</svg>");
    let _ = writeln!(
        svg,
        r#"<g transform="translate({MARGIN} {:.0})">{legend}</g></svg>"#,
        top + height
    );
    svg
}

/// What the picture shows, for those who do not see it.
fn sentence(title: &str, timeline: &Timeline) -> String {
    let mut text = format!(
        "{title}. {} nodes over {}; at the end {}.",
        timeline.lanes.len(),
        story::seconds(timeline.until),
        timeline.outcome()
    );
    for ((from, to), what) in story::alarms(timeline) {
        let _ = write!(
            text,
            " From {} to {}: {what}.",
            story::seconds(from),
            story::seconds(to)
        );
    }
    text
}

/// Everything at its place in a picture of [`WIDTH`], and the height.
fn draw(timeline: &Timeline) -> (String, f64) {
    let scale = Scale {
        until: timeline.until.max(1),
        width: WIDTH,
    };
    let mut lanes = Canvas::new(scale);
    let top = strip::draw(&mut lanes, timeline, 0.0);
    let draw = |y, lane| lane::draw(&mut lanes, timeline, lane, y);
    let bottom = timeline.lanes.iter().fold(top, draw);
    let mut behind = Canvas::new(scale);
    axis::draw(&mut behind, bottom);
    strip::zones(&mut behind, timeline, top, bottom);
    let (flags, flags_height) = flags::draw(timeline, scale, bottom);
    let svg = format!(
        "<g class=\"body\" data-bottom=\"{bottom:.1}\" transform=\"translate(0 {flags_height:.1})\">\n{}{}</g>\n{flags}",
        behind.svg, lanes.svg
    );
    (svg, flags_height + bottom + axis::HEIGHT)
}
