//! Aligned tables, and numbers as one reads them.

use std::io::{self, Write};

use anstyle::Style;

const BOLD: Style = Style::new().bold();

/// Rows of texts; all columns but the first `left` stand right.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Table {
    pub(super) fn new(left: usize, head: Vec<String>) -> Self {
        let rows = Vec::new();
        Self { head, rows, left }
    }

    pub(super) fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]);
            let widths = cells.map(|row| row.get(column).map_or(0, |cell| cell.chars().count()));
            widths.max().unwrap_or(0)
        };
        let line = |row: &[String]| {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let width = width(column);
                if column < self.left {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        writeln!(out, "{BOLD}{}{BOLD:#}", line(&self.head))?;
        self.rows
            .iter()
            .try_for_each(|row| writeln!(out, "{}", line(row)))
    }
}

/// Three digits that matter: `0.00123`, `1.23`, `123`, `12300`.
pub(super) fn digits(number: f64) -> String {
    let whole = number.abs().max(1e-9).log10().floor();
    let places = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        .into_iter()
        .position(|places| places >= 2.0 - whole);
    format!("{number:.*}", places.unwrap_or(6))
}

/// Seconds, or milliseconds below one.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 0.9995 {
        format!("{} ms", digits(seconds * 1e3))
    } else {
        format!("{} s", digits(seconds))
    }
}

/// Such as `1.23 k`, `45.6 M`; below a thousand as it is.
pub(super) fn many(number: f64) -> String {
    match number {
        ..1e3 => format!("{number:.0}"),
        1e3..1e6 => format!("{} k", digits(number / 1e3)),
        1e6..1e9 => format!("{} M", digits(number / 1e6)),
        _ => format!("{} G", digits(number / 1e9)),
    }
}

/// How often: `0`, `0.042`, `3.5`, `120`.
pub(super) fn rate(number: f64) -> String {
    if number == 0.0 {
        "0".into()
    } else {
        digits(number)
    }
}

/// At an axis: few digits, and the unit's own prefix.
pub(super) fn short(number: f64, unit: &str) -> String {
    const PREFIXES: [(f64, &str); 6] = [
        (1e9, "G"),
        (1e6, "M"),
        (1e3, "k"),
        (1.0, ""),
        (1e-3, "m"),
        (1e-6, "µ"),
    ];
    let large = |(factor, _): &&(f64, &str)| number.abs() >= factor * 0.9995;
    // Nobody counts in thousands of seconds, or in thousandths of datagrams.
    let known = match unit {
        "s" => &PREFIXES[3..],
        _ => &PREFIXES[..4],
    };
    let smallest = known[known.len() - 1];
    let (factor, prefix) = known.iter().find(large).copied().unwrap_or(smallest);
    let text = format!("{:.3}", number / factor);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let space = if prefix.is_empty() && unit.is_empty() {
        ""
    } else {
        " "
    };
    format!("{text}{space}{prefix}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_shown() {
        let shown = [0.001_234, 0.0456, 1.0, 12.345, 123.4, 12345.6].map(digits);
        assert_eq!(shown, ["0.00123", "0.0456", "1.00", "12.3", "123", "12346"]);
        let shown = [0.000_27, 0.28, 3.55, 21.14].map(seconds);
        assert_eq!(shown, ["0.270 ms", "280 ms", "3.55 s", "21.1 s"]);
        assert_eq!([7.0, 1234.0, 5.6e7].map(many), ["7", "1.23 k", "56.0 M"]);
        let shown = [0.0, 2e-5, 0.5, 200.0, 5000.0].map(|value| short(value, "s"));
        assert_eq!(shown, ["0 µs", "20 µs", "500 ms", "200 s", "5000 s"]);
        let shown = [0.0, 50.0, 1e3, 2e7].map(|value| short(value, ""));
        assert_eq!(shown, ["0", "50", "1 k", "20 M"]);
    }
}
