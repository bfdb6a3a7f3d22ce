//! One self-contained page: texts, tables and timelines, without anything from a network.

pub(crate) mod escape;

use std::fmt::Write;
use std::path::Path;

use ringwright_sims::Timeline;

use crate::failure::Failure;
use crate::{figure, story};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Lines of a story in words below its picture, at most; the picture shows the rest.
const LINES_MAX: usize = 2000;

/// A page being written, from top to bottom. All texts are plain: what is markup in them is shown as it is.
#[derive(Debug)]
pub(crate) struct Page {
    title: String,
    body: String,
    timelines: usize,
}

impl Page {
    /// An empty page; the title is its first heading, too.
    pub(crate) fn new(title: &str) -> Self {
        let body = String::new();
        let title = title.to_owned();
        Self {
            title,
            body,
            timelines: 0,
        }
    }

    /// A heading.
    pub(crate) fn heading(&mut self, text: &str) -> &mut Self {
        self.put("h2", "", text)
    }

    /// A paragraph.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.put("p", "", text)
    }

    /// A paragraph that says that something is wrong.
    pub(crate) fn warning(&mut self, text: &str) -> &mut Self {
        self.put("p", " class=\"warning\"", text)
    }

    /// Commands, files, differences: as they are, line by line.
    pub(crate) fn code(&mut self, text: &str) -> &mut Self {
        self.put("pre", " tabindex=\"0\"", text)
    }

    fn put(&mut self, element: &str, attributes: &str, text: &str) -> &mut Self {
        let text = escape::text(text);
        let _ = writeln!(self.body, "<{element}{attributes}>{text}</{element}>");
        self
    }

    /// A table; cells that are numbers stand right.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> &mut Self {
        self.body.push_str(&table(head, rows));
        self
    }

    /// How often what came about: bars of `count` of `all`, each with words.
    pub(crate) fn shares(&mut self, all: u64, shares: &[Share]) -> &mut Self {
        self.body
            .push_str("<div class=\"scroll\"><table class=\"shares\"><tbody>\n");
        for share in shares {
            let percent = percent(share.count, all);
            let class = if share.is_bad { " class=\"bad\"" } else { "" };
            let _ = writeln!(
                self.body,
                "<tr{class}><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{percent:.2} %</td><td class=\"bar\"><span style=\"width:{percent:.2}%\"></span></td><td>{}</td></tr>",
                escape::text(&share.what),
                share.count,
                escape::text(&share.note)
            );
        }
        self.body.push_str("</tbody></table></div>\n");
        self
    }

    /// A timeline: heading, text, picture, how it ended, what was lost, and the story in words for those who do not see
    /// the picture. The heading is left out if it is empty.
    pub(crate) fn timeline(&mut self, title: &str, text: &str, timeline: &Timeline) -> &mut Self {
        self.timelines += 1;
        let number = self.timelines;
        let _ = writeln!(
            self.body,
            "<section class=\"timeline\" id=\"timeline-{number}\">"
        );
        if !title.is_empty() {
            self.put("h3", "", title);
        }
        if !text.is_empty() {
            self.text(text);
        }
        for ((from, to), what) in story::alarms(timeline) {
            self.warning(&format!(
                "{} to {}: {what}",
                story::seconds(from),
                story::seconds(to)
            ));
        }
        let title = if title.is_empty() {
            self.title.clone()
        } else {
            title.into()
        };
        let _ = writeln!(
            self.body,
            "<div class=\"stage\">{}</div>\n<script type=\"application/json\">{}</script>",
            figure::inline(&title, timeline),
            escape::json(timeline)
        );
        if number == 1 {
            self.body.push_str(&legend());
        }
        self.body
            .push_str(&details("How it ended", true, &ended(timeline)));
        let lost = lost(timeline);
        if !lost.is_empty() {
            self.body
                .push_str(&details("Datagrams that were lost", false, &lost));
        }
        self.body
            .push_str(&details("The story in words", false, &told(timeline)));
        self.body.push_str("</section>\n");
        self
    }

    /// The whole page.
    pub(crate) fn render(&self) -> String {
        let theme = format!(
            ":root{{{}}}\n@media screen{{:root[data-theme=dark]{{color-scheme:dark;{}}}}}",
            figure::palette::properties(false),
            figure::palette::properties(true)
        );
        let dark = format!(
            "@media screen and (prefers-color-scheme:dark){{:root:not([data-theme]){{color-scheme:dark;{}}}}}",
            figure::palette::properties(true)
        );
        let css = format!("{theme}\n{dark}\n{STYLE}\n{}", figure::STYLE);
        let parts = [
            ("{{title}}", escape::text(&self.title)),
            ("{{style}}", css),
            ("{{patterns}}", figure::PATTERNS.to_owned()),
            ("{{script}}", SCRIPT.to_owned()),
        ];
        // The body comes last: what stands in it is not looked at for parts again.
        let (head, tail) = PAGE
            .split_once("{{body}}")
            .expect("the template has a body");
        let fill = |text: &str| {
            let put = |text: String, (name, part): &(&str, String)| text.replace(name, part);
            parts.iter().fold(text.to_owned(), put)
        };
        format!("{}{}{}", fill(head), self.body, fill(tail))
    }

    /// Writes the whole page to a file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        write(path, &self.render())
    }
}

/// Writes a file that somebody asked for.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::with_status(2, format!("{}: {error}", path.display())))
}

/// A bar of [`Page::shares`].
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// What came about.
    pub(crate) what: String,
    /// How often.
    pub(crate) count: u64,
    /// Words beside the bar.
    pub(crate) note: String,
    /// Whether nobody wants to see it.
    pub(crate) is_bad: bool,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of runs are far below 2^52"
)]
fn percent(count: u64, all: u64) -> f64 {
    count as f64 * 100.0 / all.max(1) as f64
}

fn details(summary: &str, open: bool, inside: &str) -> String {
    let open = if open { " open" } else { "" };
    format!("<details{open}><summary>{summary}</summary>\n{inside}</details>\n")
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = String::from("<div class=\"scroll\"><table><thead><tr>");
    for cell in head {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape::text(cell));
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let is_number = cell.parse::<u64>().is_ok();
            let class = if is_number { " class=\"number\"" } else { "" };
            let _ = write!(html, "<td{class}>{}</td>", escape::text(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

fn ended(timeline: &Timeline) -> String {
    let rows: Vec<Vec<String>> = story::ends(timeline)
        .into_iter()
        .map(|end| {
            let floating = if end.floating { "holds it" } else { "" };
            vec![
                end.name,
                end.node.to_string(),
                end.software,
                end.view.to_string(),
                end.state,
                end.ring,
                floating.into(),
            ]
        })
        .collect();
    let head = [
        "Name",
        "Node",
        "Runs",
        "Its tools show",
        "Daemon",
        "Ring",
        "Floating address",
    ];
    table(&head, &rows)
}

fn lost(timeline: &Timeline) -> String {
    let lost = story::lost(timeline);
    if lost.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = lost
        .into_iter()
        .map(|lost| vec![lost.cause.to_string(), lost.count.to_string(), lost.ways])
        .collect();
    table(&["Cause", "Datagrams", "On the way from"], &rows)
}

fn told(timeline: &Timeline) -> String {
    let events = story::events(timeline);
    let more = events.len().saturating_sub(LINES_MAX);
    let rows: Vec<Vec<String>> = events
        .into_iter()
        .take(LINES_MAX)
        .map(|event| {
            let node = event.node.map_or("", |node| story::name(timeline, node));
            vec![story::seconds(event.at), node.into(), event.text]
        })
        .collect();
    let mut html = table(&["Time", "Node", "What"], &rows);
    if more > 0 {
        let _ = writeln!(html, "<p>And {more} more.</p>");
    }
    html
}

fn legend() -> String {
    let mut html = String::from("<details class=\"legend\" open><summary>Legend</summary><ul>\n");
    for (class, words) in figure::legend(None) {
        let _ = writeln!(
            html,
            "<li><svg class=\"figure\" width=\"24\" height=\"14\" aria-hidden=\"true\"><rect class=\"{class}\" x=\"1\" y=\"1\" width=\"22\" height=\"12\"/></svg>{words}</li>"
        );
    }
    html.push_str("<li><svg class=\"figure\" width=\"24\" height=\"14\" aria-hidden=\"true\"><line class=\"ring\" x1=\"12\" x2=\"12\" y1=\"0\" y2=\"14\"/></svg>a ring is installed</li>\n");
    html.push_str("</ul></details>\n");
    html
}
