//! A chart's SVG.

use std::fmt::Write;

use super::axis::Axis;
use super::{Chart, Measure, Panel, Point};
use crate::figure::palette;
use crate::html::escape;

const STYLE: &str = include_str!("chart.css");

/// A panel's plot, px.
const WIDTH: f64 = 250.0;
const HEIGHT: f64 = 165.0;
/// Left of a plot, for its values; above it, for its heading; below it, for its x, px.
const LEFT: f64 = 58.0;
const ABOVE: f64 = 26.0;
const BELOW: f64 = 42.0;
/// Around the picture, px.
const MARGIN: f64 = 18.0;
/// Above all panels: title, subtitle, legend, px.
const HEAD: f64 = 78.0;
/// Between two labels at least, px.
const APART: f64 = 18.0;
/// Half of a mark, px.
const MARK: f64 = 4.0;

/// Lines' colours, on white and on black: those of Okabe and Ito, which all eyes tell apart. Marks tell them apart again.
const COLOURS: [(&str, &str); 6] = [
    ("#0b5cad", "#7fbfff"),
    ("#c24e00", "#ff9a4d"),
    ("#00805c", "#45cfa5"),
    ("#9b4f96", "#d38fce"),
    ("#8a6d00", "#e3c14a"),
    ("#5a6470", "#a3acb8"),
];

pub(super) fn svg(chart: &Chart) -> String {
    let columns = chart.rows.iter().map(Vec::len).max().unwrap_or(1);
    let (cell_width, cell_height) = (LEFT + WIDTH + 16.0, ABOVE + HEIGHT + BELOW);
    let width = 2.0 * MARGIN + cell_width * count(columns);
    let height = 2.0 * MARGIN + HEAD + cell_height * count(chart.rows.len());
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img">"#
    );
    let _ = writeln!(svg, "<title>{}</title>", escape::text(&chart.title));
    let _ = writeln!(svg, "<desc>{}</desc>", escape::text(&chart.subtitle));
    let _ = writeln!(svg, "<style>{}</style>", style());
    let _ = writeln!(svg, r#"<rect class="paper" width="100%" height="100%"/>"#);
    head(&mut svg, chart);
    for (row, panels) in chart.rows.iter().enumerate() {
        for (column, panel) in panels.iter().enumerate() {
            let x = MARGIN + LEFT + cell_width * count(column);
            let y = MARGIN + HEAD + ABOVE + cell_height * count(row);
            let _ = writeln!(svg, r#"<g transform="translate({x:.1} {y:.1})">"#);
            draw(&mut svg, chart, panel);
            svg.push_str("</g>\n");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn count(number: usize) -> f64 {
    f64::from(u16::try_from(number).unwrap_or(u16::MAX))
}

/// Light colours, and dark ones where the reader wants them.
fn style() -> String {
    let lines = |dark: bool| {
        let rule = |(index, (light, black)): (usize, &(&str, &str))| {
            let colour = if dark { black } else { light };
            format!(
                ".chart .c{index} {{ stroke: {colour}; }} .chart .mark.c{index}, .chart .name.c{index} {{ fill: {colour}; }}\n"
            )
        };
        COLOURS.iter().enumerate().map(rule).collect::<String>()
    };
    // The marks' own edge comes after the lines' colours.
    let edge = ".chart .mark { stroke: var(--paper); }\n.chart .name { stroke: none; }\n";
    let light = palette::fixed(&format!("{STYLE}{}{edge}", lines(false)));
    let dark = palette::fixed_dark(&format!("{STYLE}{}{edge}", lines(true)));
    format!("\n{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n")
}

fn head(svg: &mut String, chart: &Chart) {
    let text = |svg: &mut String, class: &str, y: f64, text: &str| {
        let _ = writeln!(
            svg,
            r#"<text class="{class}" x="{MARGIN}" y="{y:.1}">{}</text>"#,
            escape::text(text)
        );
    };
    text(svg, "title", MARGIN + 12.0, &chart.title);
    text(svg, "subtitle", MARGIN + 30.0, &chart.subtitle);
    let (mut x, y) = (MARGIN, MARGIN + 56.0);
    for (index, name) in chart.lines.iter().enumerate() {
        let class = index % COLOURS.len();
        let _ = writeln!(
            svg,
            r#"<path class="line c{class}" d="M{x:.1} {:.1}h26"/>"#,
            y - 4.0
        );
        mark(svg, index, x + 13.0, y - 4.0);
        x = label(svg, x + 33.0, y, name);
    }
    if let Some(formula) = &chart.formula {
        let _ = writeln!(
            svg,
            r#"<path class="formula" d="M{x:.1} {:.1}h26"/>"#,
            y - 4.0
        );
        label(svg, x + 33.0, y, formula);
    }
}

/// A word of the legend; where the next one starts.
fn label(svg: &mut String, x: f64, y: f64, text: &str) -> f64 {
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}">{}</text>"#,
        escape::text(text)
    );
    x + count(text.chars().count()) * 6.4 + 22.0
}

/// Marks differ in shape, too.
fn mark(svg: &mut String, index: usize, x: f64, y: f64) {
    let class = index % COLOURS.len();
    let shape = match index % 4 {
        0 => {
            let _ = writeln!(
                svg,
                r#"<circle class="mark c{class}" cx="{x:.1}" cy="{y:.1}" r="{MARK}"/>"#
            );
            return;
        }
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x:.1} {:.1}l4.6 8h-9.2z", y - 5.2),
        _ => format!("M{x:.1} {:.1}l4.8 4.8l-4.8 4.8l-4.8 -4.8z", y - 4.8),
    };
    let _ = writeln!(svg, r#"<path class="mark c{class}" d="{shape}"/>"#);
}

/// All panels that show the same measure share its axis.
fn y_axis(chart: &Chart, panel: &Panel) -> Axis {
    let alike = chart.panels().filter(|other| other.y.name == panel.y.name);
    let values = alike.flat_map(|other| {
        let points = other.points.iter().flatten();
        let points = points.flat_map(|point| [point.least, point.median, point.most]);
        points.chain(other.formula.iter().map(|(_, y)| *y))
    });
    Axis::around(panel.y.spacing, values)
}

fn x_axis(chart: &Chart) -> Axis {
    let points = chart
        .panels()
        .flat_map(|panel| panel.points.iter().flatten());
    Axis::around(chart.x.spacing, points.map(|point| point.x))
}

fn draw(svg: &mut String, chart: &Chart, panel: &Panel) {
    let (x, y) = (x_axis(chart), y_axis(chart, panel));
    x_ticks(svg, &chart.x, &x);
    y_ticks(svg, &panel.y, &y);
    let _ = writeln!(
        svg,
        r#"<rect class="frame" width="{WIDTH}" height="{HEIGHT}"/><text class="heading" x="0" y="-9">{}</text>"#,
        escape::text(&panel.heading)
    );
    let place = |at: f64, value: f64| (x.share(at) * WIDTH, (1.0 - y.share(value)) * HEIGHT);
    let shown = |value: f64| y.holds(value);
    let formula = panel.formula.iter().filter(|(_, value)| shown(*value));
    path(svg, "formula", formula.map(|&(at, value)| place(at, value)));
    // The first line stands on top of the others.
    for (index, points) in panel.points.iter().enumerate().rev() {
        let class = index % COLOURS.len();
        let points: Vec<&Point> = points.iter().filter(|p| shown(p.median)).collect();
        let places = points.iter().map(|point| place(point.x, point.median));
        path(svg, &format!("line c{class}"), places);
        for point in points {
            let (at, low) = place(point.x, point.least);
            let (_, high) = place(point.x, point.most);
            if low - high > 2.0 * MARK {
                let _ = writeln!(
                    svg,
                    r#"<path class="spread c{class}" d="M{at:.1} {low:.1}V{high:.1}"/>"#
                );
            }
            let (at, middle) = place(point.x, point.median);
            mark(svg, index, at, middle);
        }
    }
}

fn path(svg: &mut String, class: &str, places: impl Iterator<Item = (f64, f64)>) {
    let mut data = String::new();
    for (x, y) in places {
        let command = if data.is_empty() { 'M' } else { 'L' };
        let _ = write!(data, "{command}{x:.1} {y:.1}");
    }
    if !data.is_empty() {
        let _ = writeln!(svg, r#"<path class="{class}" d="{data}"/>"#);
    }
}

fn x_ticks(svg: &mut String, measure: &Measure, axis: &Axis) {
    svg.push_str("<g class=\"axis\">\n");
    let ticks = measure.ticks.clone().unwrap_or_else(|| {
        let ticks = axis.ticks(WIDTH, 3.0 * APART).into_iter();
        ticks
            .filter(|tick| tick.labelled)
            .map(|tick| tick.value)
            .collect()
    });
    let mut free = f64::NEG_INFINITY;
    for value in ticks {
        let at = axis.share(value) * WIDTH;
        let _ = writeln!(svg, r#"<path class="grid" d="M{at:.1} 0V{HEIGHT}"/>"#);
        let label = (measure.label)(value);
        let half = count(label.chars().count()) * 3.3;
        if at - half >= free {
            let _ = writeln!(
                svg,
                r#"<text x="{at:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#,
                HEIGHT + 15.0
            );
            free = at + half + 4.0;
        }
    }
    let _ = writeln!(
        svg,
        r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{}</text></g>"#,
        WIDTH / 2.0,
        HEIGHT + 30.0,
        escape::text(&measure.name)
    );
}

fn y_ticks(svg: &mut String, measure: &Measure, axis: &Axis) {
    svg.push_str("<g class=\"axis\">\n");
    for tick in axis.ticks(HEIGHT, APART) {
        let at = (1.0 - axis.share(tick.value)) * HEIGHT;
        let class = if tick.labelled { "grid" } else { "minor" };
        let _ = writeln!(svg, r#"<path class="{class}" d="M0 {at:.1}H{WIDTH}"/>"#);
        if tick.labelled {
            let _ = writeln!(
                svg,
                r#"<text x="-6" y="{:.1}" text-anchor="end">{}</text>"#,
                at + 4.0,
                (measure.label)(tick.value)
            );
        }
    }
    svg.push_str("</g>\n");
}
