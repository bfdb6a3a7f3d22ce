//! Measurements as a picture: panels side by side, each with lines of points and their spread, in light and dark.

mod axis;
mod draw;

pub(crate) use axis::Spacing;

/// A picture with panels.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// How it was measured.
    pub(crate) subtitle: String,
    /// Names of the lines; a line's place here is its colour and mark everywhere.
    pub(crate) lines: Vec<String>,
    /// What a dashed line is, if there is any.
    pub(crate) formula: Option<String>,
    /// Panels side by side, row by row.
    pub(crate) rows: Vec<Vec<Panel>>,
    pub(crate) x: Measure,
}

/// What an axis shows.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) spacing: Spacing,
    /// How a tick is written.
    pub(crate) label: fn(f64) -> String,
    /// Where the ticks are; by the values otherwise.
    pub(crate) ticks: Option<Vec<f64>>,
}

/// One of the pictures' plots. All panels whose y has the same name have the same axis.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) heading: String,
    pub(crate) y: Measure,
    /// Points of each line, by the lines' places.
    pub(crate) points: Vec<Vec<Point>>,
    /// The dashed line.
    pub(crate) formula: Vec<(f64, f64)>,
}

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Chart {
    fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flatten()
    }
}

/// Rows of at most so many panels.
pub(crate) fn rows(panels: impl IntoIterator<Item = Panel>, columns: usize) -> Vec<Vec<Panel>> {
    let mut rows: Vec<Vec<Panel>> = Vec::new();
    for panel in panels {
        match rows.last_mut() {
            Some(row) if row.len() < columns => row.push(panel),
            _ => rows.push(vec![panel]),
        }
    }
    rows
}

/// The picture as a file of its own.
pub(crate) fn svg(chart: &Chart) -> String {
    draw::svg(chart)
}
