//! Marks on a picture whose x is time. Each carries its times, so that the page's script can lay it out again for another
//! width or another stretch of time.

use std::fmt::Write;

use ringwright_sims::timeline::Micros;

use crate::html::escape;

/// Widest part of a character of the labels, px.
pub(super) const CHARACTER: f64 = 6.7;
/// Space between a label and the ends of its bar, px.
const PADDING: f64 = 5.0;

/// A picture being drawn.
pub(super) struct Canvas {
    pub(super) svg: String,
    pub(super) scale: Scale,
}

/// Times to pixels.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// The end of time; the start is 0.
    pub(super) until: Micros,
    /// Of the whole picture, px.
    pub(super) width: f64,
}

impl Scale {
    pub(super) fn x(&self, at: Micros) -> f64 {
        float(at) / float(self.until.max(1)) * self.width
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds below 2^52 are 142 years"
)]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

/// The first of the texts, longest first, that fits into `width` px; empty if none does.
fn fitting<'a>(texts: &[&'a str], width: f64) -> &'a str {
    let fits = |text: &&&str| length(text) + 2.0 * PADDING <= width;
    texts.iter().find(fits).copied().unwrap_or("")
}

/// Of a label, px.
pub(super) fn length(text: &str) -> f64 {
    float(text.chars().count() as u64) * CHARACTER
}

impl Canvas {
    pub(super) fn new(scale: Scale) -> Self {
        let svg = String::new();
        Self { svg, scale }
    }

    /// A bar over a stretch of time.
    pub(super) fn bar(&mut self, class: &str, span: (Micros, Micros), y: f64, height: f64) {
        let (from, to) = span;
        let x = self.scale.x(from);
        let width = (self.scale.x(to) - x).max(1.0);
        let _ = writeln!(
            self.svg,
            r#"<rect class="t {class}" data-a="{from}" data-b="{to}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    /// The longest of the texts that fits into a stretch of time; `y` is the base line.
    pub(super) fn label(&mut self, class: &str, span: (Micros, Micros), y: f64, texts: &[&str]) {
        let (from, to) = span;
        let x = self.scale.x(from);
        let text = fitting(texts, self.scale.x(to) - x);
        let _ = writeln!(
            self.svg,
            r#"<text class="t {class}" data-a="{from}" data-b="{to}" data-texts="{}" x="{:.1}" y="{y:.1}">{}</text>"#,
            escape::text(&texts.join("|")),
            x + PADDING,
            escape::text(text)
        );
    }

    /// A line at a time.
    pub(super) fn tick(&mut self, class: &str, at: Micros, from: f64, to: f64) {
        let x = self.scale.x(at);
        let _ = writeln!(
            self.svg,
            r#"<line class="t {class}" data-a="{at}" x1="{x:.1}" x2="{x:.1}" y1="{from:.1}" y2="{to:.1}"/>"#
        );
    }

    /// A text that stands at the left edge whatever the time.
    pub(super) fn heading(&mut self, y: f64, name: &str, more: &str) {
        let _ = writeln!(
            self.svg,
            r#"<text class="heading" x="0" y="{y:.1}"><tspan class="name">{}</tspan> <tspan class="more">{}</tspan></text>"#,
            escape::text(name),
            escape::text(more)
        );
    }

    pub(super) fn open(&mut self, class: &str) {
        let _ = writeln!(self.svg, r#"<g class="{class}">"#);
    }

    pub(super) fn close(&mut self) {
        self.svg.push_str("</g>\n");
    }
}
